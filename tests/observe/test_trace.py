"""`--trace`: what is in the file, what is never in it, and what happens where it cannot be written."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest
from tests.cli.driving import Hone, ended, until

from hone import Agent, UsageError
from hone.events import Notice, ReasoningDelta, Retrying, StepStarted, TextDelta, TurnFinished
from hone.history.store import History
from hone.messages import Usage
from hone.observe.trace import Around, Trace
from hone.testing import FakeClock, ScriptedModel, WireServer, call, hang, in_order, say, status


@pytest.fixture
def hone(tmp_path: Path) -> Hone:
    return Hone(tmp_path)


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def around(tmp_path: Path, clock: FakeClock) -> Around:
    history = History.open(tmp_path / "state.db", str, clock)
    return Around({}, clock, lambda text: text.replace("hunter2", "[secret]"), history, lambda: "s1")


def test_a_run_is_one_line_for_each_event_after_a_line_with_the_version(hone: Hone, tmp_path: Path) -> None:
    with WireServer(in_order(call("read", path="absent"), say("done\nand so on"))) as server:
        done = hone.use(server).here("run", "hi", "--trace", "t.jsonl", "--json")
    told = lines(hone.work / "t.jsonl")
    assert (told[0]["v"], told[0]["type"]) == (1, "trace")
    assert [line["type"] for line in told[1:]] == [
        *(
            "turn_started",
            "step_started",
            "request",
            "step_finished",
            "approval",
            "tool_started",
            "tool_finished",
        ),
        *("step_started", "request", "step_finished", "turn_finished"),
    ]
    assert {(line["session"], line["turn"]) for line in told[1:]} == {(done.result["session"], 1)}
    assert [line["step"] for line in told[1:]] == [0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2]
    assert all(abs(line["at"] - told[0]["at"]) < 60 for line in told)
    request = told[-3]
    assert (request["attempt"], request["model"], request["text_chars"]) == (1, "wire:wire-model", 14)
    assert 0 <= request["first_token_s"] <= request["seconds"]
    assert told[7]["seconds"] >= 0


def test_the_file_is_the_owners_and_a_second_run_is_put_behind_the_first(hone: Hone) -> None:
    with WireServer(lambda _request: say("ok")) as server:
        hone.use(server)
        for _ in range(2):
            assert hone("run", "hi", "--trace", "t.jsonl").code == 0
    file = hone.work / "t.jsonl"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [line["type"] for line in lines(file)].count("trace") == 2


@pytest.mark.parametrize("path", [".", "absent/t.jsonl", "/dev/null/x"])
def test_a_file_that_cannot_be_written_ends_the_run_before_anything_has_happened(
    hone: Hone, path: str
) -> None:
    before = hone.use("http://127.0.0.1:9/v1").contents()
    done = hone.here("run", "hi", "--trace", path)
    assert done.is_usage_error()
    assert f"--trace {path}: " in done.err
    assert hone.contents() == before


def test_a_full_disk_is_told_of_once_and_the_work_goes_on(hone: Hone) -> None:
    with WireServer(in_order(call("read", path="absent"), say("done"))) as server:
        done = hone.use(server).here("run", "hi", "--trace", "/dev/full")
    assert (done.code, done.out) == (0, "done\n")
    assert done.err.count("the trace ends here, the work goes on: /dev/full: No space left on device") == 1


def test_after_a_kill_every_line_is_whole(hone: Hone) -> None:
    with WireServer(in_order(call("read", path="absent"), hang())) as server:
        process = hone.use(server).start("run", "hi", "--trace", "t.jsonl")
        assert process.stdin
        process.stdin.close()
        process.stdin = None
        until(lambda: len(server.requests) == 2, "the second request")
        process.send_signal(signal.SIGKILL)
        ended(process)
    assert lines(hone.work / "t.jsonl")[-1]["type"] == "step_started"


def test_a_secret_is_not_in_it(hone: Hone) -> None:
    key = "sk-proj-" + "a1B2c3D4e5F6g7H8i9J0" * 2
    reply = call("shell", command=f"echo {key} {'key-of-the-test'}")
    with WireServer(in_order(reply, say(f"it is {key}"))) as server:
        hone.use(server).here("run", f"say {key}", "--trace", "t.jsonl", "--approvals", "yes")
    text = (hone.work / "t.jsonl").read_text()
    assert key not in text
    assert "key-of-the-test" not in text
    assert len(text.splitlines()) > 8


def test_a_resumed_turn_goes_on_with_its_number(hone: Hone) -> None:
    with WireServer(in_order(say("one"), status(401), say("two"))) as server:
        hone.use(server)("run", "first")
        hone("run", "--resume", "last", "second")
        assert hone.here("run", "--resume", "--trace", "t.jsonl").out == "two\n"
    told = lines(hone.work / "t.jsonl")
    assert [(line["type"], line["turn"]) for line in told[1:3]] == [("step_started", 2), ("request", 2)]


def test_each_attempt_has_its_own_line_and_a_failed_one_has_no_speed(tmp_path: Path) -> None:
    clock = FakeClock()
    told: list[str] = []
    trace = Trace(tmp_path / "t", around(tmp_path, clock), told.append)
    trace(TextDelta("nobody asked"))
    trace(StepStarted(1, "p:m"))
    clock.advance(2)
    trace(ReasoningDelta("hm"))
    trace(TextDelta("half"))
    trace(Retrying("it hung up", 1.0, "p:other"))
    clock.advance(4)
    trace(TurnFinished(1, "provider", "", "it hung up, hunter2", 0, 0, 0, Usage(), 6.0))
    trace.close()
    requests = [line for line in lines(tmp_path / "t") if line["type"] == "request"]
    shown = [
        (line["attempt"], line["model"], line["seconds"], line.get("first_token_s")) for line in requests
    ]
    assert shown == [(1, "p:m", 2.0, 2.0), (2, "p:other", 3.0, None)]
    assert (requests[0]["text_chars"], requests[0]["reasoning_chars"], requests[0]["pieces"]) == (4, 2, 2)
    assert "[secret]" in (tmp_path / "t").read_text()
    assert told == []


def test_a_long_text_is_cut(tmp_path: Path) -> None:
    trace = Trace(tmp_path / "t", around(tmp_path, FakeClock()), print)
    trace(Notice("x" * 2_500 + "\ud800"))
    trace.close()
    assert lines(tmp_path / "t")[1]["text"] == "x" * 2_000 + "… (506 more characters)"


def test_what_comes_after_the_end_is_not_written(tmp_path: Path) -> None:
    trace = Trace(tmp_path / "t", around(tmp_path, FakeClock()), print)
    trace.close()
    trace.close()
    trace(Notice("late"))
    assert len(lines(tmp_path / "t")) == 1


def test_a_program_can_have_a_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HONE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "work")
    Agent(ScriptedModel("yes"), trace="t.jsonl").run("ok?")
    assert lines(Path("t.jsonl"))[-1]["answer"] == "yes"
    with pytest.raises(UsageError, match="name a file that can be written"):
        Agent(ScriptedModel("yes"), trace=".").run("ok?")
