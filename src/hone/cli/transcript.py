"""A recorded session as text to read: for a terminal, and as Markdown for a file. Pure functions."""

import datetime
from collections.abc import Iterator, Sequence

from hone.events import (
    ApprovalDecided,
    Attached,
    Compacted,
    StepFinished,
    ToolFinished,
    Tripped,
    TurnStarted,
    Withheld,
)
from hone.history.rows import Recorded, SessionRow, TurnRow

RESULT_CHARACTERS = 500


def as_text(row: SessionRow, turns: Sequence[TurnRow], events: Sequence[Recorded], *, full: bool) -> str:
    """The session for a terminal; of a tool's result the beginning and the end, unless `full`."""
    at = datetime.datetime.fromtimestamp(row.created).astimezone()
    lines = [f"{row.id}  {at:%Y-%m-%d %H:%M}  {row.cwd}", row.title]
    for turn in turns:
        lines += ["", f"turn {turn.turn}"]
        for record in events:
            if record.turn == turn.turn:
                lines += _text_of(record, None if full else RESULT_CHARACTERS)
        lines += ["", _ending(turn)]
    return "\n".join(lines)


def as_markdown(row: SessionRow, turns: Sequence[TurnRow], events: Sequence[Recorded]) -> str:
    """The session as Markdown, with every result in full."""
    at = datetime.datetime.fromtimestamp(row.created).astimezone()
    parts = [f"# {row.title or row.id}", f"Session `{row.id}`, {at:%Y-%m-%d %H:%M}, in `{row.cwd}`."]
    for turn in turns:
        parts.append(f"## Turn {turn.turn}")
        for record in events:
            if record.turn == turn.turn:
                parts += _markdown_of(record)
        parts.append(f"*{_ending(turn)}*")
    return "\n\n".join(parts)


def shortened(text: str, limit: int | None) -> str:
    """`text`, of a longer one the beginning and the end with the number of characters between."""
    if limit is None or len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n… {len(text) - 2 * half:,} characters (--full shows them) …\n{text[-half:]}"


def _text_of(record: Recorded, limit: int | None) -> Iterator[str]:
    match record.event:
        case TurnStarted(text=text) | Attached(kind="steering", text=text):
            yield f"\nuser: {text}"
        case Attached(kind=kind, name=name):
            yield f"  + {kind} {name}"
        case Withheld(name=name, reason=reason):
            yield f"  - {name} withheld: {reason}"
        case StepFinished(message=message):
            if message.text:
                yield f"\nassistant: {message.text}"
            for call in message.tool_calls:
                yield f"  → {call.name} {call.readable_arguments}"
        case Compacted(text=text, kept=kept):
            shown = shortened(text, limit).replace("\n", "\n    ")
            yield f"  ~ for the model all above but the last {kept} messages became\n    {shown}"
        case ApprovalDecided(decision="refused", tool=tool, reason=reason):
            yield f"  ! {tool} refused: {reason}"
        case Tripped(skill=skill, tripwire=tripwire, passed=passed):
            yield f"  ! {'sent again past' if passed else 'stopped by'} tripwire {tripwire} of {skill}"
        case ToolFinished(reply=reply):
            text = shortened(reply.text, limit).replace("\n", "\n    ")
            yield f"  ← {reply.name} {_result(reply.ok, reply.exit_code)}\n    {text}"


def _markdown_of(record: Recorded) -> Iterator[str]:
    match record.event:
        case TurnStarted(text=text) | Attached(kind="steering", text=text):
            yield f"**User ({record.id})**\n\n{text}"
        case Attached(kind=kind, name=name, text=text):
            yield f"*Attached {kind} `{name}` ({record.id})*\n\n{_fenced(text)}"
        case Compacted(text=text, kept=kept):
            yield f"*For the model all above but the last {kept} messages became ({record.id})*\n\n{_fenced(text)}"
        case StepFinished(message=message):
            if message.text:
                yield f"**Assistant ({record.id})**\n\n{message.text}"
            for call in message.tool_calls:
                yield f"Call of `{call.name}`:\n\n{_fenced(call.readable_arguments)}"
        case ToolFinished(reply=reply):
            result = _result(reply.ok, reply.exit_code)
            yield f"Result of `{reply.name}` ({record.id}, {result}):\n\n{_fenced(reply.text)}"


def _result(ok: bool, exit_code: int | None) -> str:
    return ("ok" if ok else "failed") if exit_code is None else f"exit {exit_code}"


def _ending(turn: TurnRow) -> str:
    if turn.status is None:
        return "unfinished"
    cost = "" if turn.usage.cost_usd is None else f", ${turn.usage.cost_usd:.4f}"
    reason = f" ({turn.reason})" if turn.reason else ""
    return f"{turn.status}{reason}: {turn.steps} steps, {turn.tool_calls} calls, {turn.errors} failed{cost}"


def _fenced(text: str) -> str:
    """A code block whose fence does not occur in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}\n{text}\n{fence}"
