"""Whoever is killed, and whenever: what a turn taught is learned, and learned once. Real processes, a real endpoint."""

import asyncio
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.cli.driving import Done, Hone, ended, until
from tests.cli.learning_home import record_turn, waiting

from hone.database import Database
from hone.testing import Fault, ScriptedModel, WireServer, call, hang, in_order, make_app, say

DRIVER = Path(__file__).with_name("learning_kill_driver.py")
MOMENTS = 100
"""More than any process here has: one that is never killed ends the search."""

DEPLOY = (
    "#!/bin/sh\n[ \"$MODE\" = production ] || { echo 'MODE must be production'; exit 1; }\necho deployed\n"
)
FAIL = call("shell", command="./deploy")
FIX = call("shell", command="MODE=production ./deploy")
SKILL = call(
    "skill_create",
    name="deploy-the-site",
    title="Deploy the site",
    description="Deploys the site with ./deploy. Use it to deploy.",
    when_to_use="When the site is to be deployed.",
    steps=["Run `MODE=production ./deploy`."],
    gotchas=[{"text": "`./deploy` without MODE=production fails -> set it", "evidence": []}],
)


class Endpoint:
    """Both models: the main one deploys and finds out about MODE, the writer keeps that as a skill. Counts the reviews."""

    def __init__(self) -> None:
        self.reviews = 0

    def __call__(self, request: dict[str, Any]) -> Any:
        if is_review(request):
            self.reviews += 1
            return SKILL
        results = [message["content"] for message in request["messages"] if message["role"] == "tool"]
        if not any("MODE must be" in result for result in results):
            return FAIL
        return say("It is deployed.") if "deployed" in results[-1] else FIX


def is_review(request: dict[str, Any]) -> bool:
    return any(tool["function"]["name"] == "skill_create" for tool in request["tools"])


def machine(directory: Path, server: WireServer) -> Hone:
    """A machine with the script, whose hone asks `server`."""
    directory.mkdir(parents=True, exist_ok=True)
    hone = Hone(directory).use(server, "approvals: {mode: 'yes'}\n")
    script = hone.work / "deploy"
    script.write_text(DEPLOY)
    script.chmod(0o755)
    return hone


def killed(hone: Hone, moment: int, *arguments: str) -> bool:
    """Whether `hone ARGUMENTS` died at that moment; else it got to its end."""
    done = hone(*arguments, wrapped=(sys.executable, str(DRIVER), str(moment)))
    assert done.code in (0, -signal.SIGKILL), done
    return done.code != 0


def drain(hone: Hone) -> Done:
    done = hone("worker", "--drain", cwd=hone.home)
    assert (done.code, done.out, done.err) == (0, "", "")
    return done


def ask(hone: Hone, sql: str) -> list[Any]:
    database = Database.open_for_reading(hone.home / "state.db")
    try:
        return database.rows(sql)
    finally:
        database.close()


def git(hone: Hone, *arguments: str) -> str:
    """What the user's own git says of the home."""
    return subprocess.run(
        ["git", "-C", hone.home, *arguments], capture_output=True, text=True, check=True
    ).stdout


def states(hone: Hone) -> list[str]:
    return [state for (state,) in ask(hone, "SELECT state FROM nudges")]


def is_done(hone: Hone) -> bool:
    """Whether the one nudge is."""
    return states(hone) == ["done"]


def check_learned_once(hone: Hone, reviews: int = 1) -> None:
    """Each nudge is done and has one change, which is in its file, in the ledger and in git, and nothing is left over."""
    assert ask(hone, "SELECT count(*), count(DISTINCT session || ' ' || turn) FROM nudges") == [
        (reviews, reviews)
    ]
    assert states(hone) == ["done"] * reviews
    assert ask(hone, "SELECT count(*) FROM nudges WHERE lease_owner IS NOT NULL") == [(0,)]
    changes = ask(hone, "SELECT id, status, nudge FROM changes ORDER BY position")
    assert [status for _, status, _ in changes] == ["applied"] * reviews
    assert len({nudge for _, _, nudge in changes}) == reviews
    assert git(hone, "status", "--porcelain") == ""
    told = git(hone, "log", "--reverse", "--format=%(trailers:key=Change-Id,valueonly)").split()
    assert told == [change for change, _, _ in changes]
    assert not list(hone.home.rglob("*.tmp"))


def check_deploy_skill(hone: Hone) -> None:
    check_learned_once(hone)
    (skill,) = (hone.home / "skills").glob("*/SKILL.md")
    assert skill.read_text().count("1. Run `MODE=production ./deploy`.\n") == 1


@pytest.mark.slow
def test_a_run_killed_at_any_moment_is_learned_from_once(tmp_path: Path) -> None:
    """Killed, gone on with by `--resume`; whether its own worker or another one comes first."""
    for moment in range(1, MOMENTS):
        endpoint = Endpoint()
        with WireServer(endpoint) as server:
            hone = machine(tmp_path / str(moment), server)
            whole = not killed(hone, moment, "run", "deploy the site")
            resumed = hone("run", "--resume", "last")
            if resumed.code == 2:  # it died before anything was recorded
                assert "to resume" in resumed.err, (moment, resumed)
                resumed = hone("run", "deploy the site")
            assert (resumed.code, resumed.out) == (0, "It is deployed.\n"), (moment, resumed)
            drain(hone)
            until(partial(is_done, hone), f"the review after moment {moment}")
            check_deploy_skill(hone)
            assert endpoint.reviews == 1
        if whole:
            assert moment > 30
            return
    raise AssertionError("a run has more moments than MOMENTS")


