"""A turn that is killed with SIGKILL at any event goes on where it was: nothing recorded is lost, nothing finished runs twice."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from hone.clock import SystemClock
from hone.events import StepFinished, ToolFinished, ToolStarted, TurnFinished
from hone.history.rows import Recorded
from hone.history.store import History
from hone.testing import WireServer, call, say, together

DRIVER = Path(__file__).with_name("kill_driver.py")


def simulated(request: dict[str, Any]) -> Any:
    """Appends two lines to a log, each in a step of its own, then reports the log. Looks before it repeats a call."""
    messages = request["messages"]
    results = [message["content"] for message in messages if message["role"] == "tool"]
    log = next((text for text in reversed(results) if text.startswith("log:")), "log:")
    if results and "hone was stopped" in results[-1]:
        return call("shell", command="printf 'log: '; tr '\\n' ' ' < log.txt || true")
    wrote = {word for word in ("one", "two") if f"wrote {word}" in "".join(results) or word in log}
    if "one" not in wrote:
        return call("shell", command="echo one >> log.txt && echo wrote one")
    if "two" not in wrote:
        return together(
            call("read", path="log.txt"),
            call("find", pattern="*.txt"),
            call("shell", command="echo two >> log.txt && echo wrote two"),
        )
    return say("both lines are there")


def drive(
    home: Path, verb: str, server: WireServer, at: int = 0, when: str = "after"
) -> subprocess.CompletedProcess[str]:
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(home / "user"),
        "HONE_HOME": str(home / "hone"),
        "OPENAI_BASE_URL": server.base_url,
        "OPENAI_API_KEY": "unused",
        "HONE_MODEL": "simulated",
    }
    (home / "work").mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, str(DRIVER), verb, str(at), when],
        cwd=home / "work",
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
    )


def recorded(home: Path) -> tuple[Recorded, ...]:
    history = History.open_for_reading(home / "hone" / "state.db", SystemClock())
    try:
        (summary,) = history.sessions()
        return history.events(summary.id)
    finally:
        history.close()


def effects(events: tuple[Recorded, ...]) -> Counter[str]:
    """How often each call of `shell` has a recorded success."""
    commands: dict[str, str] = {}
    done: Counter[str] = Counter()
    for record in events:
        if isinstance(record.event, ToolStarted):
            commands[record.event.call.id] = record.event.call.arguments
        elif (
            isinstance(record.event, ToolFinished)
            and record.event.reply.ok
            and record.event.reply.name == "shell"
        ):
            done[json.loads(commands[record.event.reply.call_id])["command"]] += 1
    return done


@pytest.mark.slow
@pytest.mark.parametrize("when", ["after", "before"])
def test_a_turn_killed_at_any_event_resumes_to_the_same_answer(tmp_path: Path, when: str) -> None:
    with WireServer(simulated) as server:
        whole = tmp_path / "whole"
        whole.mkdir()
        assert drive(whole, "run", server).stdout == "answered both lines are there\n"
        total = len(recorded(whole))
        assert total > 10

        for at in range(1, total + 1):
            home = tmp_path / f"{when}-{at}"
            home.mkdir()
            killed = drive(home, "run", server, at, when)
            assert killed.returncode == -signal.SIGKILL, killed.stderr
            if at == 1 and when == "before":
                continue  # nothing was recorded yet, so there is nothing to resume
            before = recorded(home)
            assert len(before) == (at if when == "after" else at - 1)

            resumed = drive(home, "resume", server)
            assert resumed.stdout == "answered both lines are there\n", (at, resumed.stdout, resumed.stderr)
            events = recorded(home)
            assert events[: len(before)] == before
            assert (home / "work" / "log.txt").read_text() == "one\ntwo\n", at
            assert max(effects(events).values()) == 1
            assert sum(isinstance(record.event, TurnFinished) for record in events) == 1
            assert isinstance(events[-1].event, TurnFinished)
            assert any(isinstance(record.event, StepFinished) for record in events)
