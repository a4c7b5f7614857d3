"""Learning put together, in one process: from a turn that was hard to what is kept of it, and what keeps it from that."""

import asyncio
import contextlib
import random
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hone.app import App
from hone.changes.change import Add, Change, Verdict
from hone.changes.ledger import Row
from hone.config.environ import process_environ
from hone.database import Database
from hone.errors import ConfigError, ConnectionFailed, HomeError, OverBudget, ProviderError, UsageError
from hone.events import TurnFinished
from hone.given import Given, set_up
from hone.jobs.nudge import Nudge
from hone.learner import Drained, Learner
from hone.learning.budget import midnight
from hone.messages import Assistant, System, Usage, User
from hone.models.base import Reply, Request
from hone.safety.grants import Grants
from hone.skills.render import render_skill
from hone.testing import FakeClock, Scripted, ScriptedModel, call, make_app, say, together

DEPLOY = (
    "#!/bin/sh\n[ \"$MODE\" = production ] || { echo 'MODE must be production'; exit 1; }\necho deployed\n"
)
FAIL = call("shell", command="./deploy")
FIX = call("shell", command="MODE=production ./deploy")
HARD = (FAIL, FIX, say("It is deployed."))
FACT = "`./deploy` needs MODE=production"
KEEP = call("memory_update", file="memory", op="add", text=FACT, evidence=["e4"])
NOTHING = call("learn_nothing", reason="it was routine")


def skill(
    name: str, description: str = "Deploys the site with ./deploy. Use it to deploy.", **fields: Any
) -> Assistant:
    """The writer's call for a new skill about the script."""
    usual: dict[str, Any] = {
        "title": "Deploy the site",
        "when_to_use": "When the site is to be deployed.",
        "steps": ["Run `MODE=production ./deploy`."],
        "gotchas": [{"text": "`./deploy` without MODE=production fails -> set it", "evidence": ["e4"]}],
    }
    return call("skill_create", name=name, description=description, **usual | fields)


SKILL = skill("deploy-the-site")


class World:
    """An app whose one model is scripted, in a workspace with a script that fails unless MODE is set."""

    def __init__(self, directory: Path, app: App, model: ScriptedModel, clock: FakeClock) -> None:
        self.home, self.work = directory / "home", directory / "work"
        self.app, self.model, self.clock = app, model, clock
        self.learner = app.learner()

    async def hard_turn(self, text: str = "deploy the site") -> TurnFinished:
        """A turn that fails and recovers, in a session of its own."""
        return await self.turn(text, *HARD)

    async def turn(self, text: str, *replies: Scripted) -> TurnFinished:
        self.model.enqueue(*replies)
        return await self.app.start().run(text)

    async def drain(self, *replies: Scripted | Callable[[Request], Scripted]) -> Drained:
        """Review what is due; the writer gives `replies`, all of them."""
        self.model.enqueue(*replies)
        asked = len(self.model.requests)
        drained = await self.learner.drain()
        assert len(self.model.requests) - asked == len(replies)
        return drained

    @property
    def rows(self) -> list[tuple[str, str]]:
        """`(op, status)` of each change, oldest first."""
        return [(row.op, row.status) for row in reversed(self.changes)]

    @property
    def changes(self) -> tuple[Row, ...]:
        return self.learner.door.ledger.rows()

    @property
    def waiting(self) -> list[Nudge]:
        return list(self.learner.queue.waiting())

    @property
    def results(self) -> list[str]:
        """What came of the reviews, newest first."""
        return [each.result for each in self.learner.queue.recent()]

    def memory(self) -> str:
        file = self.home / "memory.md"
        return file.read_text() if file.exists() else ""


