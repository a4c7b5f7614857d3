"""Learning curves: tasks in order, when skills came, and what lies before and after."""

from hypothesis import given
from hypothesis import strategies as st
from tests.proof.receipt_values import CAME, DAY, receipt, task, tasks

from hone.proof.curve import Came, Curve, Means, arrivals, condensed, curves


def the_curve() -> Curve:
    found = curves(tasks(2, 3), [receipt()], {})
    assert len(found) == 1
    return found[0]


def test_the_tasks_of_a_family_stand_in_their_order() -> None:
    curve = the_curve()
    assert curve.calls == (12, 12, 4, 4, 4)
    assert curve.errors == (2, 2, 0, 0, 0)
    assert curve.tokens == (9_000, 9_000, 3_000, 3_000, 3_000)
    assert curve.at[0] == CAME - 2 * DAY


def test_before_and_after_lie_around_the_first_skill() -> None:
    curve = the_curve()
    assert curve.came == (Came("deploy", 3),)
    assert curve.before == Means(2, 12, 2, 9_000, None)
    assert curve.after == Means(3, 4, 0, 3_000, None)


def test_tasks_that_had_to_do_without_are_neither_before_nor_after() -> None:
    (curve,) = curves([*tasks(1, 1), task(5, calls=99)], [receipt()], {})
    assert (curve.before and curve.before.calls, curve.after and curve.after.calls) == (12, 4)


def test_a_skill_that_hone_did_not_write_came_when_it_was_loaded() -> None:
    (curve,) = curves([task(1), task(2, skills=("deploy",)), task(3)], [receipt(since=0.0)], {})
    assert curve.came == (Came("deploy", 2),)


def test_a_skill_that_came_after_the_last_task_is_not_there_yet() -> None:
    (curve,) = curves(tasks(2, 0), [receipt()], {})
    assert (curve.came, curve.after) == ((), None)
    assert curve.before == Means(2, 12, 2, 9_000, None)


def test_success_is_a_share_of_the_tasks_of_which_it_is_known() -> None:
    (curve,) = curves([task(1, success=True), task(2, success=False), task(3)], [], {})
    assert curve.before
    assert curve.before.succeeded == 0.5


def test_families_come_by_their_tasks_and_have_their_titles() -> None:
    some = [task(1, family="f2", request="report"), *tasks(1, 1)]
    assert [(each.family, each.title) for each in curves(some, [], {"f1": "Deploy"})] == [
        ("f1", "Deploy"),
        ("f2", "report"),
    ]


def test_skills_that_came_at_once_are_said_together() -> None:
    some = [receipt(name) for name in ("a", "b", "c")] + [receipt("late", since=CAME + 2.5 * DAY)]
    (curve,) = curves(tasks(2, 3), some, {})
    assert arrivals(curve) == {3: "a and 2 more", 5: "late"}


@given(st.lists(st.integers(0, 100), min_size=1, max_size=60), st.integers(1, 30))
def test_what_is_condensed_fits_and_keeps_its_range(values: list[int], width: int) -> None:
    found = condensed(values, width)
    assert len(found) == min(len(values), width)
    assert min(values) <= min(found) <= max(found) <= max(values)
