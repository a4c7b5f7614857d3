"""Events in a line of words, for `hone run` and the conversation alike."""

from typing import Any

import msgspec

from hone.cli.sessions import printable
from hone.events import ApprovalDecided, Compacted, Retrying, ToolFinished, Tripped
from hone.messages import ToolCall, estimate_tokens


def describe(call: ToolCall) -> str:
    """A call in one line: its name and its telling argument."""
    return f"{call.name} {one_line(str(next(iter(arguments_of(call).values()), '')))}".rstrip()


def arguments_of(call: ToolCall) -> dict[str, Any]:
    """The arguments of a call, none if they are malformed."""
    try:
        return msgspec.json.decode(call.arguments or "{}", type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {}


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


def again(event: Retrying) -> str:
    """That an attempt failed and when the next one is made."""
    what, _, _advice = event.reason.partition("; ")
    when = f" in {event.seconds:.0f} s" if event.seconds >= 1 else ""
    return printable(f"{what}; asking {event.model} again{when}")


def refused(event: ApprovalDecided) -> str:
    """What was not allowed, and why."""
    return f"not allowed: {one_line(event.subject)} ({printable(event.reason)})"


def compacted(event: Compacted) -> str:
    """What became of the older part of a conversation that had grown too long."""
    if not event.model:
        return "the oldest results were left out of the conversation, to make room"
    tokens = f"{event.usage.input:,} → {estimate_tokens(event.text):,} tokens"
    return f"the conversation so far was summed up ({tokens})"


def one_line(text: str, width: int = 100) -> str:
    """`text` without line ends and control characters, cut at `width` characters."""
    line = " ".join(printable(text).split())
    return line if len(line) <= width else line[: width - 1] + "…"