@contextlib.asynccontextmanager
async def opened(directory: Path, flags: Mapping[str, Any]) -> AsyncIterator[World]:
    (directory / "work").mkdir(exist_ok=True)
    script = directory / "work" / "deploy"
    script.write_text(DEPLOY)
    script.chmod(0o755)
    model, clock = ScriptedModel(), FakeClock()
    async with make_app(directory, model, clock=clock, flags=flags) as app:
        world = World(directory, app, model, clock)
        yield world
        world.learner.close()


In = Callable[..., None]


@pytest.fixture
def within(tmp_path: Path) -> In:
    def run(scenario: Callable[[World], Awaitable[None]], **flags: Any) -> None:
        async def go() -> None:
            async with opened(tmp_path, {key.replace("__", "."): flags[key] for key in flags}) as world:
                await scenario(world)

        asyncio.run(go())

    return run


def brief_of(request: Request) -> str:
    """What the writer is told of the work."""
    system, brief = request.messages[:2]
    assert isinstance(system, System)
    assert isinstance(brief, User)
    return brief.text


def given_of(directory: Path) -> Given:
    """What a worker of that home is given."""
    environ = {
        "PATH": process_environ()["PATH"],
        "HOME": str(directory / "user"),
        "HONE_HOME": str(directory / "home"),
    }
    return Given(environ, directory / "work", FakeClock(), random.Random())


def put_skill(
    home: Path, name: str, description: str = "Bakes bread. Use it to bake.", step: str = "Run `bake`"
) -> None:
    folder = home / "skills" / name
    folder.mkdir(parents=True)
    text = render_skill(
        name, title=name, description=description, when_to_use=description, steps=(step,), gotchas=()
    )
    (folder / "SKILL.md").write_text(text)


def test_what_was_learned_is_in_the_next_sessions_prompt(within: In) -> None:
    async def scenario(world: World) -> None:
        await world.hard_turn()
        drained = await world.drain(KEEP)
        assert (drained.reviewed, drained.left, drained.problem) == (1, 0, None)
        assert world.memory() == f"- {FACT}\n"
        (row,) = world.changes
        assert (row.change.origin, row.change.turn, row.status) == ("review", 1, "applied")
        assert set(row.change.evidence) >= {"e4"}
        await world.turn("hello", say("hi"))
        system = world.model.requests[-1].messages[0]
        assert isinstance(system, System)
        assert FACT in system.text

    within(scenario)


def test_a_review_that_keeps_nothing_is_done_and_says_why(within: In) -> None:
    async def scenario(world: World) -> None:
        await world.hard_turn()
        drained = await world.drain(NOTHING)
        assert (drained.reviewed, drained.outcomes) == (1, ())
        assert world.results == ["nothing kept: it was routine"]
        assert (world.waiting, world.rows) == ([], [])
        assert (await world.drain()).reviewed == 0

    within(scenario)


def test_every_change_is_told_of_as_it_is_made(within: In) -> None:
    async def scenario(world: World) -> None:
        await world.hard_turn()
        world.model.enqueue(together(KEEP, SKILL))
        told: list[str] = []
        drained = await world.learner.drain(lambda outcome: told.append(outcome.change.target))
        assert told == ["memory.md", "skills/deploy-the-site/SKILL.md"]
        assert [each.change.target for each in drained.outcomes] == told

    within(scenario)


def test_a_provider_that_fails_leaves_the_row_and_the_next_drain_recovers(within: In) -> None:
    async def scenario(world: World) -> None:
        await world.hard_turn()
        await world.hard_turn("deploy it again")
        drained = await world.drain(ConnectionFailed("the endpoint is gone"))
        assert isinstance(drained.problem, ProviderError)
        assert drained.complaints == ["the endpoint is gone"]
        assert (drained.reviewed, drained.left) == (0, 2)
        assert world.waiting[0].result == "the endpoint is gone"
        again = await world.drain(KEEP, NOTHING)
        assert (again.reviewed, again.left, again.problem) == (2, 0, None)
        assert world.rows == [("add", "applied")]

    within(scenario)


