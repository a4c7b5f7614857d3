"""The rule of receipts: when it looks, what it says, and how rarely chance deceives it."""

import random
from collections.abc import Sequence

import pytest

from hone.proof.rule import ERROR, due, look, share_of
from hone.proof.simulate import Truth, fate, simulated_tasks
from hone.proof.values import LOOKS, Arm, Task


def task(arm: Arm, calls: int, errors: int = 0, *, success: bool | None = None, named: bool = False) -> Task:
    return Task(
        session="s",
        turn=1,
        at=0.0,
        family="f",
        arm=arm,
        calls=calls,
        errors=errors,
        tokens=calls * 100,
        seconds=1.0,
        success=success,
        named=named,
    )


def tasks(with_it: Sequence[int], without: Sequence[int]) -> list[Task]:
    return [*(task("with", calls) for calls in with_it), *(task("without", calls) for calls in without)]


@pytest.mark.parametrize(
    ("count", "looked", "expected"),
    [
        (15, (), ()),
        (16, (), (16,)),
        (40, (), (16, 32)),
        (40, (16,), (32,)),
        (40, (16, 32), ()),
        (500, (16, 32, 64), (128,)),
        (500, LOOKS, ()),
    ],
)
def test_a_look_is_due_once_when_there_are_enough_tasks(
    count: int, looked: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    assert due(count, looked) == expected


def test_the_looks_share_the_error_among_them() -> None:
    assert sum(map(share_of, LOOKS)) == pytest.approx(ERROR)
    assert all(share_of(at) > 0.005 for at in LOOKS)


@pytest.mark.parametrize(
    ("with_it", "without", "at", "verdict"),
    [
        ([3] * 12, [9] * 4, 16, "proven"),
        ([9] * 12, [3] * 4, 16, "harmful"),
        ([5] * 12, [5] * 4, 16, "go_on"),
        ([5] * 100, [5] * 28, 128, "undecided"),
        ([3] * 15, [9], 16, "go_on"),  # one task without it is nothing to compare with
        ([3] * 16, [], 16, "go_on"),
    ],
)
def test_what_a_look_says(with_it: list[int], without: list[int], at: int, verdict: str) -> None:
    assert look(tasks(with_it, without), at).verdict == verdict


def test_fewer_calls_with_more_errors_prove_nothing() -> None:
    mixed = [*[task("with", 3, errors=2)] * 12, *[task("without", 9, errors=0)] * 4]
    assert look(mixed, 16).verdict == "go_on"


def test_success_is_weighed_where_somebody_told_it_of_both_kinds() -> None:
    told = [
        *[task("with", 5, success=True)] * 24,
        *[task("without", 5, success=False)] * 8,
    ]
    silent = [task(each.arm, 5, success=True if each.arm == "with" else None) for each in told]
    assert look(told, 32).verdict == "proven"
    assert set(look(told, 32).better) == {"calls", "errors", "success"}
    assert set(look(silent, 32).better) == {"calls", "errors"}


def test_a_look_counts_only_tasks_of_the_coin_and_no_more_than_it_is_for() -> None:
    good = tasks([3] * 12, [9] * 4)
    others = [
        task("first", 99),
        task("always", 99),
        task("with", 99, named=True),
        task("without", 1, named=True),
    ]
    later = tasks([99] * 50, [1] * 50)
    assert look([*others, *good, *later], 16) == look(good, 16)


@pytest.mark.parametrize("saves", [0.3, -0.3])
def test_better_and_worse_are_the_same_question_asked_both_ways(saves: float) -> None:
    stream = [*simulated_tasks(Truth(base=0.7, saves=saves, told=False), 64, random.Random(2))]
    swapped = [task("without" if each.arm == "with" else "with", each.calls, each.errors) for each in stream]
    assert look(stream, 64).better == pytest.approx(look(swapped, 64).worse)


def test_too_few_tasks_for_a_look_decide_nothing() -> None:
    assert fate(Truth(base=0.5, saves=0.9), 15, random.Random(1)).verdict == "go_on"


def shares(truth: Truth, runs: int) -> dict[str, float]:
    rng = random.Random(7)
    fates = [fate(truth, 128, rng).verdict for _ in range(runs)]
    return {verdict: fates.count(verdict) / runs for verdict in ("proven", "harmful", "undecided")}


@pytest.mark.slow
@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("holdout", [0.2, 0.5])
def test_a_skill_that_changes_nothing_is_rarely_judged(told: bool, holdout: float) -> None:
    found = shares(Truth(base=0.7, told=told, holdout=holdout), 500)
    assert found["proven"] <= 0.05 + 0.02  # two standard errors of 500 runs
    assert found["harmful"] <= 0.05 + 0.02
    assert found["undecided"] > 0.85


def test_a_large_effect_is_found_and_a_large_harm_too() -> None:
    assert shares(Truth(base=0.6, saves=0.5), 20)["proven"] >= 0.9
    assert shares(Truth(base=0.8, saves=-1.0), 20)["harmful"] >= 0.9
