"""Rule: text that instructs the reader's agent, hides something or leads data out is held, marked, for a person to judge."""

from collections.abc import Iterator, Sequence
from typing import Literal

from hone.changes.change import Change, Effect
from hone.changes.rules.finding import Finding


def injected(
    _change: Change, _effects: Sequence[Effect], _decision: Literal["accept", "hold"]
) -> Iterator[Finding]:
    """A finding for each text of the change that reads like an attack on the agent."""
    yield from ()
