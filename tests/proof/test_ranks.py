"""Rank tests and two-by-two tables: against counting every way, and what holds for any data."""

import random
from collections.abc import Sequence
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.proof.ranks import _by_normal_curve, _counted, larger, mid_ranks, more_often, smaller

VALUES = st.lists(st.integers(0, 6), min_size=1, max_size=6)


def counted(one: Sequence[float], other: Sequence[float]) -> float:
    """Of all ways to choose who is in `one`, the share whose ranks add up to no more. By sums of wins, not of ranks."""
    everybody = [*one, *other]

    def wins(chosen: set[int]) -> float:
        rest = [value for n, value in enumerate(everybody) if n not in chosen]
        return sum(
            (mine > its) + (mine == its) / 2 for mine, its in product([everybody[n] for n in chosen], rest)
        )

    found = wins(set(range(len(one))))
    ways = [wins(set(chosen)) for chosen in combinations(range(len(everybody)), len(one))]
    return sum(each <= found + 1e-9 for each in ways) / len(ways)


@pytest.mark.parametrize(
    ("one", "other", "chance"),
    [
        ([1, 2], [3, 4], 1 / 6),
        ([3, 4], [1, 2], 1.0),
        ([1], [2, 3, 4, 5], 1 / 5),
        ([2, 3, 4, 5], [9], 1 / 5),
        ([0, 0], [0, 0], 1.0),
        ([], [1], 1.0),
        ([1], [], 1.0),
    ],
)
def test_low_values_have_the_chance_that_counting_gives(
    one: list[float], other: list[float], chance: float
) -> None:
    assert smaller(one, other) == pytest.approx(chance)


@given(VALUES, VALUES)
def test_small_groups_are_counted_one_by_one_whatever_the_ties(one: list[float], other: list[float]) -> None:
    assert smaller(one, other) == pytest.approx(counted(one, other))
    assert larger(one, other) == pytest.approx(counted(other, one))


@given(VALUES, VALUES)
def test_a_chance_lies_above_nothing_and_the_two_directions_overlap(
    one: list[float], other: list[float]
) -> None:
    low, high = smaller(one, other), larger(one, other)
    assert 0 < low <= 1
    assert 0 < high <= 1
    assert low + high >= 1 - 1e-9


@pytest.mark.parametrize("without", [10, 20])
def test_the_normal_curve_is_close_to_what_counting_gives(without: int) -> None:
    rng = random.Random(4)
    values = [rng.choice([2, 3, 3, 4, 5, 8, 13]) for _ in range(48)]
    ranks = mid_ranks(values)
    for found in range(without * 18, without * 25, 7):
        exact = _counted(found, ranks, without)
        assert _by_normal_curve(found, ranks, without) == pytest.approx(exact, abs=0.012)


def test_many_tasks_that_are_all_alike_show_nothing() -> None:
    assert smaller([5.0] * 100, [5.0] * 28) == 1.0
    assert larger([5.0] * 100, [5.0] * 28) == 1.0


def test_many_tasks_that_all_differ_leave_no_doubt() -> None:
    assert smaller([4.0] * 100, [9.0] * 28) < 1e-9
    assert larger([4.0] * 100, [9.0] * 28) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("yes", "of", "other_yes", "other_of", "chance"),
    [
        (3, 3, 0, 3, 1 / 20),
        (0, 3, 3, 3, 1.0),
        (2, 2, 1, 2, 1 / 2),
        (8, 10, 1, 6, 0.024475524475524476),  # of 8008 ways 196
        (5, 5, 5, 5, 1.0),
        (0, 5, 0, 5, 1.0),
        (0, 0, 1, 2, 1.0),
    ],
)
def test_more_successes_have_the_chance_that_counting_gives(
    yes: int, of: int, other_yes: int, other_of: int, chance: float
) -> None:
    assert more_often(yes, of, other_yes, other_of) == pytest.approx(chance)


def test_equal_values_share_the_mean_of_their_ranks() -> None:
    assert mid_ranks([7, 3, 7, 1, 7]) == [4, 2, 4, 1, 4]