def test_after_three_failures_in_a_row_nothing_is_started_for_a_while(within: In) -> None:
    async def scenario(world: World) -> None:
        await world.hard_turn()
        for _ in range(3):
            assert world.app.reviews_due == 1
            await world.drain(ConnectionFailed("the endpoint is gone"))
        assert world.app.reviews_due == 0
        world.clock.advance(601)
        assert world.app.reviews_due == 1

    within(scenario)


def breaks(_request: Request) -> Scripted:
    raise RuntimeError("a bug")


def test_a_bug_in_one_review_does_not_stop_the_others(within: In) -> None:
    async def scenario(world: World) -> None:
        await world.hard_turn()
        await world.hard_turn("deploy it again")
        drained = await world.drain(breaks, KEEP)
        assert (drained.reviewed, drained.failed, drained.problem) == (1, 1, None)
        assert drained.complaints == ["1 of the reviews broke off: hone learning status says why"]
        (left,) = world.waiting
        assert (left.turn, left.result) == (1, "RuntimeError: a bug")
        assert left.not_before > world.clock.now()
        assert world.memory() == f"- {FACT}\n"
        assert (await world.drain()).reviewed == 0

    within(scenario)


def test_a_review_that_breaks_every_time_is_given_up(within: In) -> None:
    async def scenario(world: World) -> None:
        await world.hard_turn()
        for _ in range(5):
            world.clock.advance(10_000)
            await world.drain(breaks)
        assert (world.waiting, world.results) == ([], ["RuntimeError: a bug"])

    within(scenario)


def test_a_nudge_whose_session_is_gone_does_not_stop_the_others(within: In) -> None:
    async def scenario(world: World) -> None:
        gone = Nudge(session="20200101-gone", first_turn=1, turn=1, reasons=("fix",), created=1.0)
        with world.learner._database.transaction() as execute:
            world.learner.queue.add(execute, gone)
        await world.hard_turn()
        drained = await world.drain(KEEP)
        assert (drained.reviewed, drained.failed) == (1, 1)
        (left,) = world.waiting
        assert "20200101-gone" in left.result

    within(scenario)


