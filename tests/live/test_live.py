"""The whole of hone on a real model: opt-in, by HONE_LIVE_BASE_URL. What a small model must manage, and nothing more.

A test says which fact a tool's result must hold, never how to come by it. How to run it: docs/live-model.md.
"""

import asyncio
import datetime
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hone.config.detect import list_models
from hone.events import (
    AnyEvent,
    StepFinished,
    StepStarted,
    ToolFinished,
    ToolStarted,
    TurnFinished,
    TurnStarted,
)
from hone.history.rows import Recorded
from hone.messages import Usage
from hone.results import Result

BASE_URL = os.environ.get("HONE_LIVE_BASE_URL", "")
API_KEY = os.environ.get("HONE_LIVE_API_KEY", "")

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not BASE_URL, reason="HONE_LIVE_BASE_URL names no OpenAI-compatible endpoint"),
]

ENDINGS = {"answered": 0, "gave_up": 1, "limit": 1}
"""The ways in which the loop may end here, and the exit code of each."""

LONGEST = 600  # seconds that a run may take on a slow machine


class Task(msgspec.Struct, frozen=True):
    """A request that one command settles. `fact` is a regular expression; it matches what tells the answer."""

    name: str
    request: str
    fact: str


TASKS = (
    Task("directory", "Run one command that prints which directory you are in.", r"/workspace\b"),
    Task("lines", "Run one command that counts the lines of poem.txt.", r"\b17\b"),
    Task(
        "size",
        "Run one command that shows the files in the folder data with their sizes.",
        r"\b4321\b|\b4\.[23]K\b",
    ),
    Task("word", "Run one command that prints the file notes/code.txt. What is the code word?", "marzipan"),
    Task("files", "Run one command that counts the files in the folder inbox.", r"\b7\b"),
    Task("year", "Run one command that prints the current year.", f"{datetime.date.today().year}"),  # noqa: DTZ011
    Task("search", "Run one command that finds the line below src with the word zebra.", "black and white"),
    Task("product", "Run one command that computes 4711 * 13.", "61243"),
    Task("setting", "Run one command that shows which port settings.ini names.", "8642"),
    Task("end", "Run one command that prints the last line of log.txt.", "backup finished in 73 s"),
)


class Run(msgspec.Struct, frozen=True):
    """What a `hone run` printed, and what was recorded of it."""

    exit_code: int
    result: Result
    turns: list[dict[str, Any]]
    recorded: list[Recorded]
    progress: str

    @property
    def events(self) -> list[AnyEvent]:
        """The recorded events, in order."""
        return [each.event for each in self.recorded]

    def steps(self) -> list[StepFinished]:
        """The model's replies."""
        return [event for event in self.events if isinstance(event, StepFinished)]

    def results(self) -> list[ToolFinished]:
        """What the tools gave back."""
        return [event for event in self.events if isinstance(event, ToolFinished)]


