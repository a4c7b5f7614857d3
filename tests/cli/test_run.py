"""`hone run`: what it reads, prints and returns, driven as a process."""

import contextlib
import json
import re
import signal
import sqlite3
import subprocess
import threading
from typing import Any

import pytest
from tests.cli.driving import Hone, ended, needs_sandbox, until

from hone.messages import Assistant
from hone.testing import WireReply, WireServer, call, hang, say, status, together

KEYS = {
    *("session", "turn", "status", "answer", "steps", "tool_calls", "errors", "tokens"),
    *("cost_usd", "wall_s", "skills_loaded", "learning"),
}


def after(request: dict[str, Any], *replies: Assistant) -> Assistant:
    """The reply of this step: as many of the request's messages are the model's as steps are done; then the last."""
    done: int = sum(message["role"] == "assistant" for message in request["messages"])
    return replies[min(done, len(replies) - 1)]


def user_messages(request: dict[str, Any]) -> list[str]:
    return [message["content"] for message in request["messages"] if message["role"] == "user"]


@needs_sandbox
def test_the_answer_stands_alone_on_standard_output_and_progress_on_standard_error(hone: Hone) -> None:
    steps = (together(say("First a look."), call("shell", command="echo 4711; exit 3")), say("It is 4711."))
    with WireServer(lambda request: after(request, *steps)) as server:
        done = hone.use(server)("run", "look")
    assert (done.code, done.out) == (0, "It is 4711.\n")
    first, second = done.err.splitlines()
    assert first == "First a look."
    assert re.fullmatch(r"✗ shell echo 4711; exit 3  exit 3, \d+\.\d s", second)


def test_the_task_comes_from_the_argument_or_standard_input_and_with_both_the_input_is_context(
    hone: Hone,
) -> None:
    with WireServer(lambda _request: say("ok")) as server:
        hone.use(server)
        hone("run", "argument")
        hone("run", stdin="tâche\n".encode())
        hone("run", "what is this?", stdin=b"\xef\xbb\xbfa log\n")
        assert [user_messages(request)[-1] for request in server.requests] == [
            "argument",
            "tâche\n",
            "what is this?\n\n<input>\na log\n\n</input>",
        ]


@needs_sandbox
def test_json_is_one_object_as_the_last_line(hone: Hone) -> None:
    steps = (call("shell", command="exit 7"), say("done\nover"))
    with WireServer(lambda request: after(request, *steps)) as server:
        done = hone.use(server)("run", "hi", "--json")
    assert done.code == 0
    assert len(done.out.splitlines()) == 1
    result = done.result
    assert result.keys() >= KEYS
    assert re.fullmatch(r"\d{8}-[a-z2-7]{6}", result.pop("session"))
    assert 0 <= result.pop("wall_s") < 30
    assert isinstance(result["learning"].pop("reason"), str)
    assert {key: result[key] for key in KEYS & result.keys()} == {
        "turn": 1,
        "status": "answered",
        "answer": "done\nover",
        "steps": 2,
        "tool_calls": 1,
        "errors": 1,
        "tokens": {"input": 20, "cached": 0, "output": 9},
        "cost_usd": None,
        "skills_loaded": [],
        "learning": {"queued": False},
    }


def test_a_loaded_skill_and_a_known_price_are_in_the_result(hone: Hone) -> None:
    skill = hone.home / "skills" / "deploy"
    skill.mkdir(parents=True)
    (skill / "SKILL.md").write_text("---\nname: deploy\ndescription: How to deploy.\n---\nPush.\n")
    steps = (call("skill", name="deploy"), say("done"))
    with WireServer(lambda request: after(request, *steps)) as server:
        hone.use(server, model="{id: m, price: {input: 1000, output: 0}}")
        result = hone.here("run", "deploy", "--json").result
    assert (result["skills_loaded"], result["cost_usd"]) == (["deploy"], pytest.approx(0.02))


def test_json_events_are_a_line_each_and_the_result_comes_last(hone: Hone) -> None:
    with WireServer(lambda _request: say("hello")) as server:
        done = hone.use(server).here("run", "hi", "--json-events", "--json")
        alone = hone.here("run", "hi", "--json-events")
    lines = [json.loads(line) for line in done.out.splitlines()]
    kinds = [line.get("type") for line in lines]
    assert kinds == ["turn_started", "step_started", "text", "step_finished", "turn_finished", None]
    assert lines[-1]["answer"] == "hello"
    assert json.loads(alone.out.splitlines()[-1])["type"] == "turn_finished"


