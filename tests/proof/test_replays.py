"""What replays show: pairs by task, repetitions averaged, chance said."""

from pathlib import Path
from typing import Any

import pytest

from hone.database import Database
from hone.proof.replays import Ended, Replay, Replays, Side, Took, compared, replayed
from hone.skills.read import Skill, read_skill, version_of


def ended(session: str, arm: Side, calls: int, repetition: int = 1, **more: Any) -> Ended:
    fields: dict[str, Any] = {"errors": 0, "tokens": calls * 100, "seconds": 1.0}
    return Ended(Replay(session, 1, arm, repetition), 5.0, "p:m", Took(**{"calls": calls, **fields, **more}))


def pair(
    session: str, with_skill: int, without: int, ok: tuple[bool | None, bool | None] = (None, None)
) -> list[Ended]:
    by = "" if None in ok else "check"
    return [
        ended(session, "with", with_skill, success=ok[0], judged_by=by),
        ended(session, "without", without, success=ok[1], judged_by=by),
    ]


def test_nothing_is_shown_before_a_task_was_done_on_both_sides() -> None:
    assert compared([]) is None
    assert compared([ended("s1", "with", 3), ended("s2", "without", 3)]) is None
    assert compared([ended("s1", "with", 3), ended("s1", "without", 3, repetition=2)]) is None


def test_a_task_that_was_done_on_one_side_only_does_not_count() -> None:
    shown = compared([*pair("s1", 2, 5), ended("s2", "without", 90)])

    assert shown is not None
    assert (shown.tasks, shown.calls_saved, shown.tokens_saved) == (1, 3.0, 300.0)


def test_repetitions_of_a_task_are_averaged_not_counted_as_tasks() -> None:
    again = [ended("s1", "with", 4, 2), ended("s1", "without", 7, 2)]
    shown = compared([*pair("s1", 2, 5), *again])

    assert shown is not None
    calls = shown.measures[0]
    assert (shown.tasks, calls.with_skill, calls.without) == (1, 3.0, 6.0)


def test_the_same_saving_in_eight_tasks_is_hardly_chance_and_in_two_it_may_be() -> None:
    eight = compared([each for n in range(8) for each in pair(f"s{n}", 2, 7)])
    two = compared([each for n in range(2) for each in pair(f"s{n}", 2, 7)])

    assert eight is not None
    assert two is not None
    assert eight.p_calls == pytest.approx(2 / 2**8)
    assert two.p_tokens == pytest.approx(0.5)


def test_success_is_compared_where_both_sides_are_known() -> None:
    known = [each for n in range(6) for each in pair(f"s{n}", 2, 2, (True, False))]
    shown = compared([*known, *pair("s8", 2, 2, (True, True)), *pair("s9", 2, 2)])

    assert shown is not None
    assert (shown.tasks, shown.judged, shown.with_ok, shown.without_ok) == (8, 7, 7, 1)
    assert shown.p_success == pytest.approx(2 / 2**6)
    assert shown.judged_by == "check"


def test_money_is_compared_only_where_every_price_is_known() -> None:
    priced = [ended("s1", "with", 2, cost_usd=0.25), ended("s1", "without", 4, cost_usd=0.5)]
    shown, partly = compared(priced), compared([*priced, *pair("s2", 2, 4)])

    assert shown is not None
    assert partly is not None
    assert shown.measures[-1].saved == 0.25
    assert [each.measure for each in partly.measures] == ["calls", "errors", "tokens", "seconds"]


def test_a_receipt_has_the_replays_of_the_present_version_by_the_model_that_was_asked_last(
    tmp_path: Path,
) -> None:
    (tmp_path / "a-skill").mkdir()
    (tmp_path / "a-skill" / "SKILL.md").write_text("---\nname: a-skill\ndescription: Does it.\n---\n\n# It\n")
    skill = read_skill(tmp_path / "a-skill")
    assert isinstance(skill, Skill)
    database = Database.open(tmp_path / "state.db")
    replays = Replays(database, "a-skill", version_of(skill))
    for each in [*pair("s1", 2, 5), Ended(Replay("s1", 1, "with", 1), 9.0, "p:new", pair("", 1, 1)[0].took)]:
        replays.add(each)

    assert len(replays.ended()) == 3
    assert replayed(database, "a-skill", skill) is None  # the new model has one side only
    replays.add(Ended(Replay("s1", 1, "without", 1), 10.0, "p:new", pair("", 1, 4)[1].took))
    shown = replayed(database, "a-skill", skill)
    assert shown is not None
    assert (shown.model, shown.calls_saved, shown.at) == ("p:new", 3.0, 10.0)
    assert replayed(database, "a-skill", None) is None
    (tmp_path / "a-skill" / "SKILL.md").unlink()
    assert replayed(database, "a-skill", skill) is None
    database.close()
