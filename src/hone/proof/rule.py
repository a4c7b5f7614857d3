"""PLACEHOLDER by the lead so that others can run: A overwrites this file."""
from collections.abc import Iterable, Sequence

from hone.proof.values import LOOKS, Look, Task


def due(tasks_so_far: int, looked: Iterable[int]) -> tuple[int, ...]:
    return tuple(n for n in LOOKS if n <= tasks_so_far and n not in set(looked))


def look(tasks: Sequence[Task], at: int) -> Look:
    return Look(tasks=at, verdict="go_on" if at < 128 else "undecided", better={}, worse={})