def test_a_broken_home_or_a_wrong_setting_ends_the_drain_and_is_no_reviews_fault(
    within: In, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(world: World) -> None:
        await world.hard_turn()
        for error in (HomeError("the disk is full"), ConfigError("${KEY} is not set")):
            with pytest.raises(type(error)):
                await world.drain(error)
        (left,) = world.waiting
        assert left.result == ""
        assert world.learner.queue.attempts() == ()
        assert (await world.drain(KEEP)).reviewed == 1

    within(scenario)


def test_a_drain_that_is_cancelled_gives_its_lease_back(within: In) -> None:
    async def scenario(world: World) -> None:
        await world.hard_turn()

        def cancelling(_request: Request) -> Scripted:
            task.cancel()
            return say("hm")  # so that the writer is asked once more

        world.model.enqueue(cancelling, KEEP)
        task = asyncio.create_task(world.learner.drain())
        with pytest.raises(asyncio.CancelledError):
            await task
        (left,) = world.waiting
        assert (left.result, world.app.reviews_due) == ("", 1)
        assert (await world.learner.drain()).reviewed == 1

    within(scenario)


def test_over_budget_waits_for_tomorrow_unasked(within: In) -> None:
    async def scenario(world: World) -> None:
        await world.hard_turn()
        await world.hard_turn("deploy it again")
        drained = await world.drain()
        assert isinstance(drained.problem, OverBudget)
        assert (drained.reviewed, drained.left, world.app.reviews_due) == (0, 0, 0)
        tomorrow = midnight(world.clock.now(), days=1)
        assert [each.not_before for each in world.waiting] == [tomorrow, tomorrow]
        assert "learning.daily_tokens" in world.waiting[0].result
        world.clock.advance(tomorrow - world.clock.now())
        assert world.app.reviews_due == 2

    within(scenario, learning__daily_tokens=100)


def test_one_review_fits_into_the_budget_and_the_next_waits(within: In) -> None:
    async def scenario(world: World) -> None:
        await world.hard_turn()
        await world.hard_turn("deploy it again")
        dear = Reply(KEEP, Usage(input=4_000, output=500), "tool_calls", "scripted:model")
        drained = await world.drain(dear)
        assert (drained.reviewed, len(world.waiting)) == (1, 1)
        assert isinstance(drained.problem, OverBudget)
        assert world.memory() == f"- {FACT}\n"

    within(scenario, learning__daily_tokens=5_000)


def test_on_hold_everything_goes_to_the_inbox_only(within: In) -> None:
    async def scenario(world: World) -> None:
        await world.hard_turn()
        await world.drain(together(KEEP, SKILL))
        assert world.rows == [("add", "held"), ("create", "held")]
        assert len(list((world.home / "inbox").glob("*.json"))) == 2
        assert not (world.home / "memory.md").exists()
        assert not (world.home / "skills").exists()

    within(scenario, learning__mode="hold")


@pytest.mark.parametrize(
    ("settings", "came_of_it"),
    [
        ("{mode: hold}", [("add", "held")]),
        ("{mode: auto}", [("add", "applied")]),
        ("{mode: perhaps}", None),
    ],
)
def test_a_project_says_on_hold_to_a_worker_elsewhere_too(
    tmp_path: Path, within: In, settings: str, came_of_it: object
) -> None:
    async def elsewhere() -> None:
        given = msgspec.structs.replace(given_of(tmp_path), cwd=tmp_path / "home")
        setup = await set_up(given, {}, needs_model=False)
        database = Database.open(tmp_path / "home" / "state.db")
        learner = Learner(setup, database, ScriptedModel(KEEP))
        drained = await learner.drain()
        if drained.failed:
            assert ".hone/config.yaml:1" in learner.queue.waiting()[0].result
        else:
            assert [(row.op, row.status) for row in learner.door.ledger.rows()] == came_of_it
        learner.close()
        database.close()

    within(World.hard_turn)
    Grants(tmp_path / "home").trust_folder((tmp_path / "work").resolve(), True)
    (tmp_path / "work" / ".hone").mkdir()
    (tmp_path / "work" / ".hone" / "config.yaml").write_text(f"learning: {settings}\n")
    asyncio.run(elsewhere())


@pytest.mark.parametrize(("mode", "status"), [("hold", "held"), ("auto", "applied")])
def test_a_tripwire_for_a_gotcha_read_in_vain_goes_where_the_project_wants_it(
    tmp_path: Path, within: In, mode: str, status: str
) -> None:
    folder = tmp_path / "home" / "skills" / "deploy-the-site"
    folder.mkdir(parents=True)
    gotcha = "`./deploy --fast` fails without a mode -> run `MODE=production ./deploy --fast`"
    text = render_skill(
        folder.name,
        title="Deploy the site",
        description="Deploys the site with ./deploy. Use it to deploy the site.",
        when_to_use="When the site is to be deployed.",
        steps=("Deploy the site.",),
        gotchas=(gotcha,),
    )
    (folder / "SKILL.md").write_text(text)

    async def twice(world: World) -> None:
        for _ in range(2):
            fail, fix = (call("shell", command=f"{mode}./deploy --fast") for mode in ("", "MODE=production "))
            finished = await world.turn("deploy the site", fail, fix, say("It is deployed."))
            assert finished.skills == (folder.name,)

    async def elsewhere() -> None:
        given = msgspec.structs.replace(given_of(tmp_path), cwd=tmp_path / "home")
        setup = await set_up(given, {}, needs_model=False)
        database = Database.open(tmp_path / "home" / "state.db")
        learner = Learner(setup, database, ScriptedModel(NOTHING, NOTHING))
        assert (await learner.drain()).problem is None
        rows = learner.door.ledger.rows(target=f"skills/{folder.name}/SKILL.md")
        assert [(row.op, row.status) for row in rows if row.change.origin == "review"] == [("revise", status)]
        learner.close()
        database.close()

    within(twice)
    Grants(tmp_path / "home").trust_folder((tmp_path / "work").resolve(), True)
    (tmp_path / "work" / ".hone").mkdir()
    (tmp_path / "work" / ".hone" / "config.yaml").write_text(f"learning: {{mode: {mode}}}\n")
    asyncio.run(elsewhere())


def test_where_learning_is_off_nothing_is_queued_and_nothing_asked(within: In) -> None:
    async def scenario(world: World) -> None:
        finished = await world.hard_turn()
        assert finished.learning.queued is False
        assert finished.learning.reason == "learning is off"
        assert (world.waiting, world.app.reviews_due) == ([], 0)
        assert (await world.drain()).reviewed == 0

    within(scenario, learning__mode="off")


def test_what_waits_when_learning_is_switched_off_goes_on_waiting(tmp_path: Path, within: In) -> None:
    async def before(world: World) -> None:
        await world.hard_turn()

    async def after(world: World) -> None:
        drained = await world.drain()
        assert (drained.reviewed, len(world.waiting)) == (0, 1)
        world.model.enqueue(KEEP)
        result, _ = await world.learner.learn()  # what the user asks for is done
        assert FACT in result

    within(before)
    within(after, learning__mode="off")


def test_a_turn_can_be_learned_from_again(within: In) -> None:
    async def scenario(world: World) -> None:
        await world.hard_turn()
        await world.drain(NOTHING)
        world.model.enqueue(KEEP, KEEP, NOTHING)
        result, (outcome,) = await world.learner.learn()
        assert outcome.status == "applied"
        assert FACT in result
        assert outcome.change.id in result
        again, outcomes = await world.learner.learn()
        assert (again, outcomes) == ("nothing kept: it was routine", ())
        assert world.memory() == f"- {FACT}\n"

    within(scenario)


def test_what_cannot_be_learned_from_is_said(within: In) -> None:
    async def scenario(world: World) -> None:
        with pytest.raises(UsageError, match="no session"):
            await world.learner.learn()
        await world.hard_turn()
        with pytest.raises(UsageError, match="no finished turn 7"):
            await world.learner.learn(turn=7)
        with world.learner._database.transaction() as execute:
            until = world.clock.now() + 60
            execute("UPDATE nudges SET lease_owner = 'another-host:1:a', lease_until = ?", (until,))
        with pytest.raises(UsageError, match="being reviewed right now"):
            await world.learner.learn()

    within(scenario)


def test_a_request_for_a_review_that_fails_waits_in_line(within: In) -> None:
    async def scenario(world: World) -> None:
        await world.turn("deploy the site", FIX, say("deployed"))
        world.model.enqueue(ConnectionFailed("the endpoint is gone"))
        with pytest.raises(ConnectionFailed):
            await world.learner.learn()
        (left,) = world.waiting
        assert (left.reasons, left.result) == (("learn",), "the endpoint is gone")
        assert (await world.drain(KEEP)).reviewed == 1

    within(scenario)


def test_a_correction_is_reviewed_with_the_turn_that_it_corrects(within: In) -> None:
    async def scenario(world: World) -> None:
        session = world.app.start()
        world.model.enqueue(call("shell", command="echo sent to green"), say("It is sent to green."))
        await session.run("send it")
        world.model.enqueue(call("shell", command="echo sent to blue"), say("It is sent to blue."))
        await session.run("No, that's wrong: send it to blue, never to green.")
        keep = call("memory_update", file="user", op="add", text="Sends to blue, never to green", evidence=[])
        await world.drain(keep)
        brief = brief_of(world.model.requests[-1])
        assert "sent to green" in brief
        assert "never to green" in brief
        assert (world.home / "user.md").read_text() == "- Sends to blue, never to green\n"

    within(scenario)


def test_of_a_large_library_the_nearest_skills_are_compared_and_shown(within: In) -> None:
    async def scenario(world: World) -> None:
        for number in range(230):
            put_skill(world.home, f"bread-{number}")
        put_skill(world.home, "deploy-it", "Deploys the site with `./deploy`. Use it to deploy the site.")
        await world.hard_turn()
        await world.drain(NOTHING)
        brief = brief_of(world.model.requests[-1])
        assert "<skill name='deploy-it'>" in brief
        assert brief.count("<skill name=") <= 3

    within(scenario)


def test_a_duplicate_is_found_in_a_large_library(within: In) -> None:
    async def scenario(world: World) -> None:
        for number in range(230):
            put_skill(world.home, f"bread-{number}")
        await world.hard_turn()
        await world.drain(SKILL)
        await world.hard_turn("deploy the site again")
        other = skill("site-deployment", "How the site is deployed with `MODE=production ./deploy`.")
        await world.drain(other, NOTHING)
        assert [op for op, _ in world.rows if op == "create"] == ["create"]
        assert not (world.home / "skills" / "site-deployment").exists()

    within(scenario)


def test_the_skill_that_misled_is_shown_whatever_was_asked_and_however_large_the_library(within: In) -> None:
    async def scenario(world: World) -> None:
        for number in range(230):
            put_skill(world.home, f"bread-{number}")
        put_skill(world.home, "ship-it", "Ships it. Use it to ship.", step="Run `./deploy`")
        session = world.app.start()
        world.model.enqueue(call("skill", name="ship-it"), *HARD)
        finished = await session.run("bake bread, then do the usual")
        assert finished.skills == ("ship-it",)
        old, new = "Run `./deploy`", "Run `MODE=production ./deploy`"
        op = {"op": "replace_step", "old": old, "text": new, "evidence": ["e4"]}
        await world.drain(call("skill_revise", name="ship-it", reason="it misled", ops=[op]))
        assert "<skill name='ship-it'>" in brief_of(world.model.requests[-1])
        assert f"1. {new}\n" in (world.home / "skills" / "ship-it" / "SKILL.md").read_text()

    within(scenario)


def test_a_skill_that_goes_while_the_writer_thinks_is_no_hindrance(within: In) -> None:
    async def scenario(world: World) -> None:
        put_skill(world.home, "bread")

        def meanwhile(_request: Request) -> Scripted:
            (world.home / "skills" / "bread" / "SKILL.md").unlink()
            return SKILL

        await world.hard_turn()
        await world.drain(meanwhile)
        assert (world.home / "skills" / "deploy-the-site" / "SKILL.md").exists()

    within(scenario)


def test_what_a_review_came_to_is_carried_out_by_the_next_without_asking_again(within: In) -> None:
    async def scenario(world: World) -> None:
        await world.hard_turn()
        (nudge,) = world.waiting
        change = Change(target="memory.md", ops=(Add(FACT),), origin="review", nudge=nudge.id)
        world.learner.door.propose(nudge.id, [Verdict("accept", change)])
        assert (await world.drain()).reviewed == 1
        assert (world.rows, world.waiting) == ([("add", "applied")], [])

    within(scenario)


def test_a_writer_that_the_settings_do_not_know_is_said_and_nothing_is_lost(tmp_path: Path) -> None:
    async def go() -> None:
        async with opened(tmp_path, {}) as world:
            await world.hard_turn()
        (tmp_path / "home" / "config.yaml").write_text(
            "providers: [{name: p, api_base: 'http://127.0.0.1:9/v1', models: [m]}]\nroles: {writer: 'q:m'}\n"
        )
        setup = await set_up(given_of(tmp_path), {})
        database = Database.open(tmp_path / "home" / "state.db")
        learner = Learner(setup, database)
        with pytest.raises(ConfigError, match=r"roles\.writer: no provider named 'q'"):
            await learner.drain()
        assert [each.result for each in learner.queue.waiting()] == [""]
        learner.close()
        database.close()

    asyncio.run(go())


def test_a_workspace_that_is_gone_is_no_hindrance(within: In) -> None:
    async def scenario(world: World) -> None:
        await world.hard_turn()
        (world.work / "deploy").unlink()
        world.work.rmdir()
        assert (await world.drain(SKILL)).reviewed == 1
        assert world.rows == [("create", "applied")]
        world.work.mkdir()

    within(scenario)


@pytest.mark.parametrize(("command", "scoped"), [("./deploy", True), ("make release", False)])
def test_a_skill_that_names_a_file_of_the_repository_is_for_this_project(
    tmp_path: Path, within: In, command: str, scoped: bool
) -> None:
    commit = ("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-mx")
    for arguments in (("init", "-q", str(tmp_path / "work")), ("-C", str(tmp_path / "work"), *commit)):
        subprocess.run(["git", *arguments], check=True)
    (tmp_path / "work" / "Makefile").write_text("release:\n\t@./deploy\n")

    async def scenario(world: World) -> None:
        fail, fix = (call("shell", command=f"{mode}{command}") for mode in ("", "MODE=production "))
        await world.turn("deploy the site", fail, fix, say("deployed"))
        await world.drain(skill("deploy-the-site", steps=[f"Run `MODE=production {command}`."]))
        (row,) = world.changes
        sidecar = (world.home / "skills/deploy-the-site/hone.yaml").read_text()
        assert f"scope: {f'project:{row.change.project}' if scoped else 'all'}\n" in sidecar
        assert "status: trial\n" in sidecar

    within(scenario)


@pytest.mark.parametrize(("mode", "status"), [("production", "applied"), ("staging", "held")])
def test_beside_external_text_only_what_worked_here_is_kept_unasked(
    within: In, mode: str, status: str
) -> None:
    fact = f"`./deploy` needs MODE={mode}"

    async def scenario(world: World) -> None:
        page = call("shell", command="curl -s --max-time 1 http://192.0.2.1/ || echo offline")
        await world.turn("deploy the site", page, *HARD)
        await world.drain(call("memory_update", file="memory", op="add", text=fact, evidence=["e4"]))
        (row,) = world.changes
        assert (row.change.trust, row.status) == ("external", status)
        assert (fact in world.memory()) is (status == "applied")

    within(scenario)


def test_the_writer_is_told_what_changed_since_a_skill_was_learned(within: In) -> None:
    async def scenario(world: World) -> None:
        await world.hard_turn()
        await world.drain(skill("deploy-site", steps=["Run `./deploy`."]))
        (world.work / "deploy").write_text(DEPLOY + "echo more\n")
        await world.hard_turn("deploy the site with ./deploy")
        await world.drain(NOTHING)
        assert "[changed since it was learned: deploy changed since " in brief_of(world.model.requests[-1])

    within(scenario)


def test_a_tripwire_that_is_in_the_way_is_retired_once(within: In) -> None:
    wire = {"tool": "shell", "has": ["./deploy"], "lacks": ["MODE=production"], "say": "Set MODE=production."}

    async def scenario(world: World) -> None:
        await world.turn("deploy the site", *HARD)
        gotcha = {"text": FACT, "evidence": ["e4"], "tripwire": wire}
        await world.drain(skill("deploy-site", gotchas=[gotcha]))
        again = call("shell", command="./deploy --help; true")
        await world.turn("what can the script do?", again, again, say("It deploys."))
        await world.drain()
        assert [row.change.op for row in world.changes] == ["retire_tripwire", "create"]
        undone = world.learner.door.undo(world.changes[0].change.id)
        assert undone.ok
        await world.drain()
        assert sum(row.change.op == "retire_tripwire" and not row.undoes for row in world.changes) == 1

    within(scenario)
