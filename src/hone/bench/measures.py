"""What the tasks of a benchmark took, and what that says of each arm: values in, figures out. Showing them is `report`'s part."""

import random
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec

from hone.bench.arms import FRESH
from hone.bench.scenario import Occasion

DRAWS = 2_000
"""Bootstrap draws behind an interval."""

_LEVEL = 0.90
_Each = TypeVar("_Each")
_Key = TypeVar("_Key")
_MEASURES: Mapping[str, Callable[["Measured"], float | None]] = {
    "calls": lambda each: each.calls,
    "errors": lambda each: each.errors,
    "tokens": lambda each: each.tokens,
    "seconds": lambda each: each.seconds,
    "cost_usd": lambda each: each.cost_usd,
}


class Learned(msgspec.Struct, frozen=True):
    """What learning took after a task, beside its answer."""

    requests: int = 0
    tokens: int = 0
    seconds: float = 0.0
    cost_usd: float | None = None


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """One task of an arm: where it stood in which run's stream, whether it was done, and what it took.

    `heard_calls` and `heard_tokens` are the proxy's counts of the same, the tokens with those of learning.
    """

    agent: str
    arm: str
    run: int
    position: int
    scenario: str
    occasion: Occasion
    number: int
    ok: bool
    why: str
    status: str
    calls: int
    errors: int
    requests: int
    tokens: int
    seconds: float
    cost_usd: float | None
    skills: tuple[str, ...]
    learned: Learned
    complaints: tuple[str, ...]
    heard_calls: int
    heard_tokens: int


class Row(msgspec.Struct, frozen=True):
    """Some tasks of an arm together: shares and means; of the skewed ones, tokens and seconds, the medians."""

    tasks: int
    success: float
    calls: float
    errors: float
    requests: float
    tokens: float
    seconds: float
    cost_usd: float | None


class Saved(msgspec.Struct, frozen=True):
    """The share of a measure that an arm saves against `fresh` on the same tasks; 90 of 100 such intervals hold the true one.

    One scenario alone has no interval: None.
    """

    share: float
    low: float | None
    high: float | None


class ArmFigures(msgspec.Struct, frozen=True, kw_only=True):
    """All that is told of an arm.

    `harm`: how much less often than in `fresh` its distractors succeed. `recovered`: the first task after the change of
    the world from which on it does as well as `fresh`, for no more calls. `net_tokens`: what it saved on all its tasks, less what learning took, None without the same tasks in `fresh`.
    `break_even`: the repeat from which on it has paid; None: not within these.
    """

    agent: str
    arm: str
    tasks: int
    repeats: dict[int, Row]
    variants: Row | None
    distractors: Row | None
    changed: dict[int, Row]
    saved: dict[str, Saved]
    harm: float | None
    recovered: int | None
    learning: Learned
    net_tokens: int | None
    break_even: int | None
    miscounted: int


class ScenarioFigures(msgspec.Struct, frozen=True):
    """One scenario in one arm: its first repeat, its later ones, and after the change of the world."""

    agent: str
    arm: str
    scenario: str
    first: Row | None
    later: Row | None
    changed: Row | None


def figures(tasks: Sequence[Measured], rng: random.Random) -> tuple[ArmFigures, ...]:
    """Each agent's arms, in the order in which they are first met."""
    groups = _grouped(tasks, lambda each: (each.agent, each.arm))
    return tuple(
        _arm_figures(own, groups.get((agent, FRESH), []) if arm != FRESH else [], rng)
        for (agent, arm), own in groups.items()
    )


def scenario_figures(tasks: Sequence[Measured]) -> tuple[ScenarioFigures, ...]:
    """Each scenario in each arm."""
    groups = _grouped(tasks, lambda each: (each.scenario, each.agent, each.arm))
    return tuple(
        ScenarioFigures(
            agent,
            arm,
            scenario,
            first=row(each for each in own if (each.occasion, each.number) == ("repeat", 1)),
            later=row(each for each in own if each.occasion == "repeat" and each.number > 1),
            changed=row(each for each in own if each.occasion == "changed"),
        )
        for (scenario, agent, arm), own in groups.items()
    )


def row(tasks: Iterable[Measured]) -> Row | None:
    """The tasks as one row; None of none. The cost is known only if all of it is."""
    every = list(tasks)
    if not every:
        return None
    costs = [each.cost_usd for each in every if each.cost_usd is not None]
    return Row(
        tasks=len(every),
        success=statistics.fmean(each.ok for each in every),
        calls=statistics.fmean(each.calls for each in every),
        errors=statistics.fmean(each.errors for each in every),
        requests=statistics.fmean(each.requests for each in every),
        tokens=statistics.median(each.tokens for each in every),
        seconds=statistics.median(each.seconds for each in every),
        cost_usd=statistics.fmean(costs) if len(costs) == len(every) else None,
    )


