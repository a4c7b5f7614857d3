"""The line at the bottom: the model, how full its context is, what the session cost, what learning does. Pure."""

import msgspec

from hone.cli.conversation.cells import cut
from hone.messages import Usage


class Status(msgspec.Struct, frozen=True):
    """What there is to say; `window` and a cost of None are not known."""

    model: str
    window: int | None
    context: int = 0  # tokens of the last request and its reply
    usage: Usage = Usage()  # of the session
    learning: str = ""
    hint: str = ""


def line(status: Status, width: int, more: str = "…") -> str:
    """The status in at most `width` cells: what there is no room for goes from the end, the hint last."""
    parts = [status.model, _context(status), _cost(status.usage), status.learning]
    shown = [part for part in parts if part]
    while shown and len(" · ".join([*shown, status.hint])) > width:
        shown.pop()
    return cut(" · ".join(part for part in [*shown, status.hint] if part), width, more)


def _context(status: Status) -> str:
    if not status.context:
        return ""
    if not status.window:
        return f"context {_short(status.context)} tokens"
    return f"{min(status.context / status.window, 1):.0%} of {_short(status.window)}"


def _cost(usage: Usage) -> str:
    if usage.cost_usd is None:
        return f"spent {_short(usage.input + usage.output)}" if usage.input else ""
    return f"${usage.cost_usd:.4f}" if usage.cost_usd < 1 else f"${usage.cost_usd:.2f}"


def _short(tokens: int) -> str:
    return f"{tokens / 1000:.0f}k" if tokens >= 10_000 else f"{tokens:,}"
