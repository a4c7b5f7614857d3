"""Rule: what was written after external text was seen is held, unless each item of it is vouched for by a local success."""

from collections.abc import Iterator

from hone.changes.change import Change, Facts
from hone.changes.rules.finding import Finding


def unvouched(change: Change, _facts: Facts) -> Iterator[Finding]:
    """A hold for a change of trust `external` if an item of it rests on nothing that succeeded here."""
    if change.trust == "external":
        yield Finding("hold", "seen external text")
