"""`hone inbox`: changes on hold, each waiting for a word of the user."""

import datetime
import sys
from pathlib import Path

import typer

from hone.changes.change import Change
from hone.changes.inbox import as_file, find, read, read_inbox
from hone.changes.ledger import Row
from hone.changes.summary import summary_of
from hone.cli.changes import ChangeId, JsonFlag, evidence_of, would_do
from hone.cli.door import open_door
from hone.cli.story import details, details_json, log_line, one_line, print_json
from hone.config.environ import hone_home, process_environ
from hone.errors import Conflict

app = typer.Typer(help="Changes on hold: list, show, accept or reject them.", rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def inbox(context: typer.Context) -> None:
    """Changes on hold. Without a verb: list them."""
    if context.invoked_subcommand is None:
        list_held()


@app.command("list")
def list_held(as_json: JsonFlag = False) -> None:
    """List what waits for you, oldest first."""
    found = read_inbox(_home())
    for problem in found.problems:
        print(f"hone: {one_line(problem)}", file=sys.stderr)
    waiting = found.waiting
    if as_json:
        print_json([as_file(change) for change in waiting])
        return
    for change in waiting:
        print(log_line(_row(change)))
        for reason in change.reasons:
            print(f"         {one_line(reason)}")
    if waiting:
        print("hone inbox show|accept|reject ID")
    elif not found.problems:
        print("nothing is on hold")


@app.command()
def show(change: ChangeId, as_json: JsonFlag = False) -> None:
    """Show a change on hold: why it is, from which evidence, and what it would do."""
    row = _row(read(_home(), find(_home(), change)))
    effects, problem = would_do(row.change)
    evidence = evidence_of(row.change)
    if as_json:
        print_json(details_json(row, effects, evidence))
    else:
        print(details(row, effects, evidence, problem))


@app.command()
def accept(change: ChangeId) -> None:
    """Carry a change out."""
    waiting = read(_home(), find(_home(), change))
    with open_door() as door:
        door.scan()
        outcome = door.accept(waiting.id)
    name = outcome.change.id
    if not outcome.ok:
        raise Conflict(f"{name} is not accepted: {'; '.join(outcome.reasons)}")
    print(f"accepted {name}: {one_line(summary_of(waiting))}; hone undo {name} takes it back")


@app.command()
def reject(change: ChangeId) -> None:
    """Drop a change; nothing is written."""
    name = find(_home(), change)
    with open_door() as door:
        outcome = door.reject(name)
    if outcome is None:
        print(f"rejected {name}: its file, which was no change, is deleted")
        return
    if outcome.status != "rejected":
        raise Conflict(f"{name} is not rejected: {'; '.join(outcome.reasons)}")
    print(f"rejected {name}: {one_line(summary_of(outcome.change))}")


def _home() -> Path:
    return hone_home(process_environ())


def _row(change: Change) -> Row:
    """A change on hold as a row of the log, from its file: that one counts while it waits."""
    try:
        at = datetime.datetime.fromisoformat(change.created).timestamp()
    except ValueError:  # somebody edited the file
        at = 0.0
    return Row(change, at, change.op, "held", summary_of(change))
