"""Pairs of replays: chances by counting, and what holds for any pairs."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.proof.paired import mcnemar, permutation

DIFFERENCES = st.lists(st.integers(-9, 9), max_size=8)
COUNT = st.integers(0, 40)


def chance(differences: list[int]) -> float:
    return permutation(differences, random.Random(1))


@pytest.mark.parametrize(
    ("differences", "expected"),
    [
        ([], 1.0),
        ([0, 0], 1.0),
        ([5], 1.0),
        ([1, 1, 1], 2 / 8),
        ([-1, -1, -1, -1], 2 / 16),
        ([3, -1], 1.0),
        ([1, 2, 3, 4, 5, 6], 2 / 64),
        ([1, 2, 3, 4, 5, -1], 6 / 64),
        ([0, 1, 0, 1, 1], 2 / 8),
    ],
)
def test_differences_have_the_chance_that_counting_signs_gives(
    differences: list[int], expected: float
) -> None:
    assert chance(differences) == pytest.approx(expected)


@given(DIFFERENCES)
def test_it_does_not_matter_which_side_is_called_first(differences: list[int]) -> None:
    assert 0 < chance(differences) <= 1
    assert chance(differences) == pytest.approx(chance([-each for each in differences]))


@given(st.lists(st.integers(1, 9), min_size=1, max_size=8))
def test_one_more_pair_the_same_way_leaves_less_to_chance(differences: list[int]) -> None:
    assert chance([*differences, max(differences)]) < chance(differences) or chance(differences) == 1.0


def test_many_pairs_are_drawn_and_come_close_to_counting() -> None:
    rng = random.Random(3)
    differences = [rng.randint(-4, 6) for _ in range(14)]
    drawn = permutation([*differences, 1e-12, 1e-12], random.Random(5))
    assert drawn == pytest.approx(chance(differences), abs=0.02)


def test_draws_never_say_that_it_cannot_be_chance() -> None:
    assert 0 < permutation([1] * 40, random.Random(1)) < 0.001


@pytest.mark.parametrize(
    ("only_with", "only_without", "expected"),
    [(0, 0, 1.0), (1, 0, 1.0), (3, 3, 1.0), (5, 0, 2 / 32), (6, 1, 16 / 128), (0, 10, 2 / 1024)],
)
def test_one_sided_successes_have_the_chance_of_a_fair_coin(
    only_with: int, only_without: int, expected: float
) -> None:
    assert mcnemar(only_with, only_without) == pytest.approx(expected)


@given(COUNT, COUNT)
def test_successes_are_compared_the_same_both_ways(only_with: int, only_without: int) -> None:
    assert 0 < mcnemar(only_with, only_without) <= 1
    assert mcnemar(only_with, only_without) == mcnemar(only_without, only_with)


@given(COUNT, COUNT)
def test_one_more_success_of_those_that_lead_leaves_less_to_chance(lead: int, behind: int) -> None:
    first = max(lead, behind)
    assert mcnemar(first + 1, behind) <= mcnemar(first, behind) + 1e-12
