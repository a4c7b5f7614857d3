"""What a rule says of a change, and how several findings become one decision."""

from collections.abc import Iterable
from typing import Literal

import msgspec

Decision = Literal["accept", "hold", "reject"]

_BY_WEIGHT: tuple[Decision, ...] = ("accept", "hold", "reject")


class Finding(msgspec.Struct, frozen=True):
    """One reason, and the decision that it alone would lead to; `accept` is a remark."""

    decision: Decision
    reason: str


def decide(findings: Iterable[Finding]) -> Decision:
    """The gravest of all."""
    return max((finding.decision for finding in findings), key=_BY_WEIGHT.index, default="accept")
