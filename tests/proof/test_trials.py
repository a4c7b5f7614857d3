"""The coin, and what is recorded of each task: through an app with a scripted model, a real home and real files."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from hone.database import Database, Row
from hone.errors import NotFound
from hone.events import AnyEvent, Attached, TurnFinished, Withheld
from hone.messages import System, Usage, User
from hone.testing import ScriptedModel, call, make_app, say
from hone.tools.base import tool_from_function

REQUEST = "Deploy the shop to staging."
SKILL = """---
name: deploy-shop-to-staging
description: Deploy the shop to staging. Use it for every release of the shop.
---
# Deploy the shop to staging

## Steps
1. Run `./deploy`.
"""
TRIPWIRE = """tripwires:
  - {id: t1, tool: deploy, has: ["now"], lacks: [], unless_after: [], say: "Build first", evidence: [e1]}
"""


def write_skill(home: Path, status: str = "trial", more: str = "") -> Path:
    directory = home / "skills" / "deploy-shop-to-staging"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "SKILL.md").write_text(SKILL)
    (directory / "hone.yaml").write_text(f"v: 1\nstatus: {status}\n{more}")
    return directory


def work(
    directory: Path, *requests: str, model: ScriptedModel | None = None, **learning: Any
) -> list[AnyEvent]:
    """One session of these requests."""
    events: list[AnyEvent] = []
    flags = {f"learning.{name}": value for name, value in learning.items()}
    flags |= {"learning.holdout.repl": 1.0} if "mode" not in learning else {}

    def deploy(when: str) -> str:
        """Deploys."""
        return f"deployed {when}"

    async def go() -> None:
        played = model or ScriptedModel(*[say("Done.")] * len(requests))
        async with make_app(directory, played, show=events.append, flags=flags) as app:
            session = app.start([tool_from_function(deploy)])
            for request in requests:
                await session.run(request)

    asyncio.run(go())
    return events


def rows(directory: Path, sql: str) -> list[Row]:
    database = Database.open(directory / "home" / "state.db")
    try:
        return database.rows(sql)
    finally:
        database.close()


def skills_of(events: list[AnyEvent]) -> list[str]:
    return [each.name for each in events if isinstance(each, Attached) and each.kind == "skill"]


def test_the_first_three_tasks_have_the_skill_and_then_the_coin_decides(tmp_path: Path) -> None:
    write_skill(tmp_path / "home")
    got = [bool(skills_of(work(tmp_path, REQUEST))) for _ in range(5)]
    assert got == [True, True, True, False, False]
    assert (
        rows(tmp_path, "SELECT arm, share FROM coins ORDER BY at")
        == [("first", 1.0)] * 3 + [("without", 1.0)] * 2
    )


def test_a_session_has_one_coin_and_the_user_is_told_once(tmp_path: Path) -> None:
    write_skill(tmp_path / "home")
    for _ in range(3):
        work(tmp_path, REQUEST)
    events = work(tmp_path, REQUEST, f"{REQUEST} Once more.")
    told = [each for each in events if isinstance(each, Withheld)]
    assert told == [Withheld("deploy-shop-to-staging", "to measure what it saves")]
    assert len(rows(tmp_path, "SELECT 1 FROM coins")) == 4
    assert len(rows(tmp_path, "SELECT 1 FROM eligible")) == 5


def test_a_withheld_skill_is_neither_read_nor_found_nor_are_its_tripwires_on(tmp_path: Path) -> None:
    write_skill(tmp_path / "home", more=TRIPWIRE)
    for _ in range(3):
        work(tmp_path, REQUEST)
    model = ScriptedModel(
        call("skill", name="deploy-shop-to-staging"), call("deploy", when="now"), say("Done.")
    )
    events = work(tmp_path, REQUEST, model=model)
    assert skills_of(events) == []
    told = [message for request in model.requests for message in request.messages]
    assert not any("Run `./deploy`" in message.text for message in told)
    assert any(
        "the skill deploy-shop-to-staging is not offered in this session" in each.text for each in told
    )
    assert any("deployed now" in each.text for each in told)


def test_with_the_skill_its_tripwires_are_on(tmp_path: Path) -> None:
    write_skill(tmp_path / "home", more=TRIPWIRE)
    model = ScriptedModel(call("deploy", when="now"), say("Done."))
    work(tmp_path, REQUEST, model=model)
    assert any("Build first" in message.text for message in model.requests[-1].messages)


@pytest.mark.parametrize("status", ["proven", "undecided"])
def test_only_a_skill_on_trial_is_ever_withheld(tmp_path: Path, status: str) -> None:
    write_skill(tmp_path / "home", status)
    assert all(skills_of(work(tmp_path, REQUEST)) for _ in range(4))
    assert rows(tmp_path, "SELECT DISTINCT arm FROM coins") == [("always",)]


def test_a_person_who_names_a_withheld_skill_has_it_and_the_session_does_not_count(tmp_path: Path) -> None:
    write_skill(tmp_path / "home")
    for _ in range(3):
        work(tmp_path, REQUEST)

    async def go() -> None:
        model = ScriptedModel(say("Done."), say("Done."))
        async with make_app(tmp_path, model, flags={"learning.holdout.repl": 1.0}) as app:
            session = app.start()
            await session.run(REQUEST)
            shelf = app.bench(session).shelf
            taken = shelf.take("deploy-shop-to-staging")
            await session.run("Follow it.", [taken])
            with pytest.raises(NotFound):
                shelf.take("deploy")
        assert any("./deploy" in each.text for each in model.requests[-1].messages if isinstance(each, User))

    asyncio.run(go())
    assert rows(tmp_path, "SELECT turn, way FROM loads WHERE way = 'named'") == [(2, "named")]


def test_what_does_not_fit_is_a_task_all_the_same(tmp_path: Path) -> None:
    write_skill(tmp_path / "home")
    work(tmp_path, "What is the capital of France?")
    assert rows(tmp_path, "SELECT count(*) FROM tasks") == [(1,)]
    assert rows(tmp_path, "SELECT count(*) FROM eligible") == [(0,)]


def test_where_learning_is_off_nothing_is_recorded_or_withheld(tmp_path: Path) -> None:
    write_skill(tmp_path / "home")
    for _ in range(4):
        assert skills_of(work(tmp_path, REQUEST, mode="off"))
    assert rows(tmp_path, "SELECT count(*) FROM tasks") == [(0,)]


def test_without_skills_none_is_offered(tmp_path: Path) -> None:
    write_skill(tmp_path / "home", "proven")
    model = ScriptedModel(say("Done."))
    assert skills_of(work(tmp_path, REQUEST, model=model, skills=False)) == []
    assert "skill" not in {tool.name for tool in model.requests[0].tools}


def test_without_tripwires_none_stops_a_call(tmp_path: Path) -> None:
    write_skill(tmp_path / "home", more=TRIPWIRE)
    model = ScriptedModel(call("deploy", when="now"), say("Done."))
    work(tmp_path, REQUEST, model=model, tripwires=False)
    assert "deployed now" in model.requests[-1].messages[-1].text


def test_how_a_skill_came_is_recorded(tmp_path: Path) -> None:
    write_skill(tmp_path / "home", "proven")
    work(tmp_path, REQUEST)
    asks = ScriptedModel(call("skill", name="deploy-shop-to-staging"), say("Done."))
    work(tmp_path, "What is the capital of France?", model=asks)
    assert rows(tmp_path, "SELECT way, misfired FROM loads ORDER BY at") == [("attached", 0), ("asked", 0)]


def misfire(directory: Path, *, misfired: bool) -> list[AnyEvent]:
    """A session with the skill; then the record is told whether the skill led to failures in it."""
    events: list[AnyEvent] = []

    async def go() -> None:
        model = ScriptedModel(say("Done."))
        async with make_app(directory, model, show=events.append) as app:
            session = app.start()
            await session.run(REQUEST)
            if misfired:
                finished = TurnFinished(1, "answered", "", "", 1, 0, 0, Usage(), 0.0)
                trials = app.bench(session).trials
                database = Database.open(directory / "home" / "state.db")
                with database.transaction() as execute:
                    trials.finish(execute, finished, (), {"deploy-shop-to-staging"})
                database.close()

    asyncio.run(go())
    return events


def test_two_misfires_in_three_loads_put_a_skill_aside_until_it_is_changed(tmp_path: Path) -> None:
    directory = write_skill(tmp_path / "home", "proven", TRIPWIRE.replace("deploy", "shell"))
    for misfired in (True, False):
        assert skills_of(misfire(tmp_path, misfired=misfired))
    assert skills_of(misfire(tmp_path, misfired=True))
    model = ScriptedModel(say("Done."))
    events = work(tmp_path, REQUEST, model=model)
    assert skills_of(events) == []
    assert [each.name for each in events if isinstance(each, Withheld)] == ["deploy-shop-to-staging"]
    assert "skill" not in {tool.name for tool in model.requests[0].tools}
    (system, *_) = model.requests[0].messages
    assert isinstance(system, System)
    assert "deploy-shop" not in system.text
    (directory / "SKILL.md").write_text(SKILL.replace("./deploy", "./build && ./deploy"))
    work(tmp_path, "What is the capital of France?")  # the edit is seen
    assert skills_of(work(tmp_path, REQUEST))


def test_a_pinned_skill_is_never_put_aside(tmp_path: Path) -> None:
    write_skill(tmp_path / "home", "proven", "pinned: true\n")
    for _ in range(4):
        assert skills_of(misfire(tmp_path, misfired=True))


def test_two_misfires_far_apart_do_no_harm(tmp_path: Path) -> None:
    write_skill(tmp_path / "home", "proven")
    for misfired in (True, False, False, True, False, False):
        assert skills_of(misfire(tmp_path, misfired=misfired))


def test_a_correction_says_that_the_turn_before_failed(tmp_path: Path) -> None:
    model = ScriptedModel(call("deploy", when="now"), say("Deployed."), say("Sorry."))
    work(tmp_path, REQUEST, "No, that's wrong: you must deploy at night, not now.", model=model)
    assert rows(tmp_path, "SELECT outcome, outcome_source FROM turns WHERE turn = 1") == [
        ("bad", "correction")
    ]


def test_a_session_that_is_reopened_does_without_what_was_withheld(tmp_path: Path) -> None:
    write_skill(tmp_path / "home", more=TRIPWIRE)
    for _ in range(3):
        work(tmp_path, REQUEST)
    work(tmp_path, REQUEST)
    model = ScriptedModel(
        call("skill", name="deploy-shop-to-staging"), call("deploy", when="now"), say("Done.")
    )

    def deploy(when: str) -> str:
        """Deploys."""
        return f"deployed {when}"

    async def go() -> None:
        async with make_app(tmp_path, model, flags={"learning.holdout.repl": 1.0}) as app:
            await app.reopen("last", [tool_from_function(deploy)]).run("Go on.")

    asyncio.run(go())
    told = [message.text for message in model.requests[-1].messages]
    assert any("is not offered in this session" in each for each in told)
    assert "deployed now" in told[-1]