async def _work(directory: Path, requests: Sequence[str]) -> None:
    """Sessions with one turn each that fails and recovers, and none of them reviewed."""
    model = ScriptedModel()
    async with make_app(directory, model) as app:
        for request in requests:
            model.enqueue(FAIL, FIX, say("It is deployed."))
            assert (await app.start().run(request)).learning.queued


@pytest.fixture
def hone(tmp_path: Path) -> Hone:
    return Hone(tmp_path)


@pytest.fixture
def worked(tmp_path: Path) -> Callable[[WireServer, Sequence[str]], Hone]:
    def prepare(server: WireServer, requests: Sequence[str] = ("deploy the site",)) -> Hone:
        hone = machine(tmp_path / "worked", server)
        asyncio.run(_work(hone.directory, requests))
        return hone

    return prepare


def copies(hone: Hone) -> Iterator[Hone]:
    """The machine again and again, each as it was."""
    for number in range(1, MOMENTS):
        directory = hone.directory.with_name(str(number))
        directory.mkdir()
        copy = Hone(directory)
        shutil.copytree(hone.home, copy.home, dirs_exist_ok=True)
        yield copy


Worked = Callable[..., Hone]


@pytest.mark.slow
def test_a_worker_killed_at_any_moment_is_succeeded_by_the_next(worked: Worked) -> None:
    """Killed at the moment, its successor too; the third one completes it."""
    with WireServer(Endpoint()) as server:
        for moment, hone in enumerate(copies(worked(server)), 1):
            died = killed(hone, moment, "worker", "--drain")
            if died:
                killed(hone, moment, "worker", "--drain")
            drain(hone)
            check_deploy_skill(hone)
            if not died:
                assert moment > 20
                return
    raise AssertionError("a worker has more moments than MOMENTS")


ANSWERS: list[tuple[str, Fault]] = [
    ("before the answer", hang()),
    ("after its headers", hang(SKILL, 1)),
    ("in the middle of it", hang(SKILL, 2)),
]


@pytest.mark.slow
@pytest.mark.parametrize("answer", [answer for _, answer in ANSWERS], ids=[name for name, _ in ANSWERS])
def test_a_worker_killed_while_the_writer_answers_frees_its_work_at_once(
    worked: Worked, answer: Fault
) -> None:
    answers: list[Any] = [answer, SKILL]
    with WireServer(lambda _request: answers.pop(0)) as server:
        hone = worked(server)
        worker = hone.start("worker", "--drain")
        until(lambda: server.requests, "the writer to be asked")
        worker.kill()
        assert ended(worker).code == -signal.SIGKILL
        drain(hone)
        check_deploy_skill(hone)
    assert answers == []


def test_a_worker_that_cannot_be_started_is_said_and_the_run_is_as_good(
    hone: Hone, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_turn(hone)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with WireServer(in_order("hello")) as server:
        done = hone.use(server).here("run", "say hello")
    assert (done.code, done.out) == (0, "hello\n")
    assert "no worker could be started" in done.err
    assert len(waiting(hone)) == 1


PLACES = [
    *("anvil", "barrel", "candle", "dagger", "easel", "fiddle"),
    *("goblet", "hammer", "icicle", "jacket", "kettle", "ladder"),
]


def keeps_one_fact_each(request: dict[str, Any]) -> Any:
    """The writer remembers the place that was deployed to."""
    brief = request["messages"][1]["content"]
    (place,) = (place for place in PLACES if f"deploy to {place}" in brief)
    return call(
        "memory_update", file="memory", op="add", text=f"The {place} is deployed with MODE=production."
    )


def has_asked(server: WireServer, times: int) -> bool:
    return len(server.requests) >= times


def check_all_places(hone: Hone) -> None:
    check_learned_once(hone, len(PLACES))
    entries = sorted((hone.home / "memory.md").read_text().splitlines())
    assert entries == [f"- The {place} is deployed with MODE=production." for place in PLACES]


@pytest.mark.slow
def test_sixteen_workers_learn_from_each_turn_once(worked: Worked) -> None:
    with WireServer(keeps_one_fact_each) as server:
        hone = worked(server, [f"deploy to {place}" for place in PLACES])
        workers = [hone.start("worker", "--drain") for _ in range(16)]
        assert [ended(worker) for worker in workers] == [Done(0, "", "")] * 16
        check_all_places(hone)
    assert len(server.requests) == len(PLACES)


@pytest.mark.slow
def test_workers_that_are_killed_in_a_crowd_leave_nothing_undone_and_nothing_twice(worked: Worked) -> None:
    with WireServer(keeps_one_fact_each) as server:
        hone = worked(server, [f"deploy to {place}" for place in PLACES])
        workers = [hone.start("worker", "--drain") for _ in range(16)]
        for number, worker in enumerate(workers[::2], 1):
            until(partial(has_asked, server, number), "the writer to be asked")
            worker.kill()
        ends = [ended(worker).code for worker in workers]
        assert set(ends[1::2]) == {0}
        assert set(ends[::2]) <= {0, -signal.SIGKILL}
        drain(hone)
        check_all_places(hone)
