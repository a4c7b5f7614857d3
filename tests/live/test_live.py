"""The whole of hone on a real model: opt-in, by HONE_LIVE_BASE_URL. What a small model must manage, and nothing more.

A test says which fact a tool's result must hold, never how to come by it. How to run it: docs/live-model.md.
"""

import asyncio
import os
import re
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.live.driving import Hone, Run
from tests.live.tasks import REPORTED, Task

from hone.config.detect import list_models
from hone.events import StepStarted, ToolStarted, TurnFinished, TurnStarted
from hone.messages import Usage
from hone.results import Result

BASE_URL = os.environ.get("HONE_LIVE_BASE_URL", "")
API_KEY = os.environ.get("HONE_LIVE_API_KEY", "")
ENTRY = {
    "tools": os.environ.get("HONE_LIVE_TOOLS", "schema"),
    "prompt": "compact",
    "temperature": 0,
    "max_output": 1_500,
}
"""As `hone doctor --model` writes it for a small model."""

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not BASE_URL, reason="HONE_LIVE_BASE_URL names no OpenAI-compatible endpoint"),
]

ENDINGS = {"answered": 0, "gave_up": 1, "limit": 1}
"""The ways in which the loop may end here, and the exit code of each."""

EASY, TWO_STEPS = 9, 3
"""So many of the tasks must be right."""


@pytest.fixture(scope="module")
def model() -> str:
    named = os.environ.get("HONE_LIVE_MODEL") or next(iter(asyncio.run(list_models(BASE_URL, API_KEY))), "")
    assert named, f"{BASE_URL}/models lists no model: set HONE_LIVE_MODEL to one"
    return named


@pytest.fixture
def hone(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, model: str) -> Hone:
    # one path: servers that cache prefixes read it once
    workspace = tmp_path_factory.getbasetemp() / "workspace"
    shutil.rmtree(workspace, ignore_errors=True)
    REPORTED.lay_out(workspace)
    made = Hone(tmp_path / "home", workspace)
    configure(made, [f"live:{model}"], model)
    return made


def configure(hone: Hone, main: list[str], model: str) -> None:
    """Two providers: `live`, and `dead` where nobody listens. `main` is the chain of the main role."""
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        port = unheard.getsockname()[1]
    live = {"name": "live", "api_base": BASE_URL, "api_key": API_KEY, "models": [{"id": model, **ENTRY}]}
    dead = {"name": "dead", "api_base": f"http://127.0.0.1:{port}/v1", "models": ["nobody"]}
    hone.configure({"providers": [live, dead], "roles": {"main": main}})


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


def test_nine_of_ten_tasks_of_one_command_are_done_by_a_tool(hone: Hone, table: list[str]) -> None:
    right, wrong = attempt(REPORTED.easy, hone, table)
    assert right >= EASY, wrong


def test_three_of_five_tasks_of_two_dependent_commands_are_done(hone: Hone, table: list[str]) -> None:
    right, wrong = attempt(REPORTED.two_steps, hone, table)
    assert right >= TWO_STEPS, wrong


def attempt(tasks: tuple[Task, ...], hone: Hone, table: list[str]) -> tuple[int, str]:
    """(how many tasks are right, the transcripts of the others)."""
    wrong: list[str] = []
    for task in tasks:
        REPORTED.lay_out(hone.workspace)
        run = hone.run(task.request)
        found = any(re.search(task.fact, each.reply.text) for each in run.results() if each.reply.ok)
        table.append(table_line(task, run, found))
        assert_well_recorded(run, task.request)
        wrong += [] if found else [f"{task.name}: {task.request}\n{run.transcript()}"]
    return len(tasks) - len(wrong), "\n\n".join(wrong)


def test_where_the_first_model_of_a_chain_is_dead_the_next_one_answers(hone: Hone, model: str) -> None:
    configure(hone, ["dead:nobody", f"live:{model}"], model)
    request = REPORTED.easy[0].request

    run = hone.run(request)

    assert_well_recorded(run, request)
    assert {step.model for step in run.steps()} == {f"live:{model}"}
    assert next(event for event in run.events if isinstance(event, StepStarted)).model == "dead:nobody"


def test_the_model_flag_chooses_the_model(hone: Hone, model: str) -> None:
    configure(hone, ["dead:nobody"], model)
    request = REPORTED.easy[0].request

    run = hone.run(request, "--model", f"live:{model}")

    assert_well_recorded(run, request)
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