class Hone(msgspec.Struct, frozen=True):
    """A home of its own with a prepared workspace, and hone run there as a person would run it."""

    home: Path
    workspace: Path

    def configure(self, main: list[str], model: str) -> None:
        """Two providers: `live`, and `dead` where nobody listens. `main` is the chain of the main role."""
        with socket.socket() as unheard:
            unheard.bind(("127.0.0.1", 0))
            port = unheard.getsockname()[1]
        live = {"name": "live", "api_base": BASE_URL, "api_key": API_KEY, "models": [model]}
        dead = {"name": "dead", "api_base": f"http://127.0.0.1:{port}/v1", "models": ["nobody"]}
        settings = {"providers": [live, dead], "roles": {"main": main}}
        (self.home / ".hone" / "config.yaml").write_text(json.dumps(settings))

    def run(self, request: str, *flags: str) -> Run:
        """One task, then its session as `hone sessions export` gives it."""
        limits = ["--max-steps", "6", "--timeout", str(LONGEST - 60)]
        done = self._hone("run", "--json", "--approvals", approvals(), *limits, *flags, request)
        assert done.stdout, done.stderr
        result = msgspec.json.decode(done.stdout.splitlines()[-1], type=Result)
        exported = self._hone("sessions", "export", result.session)
        assert exported.returncode == 0, exported.stderr
        session = json.loads(exported.stdout)
        for event in session["events"]:
            event["at"] = datetime.datetime.fromisoformat(event["at"]).timestamp()
        recorded = msgspec.convert(session["events"], list[Recorded])
        return Run(done.returncode, result, session["turns"], recorded, done.stderr)

    def _hone(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        environ = {name: value for name, value in os.environ.items() if not name.startswith("HONE_")}
        return subprocess.run(
            [sys.executable, "-m", "hone", *arguments],
            cwd=self.workspace,
            env=environ | {"HOME": str(self.home)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LONGEST,
        )


def approvals() -> str:
    works = shutil.which("bwrap") and subprocess.run(["bwrap", "--ro-bind", "/", "/", "true"]).returncode == 0
    return "sandbox" if works else "yes"


@pytest.fixture(scope="module")
def model() -> str:
    named = os.environ.get("HONE_LIVE_MODEL") or next(iter(asyncio.run(list_models(BASE_URL, API_KEY))), "")
    assert named, f"{BASE_URL}/models lists no model: set HONE_LIVE_MODEL to one"
    return named


@pytest.fixture
def hone(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, model: str) -> Hone:
    home = tmp_path / "home"
    workspace = (
        tmp_path_factory.getbasetemp() / "workspace"
    )  # one path: servers that cache prefixes read it once
    shutil.rmtree(workspace, ignore_errors=True)
    files = {
        "poem.txt": "".join(f"verse {'la' * n}\n" for n in range(17)),
        "notes/code.txt": "The code word is marzipan.\n",
        "src/stripes.py": "zebra = 'black and white'\n",
        "src/spots.py": "leopard = 'yellow'\n",
        "settings.ini": "[server]\nhost = localhost\nport = 8642\n",
        "log.txt": "".join(f"copied part {n}\n" for n in range(1, 41)) + "backup finished in 73 s\n",
        "data/ant.bin": "a" * 120,
        "data/walrus.bin": "w" * 4321,
        "data/cat.bin": "c" * 900,
        **{f"inbox/{day}.txt": "hello\n" for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
    }
    for name, text in files.items():
        path = workspace / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (home / ".hone").mkdir(parents=True, mode=0o700)
    made = Hone(home, workspace)
    made.configure([f"live:{model}"], model)
    return made


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Lines that are printed when all tasks are done."""
    lines: list[str] = []
    yield lines
    head = f"{'task':<10} {'ok':<4} {'said':<4} {'first s':>7} {'all s':>6} {'prompt':>6} {'cached':>6} {'steps':>5} {'calls':>5}  end"
    capture = request.config.pluginmanager.getplugin("capturemanager")
    assert capture is not None
    with capture.global_and_fixture_disabled():
        print("", head, *lines, sep="\n")


@pytest.mark.parametrize("task", TASKS, ids=[task.name for task in TASKS])
def test_a_task_of_one_command_is_done_by_a_tool(task: Task, hone: Hone, table: list[str]) -> None:
    run = hone.run(task.request)

    shown = [each.reply.text for each in run.results() if each.reply.ok]
    found = any(re.search(task.fact, text) for text in shown)
    table.append(table_line(task, run, found))
    assert_well_recorded(run, task.request)
    assert found, transcript(run)


def test_where_the_first_model_of_a_chain_is_dead_the_next_one_answers(hone: Hone, model: str) -> None:
    hone.configure(["dead:nobody", f"live:{model}"], model)

    run = hone.run(TASKS[0].request)

    assert_well_recorded(run, TASKS[0].request)
    assert {step.model for step in run.steps()} == {f"live:{model}"}
    assert next(event for event in run.events if isinstance(event, StepStarted)).model == "dead:nobody"


def test_the_model_flag_chooses_the_model(hone: Hone, model: str) -> None:
    hone.configure(["dead:nobody"], model)

    run = hone.run(TASKS[0].request, "--model", f"live:{model}")

    assert_well_recorded(run, TASKS[0].request)
    assert {event.model for event in run.events if isinstance(event, StepStarted)} == {f"live:{model}"}


def assert_well_recorded(run: Run, request: str) -> None:
    """The loop ended; events, sums, costs and the printed result agree with each other."""
    result, events, steps = run.result, run.events, run.steps()
    assert result.status in ENDINGS, run.progress
    assert run.exit_code == ENDINGS[result.status]
    assert events[0] == TurnStarted(request)
    finished = events[-1]
    assert isinstance(finished, TurnFinished)
    assert [each.id for each in run.recorded] == [f"e{n}" for n in range(1, len(events) + 1)]
    assert Result.of(result.session, finished) == result

    started = [event.step for event in events if isinstance(event, StepStarted)]
    assert started == [step.step for step in steps] == list(range(1, result.steps + 1))
    begun = [event.call.id for event in events if isinstance(event, ToolStarted)]
    ended = [each.reply.call_id for each in run.results()]
    assert set(begun) <= set(ended)
    assert len(set(ended)) == len(ended) == result.tool_calls
    assert result.errors == sum(not each.reply.ok for each in run.results())

    usage = sum((step.usage for step in steps), Usage())
    assert (usage.input, usage.cached, usage.output) == (
        result.tokens.input,
        result.tokens.cached,
        result.tokens.output,
    )
    assert all(step.usage.input > 0 and step.usage.output > 0 for step in steps)
    assert [turn["text"] for turn in run.turns] == [request]
    turn = run.turns[0]
    assert (turn["status"], turn["answer"], turn["steps"]) == (result.status, result.answer, result.steps)


def table_line(task: Task, run: Run, found: bool) -> str:
    first = run.steps()[0]
    said = "yes" if re.search(task.fact, run.result.answer) else "no"
    return (
        f"{task.name:<10} {'yes' if found else 'NO':<4} {said:<4} {first.seconds:>7.1f} {run.result.wall_s:>6.1f}"
        f" {first.usage.input:>6} {first.usage.cached:>6} {run.result.steps:>5} {run.result.tool_calls:>5}  {run.result.status}"
    )


def transcript(run: Run) -> str:
    lines = ["no tool's result holds the fact"]
    for event in run.events:
        if isinstance(event, StepFinished):
            calls = [f"{call.name} {call.arguments}" for call in event.message.tool_calls]
            lines.append(f"model: {event.message.text!r} {calls}")
        elif isinstance(event, ToolFinished):
            lines.append(f"tool: {event.reply.text[:500]!r}")
    return "\n".join(lines)
