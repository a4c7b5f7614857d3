"""A whole course of hone, in this process and in processes of its own, against a model behind a wire."""

import asyncio
import os
from pathlib import Path

import msgspec
import pytest
from tests.bench.tiny import library, server

from hone.bench.arms import ARMS, Names
from hone.bench.measures import Measured
from hone.bench.proxy import Upstream
from hone.bench.runner import Course, go
from hone.bench.stream import Slot, stream
from hone.bench.workers import Ended, in_processes
from hone.benching import Hone, Models, simulated_models
from hone.clock import SystemClock
from hone.config.settings import Provider
from hone.errors import HoneError
from hone.testing import WireServer, status

NAMES = Names("wire:strong", "wire:strong", "wire:cheap")
SLOTS = (Slot("tiny", "repeat", 1), Slot("tiny", "repeat", 2))

SKILL = """---
name: depot-inventory
description: Keeps the depot inventory. Use it to write a word into the file word of the depot inventory.
---

# Keep the depot inventory

Run `KEY=1 sh put WORD`.
"""


def course(directory: Path, base_url: str, arm: str = "fresh", slots: tuple[Slot, ...] = SLOTS) -> Course:
    providers = (Provider(name="wire", api_base=base_url, models=("strong", "cheap")),)
    upstream = Upstream("wire", base_url, {"Authorization": "Bearer key"})
    return Course(
        agent=Hone(Models(NAMES, (upstream,), providers, "wire:cheap"), "yes"),
        arm=next(each for each in ARMS if each.name == arm),
        run=1,
        slots=slots,
        scenarios=tuple({slot.scenario for slot in slots}),
        library=library,
        upstreams=(upstream,),
        names=NAMES,
        directory=directory,
        path=os.environ["PATH"],
    )


def nobody() -> WireServer:
    """An endpoint that takes no key."""
    return WireServer(lambda _: status(401, {"error": {"message": "no"}}))


def measured(course: Course) -> list[Measured]:
    tasks: list[Measured] = []
    asyncio.run(go(course, SystemClock(), tasks.append))
    return tasks


def test_every_task_is_set_done_checked_and_counted(tmp_path: Path) -> None:
    with server() as wire:
        tasks = measured(course(tmp_path, wire.base_url))
        assert {each["authorization"] for each in wire.headers} == {"Bearer key"}
    assert [(each.occasion, each.number, each.ok, each.why) for each in tasks] == [
        ("repeat", 1, True, "word holds repeat1"),
        ("repeat", 2, True, "word holds repeat2"),
    ]
    assert {(each.calls, each.errors, each.requests, each.heard_calls) for each in tasks} == {(2, 1, 3, 2)}
    assert all(each.tokens == each.heard_tokens > 0 for each in tasks)
    assert (tmp_path / "worlds" / "tiny" / "closed").exists()
    assert "key" not in (tmp_path / "agent" / "home" / "config.yaml").read_text().replace("api_key", "")


def test_a_simulated_model_is_served_where_the_course_runs(tmp_path: Path) -> None:
    models = simulated_models()
    simulated = msgspec.structs.replace(
        course(tmp_path, ""), agent=Hone(models, "yes"), upstreams=(), names=models.names, server=server
    )
    assert all(task.ok for task in measured(simulated))


def test_learning_is_counted_apart(tmp_path: Path) -> None:
    with server() as wire:
        first, second = measured(course(tmp_path, wire.base_url, "skills+tripwires"))
    assert first.learned.requests > 0
    assert first.tokens + first.learned.tokens == first.heard_tokens
    assert first.requests == second.requests == 3


@pytest.mark.parametrize(
    ("arm", "second"), [("strong writes, cheap executes", "cheap"), ("skills", "strong")]
)
def test_the_cheap_model_executes_what_was_learned_in_its_arm_only(
    tmp_path: Path, arm: str, second: str
) -> None:
    skill = tmp_path / "agent" / "home" / "skills" / "depot-inventory"
    skill.mkdir(parents=True)
    (skill / "SKILL.md").write_text(SKILL)
    (skill / "hone.yaml").write_text("v: 1\nstatus: trial\n")
    with server() as wire:
        tasks = measured(course(tmp_path, wire.base_url, arm))
        work = [each for each in wire.requests if "shell" in str(each.get("tools"))]
    assert [task.skills for task in tasks] == [("depot-inventory",)] * 2
    assert [each["model"] for each in work if len(each["messages"]) == 2] == ["strong", second]


def test_a_course_ends_where_nobody_answers(tmp_path: Path) -> None:
    with nobody() as wire, pytest.raises(HoneError, match="did not answer 3 tasks in a row"):
        measured(course(tmp_path, wire.base_url, slots=stream(["tiny"], 4, "1")))
    assert (tmp_path / "worlds" / "tiny" / "closed").exists()


def test_courses_run_in_processes_and_tell_as_they_go(tmp_path: Path) -> None:
    with server() as wire, nobody() as dead:
        courses = [
            course(tmp_path / "1", wire.base_url),
            course(tmp_path / "2", wire.base_url, "skills"),
            course(tmp_path / "3", dead.base_url, slots=SLOTS * 2),
        ]
        words = list(in_processes(courses, 2))
    assert [each.arm for each in words if isinstance(each, Measured)].count("skills") == 2
    problems = [each.problem for each in words if isinstance(each, Ended)]
    assert sorted(map(bool, problems)) == [False, False, True]


def test_courses_end_with_their_services_when_the_caller_stops(tmp_path: Path) -> None:
    with server() as wire:
        words = in_processes([course(tmp_path, wire.base_url, slots=stream(["tiny"], 50, "1"))], 1)
        assert isinstance(next(words), Measured)
        words.close()
    assert (tmp_path / "worlds" / "tiny" / "closed").exists()
