"""`hone sessions`: what was recorded, for reading, exporting and searching. Works on a read-only home and creates nothing."""

import contextlib
import datetime
import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from hone.cli.transcript import as_markdown, as_text
from hone.clock import SystemClock, iso
from hone.config.environ import hone_home, process_environ, user_home
from hone.errors import UsageError
from hone.files import write_atomic
from hone.history.rows import Recorded, SessionRow, SessionSummary, TurnRow
from hone.history.store import History
from hone.safety.invisible import reveal
from hone.safety.paths import find_workspace
from hone.tools.history import describe

app = typer.Typer(
    help="Past sessions: list, show, export, search.", no_args_is_help=True, rich_markup_mode=None
)

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON.")]
SessionId = Annotated[str, typer.Argument(metavar="ID", help="A session's id, the beginning of it, or last.")]
Limit = Annotated[int, typer.Option(metavar="N", min=1, help="How many at most.")]


class Format(StrEnum):
    """What `export` writes."""

    JSON = "json"
    MARKDOWN = "md"


@app.command("list")
def list_sessions(as_json: JsonFlag = False, limit: Limit = 20) -> None:
    """List the sessions, the most recently active first."""
    with _history() as history:
        sessions = history.sessions(limit)
    if as_json:
        _print_json([_dated(session, "created", "updated") for session in sessions])
    elif not sessions:
        print("no sessions yet: hone run TASK begins one")
    else:
        print("\n".join(_line(session) for session in sessions))


@app.command()
def show(
    session: SessionId,
    as_json: JsonFlag = False,
    full: Annotated[bool, typer.Option("--full", help="Show tool results uncut.")] = False,
) -> None:
    """Show a session as a transcript."""
    row, turns, events = _read(session)
    if as_json:
        _print_json(_exported(row, turns, events))
    else:
        print(printable(as_text(row, turns, events, full=full)))


@app.command()
def export(
    session: SessionId,
    form: Annotated[
        Format, typer.Option("--format", metavar="FORMAT", help="json has everything, md is for reading.")
    ] = Format.JSON,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The file to write; by default standard output.")
    ] = None,
) -> None:
    """Print or write a whole session, as JSON or Markdown. Known secrets were never recorded."""
    if output and output.exists() and not output.is_file():
        raise UsageError(f"{output} is not a file: name one, or leave out --output to print")
    row, turns, events = _read(session)
    text = (
        _json(_exported(row, turns, events))
        if form is Format.JSON
        else printable(as_markdown(row, turns, events))
    )
    if output:
        write_atomic(output, f"{text}\n".encode())
    else:
        print(text)


@app.command()
def search(
    query: Annotated[list[str], typer.Argument(metavar="WORD", help="The words to look for.")],
    as_json: JsonFlag = False,
    limit: Limit = 10,
) -> None:
    """Find messages of past sessions by their words, each with the messages around it."""
    words = " ".join(query)
    with _history() as history:
        hits = history.search(words, limit=limit)
    if as_json:
        _print_json([_dated(hit, "at") for hit in hits])
    elif not hits:
        print(f"nothing found for {words!r}")
    else:
        print(printable("\n\n".join(describe(hit) for hit in hits)))


def printable(text: str) -> str:
    """`text` without the control characters by which output could drive a terminal; what is invisible is shown."""
    return reveal(_CONTROL.sub("", text))


_CONTROL = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)


@contextlib.contextmanager
def _history() -> Iterator[History]:
    history = History.open_for_reading(hone_home(process_environ()) / "state.db", SystemClock())
    try:
        yield history
    finally:
        history.close()


def _read(session: str) -> tuple[SessionRow, tuple[TurnRow, ...], tuple[Recorded, ...]]:
    with _history() as history:
        row = session_named(history, session)
        return row, history.turns(row.id), history.events(row.id)


def session_named(history: History, session: str) -> SessionRow:
    """A session by its id, a unique beginning of it, or `last`. Raises NotFound."""
    return (_latest(history) if session == "last" else None) or history.session(session)


def _latest(history: History) -> SessionRow | None:
    """The session that `--resume` would go on with here, else the latest of all."""
    try:
        here = history.latest_session(str(find_workspace(Path.cwd(), user_home(process_environ()))))
    except UsageError:  # in / or in the user's home there is no workspace
        here = None
    return here or history.latest_session()


def _line(session: SessionSummary) -> str:
    at = datetime.datetime.fromtimestamp(session.updated).astimezone()
    cost = "" if session.cost_usd is None else f"${session.cost_usd:.4f}"
    title = printable(session.title)
    return f"{session.id:<15}  {at:%Y-%m-%d %H:%M}  {session.status or 'unfinished':<11}  {cost:>9}  {title}"


def _exported(row: SessionRow, turns: Sequence[TurnRow], events: Sequence[Recorded]) -> dict[str, Any]:
    return {
        "session": _dated(row, "created", "updated"),
        "turns": [_dated(turn, "started", "finished") for turn in turns],
        "events": [_dated(event, "at") for event in events],
    }


def _dated(value: msgspec.Struct, *times: str) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(value)
    return fields | {name: fields[name] and iso(fields[name]) for name in times}


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def _print_json(value: object) -> None:
    print(_json(value))
