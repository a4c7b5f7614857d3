"""`hone prove`, as a user has it: what is said before it costs anything, the report, stopping and going on."""

import json
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from tests.cli.driving import Hone, ended, needs_sandbox
from tests.proving_home import REQUESTS, Place, deployer

from hone.testing import WireReply, WireServer

SKILL = "deploy-the-site"


class Model:
    """The deployer; once `waits_at` so many requests came, the next one has no answer before `goes_on`."""

    def __init__(self) -> None:
        self.asked = 0
        self.waits_at: int | None = None
        self.waiting, self.goes_on = threading.Event(), threading.Event()

    def __call__(self, request: dict[str, Any]) -> WireReply:
        self.asked += 1
        if self.waits_at is not None and self.asked > self.waits_at:
            self.waiting.set()
            self.goes_on.wait()
        return deployer(request)


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def recorded(hone: Hone, model: Model) -> Iterator[Hone]:
    """Two tasks of a skill were recorded."""
    place = Place(hone.directory, hone.environ)
    with WireServer(model) as server:
        place.use(server)
        place.put_skill()
        place.record(*REQUESTS[:2])
        model.asked = 0
        yield hone
        model.goes_on.set()


def test_it_says_what_a_skill_saves_and_how_sure_that_is(recorded: Hone) -> None:
    done = recorded.here("prove", SKILL, "--yes", "--check", "test -f deployed.txt")

    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0].startswith(f"{SKILL}: saves 2.0 calls a task (p = 0.50: may be chance, 2 tasks); saves ")
    assert lines[0].endswith("2 tasks); success 2/2 with, 2/2 without (p = 1.00)")
    assert lines[3].split() == ["calls", "1.0", "3.0", "2.0"]
    assert "Fewer than 6 tasks cannot rule out chance, whatever they show." in lines
    said = done.err.splitlines()
    assert said[0] == f"hone: 2 recorded tasks with {SKILL} and without it, by wire:wire-model"
    assert said[1].startswith("hone: 4 replays, about ")
    assert said[2] == "hone: fewer than 6 tasks cannot rule out chance, whatever they show"
    assert said[3] == "hone: whether a task succeeded is told by a check command"
    assert [line[:9] for line in said[4:]] == [f"· {number} of 4 " for number in (1, 2, 3, 4)]


def test_as_json_it_has_the_figures_and_what_could_not_be_done_again(recorded: Hone) -> None:
    done = recorded.here("prove", SKILL, "--yes", "--json", "--tasks", "1")

    told = json.loads(done.out)
    assert (told["skill"], told["ended"], told["not_replayable"]) == (SKILL, "", [])
    assert told["replayed"]["calls_saved"] == 2.0
    assert {each["measure"] for each in told["replayed"]["measures"]} >= {
        "calls",
        "errors",
        "tokens",
        "seconds",
    }


def test_without_a_terminal_and_yes_nothing_is_spent(recorded: Hone, model: Model) -> None:
    done = recorded.here("prove", SKILL)

    assert done.code == 2
    assert "hone: 4 replays, about " in done.err
    assert done.err.splitlines()[-1].startswith("hone: this would be paid by you: pass --yes")
    assert model.asked == 0


def test_at_a_terminal_it_asks_first(recorded: Hone, model: Model) -> None:
    terminal = recorded.at_terminal("prove", SKILL, "--tasks", "1")
    terminal.expect(r"Go on\? \[y/N\]")
    assert model.asked == 0
    terminal.sendline("y")
    terminal.expect("saves 2.0 calls a task")
    terminal.expect_exact("Fewer than 6 tasks")


def test_a_no_at_the_terminal_spends_nothing(recorded: Hone, model: Model) -> None:
    terminal = recorded.at_terminal("prove", SKILL)
    terminal.expect(r"Go on\? \[y/N\]")
    terminal.sendline("n")
    terminal.expect("nothing was done")
    assert model.asked == 0


def test_an_unknown_skill_is_said_before_a_missing_model(hone: Hone) -> None:
    assert "no skill named 'deploy-site'" in hone.here("prove", "deploy-site").err


def test_ctrl_c_keeps_what_is_done_and_says_how_it_goes_on(recorded: Hone, model: Model) -> None:
    model.waits_at = 6  # one pair is done: 2 requests with the skill and 4 without
    process = recorded.start("prove", SKILL, "--yes")
    assert model.waiting.wait(20)
    process.send_signal(signal.SIGINT)
    stopped = ended(process)

    assert stopped.code == 130
    assert f"hone: stopped by the user; hone prove {SKILL} goes on from here\n" in stopped.err
    assert "saves 2.0 calls a task (p = 1.00: may be chance, 1 task)" in stopped.out
    model.waits_at = None
    model.goes_on.set()
    again = recorded.here("prove", SKILL, "--yes")
    assert "; 2 of 4 are done already\n" in again.err
    assert "2 tasks)" in again.out


def test_what_was_done_before_a_kill_is_not_done_again(recorded: Hone, model: Model) -> None:
    model.waits_at = 6
    process = recorded.start("prove", SKILL, "--yes")
    assert model.waiting.wait(20)
    process.kill()
    ended(process)
    model.waits_at = None
    model.goes_on.set()

    again = recorded.here("prove", SKILL, "--yes")
    assert again.code == 0
    assert "· 2 of 2 " in again.err
    assert "2 tasks)" in again.out
    whole = recorded.here("prove", SKILL)
    assert (whole.code, whole.out) == (0, again.out)


def test_a_budget_that_is_too_small_ends_it_with_exit_1(recorded: Hone) -> None:
    done = recorded.here("prove", SKILL, "--yes", "--budget", "10")

    assert done.code == 1
    assert "stopped after 0 tokens: another replay goes over the budget of 10" in done.err
    assert done.out == f"{SKILL}: no task was done on both sides yet\n"


def test_a_skill_without_recorded_tasks_is_refused_with_the_reasons(hone: Hone) -> None:
    place = Place(hone.directory, hone.environ)
    with WireServer(deployer) as server:
        place.use(server)
        place.put_skill()
        done = hone.here("prove", SKILL, "--yes")

    assert done.is_usage_error()
    assert "there is no task to do again" in done.err


def test_an_unknown_skill_is_refused(recorded: Hone) -> None:
    assert "no skill named 'deploy-site'; did you mean" in recorded.here("prove", "deploy-site").err


def test_without_a_sandbox_it_is_refused_before_anything_happens(recorded: Hone) -> None:
    bare = {"PATH": recorded.only_programs("git", "sh")}
    done = recorded("prove", SKILL, "--yes", "--approvals", "sandbox", env=bare)

    assert done.is_usage_error()
    assert "install bubblewrap, or pass --approvals yes" in done.err


@needs_sandbox
def test_replays_run_in_the_sandbox(recorded: Hone) -> None:
    done = recorded.here(
        "prove", SKILL, "--yes", "--tasks", "1", "--approvals", "sandbox", "--check", "test -f deployed.txt"
    )

    assert "success 1/1 with, 1/1 without" in done.out
