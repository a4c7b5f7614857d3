"""Whether learning is worth it, and in which state each skill is: decided from receipts and tasks."""

import math
import time
from typing import Any

import pytest
from tests.proof.receipt_values import CAME, DAY, looked, receipt, saving, task, tasks

from hone.config.settings import Learning
from hone.proof.receipts import Cost, Receipt
from hone.proof.stats import Amount, Spent, only, state_of, stats, worth

COST = Spent(Cost(2, 18_000, 0.05), since=CAME)
TEN = tasks(0, 10)


def tokens(saved: float = 5_000.0, low: float = 4_000.0, high: float = 6_000.0, **more: Any) -> Any:
    return (saving("tokens", saved, low, high, **more),)


@pytest.mark.parametrize(
    ("savings", "verdict"),
    [
        (tokens(), "yes"),
        (tokens(low=1_000.0), "undecided"),
        (tokens(saved=1_000.0, low=-500.0, high=1_700.0), "no"),
        (tokens(saved=-1_000.0, low=-2_000.0, high=-500.0), "no"),
        (tokens(saved=math.nan), "undecided"),
        ((), "undecided"),
    ],
)
def test_it_is_worth_it_if_all_of_the_range_is_beyond_the_cost(savings: Any, verdict: str) -> None:
    assert worth([looked(savings=savings)], TEN, COST).verdict == verdict


def test_before_the_first_look_nothing_is_decided() -> None:
    found = worth([receipt(with_skill=9, without=3, savings=tokens())], TEN, COST)
    assert found.verdict == "undecided"
    assert found.saved["tokens"] == Amount(50_000, 40_000, 60_000)


def test_without_a_control_arm_nothing_was_saved_as_far_as_one_knows() -> None:
    found = worth([looked(without=0, savings=tokens()), looked(with_skill=0, savings=tokens())], TEN, COST)
    assert (found.saved, found.net, found.verdict, found.tasks) == ({}, {}, "undecided", 0)


def test_what_is_left_is_less_by_the_cost_in_tokens_and_in_money() -> None:
    savings = (*tokens(), saving("cost_usd", 0.01, 0.005, 0.02), saving("success", 0.1, 0.0, 0.2))
    found = worth([looked(savings=savings)], TEN, COST)
    assert found.net["tokens"] == Amount(32_000, 22_000, 42_000)
    assert found.net["cost_usd"].value == pytest.approx(0.05)
    assert "success" not in found.saved


def test_of_money_nothing_is_said_where_a_price_is_not_known() -> None:
    savings = (*tokens(), saving("cost_usd", 0.01, 0.005, 0.02))
    found = worth([looked(savings=savings)], TEN, Spent(Cost(2, 18_000, None)))
    assert list(found.net) == ["tokens"]


def test_skills_err_independently_but_for_what_they_borrow() -> None:
    both = [*tasks(0, 10), *tasks(0, 10, "other")]

    def width(borrowed: float) -> float:
        savings = tokens(borrowed=borrowed)
        found = worth([looked(savings=savings), looked(skill="other", savings=savings)], both, COST)
        return found.saved["tokens"].high - found.saved["tokens"].low

    assert width(0.0) == pytest.approx(20_000 * math.sqrt(2))
    assert width(1.0) == pytest.approx(40_000)


@pytest.mark.parametrize(("saved", "after"), [(5_000.0, 4), (100.0, 180), (0.0, None), (-10.0, None)])
def test_it_has_paid_once_the_savings_cover_the_cost(saved: float, after: int | None) -> None:
    assert worth([looked(savings=tokens(saved=saved))], TEN, COST).break_even == after


def test_a_skill_that_nobody_used_since_has_no_break_even() -> None:
    assert worth([looked(savings=tokens())], (), COST).break_even is None


def test_it_is_since_the_first_skill_that_was_compared_else_since_the_first_request() -> None:
    assert worth([looked(since=CAME + DAY), receipt()], TEN, COST).since == CAME + DAY
    assert worth([receipt()], TEN, COST).since == CAME
    assert worth([], (), Spent()).since is None


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (looked("proven"), "proven"),
        (looked("proven", status="trial"), "trial"),  # taken back, or on hold
        (looked("harmful", status="trial"), "trial"),
        (looked("proven", status="retired"), "retired"),
        (looked("harmful", status="retired"), "harmful"),
        (looked("harmful"), "harmful"),
        (looked("undecided", 128), "undecided"),
        (looked("undecided", 128, status="trial"), "trial"),
        (looked("go_on"), "trial"),
        (receipt(), "trial"),
        (receipt(quarantined=True), "quarantined"),
        (receipt(status="undecided"), "undecided"),
        (receipt(status="proven", verdict="observed"), "untested"),
    ],
)
def test_a_state_is_what_was_decided_and_done(found: Receipt, state: str) -> None:
    assert state_of(found) == state


def test_skills_come_by_state_then_by_use() -> None:
    some = [
        receipt("gone", status="retired"),
        receipt("a", loads=1),
        receipt("b", loads=2),
        looked(skill="c"),
    ]
    found = stats(some, [task(1, success=True), task(2)], {}, COST, Learning())
    assert [each.receipt.skill for each in found.skills] == ["c", "b", "a", "gone"]
    assert (found.tasks, found.success_known) == (2, 1)


def test_what_is_about_one_skill_has_the_families_that_it_serves() -> None:
    found = stats(
        [receipt(), receipt("other", families=("f2",))], [task(1), task(2, family="f2")], {}, COST, Learning()
    )
    one = only(found, "other")
    assert [each.receipt.skill for each in one.skills] == ["other"]
    assert [each.family for each in one.families] == ["f2"]


def test_ten_thousand_tasks_are_no_matter() -> None:
    some = [task(n, family=f"f{n % 500}", skills=(f"s{n % 50}",)) for n in range(10_000)]
    known = [looked(skill=f"s{n}", families=tuple(f"f{m}" for m in range(n, 500, 50))) for n in range(50)]
    begun = time.perf_counter()
    assert len(stats(known, some, {}, COST, Learning()).families) == 500
    assert time.perf_counter() - begun < 1.0
