"""Proving a skill by replay: real homes, workspaces and requests; the model knows only what it is sent."""

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.proving_home import REQUESTS, Place, deployer, git

from hone.database import Database
from hone.errors import NotFound, ProviderError, UsageError
from hone.learning.budget import Spend
from hone.proof.replays import Replayed, replayed
from hone.proving import PURPOSE, Progressed, Proving, Wish, prepared, proving
from hone.skills.read import Skill, read_skill
from hone.testing import WireReply, WireServer, status

SKILL = "deploy-the-site"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path, {"PATH": os.environ["PATH"]})


@contextlib.contextmanager
def proof(place: Place, **wish: Any) -> Iterator[Proving]:
    wanted = Wish(**{"skill": SKILL, **wish})
    setup = asyncio.run(prepared(place.given, wanted))
    with proving(setup, wanted) as found:
        yield found


def proven(place: Place, **wish: Any) -> tuple[Replayed | None, str, list[Progressed]]:
    said: list[Progressed] = []
    with proof(place, **wish) as found:
        ended = asyncio.run(found.run(said.append))
        return found.shown(), ended, [each for each in said if each.took]


@contextlib.contextmanager
def recorded(
    place: Place, *requests: str, more: str = "", respond: Callable[[dict[str, Any]], WireReply] = deployer
) -> Iterator[WireServer]:
    with WireServer(respond) as server:
        place.use(server, more)
        place.put_skill()
        place.record(*requests)
        yield server


def change(place: Place, statement: str) -> None:
    """What the record says."""
    with (
        contextlib.closing(Database.open(place.home / "state.db")) as database,
        database.transaction() as execute,
    ):
        execute(statement)


def test_recorded_tasks_are_done_with_and_without_the_skill_and_compared(place: Place) -> None:
    with recorded(place, *REQUESTS[:2]):
        shown, ended, said = proven(place, check="test -f deployed.txt")

    assert shown is not None
    assert ended == ""
    assert (shown.tasks, shown.calls_saved, shown.p_calls, shown.model) == (2, 2.0, 0.5, "wire:wire-model")
    assert (shown.judged, shown.with_ok, shown.without_ok, shown.judged_by) == (2, 2, 2, "check")
    assert shown.tokens_saved > 0
    sides = [each.replay.arm for each in said]
    assert sides in (["with", "without", "without", "with"], ["without", "with", "with", "without"])


def test_neither_workspace_nor_home_is_touched(place: Place) -> None:
    with recorded(place, REQUESTS[0]):
        skills = sorted(place.home.joinpath("skills").rglob("*"))
        proven(place)

        assert sorted(path.name for path in place.work.iterdir()) == [".git", "deploy"]
        assert git(place.work, "status", "--porcelain") == ""
        assert sorted(place.home.joinpath("skills").rglob("*")) == skills
        with contextlib.closing(Database.open(place.home / "state.db")) as database:
            assert database.rows("SELECT count(*) FROM sessions") == [(1,)]


def test_what_is_done_is_not_done_again(place: Place) -> None:
    with recorded(place, *REQUESTS[:2]) as server:
        proven(place, tasks=1)
        asked = len(server.requests)
        shown, _, said = proven(place, tasks=2)
        assert len(said) == 2
        assert shown is not None
        assert shown.tasks == 2
        assert len(server.requests) == asked + 6
        with proof(place) as again:
            assert again.plan.left == ()


def test_it_can_be_stopped_in_the_middle_and_goes_on(place: Place) -> None:
    with recorded(place, REQUESTS[0]):
        with proof(place) as first:

            async def stop_after_one() -> None:
                task = asyncio.current_task()
                assert task

                def tell(word: Progressed) -> None:
                    if word.number == 2:
                        task.cancel()

                with contextlib.suppress(asyncio.CancelledError):
                    await first.run(tell)

            asyncio.run(stop_after_one())
            assert first.shown() is None
        shown, _, said = proven(place)

    assert len(said) == 1
    assert shown is not None


def test_what_it_took_is_recorded_as_spent_on_proof(place: Place) -> None:
    with recorded(place, REQUESTS[0]):
        _, _, said = proven(place)
        with contextlib.closing(Database.open(place.home / "state.db")) as database:
            spent = Spend(database, place.given.clock).today()
            rows = database.rows("SELECT purpose, sum(input + output) FROM learning_spend GROUP BY 1")

    assert rows == [(PURPOSE, sum(each.took.tokens for each in said if each.took))]
    assert spent.input + spent.output == 0  # the daily cap is for what nobody asked for


def test_the_budget_ends_it_before_a_replay_that_would_go_over(place: Place) -> None:
    with recorded(place, REQUESTS[0]):
        _, ended, said = proven(place, budget=20)

    assert said == []
    assert ended == "stopped after 0 tokens: another replay goes over the budget of 20"


def test_a_replay_that_the_budget_cuts_off_does_not_count(place: Place) -> None:
    with recorded(place, REQUESTS[0]) as server:
        with proof(place) as found:
            needed = found.plan.tasks[0].tokens
        sides = [each[1].arm for each in found.plan.left]
        budget = needed + (needed if sides[0] == "with" else 2)  # too little for the side without it
        shown, ended, said = proven(place, budget=budget)
        assert server.requests

    assert "over the budget" in ended
    assert shown is None
    assert len(said) == (1 if sides[0] == "with" else 0)


def test_a_check_that_was_recorded_with_a_task_tells_whether_it_was_done(place: Place) -> None:
    with recorded(place, REQUESTS[0]):
        change(place, "INSERT INTO checks SELECT session, turn, 'test -f nothing', 1 FROM turns")
        shown, _, _ = proven(place)

    assert shown is not None
    assert (shown.judged, shown.with_ok, shown.without_ok) == (1, 0, 0)


