"""Changes in words: lines of the log, one change in full, lines of a blamed file. Values in, text or JSON values out."""

import datetime
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import typer

from hone.changes.blame import Blamed
from hone.changes.change import Change, Effect, as_json
from hone.changes.diff import unified
from hone.changes.ledger import Row
from hone.cli.sessions import printable
from hone.clock import iso
from hone.config.environ import process_environ
from hone.events import Attached, StepFinished, ToolFinished, ToolStarted, TurnFinished, TurnStarted
from hone.history.rows import Recorded

_SHOWN = 200  # characters of a piece of evidence
_COLOURS = {"+": typer.colors.GREEN, "-": typer.colors.RED, "@": typer.colors.CYAN}

Evidence = Sequence[tuple[str, str]]
"""Ids of events with what happened; an empty text where the history does not have the event."""


def print_json(value: object) -> None:
    """Print a value as indented JSON."""
    print(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def log_json(row: Row) -> dict[str, Any]:
    """A row of the log for machines."""
    change = row.change
    return {
        "id": change.id,
        "at": iso(row.at),
        "op": row.op,
        "target": change.target,
        "origin": change.origin,
        "status": row.status,
        "session": change.session,
        "turn": change.turn,
        "trust": change.trust,
        "nudge": change.nudge,
        "summary": row.summary,
    }


def log_line(row: Row) -> str:
    """A row of the log for people."""
    status = "" if row.status == "applied" else f"{row.status}: "
    words = f"{_painted(row.change.id, 'yellow')}  {_local(row.at)}  {who(row.change):<6}"
    return f"{words}  {_painted(status, 'magenta')}{one_line(row.summary)}"


def details(row: Row, effects: Sequence[Effect], evidence: Evidence, problem: str = "") -> str:
    """All about one change: who, when, why, from what, and the diff, or the `problem` that there is none."""
    facts = "\n".join(f"  {name:<9} {printable(text)}" for name, text in _facts(row, evidence) if text)
    rest = f"it would not fit now: {problem}" if problem else diff_text(effects)
    return f"{_painted(row.change.id, 'yellow')}  {one_line(row.summary)}\n{facts}\n\n{rest}".rstrip()


def details_json(row: Row, effects: Sequence[Effect], evidence: Evidence) -> dict[str, Any]:
    """All about one change for machines: its log row, the change itself, and the diff."""
    told = [{"id": name, "text": text} for name, text in evidence]
    fields: dict[str, Any] = as_json(row.change) | log_json(row)
    return fields | {"undoes": row.undoes, "evidence": told, "diff": unified(effects)}


def blame_line(line: Blamed) -> str:
    """Change, date, writer, trust and text of a line."""
    if line.by is None:
        head = f"{'':<7}  {'':<10}  {'you':<6}  {'user':<9}"
    else:
        change = line.by.change
        head = f"{change.id}  {_local(line.by.at)[:10]}  {who(change):<6}  {change.trust:<9}"
    return f"{_painted(head, 'yellow')}  {printable(line.text)}".rstrip()


def blame_json(line: Blamed) -> dict[str, Any]:
    """A line of a blamed file for machines; `change` and `at` are null where no change is known."""
    change = line.by.change if line.by else None
    return {
        "line": line.line,
        "text": line.text,
        "change": change and change.id,
        "at": line.by and iso(line.by.at),
        "origin": change.origin if change else "user",
        "trust": change.trust if change else "user",
        "session": change and change.session,
    }


def who(change: Change) -> str:
    """Who made a change, in a word."""
    return "you" if change.origin == "user" else change.origin


def happened(record: Recorded) -> str:
    """An event in one line."""
    match record.event:
        case TurnStarted(text=text) | Attached(text=text) | TurnFinished(answer=text):
            return one_line(text, _SHOWN)
        case StepFinished(message=message):
            calls = " ".join(f"{call.name} {call.readable_arguments}" for call in message.tool_calls)
            return one_line(f"{message.text} {calls}", _SHOWN)
        case ToolStarted(call=call):
            return one_line(f"{call.name} {call.readable_arguments}", _SHOWN)
        case ToolFinished(reply=reply):
            code = "" if reply.exit_code is None else f" exit {reply.exit_code}"
            return one_line(f"{reply.name}{code or (' ok' if reply.ok else ' failed')}: {reply.text}", _SHOWN)
        case event:
            return str(event.__struct_config__.tag)


def diff_text(effects: Sequence[Effect]) -> str:
    """The diff, in colours on a terminal."""
    lines = (printable(line) for line in unified(effects).splitlines())
    return "\n".join(_painted(line, _COLOURS.get(line[:1], "")) for line in lines)


def one_line(text: str, limit: int | None = None) -> str:
    """`text` without line ends and control characters, cut to `limit`."""
    line = " ".join(printable(text).split())
    return line if limit is None or len(line) <= limit else line[: limit - 1] + "…"


def _facts(row: Row, evidence: Evidence) -> Iterator[tuple[str, str]]:
    change = row.change
    by = f"{who(change)} ({change.model})" if change.model else who(change)
    yield "status", row.status
    yield "target", change.target
    yield "by", f"{by}, trust {change.trust}"
    yield "when", _local(row.at)
    if change.session:
        turn = "" if change.turn is None else f", turn {change.turn}"
        yield "session", f"{change.session}{turn}"
    yield "undoes", row.undoes or ""
    yield "note", one_line(change.note)
    for reason in change.reasons:
        yield "gate", one_line(reason)
    for name, text in evidence:
        yield "evidence", f"{name}  {text}".rstrip()


def _local(seconds: float) -> str:
    return f"{datetime.datetime.fromtimestamp(seconds).astimezone():%Y-%m-%d %H:%M}"


def _painted(text: str, colour: str) -> str:
    plain = not (text and colour) or not sys.stdout.isatty() or bool(process_environ().get("NO_COLOR"))
    return text if plain else typer.style(text, fg=colour)
