"""`hone log`, `show`, `undo` and `blame`: what was learned or edited, why, and how to take it back.

What waits for a decision is `hone.cli.inbox`'s part, the words for it all `hone.cli.story`'s.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from hone.changes.apply import read_file
from hone.changes.blame import blame as blame_lines
from hone.changes.change import Change, Effect
from hone.changes.items import items
from hone.changes.ledger import Ledger, Row
from hone.changes.paths import is_kept, skill_directory
from hone.changes.plan import effects_of
from hone.cli.door import open_door, open_ledger
from hone.cli.story import (
    blame_json,
    blame_line,
    details,
    details_json,
    happened,
    log_json,
    log_line,
    print_json,
)
from hone.clock import SystemClock
from hone.config.environ import hone_home, process_environ
from hone.errors import Conflict, HoneError, NotFound, UsageError
from hone.history.store import History
from hone.skills.discover import children

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ChangeId = Annotated[str, typer.Argument(metavar="ID", help="A change's id, or the beginning of it.")]

_MEMORY = {"user": "user.md", "memory": "memory.md"}
_TEXTS = (".md", "/hone.yaml")
_SHOWN = 50


def log(
    target: Annotated[
        str | None, typer.Argument(metavar="TARGET", help="A skill's name or a file; by default everything.")
    ] = None,
    as_json: JsonFlag = False,
    limit: Annotated[
        int | None, typer.Option(metavar="N", min=1, help=f"How many at most; by default {_SHOWN}, JSON all.")
    ] = None,
) -> None:
    """List the changes of skills and memory, newest first."""
    with open_ledger() as ledger:
        rows = ledger.rows()
    if target is not None:
        rows = _rows_of(target, rows)
    if as_json:
        print_json([log_json(row) for row in rows[:limit]])
        return
    shown = rows[: limit or _SHOWN]
    for row in shown:
        print(log_line(row))
    if not rows:
        print("no changes yet: hone learns from work that was hard, and from what you edit yourself")
    elif len(shown) < len(rows):
        print(f"{len(rows) - len(shown)} older: hone log --limit {len(rows)}")


def show(change: ChangeId, as_json: JsonFlag = False) -> None:
    """Show one change: who made it, why, from which evidence, and the diff."""
    with open_ledger() as ledger:
        row = ledger.get(change)
        effects, problem = ledger.effects(row.change.id), ""
    if row.status in ("held", "proposed"):
        effects, problem = would_do(row.change)
    evidence = evidence_of(row.change)
    if as_json:
        print_json(details_json(row, effects, evidence))
    else:
        print(details(row, effects, evidence, problem))


def undo(change: ChangeId) -> None:
    """Take a change back; other edits of the same file stay. An undo is a change, and can be undone."""
    with open_ledger() as ledger:  # an unknown id makes no home
        row = ledger.get(change)
    with open_door() as door:
        outcome = door.undo(row.change.id)
    if not outcome.ok:
        raise Conflict(f"{row.change.id} is not undone: {'; '.join(outcome.reasons)}")
    back = f"; hone undo {outcome.change.id} brings it back" if outcome.change.id else ""
    print(f"undone {row.change.id}: {row.summary}{back}")


def blame(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A skill's name or a file.")],
    as_json: JsonFlag = False,
) -> None:
    """Show which change wrote each line of a file."""
    home = hone_home(process_environ())
    with open_ledger() as ledger:
        _check_not_gone(file, home, ledger)
        path, data = _existing(file, home)
        versions = ledger.history_of(path)
    lines = blame_lines(versions, data)
    if as_json:
        print_json([blame_json(line) for line in lines])
        return
    for line in lines:
        print(blame_line(line))


def would_do(change: Change) -> tuple[tuple[Effect, ...], str]:
    """What a change that waits would do now, or why it cannot."""
    home = hone_home(process_environ())
    try:
        return effects_of(change, lambda path: read_file(home, path)), ""
    except HoneError as error:
        return (), str(error)


def evidence_of(change: Change) -> tuple[tuple[str, str], ...]:
    """The events that a change names, those of its items too, each with what happened."""
    parts: list[object] = [change, *change.ops, *items(change)]
    names = list(dict.fromkeys(name for part in parts for name in getattr(part, "evidence", ())))
    if not names or not change.session:
        return tuple((name, "") for name in names)
    history = History.open_for_reading(hone_home(process_environ()) / "state.db", SystemClock())
    try:
        events = {record.id: happened(record) for record in history.events(change.session)}
    finally:
        history.close()
    return tuple((name, events.get(name, "")) for name in names)


def _rows_of(named: str, rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows that are about a skill or file. Raises NotFound if it is not there and never was."""
    home = hone_home(process_environ())
    wanted = {skill_directory(path) or path for path in _candidates(named, home)}
    found = tuple(row for row in rows if (skill_directory(row.change.target) or row.change.target) in wanted)
    if not found:
        _existing(named, home)
    return found


def _existing(named: str, home: Path) -> tuple[str, bytes]:
    """The file that is meant, relative to the home, and what is in it. Raises NotFound if there is none that hone keeps."""
    for file in _files(named, home):
        if (data := read_file(home, file)) is not None:
            return file, data
    for path in _candidates(named, home):
        if is_kept(path) and not skill_directory(path):
            raise UsageError(f"there is no {path}: nothing is written there (hone log tells what ever was)")
    skills = (child.name for child in children(home / "skills"))
    raise NotFound("skill or memory file", named, [*_MEMORY.values(), *skills])


def _check_not_gone(named: str, home: Path, ledger: Ledger) -> None:
    """Raise UsageError if a file was there that is meant and is no more."""
    files = list(_files(named, home))
    if any(read_file(home, file) is not None for file in files):
        return
    for file in files:
        if ledger.history_of(file):
            raise UsageError(f"{file} is gone: hone log {named} tells its story")


def _files(named: str, home: Path) -> Iterator[str]:
    """The files that may be meant, of those that hone keeps, whether they are there or not."""
    for path in _candidates(named, home):
        yield from (file for file in (path, f"{path}/SKILL.md") if is_kept(file) and file.endswith(_TEXTS))


def _candidates(named: str, home: Path) -> Iterator[str]:
    """What `named` may mean, relative to the home: a word for a memory file, a skill's name, a path."""
    yield from [_MEMORY[named]] if named in _MEMORY else [f"skills/{named}", f"skills/.archive/{named}"]
    for path in (Path.cwd() / named, home / named):
        for plain in (
            os.path.normpath,
            os.path.realpath,
        ):  # a linked file, and a home that is reached by a link
            place, top = Path(plain(path)), plain(home)
            if place.is_relative_to(top):
                yield place.relative_to(top).as_posix()