def test_another_check_tells_anew(place: Place) -> None:
    with recorded(place, REQUESTS[0]):
        unknown, _, _ = proven(place)
        failed, _, _ = proven(place, check="test -f nothing")
        passed, _, said = proven(place, check="test -f deployed.txt")
        _, _, again = proven(place, check="test -f deployed.txt")

    assert unknown is not None
    assert failed is not None
    assert passed is not None
    assert (unknown.judged, failed.judged, failed.with_ok, passed.judged, passed.with_ok) == (0, 1, 0, 1, 1)
    assert (len(said), len(again)) == (2, 0)


def test_a_check_that_is_no_command_ends_it_after_the_first_replay(place: Place) -> None:
    with recorded(place, REQUESTS[0]) as server:
        asked = len(server.requests)
        with pytest.raises(UsageError, match="--check no-such-command-here: "):
            proven(place, check="no-such-command-here")
        assert len(server.requests) - asked < 6


def test_a_skill_is_proven_by_one_process_at_a_time(place: Place) -> None:
    with recorded(place, REQUESTS[0]), proof(place):
        child = os.fork()
        if child == 0:
            try:
                with proof(place):
                    os._exit(0)
            except UsageError as error:
                os._exit(9 if "is being proven by another hone" in str(error) else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def test_without_a_check_the_judge_is_asked_and_sees_what_changed(place: Place) -> None:
    with recorded(place, REQUESTS[0], more="roles: {judge: wire-model}\n") as server:
        shown, _, _ = proven(place)
        asked = [each for each in server.requests if "Judge whether" in str(each["messages"][0])]

    assert shown is not None
    assert (shown.with_ok, shown.without_ok, shown.judged_by) == (1, 1, "wire:wire-model")
    assert len(asked) == 2
    assert "+production" in str(asked[0]["messages"][-1]["content"])


def test_without_check_and_judge_success_is_not_known(place: Place) -> None:
    with recorded(place, REQUESTS[0]):
        shown, _, _ = proven(place)

    assert shown is not None
    assert (shown.judged, shown.p_success) == (0, None)


def test_the_receipt_has_it_until_the_skill_is_changed(place: Place) -> None:
    with recorded(place, REQUESTS[0]):
        proven(place)
        folder = place.home / "skills" / SKILL
        skill = read_skill(folder)
        assert isinstance(skill, Skill)
        with contextlib.closing(Database.open(place.home / "state.db")) as database:
            found = replayed(database, SKILL, skill)
            assert found is not None
            assert found.tasks == 1
            (folder / "SKILL.md").write_text((folder / "SKILL.md").read_text() + "\nMore.\n")
            assert replayed(database, SKILL, skill) is None


def test_a_failing_endpoint_is_said_and_nothing_of_that_replay_is_recorded(place: Place) -> None:
    works = True

    def respond(request: dict[str, Any]) -> WireReply:
        return deployer(request) if works else status(401)

    with recorded(place, REQUESTS[0], respond=respond):
        works = False
        with pytest.raises(ProviderError, match="answered 401"):
            proven(place)
        works = True
        shown, _, said = proven(place)

    assert len(said) == 2
    assert shown is not None


def test_tasks_that_cannot_be_done_again_are_counted_with_the_reason(place: Place) -> None:
    with recorded(place, REQUESTS[0], REQUESTS[0].upper(), REQUESTS[1]):
        change(place, f"UPDATE turns SET git_head = '{'0123456789' * 4}' WHERE text = '{REQUESTS[1]}'")
        with proof(place) as found:
            assert dict(found.plan.unfit) == {
                "the same request as a newer one": 1,
                "its commit is not in the repository any more": 1,
            }
            assert len(found.plan.tasks) == 1


def test_both_sides_are_the_main_models_also_where_an_executor_is_set(place: Place) -> None:
    with recorded(place, REQUESTS[0], more="roles: {executor: 'wire:small'}\n") as server:
        assert {each["model"] for each in server.requests} == {"small"}
        server.requests.clear()
        proven(place)

        assert {each["model"] for each in server.requests} == {"wire-model"}


def test_a_skill_on_trial_for_one_project_is_tried_in_the_copy_too(place: Place) -> None:
    with recorded(place, REQUESTS[0]):
        (place.home / "skills" / SKILL / "hone.yaml").write_text(
            "v: 1\nstatus: trial\nscope: project:other\n"
        )
        shown, _, _ = proven(place)

    assert shown is not None
    assert shown.calls_saved == 2.0


def test_the_tasks_that_a_skill_was_learned_from_are_left_out(place: Place) -> None:
    with recorded(place, *REQUESTS[:2]):
        change(
            place,
            "INSERT INTO changes (id, at, target, op, origin, status, session, turn, trust, summary, data) "
            f"SELECT 'cabcdef', 1, 'skills/{SKILL}/SKILL.md', 'create', 'review', 'applied', session, turn, 'user', '', '{{}}' "
            f"FROM turns WHERE text = '{REQUESTS[0]}'",
        )
        with proof(place) as found:
            assert [task.request for task in found.plan.tasks] == [REQUESTS[1]]
            assert dict(found.plan.unfit) == {"the skill was learned from it": 1}


def test_an_unknown_skill_is_said(place: Place) -> None:
    with WireServer(deployer) as server:
        place.use(server)
        place.put_skill()
        with (
            pytest.raises(NotFound, match="no skill named 'deploy-the-sit'"),
            proof(place, skill="deploy-the-sit"),
        ):
            pass
