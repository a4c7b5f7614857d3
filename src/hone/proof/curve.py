"""Learning curves: what the tasks of a family took, in their order, and when each of its skills came.

What lies before and after a skill came is only observed: other things changed in the meantime, too.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

import msgspec

from hone.proof.receipts import Receipt
from hone.proof.record import FamilyTask


class Means(msgspec.Struct, frozen=True):
    """What a task took on average. `succeeded` is a share of the tasks of which it is known, None if of none."""

    tasks: int
    calls: float
    errors: float
    tokens: float
    succeeded: float | None


class Came(msgspec.Struct, frozen=True):
    """A skill was there from this task on (1 is the family's first)."""

    skill: str
    task: int


class Curve(msgspec.Struct, frozen=True):
    """The tasks of a family in order. `before` and `after` the first of its skills came; None: no such tasks."""

    family: str
    title: str
    at: tuple[float, ...]
    calls: tuple[int, ...]
    errors: tuple[int, ...]
    tokens: tuple[int, ...]
    came: tuple[Came, ...]
    before: Means | None
    after: Means | None


def curves(
    tasks: Sequence[FamilyTask], receipts: Iterable[Receipt], titles: Mapping[str, str]
) -> tuple[Curve, ...]:
    """A curve for each family, that with the most tasks first. A family without a title is called by its first request."""
    families: dict[str, list[FamilyTask]] = {}
    for task in tasks:
        families.setdefault(task.family, []).append(task)
    skills: dict[str, list[Receipt]] = {}
    for receipt in receipts:
        for family in receipt.families:
            skills.setdefault(family, []).append(receipt)
    found = [
        _curve(family, titles.get(family) or own[0].request, own, skills.get(family, ()))
        for family, own in families.items()
    ]
    return tuple(sorted(found, key=lambda each: -len(each.calls)))


def condensed(values: Sequence[float], width: int) -> tuple[float, ...]:
    """`values` as at most `width` numbers, each the mean of its neighbours."""
    if len(values) <= width:
        return tuple(map(float, values))
    edges = [position * len(values) // width for position in range(width + 1)]
    return tuple(fmean(values[begin:end]) for begin, end in itertools.pairwise(edges))


def _curve(family: str, title: str, tasks: Sequence[FamilyTask], receipts: Iterable[Receipt]) -> Curve:
    came = sorted(filter(None, (_came(each, tasks) for each in receipts)), key=lambda each: each.task)
    first = came[0].task - 1 if came else len(tasks)
    return Curve(
        family,
        title,
        at=tuple(each.at for each in tasks),
        calls=tuple(each.calls for each in tasks),
        errors=tuple(each.errors for each in tasks),
        tokens=tuple(each.tokens for each in tasks),
        came=tuple(came),
        before=_means(tasks[:first]),
        after=_means(tasks[first:]),
    )


def _came(receipt: Receipt, tasks: Sequence[FamilyTask]) -> Came | None:
    """A skill that hone wrote was there when it was written; of another it is known only when it was loaded."""
    for number, task in enumerate(tasks, 1):
        if task.at >= receipt.since > 0 or receipt.skill in task.skills:
            return Came(receipt.skill, number)
    return None


def _means(tasks: Sequence[FamilyTask]) -> Means | None:
    if not tasks:
        return None
    known = [each.success for each in tasks if each.success is not None]
    return Means(
        len(tasks),
        fmean(each.calls for each in tasks),
        fmean(each.errors for each in tasks),
        fmean(each.tokens for each in tasks),
        fmean(known) if known else None,
    )