def _arm_figures(own: Sequence[Measured], fresh: Sequence[Measured], rng: random.Random) -> ArmFigures:
    pairs = _pairs(own, fresh)
    later = [pair for pair in pairs if pair[0].occasion == "repeat" and pair[0].number > 1]
    saved = {name: _saved(later, measure, rng) for name, measure in _MEASURES.items()}
    return ArmFigures(
        agent=own[0].agent,
        arm=own[0].arm,
        tasks=len(own),
        repeats=_rows(own, "repeat"),
        variants=row(each for each in own if each.occasion == "variant"),
        distractors=row(each for each in own if each.occasion == "distractor"),
        changed=_rows(own, "changed"),
        saved={name: each for name, each in saved.items() if each is not None},
        harm=_harm(pairs),
        recovered=_recovered(pairs),
        learning=_learning(own),
        net_tokens=_net(pairs) if pairs else None,
        break_even=_break_even(pairs),
        miscounted=sum(each.calls != each.heard_calls for each in own),
    )


def _rows(tasks: Sequence[Measured], occasion: Occasion) -> dict[int, Row]:
    groups = _grouped((each for each in tasks if each.occasion == occasion), lambda each: each.number)
    rows = {number: row(groups[number]) for number in sorted(groups)}
    return {number: each for number, each in rows.items() if each is not None}


_Pair = tuple[Measured, Measured]
"""A task in an arm, and the same task in `fresh`."""


def _pairs(own: Sequence[Measured], fresh: Sequence[Measured]) -> list[_Pair]:
    there = {(each.run, each.position): each for each in fresh}
    return [(each, there[each.run, each.position]) for each in own if (each.run, each.position) in there]


def _saved(
    pairs: Sequence[_Pair], measure: Callable[[Measured], float | None], rng: random.Random
) -> Saved | None:
    """By scenario: its tasks resemble each other, so that whole scenarios are drawn again, not tasks."""
    sums = [_sums(own, measure) for own in _grouped(pairs, lambda pair: pair[0].scenario).values()]
    known = [each for each in sums if each is not None]
    if len(known) < len(sums) or not sum(before for _, before in known):
        return None
    if len(known) == 1:
        return Saved(_share(known), None, None)
    shares = sorted(
        _share(drawn)
        for drawn in (rng.choices(known, k=len(known)) for _ in range(DRAWS))
        if any(before for _, before in drawn)
    )
    outside = (1 - _LEVEL) / 2
    low, high = shares[int(outside * len(shares))], shares[int((1 - outside) * (len(shares) - 1))]
    return Saved(_share(known), low, high)


def _sums(pairs: Sequence[_Pair], measure: Callable[[Measured], float | None]) -> tuple[float, float] | None:
    """What the pairs took with learning, and without; None if that is not known of all."""
    values = [(measure(own), measure(fresh)) for own, fresh in pairs]
    known = [(own, fresh) for own, fresh in values if own is not None and fresh is not None]
    if len(known) < len(values):
        return None
    return sum(own for own, _ in known), sum(fresh for _, fresh in known)


def _share(sums: Sequence[tuple[float, float]]) -> float:
    return 1 - sum(own for own, _ in sums) / sum(before for _, before in sums)


def _harm(pairs: Iterable[_Pair]) -> float | None:
    lost = [fresh.ok - own.ok for own, fresh in pairs if own.occasion == "distractor"]
    return statistics.fmean(lost) if lost else None


def _recovered(pairs: Iterable[_Pair]) -> int | None:
    changed = _grouped((pair for pair in pairs if pair[0].occasion == "changed"), lambda pair: pair[0].number)
    since = None
    for number in sorted(changed):
        own, fresh = (row(each) for each in zip(*changed[number], strict=True))
        assert own is not None
        assert fresh is not None
        if own.success < fresh.success or own.calls > fresh.calls:
            since = None
        elif since is None:
            since = number
    return since


def _learning(own: Sequence[Measured]) -> Learned:
    spent = [each.learned for each in own if each.learned.requests]
    known = [each.cost_usd for each in spent if each.cost_usd is not None]
    return Learned(
        requests=sum(each.requests for each in spent),
        tokens=sum(each.tokens for each in spent),
        seconds=sum(each.learned.seconds for each in own),
        cost_usd=sum(known) if len(known) == len(spent) else None,
    )


def _net(pairs: Iterable[_Pair]) -> int:
    return sum(fresh.tokens - own.tokens - own.learned.tokens for own, fresh in pairs)


def _break_even(pairs: Sequence[_Pair]) -> int | None:
    """The first repeat from which on all repeats so far saved more tokens than learning from them took."""
    repeats = _grouped((pair for pair in pairs if pair[0].occasion == "repeat"), lambda pair: pair[0].number)
    net, paid = 0, None
    for number in sorted(repeats):
        net += _net(repeats[number])
        if net <= 0:
            paid = None
        elif paid is None:
            paid = number
    return paid


def _grouped(items: Iterable[_Each], key: Callable[[_Each], _Key]) -> dict[_Key, list[_Each]]:
    groups: dict[_Key, list[_Each]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups
