"""What a skill saves: its own tasks, the library's, and how often the interval holds the truth."""

import random
import statistics
from collections.abc import Sequence

import pytest
from tests.proof.test_rule import task, tasks

from hone.proof.pooling import observed, savings, savings_of_all, unpooled
from hone.proof.simulate import Truth, simulated_tasks
from hone.proof.values import Measure, Saving, Task


def of(measure: Measure, found: Sequence[Saving]) -> Saving:
    return next(each for each in found if each.measure == measure)


def simulated(saves: float, count: int, seed: int = 1) -> list[Task]:
    return [*simulated_tasks(Truth(base=0.7, saves=saves, holdout=0.3), count, random.Random(seed))]


def test_saved_is_what_a_task_takes_less_with_the_skill() -> None:
    calls = of("calls", unpooled(tasks([4, 6] * 10, [9, 11] * 4)))
    assert (calls.with_skill, calls.without, calls.saved) == pytest.approx((5, 10, 5))
    assert (calls.tasks_with, calls.tasks_without) == (20, 8)
    assert 0 < calls.low < 5 < calls.high < 10
    assert calls.borrowed == 0


def test_errors_are_saved_if_there_are_fewer_and_success_if_there_is_more() -> None:
    told = [
        *(task("with", 5, errors=0, success=True) for _ in range(10)),
        *(task("without", 5, errors=2, success=bool(n % 2)) for n in range(6)),
    ]
    assert of("errors", unpooled(told)).saved == pytest.approx(2)
    assert of("success", unpooled(told)).saved == pytest.approx(0.5)


def test_a_skill_that_costs_has_a_negative_saving() -> None:
    assert of("calls", unpooled(tasks([9, 11] * 10, [4, 6] * 4))).high < 0


def test_measures_without_data_are_not_there() -> None:
    assert [each.measure for each in unpooled(tasks([5, 6], [7, 8]))] == [
        "calls",
        "errors",
        "tokens",
        "seconds",
    ]
    assert unpooled(tasks([5, 6, 7], [9])) == ()
    assert "calls" not in [each.measure for each in unpooled(tasks([0, 0], [5, 5]))]


def test_tasks_without_a_coin_and_named_ones_do_not_count() -> None:
    own = tasks([4, 6] * 4, [9, 11] * 2)
    others = [task("first", 99), task("always", 99), task("with", 99, named=True)]
    assert unpooled([*own, *others]) == unpooled(own)


def test_equal_values_are_no_certainty() -> None:
    calls = of("calls", unpooled(tasks([5] * 4, [10] * 2)))
    assert calls.low < calls.saved < calls.high


def test_a_library_of_one_skill_borrows_nothing() -> None:
    own = simulated(0.3, 40)
    assert savings(own, {"mine": own}, "mine") == unpooled(own)


def test_a_young_skill_is_drawn_towards_the_others_and_surer_than_alone() -> None:
    library = {f"s{n}": simulated(0.4, 128, seed=n) for n in range(6)}
    own = simulated(0.0, 16, seed=9)
    alone, pooled = of("calls", unpooled(own)), of("calls", savings(own, {**library, "mine": own}, "mine"))
    theirs = of("calls", unpooled(library["s0"])).saved
    assert abs(pooled.saved - theirs) < abs(alone.saved - theirs)
    assert pooled.high - pooled.low < alone.high - alone.low
    assert 0 < pooled.borrowed < 1


def test_one_with_many_tasks_borrows_less_than_one_with_few() -> None:
    library = {f"s{n}": simulated(0.1 * n, 64, seed=n) for n in range(6)}
    few, many = (of("calls", savings(simulated(0.3, n), library, "mine")).borrowed for n in (20, 128))
    assert many < few


def test_a_skill_without_tasks_gets_what_any_skill_may_be_expected_to_save() -> None:
    library = {f"s{n}": simulated(0.3, 64, seed=n) for n in range(5)}
    calls = of("calls", savings([], library, "new"))
    assert calls.borrowed == 1
    assert (calls.tasks_with, calls.tasks_without) == (0, 0)
    assert calls.low < calls.saved < calls.high
    assert savings([], {}, "new") == ()


def test_before_and_after_are_compared_whatever_their_coin_was() -> None:
    before = [task("always", calls, named=True) for calls in (9, 11, 10)]
    after = [task("first", calls) for calls in (4, 5, 6)]
    calls = of("calls", observed(before, after))
    assert (calls.without, calls.with_skill, calls.saved) == pytest.approx((10, 5, 5))
    assert observed(before, []) == ()


def holds(saving: Saving, ratio: float) -> bool:
    return 1 - saving.high / saving.without <= ratio <= 1 - saving.low / saving.without


@pytest.mark.slow
@pytest.mark.parametrize(("skills", "count"), [(2, 48), (3, 48), (8, 32), (8, 128), (20, 48)])
def test_nine_in_ten_intervals_hold_what_is_true(skills: int, count: int) -> None:
    """Skills differ in what they save; each interval is checked against its own skill, alone and with the library's help."""
    rng = random.Random(11)
    alone, pooled = [], []
    for _ in range(400 // skills):
        truths = [rng.uniform(0.0, 0.5) for _ in range(skills)]
        library = {
            f"s{n}": [*simulated_tasks(Truth(base=0.7, saves=saves, holdout=0.3), count, rng)]
            for n, saves in enumerate(truths)
        }
        found = savings_of_all(library)
        for (name, own), saves in zip(library.items(), truths, strict=True):
            mean = 8.0 * (
                0.7 + 0.3 * 1.3
            )  # beside one call that is never saved; failures take 1.3 times as many
            ratio = (1 + mean * (1 - saves)) / (1 + mean)
            if mine := unpooled(own):
                alone.append(holds(mine[0], ratio))
                pooled.append(holds(found[name][0], ratio))
    assert len(pooled) > 350
    assert 0.86 <= statistics.fmean(alone) <= 0.96  # 0.90 within three standard errors of 400
    assert 0.855 <= statistics.fmean(pooled) <= 0.96
