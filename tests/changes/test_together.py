"""What a review proposes is also judged as one: many slight edits of a memory file may be a file written anew."""

import pytest

from hone.changes.change import Add, AddStep, AnyOp, Change, Effect, Remove, Replace, Verdict
from hone.changes.plan import effects_of
from hone.changes.together import MOST_ENTRIES, together

MEMORY = "".join(f"- fact number {number} about the shop\n" for number in range(20)).encode()


def plan(change: Change) -> tuple[Effect, ...]:
    return effects_of(change, lambda path: MEMORY if path == "memory.md" else None)


def verdict(*ops: AnyOp, target: str = "memory.md") -> Verdict:
    return Verdict("accept", Change(target=target, ops=ops, origin="review"))


def decisions(*verdicts: Verdict) -> list[str]:
    return [each.decision for each in together(verdicts, plan)]


def removals(count: int) -> list[Verdict]:
    return [verdict(Remove(f"fact number {number} about")) for number in range(count)]


def test_many_removals_one_by_one_are_one_large_removal() -> None:
    judged = together(removals(9), plan)
    assert {each.decision for each in judged} == {"hold"}
    assert all("would change" in reason for each in judged for reason in each.reasons)
    assert all(each.change.reasons == each.reasons for each in judged)


def test_a_few_go_on_being_judged_alone() -> None:
    assert decisions(*removals(2)) == ["accept"] * 2
    assert decisions(*removals(4)) == ["accept"] * 4  # a fifth of the file


def test_a_flood_of_entries_is_held() -> None:
    few = [verdict(Add(f"new fact {number}")) for number in range(MOST_ENTRIES)]
    assert decisions(*few) == ["accept"] * MOST_ENTRIES
    assert decisions(*few, verdict(Add("one more"))) == ["hold"] * (MOST_ENTRIES + 1)


def test_other_files_and_what_waits_already_are_left_alone() -> None:
    waiting = Verdict(
        "hold", Change(target="memory.md", ops=(Remove("fact number 9 about"),), origin="review")
    )
    elsewhere = verdict(Add("x"), target="user.md")
    step = verdict(AddStep("x"), target="skills/deploy/SKILL.md")
    judged = together([*removals(9), waiting, elsewhere, step], plan)
    assert judged[-3:] == (waiting, elsewhere, step)


@pytest.mark.parametrize("old", ["nowhere", "fact number"])
def test_edits_that_do_not_fit_together_are_met_one_by_one(old: str) -> None:
    verdicts = [*removals(3), verdict(Replace(old, "y"))]
    assert decisions(*verdicts) == ["accept"] * 4
