"""hermes-agent as a contender, before a program that stands in for it."""

import asyncio
import contextlib
import os
from pathlib import Path

import pytest
from tests.bench.stand_in import stand_in
from tests.bench.tiny import library, server

from hone.bench.arms import ARMS, Names
from hone.bench.hermes import Hermes, hermes_at
from hone.bench.measures import Measured
from hone.bench.proxy import Upstream
from hone.bench.runner import Course, go
from hone.bench.stream import Slot
from hone.clock import SystemClock
from hone.errors import UsageError

NAMES = Names("wire:strong", "wire:strong")


def course(directory: Path, agent: Hermes, base_url: str, arm: str = "fresh") -> Course:
    return Course(
        agent=agent,
        arm=next(each for each in ARMS if each.name == arm),
        run=1,
        slots=(Slot("tiny", "repeat", 1), Slot("tiny", "repeat", 2)),
        scenarios=("tiny",),
        library=library,
        upstreams=(Upstream("wire", base_url, {"authorization": "Bearer key"}),),
        names=NAMES,
        directory=directory,
        path=os.environ["PATH"],
    )


@pytest.mark.parametrize(("arm", "reviews"), [("fresh", 0), ("skills", 1)])
def test_it_does_the_same_tasks_and_is_counted_at_the_endpoint(
    tmp_path: Path, arm: str, reviews: int
) -> None:
    tasks: list[Measured] = []
    with server() as wire:
        agent = hermes_at(stand_in(tmp_path / "venv"))
        asyncio.run(go(course(tmp_path / "ground", agent, wire.base_url, arm), SystemClock(), tasks.append))
        assert wire.headers[0]["authorization"] == "Bearer key"
    for task in tasks:
        assert (task.ok, task.status, task.calls, task.errors, task.requests) == (True, "answered", 2, 1, 3)
        assert task.learned.requests == reviews
        assert task.tokens + task.learned.tokens == task.heard_tokens > 0
        assert task.seconds > 0


def test_in_the_arm_fresh_nothing_stays_from_task_to_task(tmp_path: Path) -> None:
    agent = hermes_at(stand_in(tmp_path / "venv"))
    with server() as wire:
        for arm in ("fresh", "skills"):
            home = tmp_path / arm / "agent" / "hermes"
            home.mkdir(parents=True)
            (home / "kept").touch()
            asyncio.run(go(course(tmp_path / arm, agent, wire.base_url, arm), SystemClock(), lambda _: None))
            assert (home / "kept").exists() == (arm == "skills")


def test_a_program_that_fails_is_a_task_that_failed(tmp_path: Path) -> None:
    program = tmp_path / "hermes"
    program.write_text("#!/bin/sh\necho half\necho no model >&2\nexit 3\n")
    program.chmod(0o755)
    tasks: list[Measured] = []
    asyncio.run(go(course(tmp_path, hermes_at(program), "http://127.0.0.1:1"), SystemClock(), tasks.append))
    assert {(task.status, task.ok, task.complaints) for task in tasks} == {("failed", False, ("no model",))}


def test_stopping_ends_its_process_and_what_it_started(tmp_path: Path) -> None:
    program = tmp_path / "hermes"
    program.write_text(f"#!/bin/sh\nsleep 60 &\necho $! > {tmp_path}/pid\nwait\n")
    program.chmod(0o755)

    async def started_and_stopped() -> None:
        agent = hermes_at(program)
        running = asyncio.create_task(go(course(tmp_path, agent, "http://127.0.0.1:1"), SystemClock(), print))
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(0.01)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    asyncio.run(started_and_stopped())
    pid = int((tmp_path / "pid").read_text())
    status = Path(f"/proc/{pid}/stat")
    assert not status.exists() or status.read_text().split()[2] == "Z"


def test_a_venv_without_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no hermes at"):
        hermes_at(tmp_path)
