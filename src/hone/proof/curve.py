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
    """The tasks of a family in order: on average `before` the first of its skills came, and `after` it with one of them loaded.

    None: there are no such tasks.
    """

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


def arrivals(curve: Curve) -> dict[int, str]:
    """Which skills came, by the task from which on they were there: `deploy and 2 more`."""
    names: dict[int, list[str]] = {}
    for came in curve.came:
        names.setdefault(came.task, []).append(came.skill)
    return {task: said_together(skills) for task, skills in names.items()}


def said_together(names: Sequence[str]) -> str:
    """The first of some names, and how many more there are."""
    return f"{names[0]} and {len(names) - 1} more" if len(names) > 1 else names[0]


def condensed(values: Sequence[float], width: int) -> tuple[float, ...]:
    """`values` as at most `width` numbers, each the mean of its neighbours."""
    if len(values) <= width:
        return tuple(map(float, values))
    edges = [position * len(values) // width for position in range(width + 1)]
    return tuple(fmean(values[begin:end]) for begin, end in itertools.pairwise(edges))


def _curve(family: str, title: str, tasks: Sequence[FamilyTask], receipts: Iterable[Receipt]) -> Curve:
    came = sorted(filter(None, (_came(each, tasks) for each in receipts)), key=lambda each: each.task)
    first = came[0].task - 1 if came else len(tasks)
    wanted = {each.skill for each in came}
    return Curve(
        family,
        title,
        at=tuple(each.at for each in tasks),
        calls=tuple(each.calls for each in tasks),
        errors=tuple(each.errors for each in tasks),
        tokens=tuple(each.tokens for each in tasks),
        came=tuple(came),
        before=_means(tasks[:first]),
        after=_means([each for each in tasks[first:] if wanted.intersection(each.skills)]),
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
