"""Figures from tasks, as tables small enough to be checked by hand."""

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from hone.bench.measures import ArmFigures, Learned, Measured, Saved, figures, row, scenario_figures

TASK = Measured(
    agent="hone",
    arm="fresh",
    run=1,
    position=0,
    scenario="a",
    occasion="repeat",
    number=1,
    ok=True,
    why="",
    status="answered",
    calls=10,
    errors=2,
    requests=5,
    tokens=1000,
    seconds=2.0,
    cost_usd=None,
    skills=(),
    learned=Learned(),
    complaints=(),
    heard_calls=10,
    heard_tokens=1000,
)


def task(**changed: Any) -> Measured:
    given = {"heard_calls": changed.get("calls", TASK.calls)} | changed
    return msgspec.structs.replace(TASK, **given)


def arm(*tasks: Measured, seed: int = 1) -> ArmFigures:
    return figures(tasks, random.Random(seed))[-1]


def test_shares_and_means_and_medians() -> None:
    found = row([task(tokens=100, ok=False, calls=1), task(tokens=200, calls=4), task(tokens=9000, calls=4)])
    assert found is not None
    assert (found.tasks, found.calls, found.tokens, round(found.success, 3)) == (3, 3.0, 200, 0.667)
    assert row([]) is None


@pytest.mark.parametrize(("costs", "mean"), [((0.2, 0.4), 0.3), ((0.2, None), None), ((None, None), None)])
def test_a_cost_is_known_only_if_all_of_it_is(costs: tuple[float | None, ...], mean: float | None) -> None:
    found = row(task(cost_usd=cost) for cost in costs)
    assert found is not None
    assert found.cost_usd == (mean and pytest.approx(mean))


def test_what_is_saved_counts_from_the_second_repeat_on() -> None:
    fresh = [task(position=n, number=n + 1) for n in range(3)]
    own = [task(arm="skills", position=n, number=n + 1, calls=calls) for n, calls in enumerate((10, 4, 2))]
    found = arm(*fresh, *own)
    assert found.saved["calls"].share == pytest.approx(0.7)
    assert found.saved["errors"].share == 0
    assert "cost_usd" not in found.saved
    assert [each.calls for each in found.repeats.values()] == [10, 4, 2]


def test_nothing_is_saved_against_nothing() -> None:
    own = [task(arm="skills", number=2, calls=1)]
    assert arm(*own).saved == {}
    found = arm(task(number=2, errors=0), task(arm="skills", number=2, errors=1))
    assert "errors" not in found.saved
    assert (arm(*own).net_tokens, arm(*own).break_even, arm(*own).harm) == (None, None, None)


@settings(max_examples=10, deadline=None)  # each draws a bootstrap
@given(some.lists(some.tuples(some.integers(0, 30), some.integers(1, 30)), min_size=2, max_size=3))
def test_an_interval_holds_its_estimate(calls: list[tuple[int, int]]) -> None:
    tasks = [
        task(arm=arm, scenario=str(n), position=n, number=2, calls=pair[arm == "fresh"])
        for arm in ("fresh", "skills")
        for n, pair in enumerate(calls)
    ]
    saved = arm(*tasks).saved["calls"]
    assert saved.low is not None
    assert saved.high is not None
    assert saved.low - 1e-9 <= saved.share <= saved.high + 1e-9
    assert arm(*tasks) == arm(*tasks)


def test_one_scenario_has_no_interval() -> None:
    tasks = [task(arm=name, number=2, calls=calls) for name, calls in (("fresh", 10), ("skills", 4))]
    assert arm(*tasks).saved["calls"] == Saved(0.6, None, None)


@pytest.mark.parametrize(
    ("learned", "net", "paid"),
    [
        ((0, 0, 0), 1200, 1),  # from the first repeat on
        ((500, 0, 0), 700, 2),
        ((5000, 0, 0), -3800, None),
        ((0, 1000, 0), 200, 3),  # what had paid has not any more
    ],
)
def test_learning_has_paid_once_all_repeats_so_far_have(
    learned: tuple[int, ...], net: int, paid: int | None
) -> None:
    fresh = [task(position=n, number=n + 1) for n in range(3)]
    own = [
        task(arm="skills", position=n, number=n + 1, tokens=600, learned=Learned(bool(tokens), tokens))
        for n, tokens in enumerate(learned)
    ]
    found = arm(*fresh, *own)
    assert (found.net_tokens, found.break_even) == (net, paid)
    assert found.learning.tokens == sum(learned)


@pytest.mark.parametrize(
    ("own", "recovered"),
    [
        ([(True, 10), (True, 10)], 1),
        ([(True, 12), (True, 8)], 2),
        ([(False, 5), (True, 8)], 2),
        ([(True, 10), (True, 11)], None),
        ([(True, 5), (False, 5)], None),
    ],
)
def test_recovery_is_as_good_as_fresh_for_no_more_calls(
    own: list[tuple[bool, int]], recovered: int | None
) -> None:
    tasks = [task(occasion="changed", position=n, number=n + 1) for n in range(2)]
    tasks += [
        task(arm="skills", occasion="changed", position=n, number=n + 1, ok=ok, calls=calls)
        for n, (ok, calls) in enumerate(own)
    ]
    assert arm(*tasks).recovered == recovered


@pytest.mark.parametrize(("fresh", "own", "harm"), [(True, True, 0), (True, False, 1), (False, True, -1)])
def test_harm_is_what_distractors_lose(fresh: bool, own: bool, harm: float) -> None:
    tasks = [task(occasion="distractor", ok=fresh), task(arm="skills", occasion="distractor", ok=own)]
    assert arm(*tasks).harm == harm


def test_the_cost_of_learning_is_known_only_if_all_of_it_is() -> None:
    known = task(arm="skills", learned=Learned(2, 100, 1.0, 0.5))
    unknown = task(arm="skills", position=1, learned=Learned(1, 50, 1.0))
    assert arm(known).learning == Learned(2, 100, 1.0, 0.5)
    assert arm(known, unknown).learning == Learned(3, 150, 2.0, None)


def test_tasks_that_the_proxy_counted_otherwise_are_told() -> None:
    assert arm(task(), task(calls=3, heard_calls=4)).miscounted == 1


def test_each_scenario_has_its_own_figures() -> None:
    first, later, changed = (
        task(),
        task(number=2, calls=4),
        task(occasion="changed", calls=6),
    )
    other = task(scenario="b", occasion="variant")
    a, b = scenario_figures([first, later, changed, other])
    assert [each and each.calls for each in (a.first, a.later, a.changed)] == [10, 4, 6]
    assert (b.scenario, b.first, b.later, b.changed) == ("b", None, None, None)
