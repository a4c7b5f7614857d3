"""When a loop has gone on long enough: pure rules on what it has spent and what keeps failing."""

from collections.abc import Sequence

from hone.config.settings import Limits
from hone.messages import ToolCall, ToolReply, Usage

SAME_FAILURES = 5  # in a row and with the same words: one more time will not help


def overspent(limits: Limits, usage: Usage) -> str | None:
    """Why `usage` is too much, or None."""
    if limits.tokens is not None and usage.input + usage.output >= limits.tokens:
        return f"stopped after {usage.input + usage.output:,} tokens (limits.tokens is {limits.tokens:,})"
    if limits.usd is not None and usage.cost_usd is not None and usage.cost_usd >= limits.usd:
        return f"stopped after ${usage.cost_usd:.4f} (limits.usd is {limits.usd:g})"
    return None


def failures_in_a_row(
    before: list[tuple[str, str, str]], calls: Sequence[ToolCall], replies: Sequence[ToolReply]
) -> list[tuple[str, str, str]]:
    """The same failure so often in a row: `before` with what these calls add to it, or empty after a success."""
    for call, reply in zip(calls, replies, strict=True):
        failure = (call.name, call.arguments, reply.text)
        before = [] if reply.ok else [*(same for same in before if same == failure), failure]
    return before
