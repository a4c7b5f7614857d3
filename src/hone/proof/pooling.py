"""PLACEHOLDER by the lead so that others can run: A overwrites this file."""
from collections.abc import Mapping, Sequence

from hone.proof.values import Saving, Task


def savings(own: Sequence[Task], library: Mapping[str, Sequence[Task]], skill: str) -> tuple[Saving, ...]:
    return ()


def observed(before: Sequence[Task], after: Sequence[Task]) -> tuple[Saving, ...]:
    return ()
