"""The composition root: what a session is told, what is not used without trust, how a session is found again."""

import asyncio
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from hone.app import App
from hone.changes.ledger import Ledger
from hone.config.environ import process_environ
from hone.database import Database
from hone.errors import HomeError, NoModel, NotFound, UsageError
from hone.events import AnyEvent, Notice
from hone.given import Given
from hone.messages import System
from hone.safety.grants import Grants
from hone.testing import FakeClock, ScriptedModel, WireServer, call, make_app, say
from hone.workbench import Face

PROJECT_SKILL = (
    '---\nname: local-deploy\ndescription: "How this project is deployed."\n---\nRun make deploy.\n'
)


def prompt_of(tmp_path: Path, prepare: Callable[[Path], None] = lambda _work: None) -> tuple[str, list[str]]:
    """The system prompt of a first request, and the notices."""
    (tmp_path / "work").mkdir()
    prepare(tmp_path / "work")
    model = ScriptedModel(say("done"))
    events: list[AnyEvent] = []

    async def go() -> None:
        async with make_app(tmp_path, model, show=events.append) as app:
            await app.start().run("hello")

    asyncio.run(go())
    system = model.requests[0].messages[0]
    assert isinstance(system, System)
    return system.text, [event.text for event in events if isinstance(event, Notice)]


def with_skill(work: Path) -> None:
    (work / ".git").mkdir()
    skill = work / ".agents" / "skills" / "local-deploy"
    skill.mkdir(parents=True)
    (skill / "SKILL.md").write_text(PROJECT_SKILL)


def test_memory_and_instructions_are_in_the_prompt(tmp_path: Path) -> None:
    def prepare(work: Path) -> None:
        (work / "AGENTS.md").write_text("Run make check before you finish.\n")
        (tmp_path / "home").mkdir()
        (tmp_path / "home" / "user.md").write_text("- prefers short answers\n")
        (tmp_path / "home" / "memory.md").write_text("- staging is called blue\n")

    text, notices = prompt_of(tmp_path, prepare)
    assert "<user memory>\n- prefers short answers" in text
    assert "- staging is called blue" in text
    assert "Run make check" in text
    assert notices == []


def test_skills_of_a_project_are_used_only_when_it_is_trusted(tmp_path: Path) -> None:
    text, notices = prompt_of(tmp_path, with_skill)
    assert "local-deploy" not in text
    assert notices == ["skills of this project are not used (local-deploy): `hone trust` allows them"]


def test_a_trusted_project_brings_its_skills_and_settings(tmp_path: Path) -> None:
    def prepare(work: Path) -> None:
        with_skill(work)
        (work / ".hone").mkdir()
        (work / ".hone" / "config.yaml").write_text("limits: {steps: 7}\n")
        Grants(tmp_path / "home").trust_folder(work.resolve(), True)

    text, notices = prompt_of(tmp_path, prepare)
    assert "- local-deploy: How this project is deployed." in text
    assert not any("not used" in notice for notice in notices)


def test_settings_of_an_untrusted_project_are_named_and_not_read(tmp_path: Path) -> None:
    def prepare(work: Path) -> None:
        (work / ".hone").mkdir()
        (work / ".hone" / "config.yaml").write_text("not: [valid")

    _, (notice,) = prompt_of(tmp_path, prepare)
    assert notice.endswith("config.yaml is not used: `hone trust` allows it")


def test_a_broken_skill_is_said_once_and_left_out(tmp_path: Path) -> None:
    def prepare(_work: Path) -> None:
        skill = tmp_path / "home" / "skills" / "broken"
        skill.mkdir(parents=True)
        (skill / "SKILL.md").write_bytes(b"\xff\xfe\x00not text")

    text, notices = prompt_of(tmp_path, prepare)
    assert "Skills" not in text
    assert len(notices) == 1
    assert notices[0].startswith("skill left out: ")


def build(
    tmp_path: Path, environ: Mapping[str, str], flags: Mapping[str, Any] | None = None
) -> list[AnyEvent]:
    """The events of an app that is built and closed again."""
    (tmp_path / "work").mkdir(exist_ok=True)
    own = {
        "PATH": process_environ()["PATH"],
        "HOME": str(tmp_path / "user"),
        "HONE_HOME": str(tmp_path / "home"),
    }
    events: list[AnyEvent] = []
    given = Given(own | dict(environ), tmp_path / "work", FakeClock(), random.Random(0))

    async def go() -> None:
        app = await App.build(given, Face("api", events.append), flags or {})
        assert app.model_name
        await app.aclose()

    asyncio.run(go())
    return events


