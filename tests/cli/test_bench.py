"""`hone bench` as a process: what it says before, prints after, writes, and how it is stopped."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.bench.stand_in import stand_in
from tests.cli.driving import HONE, SECONDS, Hone

from hone.bench.scenarios import ALL
from hone.testing import WireServer, say

ONE = ALL[0].name
SMALL = ("bench", "--simulated", "--scenarios", ONE, "--repeats", "2", "--arms", "skills")


@pytest.fixture
def hone(tmp_path: Path) -> Hone:
    return Hone(tmp_path)


@pytest.mark.slow
def test_it_measures_every_arm_and_writes_what_it_is_asked_for(hone: Hone) -> None:
    done = hone(*SMALL, "--json", "f.json", "--page", "p.md", "--html", "p.html", "--plot", "c.svg")
    assert done.code == 0, done.err
    assert done.out.startswith("SIMULATED: the model is a set of rules")
    assert "12 of 12 tasks" in done.out
    assert "12 tasks; the model is SIMULATED" in done.err
    found: dict[str, Any] = json.loads((hone.work / "f.json").read_text())
    assert found["simulated"] is True
    assert [arm["arm"] for arm in found["arms"]] == ["fresh", "skills"]
    assert all(task["ok"] for task in found["tasks"] if task["arm"] == "fresh")
    for page in ("p.md", "p.html"):
        assert "SIMULATED" in (hone.work / page).read_text()
    assert (hone.work / "c.svg").stat().st_size > 1000
    assert not (hone.home / "state.db").exists()


def test_scenarios_are_listed(hone: Hone) -> None:
    done = hone.here("bench", "--list")
    assert [line.split()[0] for line in done.out.splitlines()] == [scenario.name for scenario in ALL]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--arms", "skill"], "no arm named 'skill'"),
        (["--scenarios", "nothing"], "no scenario named 'nothing'"),
        (["--simulated", "--model", "x"], "--simulated has models of its own"),
        (["--plot", "curve.bmp"], "a plot is a file"),
        (["--json", "nowhere/x.json"], "there is no directory"),
        (["--simulated", "--approvals", "ask"], "nobody is asked"),
        (["--simulated", "--agent", "hermes=nowhere"], "there is no hermes"),
        (["--simulated", "--agent", "other"], "what can be measured beside hone"),
        (["--approvals", "yes"], "pass --yes"),
        (["--approvals", "yes", "--arms", "strong writes, cheap executes"], "needs a second model"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_done(hone: Hone, arguments: list[str], said: str) -> None:
    hone.use("http://127.0.0.1:1/v1")
    done = hone.here("bench", *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err.splitlines()[-1]


def test_at_a_terminal_it_asks_before_it_spends(hone: Hone) -> None:
    with WireServer(lambda _: say("no")) as server:
        hone.use(server)
        terminal = hone.at_terminal("bench", "--approvals", "yes", "--arms", "skills")
        terminal.expect("tasks of several requests each, with main wire:wire-model")
        terminal.expect("Go on?")
        terminal.sendline("n")
        terminal.expect("nothing was done")
        terminal.wait()
        assert (terminal.exitstatus, server.requests) == (2, [])


@pytest.mark.parametrize("option", ["--arms", "--scenarios"])
def test_an_empty_list_is_not_all(hone: Hone, option: str) -> None:
    done = hone("bench", "--simulated", option, " ,")
    assert done.is_usage_error()
    assert " is named; there are " in done.err


@pytest.mark.parametrize(
    ("files", "why"),
    [
        (("--json", "."), "it is a directory"),
        (("--html", "no/such.html"), "there is no directory"),
        (("--page", "same", "--json", "same"), "each needs a file of its own"),
    ],
)
def test_what_cannot_be_written_is_said_before_anything_is_measured(
    hone: Hone, files: tuple[str, ...], why: str
) -> None:
    done = hone("bench", "--simulated", *files)
    assert done.is_usage_error()
    assert why in done.err


def test_a_budget_ends_it_with_what_is_there(hone: Hone) -> None:
    with WireServer(lambda _: say("I will not.")) as server:
        hone.use(server)
        some = ("--arms", "skills", "--scenarios", ONE, "--budget", "1", "--json", "f.json")
        done = hone("bench", "--yes", "--approvals", "yes", *some)
    assert done.code == 1, done.err
    assert "hone: arms: fresh; skills" in done.err
    assert "the budget is 1" in done.out
    found = json.loads((hone.work / "f.json").read_text())
    assert (found["simulated"], found["tasks"][0]["ok"]) == (False, False)
    assert "key-of-the-test" not in (hone.work / "f.json").read_text()
    assert server.headers[0]["authorization"] == "Bearer key-of-the-test"


def test_an_endpoint_that_does_not_answer_ends_it(hone: Hone) -> None:
    with WireServer(lambda _: say("x")) as server:
        hone.use(server.base_url.replace("/v1", "/nothing"))
        done = hone("bench", "--yes", "--approvals", "yes", "--arms", "fresh", "--scenarios", ONE)
    assert done.code == 75
    assert "did not answer 3 tasks in a row" in done.err


@pytest.mark.slow
def test_ctrl_c_shows_what_was_measured_and_leaves_nothing_running(hone: Hone, tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    process = subprocess.Popen(
        [HONE, *SMALL, "--repeats", "50"],
        cwd=hone.work,
        env=hone.environ | {"TMPDIR": str(tmp_path / "tmp")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    assert process.stderr is not None
    while "of" not in (line := process.stderr.readline()) or not line.startswith("· "):
        assert line, "it ended by itself"
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    assert "note: stopped by the user" in out
    assert "Traceback" not in err
    assert list((tmp_path / "tmp").iterdir()) == []
    assert within(SECONDS, lambda: not alive(process.pid))


def alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while not (held := holds()) and time.monotonic() < end:
        time.sleep(0.01)
    return held


@pytest.mark.slow
def test_another_agent_does_the_same_stream(hone: Hone, tmp_path: Path) -> None:
    where = stand_in(tmp_path / "venv")
    done = hone(*SMALL, "--repeats", "1", "--agent", f"hermes={where}", "--json", "f.json")
    assert done.code == 0, done.err
    tasks = json.loads((hone.work / "f.json").read_text())["tasks"]
    streams = {
        agent: [
            (each["scenario"], each["occasion"], each["number"]) for each in tasks if each["agent"] == agent
        ]
        for agent in ("hone", "hermes")
    }
    assert streams["hone"] == streams["hermes"]
    assert all(each["calls"] for each in tasks)