@pytest.mark.parametrize(
    ("flags", "reason", "steps"),
    [
        (["--max-steps", "2"], "stopped after 2 steps (limits.steps)", 2),
        (["--max-tokens", "25"], "stopped after 28 tokens (limits.tokens is 25)", 2),
        (["--max-usd", "0.015"], "stopped after $0.0200 (limits.usd is 0.015)", 2),
    ],
)
def test_a_limit_ends_the_run_with_exit_1_and_says_which(
    hone: Hone, flags: list[str], reason: str, steps: int
) -> None:
    with WireServer(lambda _request: call("read", path=".")) as server:
        hone.use(server, model="{id: m, price: {input: 1000, output: 0}}")
        done = hone.here("run", "hi", "--json", *flags)
    session = done.result["session"]
    assert (done.code, done.result["status"], done.result["steps"]) == (1, "limit", steps)
    assert done.err.splitlines()[-1] == f"hone: {reason}; hone run --resume {session} goes on"


def test_a_time_limit_ends_a_silent_model(hone: Hone) -> None:
    with WireServer(lambda _request: hang()) as server:
        done = hone.use(server).here("run", "hi", "--json", "--timeout", "0.3")
    assert (done.code, done.result["status"]) == (1, "limit")
    assert "stopped after 0.3 s" in done.err


def test_a_limit_of_money_that_cannot_be_kept_is_said(hone: Hone) -> None:
    with WireServer(lambda _request: say("ok")) as server:
        done = hone.use(server).here("run", "hi", "--max-usd", "1")
    assert (done.code, done.out) == (0, "ok\n")
    assert "--max-usd cannot be kept: no price is known for wire:wire-model" in done.err


def test_the_same_failure_five_times_is_giving_up(hone: Hone) -> None:
    with WireServer(lambda _request: call("read", path="absent")) as server:
        done = hone.use(server).here("run", "hi", "--json")
    assert (done.code, done.result["status"], done.result["errors"]) == (1, "gave_up", 5)


@pytest.mark.parametrize(
    ("flags", "asked"),
    [
        ([], "wire-model"),
        (["--model", "other"], "other"),
        (["--model", "wire:other"], "other"),
        (["--model", "main=wire:other"], "other"),
        (["--model", "routine=wire:other"], "wire-model"),
        (["--model", "routine=wire:other", "--model", "vendor/model:8b"], "vendor/model:8b"),
    ],
)
def test_the_model_is_chosen_for_one_role_or_for_main(hone: Hone, flags: list[str], asked: str) -> None:
    with WireServer(lambda _request: say("ok")) as server:
        assert hone.use(server).here("run", "hi", *flags).code == 0
        assert server.requests[-1]["model"] == asked


def test_a_stopped_session_goes_on_and_an_answered_one_gives_its_answer_again(hone: Hone) -> None:
    steps = (call("read", path="."), call("find", name="*"), say("the end"))
    with WireServer(lambda request: after(request, *steps)) as server:
        stopped = hone.use(server).here("run", "first", "--json", "--max-steps", "1").result
        resumed = hone.here("run", "--resume", "--json").result
        again = hone.here("run", "--resume", stopped["session"][:12])
        asked = len(server.requests)
    assert (resumed["session"], resumed["turn"]) == (stopped["session"], 1)
    assert (resumed["answer"], resumed["steps"]) == ("the end", 3)
    assert (again.code, again.out, asked) == (0, "the end\n", 3)


def test_resume_with_a_task_is_the_sessions_next_turn(hone: Hone) -> None:
    with WireServer(lambda request: say(f"{len(user_messages(request))} so far")) as server:
        first = hone.use(server).here("run", "first", "--json").result
        hone.here("run", "another session")
        result = hone.here("run", "--resume", first["session"], "second one", "--json").result
        assert (result["session"], result["turn"], result["answer"]) == (first["session"], 2, "2 so far")
        assert user_messages(server.requests[-1]) == ["first", "second one"]
        assert hone.here("run", "--resume", "and a third").out == "3 so far\n"


