"""Events in a line of words, for `hone run` and the conversation alike."""

from typing import Any

import msgspec

from hone.cli.sessions import printable
from hone.events import ToolFinished, Tripped
from hone.messages import ToolCall


def describe(call: ToolCall) -> str:
    """A call in one line: its name and its telling argument."""
    try:
        arguments = msgspec.json.decode(call.arguments or "{}", type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        arguments = {}
    return f"{call.name} {one_line(str(next(iter(arguments.values()), '')))}".rstrip()


def met(event: Tripped) -> str:
    """That a tripwire stopped a call, or was overridden."""
    if event.passed:
        return f"· sent again: {describe(event.call)} (tripwire {event.tripwire} of {event.skill})"
    return f"⊘ {describe(event.call)}  stopped by tripwire {event.tripwire} of {event.skill}"


def outcome(description: str, event: ToolFinished) -> str:
    """How a call went, in one line."""
    if event.reply.ok:
        return f"✓ {description}  {event.seconds:.1f} s"
    code = (
        f"exit {event.reply.exit_code}"
        if event.reply.exit_code is not None
        else one_line(event.reply.text, 100)
    )
    return f"✗ {description}  {code}, {event.seconds:.1f} s"


def one_line(text: str, width: int = 100) -> str:
    """`text` without line ends and control characters, cut at `width` characters."""
    line = " ".join(printable(text).split())
    return line if len(line) <= width else line[: width - 1] + "…"