def test_a_model_of_the_environment_is_found_and_said(tmp_path: Path) -> None:
    with WireServer(lambda _: say("hello"), models=["tiny"]) as server:
        (notice,) = build(tmp_path, {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": "sk-unused"})
    assert isinstance(notice, Notice)
    assert "tiny" in notice.text
    assert "sk-unused" not in notice.text


def test_an_unknown_provider_of_a_role_is_an_error_with_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    config = "providers: [{name: sandbase, api_base: http://127.0.0.1:1/v1, models: [m]}]\n"
    (tmp_path / "home" / "config.yaml").write_text(config)
    with pytest.raises(NotFound, match="did you mean sandbase"):
        build(tmp_path, {}, {"roles.main": "sandbas:m"})


def test_a_home_that_is_a_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(HomeError):
        build(tmp_path, {"OPENAI_BASE_URL": "http://127.0.0.1:1/v1", "HONE_MODEL": "m"})


def test_a_provider_without_models_says_where_to_add_one(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "config.yaml").write_text(
        "providers: [{name: a, api_base: http://127.0.0.1:1/v1}]\n"
    )
    with pytest.raises(NoModel, match="add one under models"):
        build(tmp_path, {})


def test_a_session_is_reopened_by_prefix_and_not_when_its_directory_is_gone(tmp_path: Path) -> None:
    async def go() -> None:
        async with make_app(tmp_path, ScriptedModel(say("one"))) as app:
            with pytest.raises(UsageError, match="there is no session in"):
                app.reopen("last")
            session = app.start()
            await session.run("hello")
            assert app.reopen(session.id[:-1]).id == session.id
            with pytest.raises(NotFound):
                app.reopen("2020")
            (tmp_path / "work").rmdir()
            with pytest.raises(UsageError, match="which is gone"):
                app.reopen(session.id)

    asyncio.run(go())


def test_known_keys_reach_neither_the_model_nor_the_disk(tmp_path: Path) -> None:
    key = "q7Zt-93kf-Lm2x-PPq8"
    (tmp_path / "home").mkdir()
    config = f"providers: [{{name: a, api_base: http://127.0.0.1:1/v1, api_key: {key}, models: [m]}}]\n"
    (tmp_path / "home" / "config.yaml").write_text(config)
    (tmp_path / "work").mkdir()
    for name in ("notes.txt", "AGENTS.md"):
        (tmp_path / "work" / name).write_text(f"the key is {key}\n")

    async def go() -> ScriptedModel:
        model = ScriptedModel(call("read", path="notes.txt"), say("done"))
        async with make_app(tmp_path, model) as app:
            await app.start().run(f"what is in notes.txt? ({key})")
        return model

    model = asyncio.run(go())
    assert key not in str(model.requests[1].messages)
    for path in (tmp_path / "home").rglob("*"):
        if path.is_file() and path.name != "config.yaml":
            assert key.encode() not in path.read_bytes(), path


def told_by_a_run(tmp_path: Path) -> tuple[str, list[str]]:
    """The status of a run, and its notices."""
    events: list[AnyEvent] = []

    async def go() -> str:
        async with make_app(tmp_path, ScriptedModel(say("done")), show=events.append) as app:
            return (await app.start().run("hello")).status

    status = asyncio.run(go())
    return status, [event.text for event in events if isinstance(event, Notice)]


def test_an_edit_by_hand_is_recorded_while_the_model_answers(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home/memory.md").write_text("- The port is 8080\n")
    assert told_by_a_run(tmp_path) == ("answered", [])
    database = Database.open(tmp_path / "home/state.db")
    (row,) = Ledger(database).rows()
    database.close()
    assert (row.change.origin, row.change.target) == ("user", "memory.md")


def test_a_home_that_refuses_the_record_of_an_edit_costs_no_answer(tmp_path: Path) -> None:
    (tmp_path / "home/.cache/changes.lock").mkdir(parents=True)
    (tmp_path / "home/memory.md").write_text("- The port is 8080\n")
    status, notices = told_by_a_run(tmp_path)
    assert status == "answered"
    assert len(notices) == 1
    assert notices[0].startswith("not all was recorded: ")


def test_a_key_that_a_model_writes_into_a_call_is_not_shown(tmp_path: Path) -> None:
    key = "ghp_" + "9Rk2mQx7Lw4TzB8nVc3H" * 2
    events: list[AnyEvent] = []

    async def go() -> None:
        model = ScriptedModel(call("remember", text=f"the token is {key}"), say("done"))
        async with make_app(tmp_path, model, show=events.append) as app:
            await app.start().run("hello")

    asyncio.run(go())
    assert key not in repr(events)
    assert not (tmp_path / "home/memory.md").exists()
