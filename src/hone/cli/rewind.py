"""`hone rewind`: what the agent did to files, turn by turn, and how to take it back. Learning is `hone undo`'s part."""

import contextlib
import datetime
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from hone.changes.change import Effect
from hone.checkpoints.place import File
from hone.checkpoints.records import Records
from hone.checkpoints.rewind import Plan, Rewinder, TurnFiles, shown
from hone.checkpoints.shadow import Shadow
from hone.checkpoints.trees import Difference
from hone.cli.asking import someone_is_there
from hone.cli.sessions import printable
from hone.cli.story import diff_text, one_line, print_json
from hone.clock import iso
from hone.config.environ import user_home
from hone.database import Database
from hone.errors import UsageError
from hone.given import Given
from hone.history.rows import SessionRow, TurnRow
from hone.history.store import History
from hone.safety.paths import default_hidden, find_workspace

_SHOWN_TURNS = 20
_SHOWN_FILES = 5
_SHOWN_TEXT = 60
_SIGNS = {"added": "+", "modified": "~", "deleted": "-", "not kept": "?"}


def rewind(
    session: Annotated[
        str | None,
        typer.Argument(
            metavar="SESSION", help="A session's id, its beginning, or last; by default the last one here."
        ),
    ] = None,
    turn: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="The turn; by default the last one that changed files."),
    ] = None,
    to: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Turn N and all that came after it.")
    ] = None,
    file: Annotated[
        str | None, typer.Option(metavar="PATH", help="Only what was done to this file or directory.")
    ] = None,
    redo: Annotated[bool, typer.Option("--redo", help="Bring back what was taken back last.")] = False,
    listing: Annotated[
        bool, typer.Option("--list", help="List the turns and what they did to files.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show what would be written, and write nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")] = False,
) -> None:
    """Take back what the agent did to the files of the workspace in a turn. It can be brought back."""
    if sum(map(bool, (turn, to, redo))) > 1 or (redo and file):
        raise UsageError("--turn, --to and --redo exclude each other, and --redo takes no --file: choose one")
    listing = listing or as_json
    with _opened(session, listing=listing) as (row, turns, rewinder):
        if listing:
            _print_list(row, turns, rewinder.turns(), as_json=as_json)
            return
        path = None if file is None else _below(file, Path(row.workspace))
        chosen = None if turn is None else [turn]
        plan = rewinder.plan_redo() if redo else rewinder.plan(chosen, since=to, path=path)
        if plan.edits and not (diff or yes or someone_is_there()):
            raise UsageError("nobody is there to ask: --diff shows what would be written, --yes writes it")
        _show(plan, back=not redo)
        if not plan.edits or diff:
            return
        if not yes and not typer.confirm(f"Write {_count(len(plan.edits), 'file')}?", err=True):
            print("nothing was written")
            return
        rewinder.apply(plan)
        way_back = "hone rewind takes it back again" if redo else "hone rewind --redo brings it back"
        print(f"written: {_count(len(plan.edits), 'file')}; {way_back}")


@contextlib.contextmanager
def _opened(which: str | None, *, listing: bool) -> Iterator[tuple[SessionRow, Sequence[TurnRow], Rewinder]]:
    """The session that is meant, its turns, and what takes them back. An unknown session makes no home."""
    given = Given.by_process()
    history = History.open_for_reading(given.home / "state.db", given.clock)
    try:
        row = _session(history, which, given)
        turns = history.turns(row.id)
    finally:
        history.close()
    workspace = Path(row.workspace)
    if not listing and not workspace.is_dir():
        raise UsageError(f"session {row.id} worked in {workspace}, which is gone: nothing can be taken back")
    path = given.home / "state.db"
    database = Database.open_for_reading(path) if listing else Database.open(path)
    try:
        hidden = default_hidden(user_home(given.environ), given.home)
        shadow = Shadow(given.home, workspace, given.environ, hidden)
        yield row, turns, Rewinder(shadow, Records(database, given.clock), row.id)
    finally:
        database.close()