def test_only_a_known_session_is_resumed(hone: Hone) -> None:
    with WireServer(lambda _request: say("ok")) as server:
        nothing = hone.use(server).here("run", "--resume")
        session = hone.here("run", "hi", "--json").result["session"]
        before = hone.contents()
        unknown = hone.here("run", "--resume", f"{session[:-1]}1")
        empty = hone.here("run", "--resume=", "task")
        assert hone.contents().keys() == before.keys()
        assert len(server.requests) == 1
    assert nothing.is_usage_error()
    assert "there is no session in" in nothing.err
    assert unknown.is_usage_error()
    assert f"did you mean {session}?" in unknown.err
    assert empty.is_usage_error()


def test_asking_without_a_terminal_refuses_the_call_and_goes_on(hone: Hone) -> None:
    steps = (call("shell", command="touch made"), say("I may not."))
    with WireServer(lambda request: after(request, *steps)) as server:
        done = hone.use(server).here("run", "hi", "--approvals", "ask", "--json")
        told = server.requests[-1]["messages"][-1]["content"]
    assert (done.code, done.result["answer"], done.result["errors"]) == (0, "I may not.", 1)
    assert "no terminal to ask on" in told
    assert "· not allowed: touch made" in done.err
    assert not (hone.work / "made").exists()


def test_without_a_sandbox_reading_works_and_the_first_other_call_ends_the_run(hone: Hone) -> None:
    (hone.work / "a.txt").write_text("alpha")
    steps = (
        together(call("read", path="a.txt"), call("find", content="alpha")),
        together(call("read", path="a.txt"), call("shell", command="touch made"), call("write", path="b")),
        say("never"),
    )
    path = hone.only_programs("bash", "touch")
    with WireServer(lambda request: after(request, *steps)) as server:
        done = hone.use(server)("run", "hi", "--json", env={"PATH": path})
        assert len(server.requests) == 2
    advice = "install bubblewrap, or pass --approvals yes if this machine is disposable"
    assert (done.code, done.result["status"]) == (2, "refused")
    assert done.err.splitlines()[-1] == f"hone: no sandbox here (bwrap not found): {advice}"
    assert [path.name for path in hone.work.iterdir()] == ["a.txt"]


def test_without_a_sandbox_approvals_yes_runs_on_the_machine(hone: Hone) -> None:
    steps = (call("shell", command="touch made"), say("made it"))
    path = hone.only_programs("bash", "touch")
    with WireServer(lambda request: after(request, *steps)) as server:
        done = hone.use(server)("run", "hi", "--approvals", "yes", env={"PATH": path})
    assert (done.code, done.out) == (0, "made it\n")
    assert (hone.work / "made").exists()


@needs_sandbox
def test_without_a_terminal_commands_run_in_the_sandbox(hone: Hone) -> None:
    outside = hone.directory / "outside"
    command = f"touch made; touch {outside}; ls {hone.home}; env | grep -c key-of-the-test"
    steps = (call("shell", command=command), say("ok"))
    with WireServer(lambda request: after(request, *steps)) as server:
        hone.use(server)("run", "hi")
        seen = server.requests[-1]["messages"][-1]["content"]
    assert (hone.work / "made").exists()
    assert not outside.exists()
    assert "config.yaml" not in seen


FAILURES: list[tuple[WireReply, str]] = [
    (status(401, {"error": {"message": "bad key"}}), "check api_key of provider 'wire'"),
    (status(403, ""), "check api_key of provider 'wire'"),
    (status(404, {"error": {"message": "no such model"}}), "it has no model 'wire-model'"),
    (status(400, {"error": {"message": "bad temperature"}}), "check the settings of model 'wire-model'"),
    (status(500, "boom", retry_after="0"), "try again later or name a fallback model"),
    (status(429, "slow down", retry_after="0"), "wait, or name a fallback model"),
    (
        status(200, "<html><title>Log in</title></html>", content_type="text/html"),
        "api_base must be a Chat Completions address",
    ),
]


@pytest.mark.parametrize(("failure", "advice"), FAILURES, ids=lambda value: getattr(value, "status", None))
def test_a_provider_that_gives_no_answer_is_exit_75_and_a_line_that_says_what_to_do(
    hone: Hone, failure: WireReply, advice: str
) -> None:
    with WireServer(lambda _request: failure) as server:
        done = hone.use(server).here("run", "hi", "--json")
    assert (done.code, done.result["status"], done.result["steps"]) == (75, "provider", 0)
    *retries, last = done.err.splitlines()
    assert advice in last
    assert last.endswith(f"; hone run --resume {done.result['session']} goes on")
    assert "key-of-the-test" not in done.err
    assert all(line.startswith("· wire (") and advice not in line for line in retries)


@pytest.mark.slow
def test_a_refused_connection_is_exit_75(hone: Hone) -> None:
    with WireServer(lambda _request: say("")) as server:
        gone = server.base_url
    done = hone.use(gone).here("run", "hi", "--json")
    assert (done.code, done.result["status"]) == (75, "provider")
    assert "check that it runs and that api_base is right" in done.err.splitlines()[-1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda n: n.name)
def test_a_signal_during_a_request_ends_the_run_with_130_and_it_can_go_on(
    hone: Hone, number: signal.Signals
) -> None:
    asked = threading.Event()

    def respond(_request: dict[str, Any]) -> WireReply:
        if asked.is_set():
            return say("finished after all")
        asked.set()
        return hang()

    with WireServer(respond) as server:
        process = hone.use(server).start("run", "hi", "--json")
        assert process.stdin
        process.stdin.close()
        process.stdin = None
        assert asked.wait(30)
        process.send_signal(number)
        done = ended(process)
        assert hone("run", "--resume").out == "finished after all\n"
    assert (done.code, done.result["status"]) == (130, "interrupted")
    advice = f"hone run --resume {done.result['session']} goes on"
    assert done.err == f"hone: stopped by the user; {advice}\n"


@needs_sandbox
def test_a_signal_ends_the_command_that_runs(hone: Hone) -> None:
    steps = (call("shell", command="touch started; exec sleep 4713"), say("no"))
    with WireServer(lambda request: after(request, *steps)) as server:
        process = hone.use(server).start("run", "hi", "--json")
        assert process.stdin
        process.stdin.close()
        process.stdin = None
        until((hone.work / "started").exists, "the command")
        process.terminate()
        done = ended(process)
    assert (done.code, done.result["status"]) == (130, "interrupted")
    assert subprocess.run(["pgrep", "-f", "sleep 4713"], capture_output=True).stdout == b""


@pytest.mark.slow
def test_standard_input_that_stays_open_and_silent_is_waited_for_and_said(hone: Hone) -> None:
    with WireServer(lambda request: say(user_messages(request)[-1])) as server:
        waiting = hone.use(server).start("run", "what?")
        stopped = hone.start("run", "--json")  # as long, so at the same time
        note = b"hone: reading standard input; end it, or call with </dev/null\n"
        for process in (waiting, stopped):
            assert process.stderr
            assert process.stderr.readline() == note
        stopped.send_signal(signal.SIGINT)
        never = ended(stopped)
        out, _ = waiting.communicate(b"a late log\n", timeout=30)
        assert len(server.requests) == 1
    assert out.decode() == "what?\n\n<input>\na late log\n\n</input>\n"
    assert (never.code, never.result["status"]) == (130, "interrupted")
    assert (never.result["session"], never.err) == ("", "hone: stopped by the user\n")


def test_a_home_that_fails_in_the_middle_is_an_object_too(hone: Hone) -> None:
    def breaking(_request: dict[str, Any]) -> WireReply:
        with contextlib.closing(sqlite3.connect(hone.home / "state.db")) as database:
            database.execute("DROP TABLE IF EXISTS steps")
        return say("too late")

    with WireServer(breaking) as server:
        done = hone.use(server)("run", "hi", "--json")
    assert (done.code, done.result["status"], done.result["turn"]) == (2, "refused", 0)
    assert done.err == f"hone: {done.result['reason']}\n"
    assert "is damaged" in done.result["reason"]
    assert done.result["session"]


def test_a_time_limit_bounds_the_wait_for_standard_input(hone: Hone) -> None:
    with WireServer(lambda request: say(user_messages(request)[-1])) as server:
        silent = hone.use(server).start("run", "--timeout", "0.2", "what?")
        slow = hone.start("run", "--timeout", "20")
        assert silent.wait(timeout=30) == 2
        assert slow.stdin
        for part in (b"a ", b"slow ", b"task"):
            slow.stdin.write(part)
            slow.stdin.flush()
        answered = ended(slow)
    assert ended(silent).err == "hone: standard input did not end within 0.2 s (--timeout)\n"
    assert (answered.code, answered.out) == (0, "a slow task\n")