def _session(history: History, which: str | None, given: Given) -> SessionRow:
    if which not in (None, "last"):
        return history.session(str(which))
    workspace = find_workspace(given.cwd, user_home(given.environ))
    row = history.latest_session(str(workspace))
    if row is None:
        raise UsageError(f"no session worked in {workspace}; hone sessions list shows all: hone rewind ID")
    return row


def _below(file: str, workspace: Path) -> str:
    """A path that was typed, as seen from the workspace. What it leads to does not matter: links are files too."""
    path = Path.cwd() / file
    real = path.parent.resolve() / path.name
    return str(real.relative_to(workspace)) if real.is_relative_to(workspace) else file


def _print_list(
    row: SessionRow, turns: Sequence[TurnRow], known: Sequence[TurnFiles], *, as_json: bool
) -> None:
    texts = {turn.turn: turn for turn in turns}
    newest = [(each, texts[each.turn]) for each in reversed(known) if each.turn in texts]
    if as_json:
        print_json([_as_json(row.id, each, turn) for each, turn in newest])
        return
    print(f"session {row.id} in {row.workspace}")
    if not newest:
        print("no turn has changed anything")
    for each, turn in newest[:_SHOWN_TURNS]:
        for line in _lines(each, turn):
            print(printable(line))
    if len(newest) > _SHOWN_TURNS:
        print(f"{len(newest) - _SHOWN_TURNS} older: hone rewind {row.id} --list --json")


def _as_json(session: str, each: TurnFiles, turn: TurnRow) -> dict[str, Any]:
    files = [
        {"path": shown(file.path), "status": file.status, "added": file.added, "removed": file.removed}
        for file in each.files
    ]
    return {
        "session": session,
        "turn": each.turn,
        "at": iso(turn.started),
        "text": turn.text,
        "files": files,
        "rewound": each.rewound,
        "skipped": each.skipped,
    }


def _lines(each: TurnFiles, turn: TurnRow) -> Iterator[str]:
    at = f"{datetime.datetime.fromtimestamp(turn.started).astimezone():%Y-%m-%d %H:%M}"
    state = "  (taken back)" if each.rewound else ""
    yield f"turn {each.turn}  {at}  {one_line(turn.text, _SHOWN_TEXT)}{state}"
    if each.skipped:
        yield f"    cannot be taken back: {each.skipped}"
    elif not each.files:
        yield "    no file is different"
    for file in each.files[:_SHOWN_FILES]:
        yield f"    {_SIGNS[file.status]} {shown(file.path)}{_amount(file)}"
    if len(each.files) > _SHOWN_FILES:
        yield f"    … {_count(len(each.files) - _SHOWN_FILES, 'more file')}"


def _amount(file: Difference) -> str:
    if file.why_not_kept:
        return f"  not kept: {file.why_not_kept}"
    return "  not text" if file.added is None else f"  +{file.added} -{file.removed}"


def _show(plan: Plan, *, back: bool) -> None:
    numbers = ", ".join(map(str, reversed(plan.turns)))
    which = f"turn{'' if len(plan.turns) == 1 else 's'} {numbers}"
    for path, why in plan.left:
        print(printable(f"left as it is: {shown(path)}: {why}"))
    if not plan.edits:
        print(f"nothing to write: the files are as they were {'before' if back else 'after'} {which}")
        return
    print(f"{'take back' if back else 'bring back'} {which}:")
    for edit in plan.edits:
        path = shown(edit.path)
        if edit.now and edit.then and edit.now.mode != edit.then.mode:
            print(printable(f"{path}: mode {edit.now.mode:o} becomes {edit.then.mode:o}"))
        if _is_binary(edit.now) or _is_binary(edit.then):
            print(printable(f"{path}: {_size(edit.now)} become {_size(edit.then)}"))
        elif text := diff_text([Effect(path, _text(edit.now), _text(edit.then))]):
            print(text)
        elif not (edit.now and edit.then):
            print(printable(f"{path}: an empty file {'is removed' if edit.now else 'comes back'}"))


def _is_binary(file: File | None) -> bool:
    return file is not None and b"\0" in file.data


def _text(file: File | None) -> bytes | None:
    return file.data if file else None


def _size(file: File | None) -> str:
    return f"{len(file.data):,} bytes" if file else "no file"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
