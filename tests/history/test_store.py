"""The record: what is written comes back, in order, redacted, whoever writes and however it ends."""

import contextlib
import json
import random
import re
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hone import events as ev
from hone.clock import Clock, SystemClock
from hone.errors import HomeError, NotFound, UsageError
from hone.git import GitState
from hone.history.rows import SessionInfo
from hone.history.store import History, new_session_id
from hone.messages import Assistant, ToolCall, ToolReply, ToolSpec, Usage

FINISHED = ev.TurnFinished(1, "answered", "done", "", 1, 2, 1, Usage(10, 4, 5, 1, 0.25), 2.5, ("deploy",))


def info(name: str, **fields: Any) -> SessionInfo:
    defaults = {"cwd": "/w", "workspace": "/w", "origin": "run", "system_prompt": ""}
    return SessionInfo(id=name, **{**defaults, **fields})


def step(cost: float | None, number: int = 1, text: str = "hm") -> ev.StepFinished:
    return ev.StepFinished(number, Assistant(text), Usage(10, 4, 5, 1, cost), "m", 1.5, "external")


words = st.text(max_size=30)
finite = st.floats(min_value=0, max_value=1e9)
trusts = st.sampled_from(("user", "workspace", "external"))
calls = st.builds(ToolCall, words, words, words)
usages = st.builds(Usage, *[st.integers(0, 2**40)] * 4, st.none() | finite)
messages = st.builds(Assistant, words, st.lists(calls, max_size=2).map(tuple), words)
replies = st.builds(ToolReply, words, words, words, st.booleans(), st.none() | st.integers(-9, 255), trusts)
storable = st.one_of(
    st.builds(ev.Attached, st.sampled_from(("skill", "steering", "note")), words, words, trusts),
    st.builds(ev.Withheld, words, words),
    st.builds(ev.StepStarted, st.integers(1, 99), words),
    st.builds(ev.StepFinished, st.integers(1, 99), messages, usages, words, finite, trusts),
    st.builds(
        ev.ApprovalDecided, words, words, words, st.sampled_from(("allowed", "refused")), st.booleans(), words
    ),
    st.builds(ev.ToolStarted, calls),
    st.builds(ev.ToolFinished, replies, finite, trusts),
    st.builds(ev.Notice, words),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(storable, max_size=6))
def test_every_event_comes_back_as_it_was_with_the_next_id(
    history: History, written: list[ev.AnyEvent]
) -> None:
    turn = history.start_turn("s", ev.TurnStarted("x"))
    last = int(history.events("s")[-1].id[1:])
    for number, event in enumerate(written, last + 1):
        assert history.append("s", turn, 1, event) == number
    assert [(each.id, each.event) for each in history.events("s", turn)[1:]] == [
        (f"e{number}", event) for number, event in enumerate(written, last + 1)
    ]


def test_a_finished_turn_has_its_sums_and_the_model_of_its_last_step(history: History, clock: Clock) -> None:
    turn = history.start_turn("s", ev.TurnStarted("\n  fix it\nplease"))
    history.append("s", turn, 1, step(0.25))
    history.set_git_state("s", turn, GitState("abc", True))
    history.set_outcome("s", turn, "good", "user")
    assert history.turns("s")[-1].status is None
    assert history.finish_turn("s", turn, FINISHED) == 3
    (row,) = history.turns("s")
    assert (row.status, row.answer, row.steps, row.tool_calls, row.errors) == ("answered", "done", 1, 2, 1)
    assert (row.usage, row.wall_s, row.skills, row.model) == (FINISHED.usage, 2.5, ("deploy",), "m")
    assert (row.git_head, row.git_dirty, row.outcome, row.outcome_source) == ("abc", True, "good", "user")
    assert (row.started, row.finished) == (clock.now(), clock.now())
    assert history.turns("s")[-1].status is not None
    assert history.session("s").title == "fix it"


def test_outcome_and_working_tree_are_unknown_until_somebody_says(history: History) -> None:
    history.start_turn("s", ev.TurnStarted("x"))
    (row,) = history.turns("s")
    assert (row.outcome, row.outcome_source, row.git_head, row.git_dirty) == ("unknown", None, None, None)


def test_an_outcome_for_an_unknown_turn_is_refused(history: History) -> None:
    with pytest.raises(NotFound, match="s/7"):
        history.set_outcome("s", 7, "good", "user")


@pytest.mark.parametrize(
    "event",
    [
        ev.TextDelta("a"),
        ev.ReasoningDelta("a"),
        ev.Retrying("busy", 1.0, "m"),
    ],
)
def test_passing_events_are_not_recorded(history: History, event: ev.AnyEvent) -> None:
    turn = history.start_turn("s", ev.TurnStarted("x"))
    assert history.append("s", turn, 1, event) is None
    assert len(history.events("s")) == 1


def test_an_event_without_trust_of_its_own_has_that_of_the_step_that_caused_it(history: History) -> None:
    turn = history.start_turn("s", ev.TurnStarted("x"))
    history.append("s", turn, 1, ev.StepStarted(1, "m"))
    history.append("s", turn, 1, step(None))
    history.append("s", turn, 1, ev.ToolStarted(ToolCall("c", "shell", "{}")))
    assert [each.trust for each in history.events("s")] == ["user", "user", "external", "external"]


def test_the_cost_of_each_step_can_be_queried(history: History, path: Path) -> None:
    turn = history.start_turn("s", ev.TurnStarted("x"))
    history.append("s", turn, 1, step(0.25))
    history.append("s", turn, 2, step(None, 2))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT turn, step, model, input, cost_usd FROM steps").fetchall()
    assert rows == [(1, 1, "m", 10, 0.25), (1, 2, "m", 10, None)]


def test_no_secret_reaches_the_disk(path: Path, clock: Clock) -> None:
    secret = "hunter2hunter2"
    history = History.open(path, lambda text: text.replace(secret, "[redacted]"), clock)
    tool = ToolSpec("shell", secret, {"type": "object", "properties": {"a": {"description": secret}}})
    history.open_session(info("s", system_prompt=secret, title=secret, cwd=f"/{secret}", tools=(tool,)))
    turn = history.start_turn("s", ev.TurnStarted(f"use {secret}"))
    call = ToolCall("call_1", "shell", json.dumps({"command": f"login {secret}"}))
    history.append("s", turn, 1, ev.StepFinished(1, Assistant(secret, (call,), secret), Usage(), "m", 1.0))
    history.append("s", turn, 1, ev.ToolFinished(ToolReply("call_1", "shell", secret), 1.0))
    history.set_outcome("s", turn, "bad", secret)
    history.finish_turn("s", turn, ev.TurnFinished(turn, "gave_up", secret, secret, 1, 1, 0, Usage(), 1.0))
    assert history.search("hunter2hunter2") == ()
    history.close()
    assert secret.encode() not in b"".join(file.read_bytes() for file in path.parent.iterdir())


def test_redaction_leaves_ids_and_tags_alone(path: Path, clock: Clock) -> None:
    history = History.open(path, lambda _: "x", clock)
    history.open_session(info("s"))
    turn = history.start_turn("s", ev.TurnStarted("a"))
    history.append("s", turn, 1, ev.ToolFinished(ToolReply("call_1", "shell", "secret"), 1.0))
    assert history.events("s")[1].event == ev.ToolFinished(ToolReply("call_1", "x", "x"), 1.0)
    history.close()


def test_text_that_is_no_unicode_is_kept_as_escapes(history: History) -> None:
    history.start_turn("s", ev.TurnStarted("caf\udce9 \x00"))
    assert history.events("s")[0].event == ev.TurnStarted("caf\\udce9 \x00")


def test_prompt_and_tools_come_back_for_a_resumed_session(history: History) -> None:
    tool = ToolSpec("shell", "Run.", {"type": "object", "properties": {}})
    history.open_session(info("t", system_prompt="one\ntwo", tools=(tool,), origin="repl"))
    row = history.session("t")
    assert (row.system_prompt, row.tools, row.origin) == ("one\ntwo", (tool,), "repl")


def test_a_session_is_found_by_the_beginning_of_its_id(history: History) -> None:
    for name in ("20261122-abc", "20261122-abd", "20261122-ab", "20261122-x%y"):
        history.open_session(info(name))
    assert history.session("20261122-abc").id == "20261122-abc"
    assert history.session("20261122-ab").id == "20261122-ab"
    assert history.session("20261122-x").id == "20261122-x%y"
    with pytest.raises(UsageError, match=re.escape("20261122-abc, 20261122-ab")):
        history.session("2026")
    with pytest.raises(NotFound, match="did you mean 20261122-ab"):
        history.session("20261122-aq")
    for unknown in ("", "%", "20261122-x%z"):
        with pytest.raises(NotFound):
            history.session(unknown)


def test_many_sessions_with_the_same_beginning_are_not_all_listed(history: History) -> None:
    for number in range(9):
        history.open_session(info(f"a{number}"))
    with pytest.raises(UsageError, match="…; give more"):
        history.session("a")


def test_the_latest_session_is_the_one_active_last_in_the_workspace(history: History, clock: Any) -> None:
    history.open_session(info("t", workspace="/other"))
    clock.at += 1
    history.start_turn("s", ev.TurnStarted("x"))
    latest, other = history.latest_session(), history.latest_session("/other")
    assert latest
    assert other
    assert (latest.id, other.id) == ("s", "t")
    assert history.latest_session("/nowhere") is None


def test_the_list_has_state_and_cost_of_each_session_newest_first(history: History, clock: Any) -> None:
    turn = history.start_turn("s", ev.TurnStarted("first"))
    history.append("s", turn, 1, step(0.25))
    history.finish_turn("s", turn, FINISHED)
    turn = history.start_turn("s", ev.TurnStarted("second"))
    history.append("s", turn, 1, step(0.5))
    clock.at += 1
    history.open_session(info("t"))
    unknown = history.start_turn("t", ev.TurnStarted("y" * 200))
    history.append("t", unknown, 1, step(None))
    newest, oldest = history.sessions()
    assert (oldest.turns, oldest.status, oldest.cost_usd, oldest.title) == (2, None, 0.75, "first")
    assert (newest.turns, newest.status, newest.cost_usd) == (1, None, None)
    assert newest.title == "y" * 79 + "…"
    assert history.sessions(limit=1) == (newest,)


def test_ids_of_sessions_have_the_date_and_random_characters(clock: Clock) -> None:
    assert re.fullmatch(r"2023111[45]-[a-z2-7]{6}", new_session_id(clock, random.Random(1)))


def test_home_and_file_belong_to_the_user_alone(history: History, path: Path) -> None:
    history.start_turn("s", ev.TurnStarted("x"))
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_failed_transaction_leaves_nothing(history: History) -> None:
    history.start_turn("s", ev.TurnStarted("x"))
    with pytest.raises(HomeError, match="FOREIGN KEY"):
        history.append("s", 99, 1, ev.Notice("no such turn"))
    assert len(history.events("s")) == 1
    assert history.append("s", 1, 1, ev.Notice("goes on")) == 2


def test_a_record_that_cannot_be_read_is_one_line_that_says_what_to_do(history: History, path: Path) -> None:
    history.start_turn("s", ev.TurnStarted("x"))
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("""UPDATE events SET data = '{"type": "later"}'""")
    with pytest.raises(HomeError, match=r"is damaged .*: mv .*state\.db .*state\.db\.broken"):
        history.events("s")


WRITER = """
    import sys
    from pathlib import Path
    from hone.clock import SystemClock
    from hone.events import Notice
    from hone.history.store import History
    history = History.open(Path(sys.argv[1]), lambda text: text, SystemClock())
    for number in range(int(sys.argv[2])):
        print(history.append("s", 1, 1, Notice(f"{sys.argv[3]} {number}")), flush=True)
"""


def writer(path: Path, count: int, name: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", textwrap.dedent(WRITER), str(path), str(count), name]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_two_processes_append_at_once(history: History, path: Path) -> None:
    history.start_turn("s", ev.TurnStarted("x"))
    writers = [writer(path, 50, name) for name in ("a", "b")]
    numbers = [int(line) for each in writers for line in each.communicate()[0].split()]
    assert sorted(numbers) == list(range(2, 102))
    assert len(history.events("s")) == 101


def test_after_kill_9_everything_acknowledged_is_there(history: History, path: Path) -> None:
    history.start_turn("s", ev.TurnStarted("x"))
    history.close()
    process = writer(path, 1_000_000, "a")
    assert process.stdout
    for _ in range(20):
        process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    acknowledged = 21 + len(process.stdout.read().split())
    process.wait()
    process.stdout.close()
    reopened = History.open(path, lambda text: text, SystemClock())
    recorded = reopened.events("s")
    assert len(recorded) >= acknowledged
    assert [each.id for each in recorded] == [f"e{number}" for number in range(1, len(recorded) + 1)]
    assert reopened.append("s", 1, 1, ev.Notice("goes on")) == len(recorded) + 1
    reopened.close()


def test_the_times_of_external_commands_are_those_of_one_workspace_newest_first(
    history: History, clock: Any
) -> None:
    history.open_session(info("other", workspace="/elsewhere"))
    for name in ("s", "other"):
        history.start_turn(name, ev.TurnStarted("x"))

    def ran(session: str, tool: str, trust: Any, at: float) -> None:
        clock.at = at
        history.append(session, 1, 1, ev.ToolFinished(ToolReply("c", tool, "", trust=trust), 2.5, trust))

    ran("s", "shell", "external", 100.0)
    clock.at = 197.0
    history.append("s", 1, 1, ev.ToolStarted(ToolCall("c", "shell", "{}")))
    ran("s", "shell", "external", 200.0)
    ran("s", "shell", "workspace", 300.0)
    ran("s", "web_fetch", "external", 400.0)
    ran("other", "shell", "external", 500.0)
    ran("s", "edit", "external", 600.0)
    ran("s", "tool_of_others", "external", 700.0)
    times = ((697.5, 700.0), (597.5, 600.0), (197.0, 200.0), (97.5, 100.0))
    assert history.external_windows("/w") == times
    assert history.external_windows("/none") == ()


def test_what_other_hosts_said_in_a_session_is_told_in_order(history: History) -> None:
    history.start_turn("s", ev.TurnStarted("x"))
    for text, trust in [("one", "external"), ("mine", "workspace"), ("two", "external")]:
        reply = ToolReply("c", "shell", text, trust=trust)  # type: ignore[arg-type]
        history.append("s", 1, 1, ev.ToolFinished(reply, 0.0, reply.trust))
    assert history.external_texts("s") == ("one", "two")
    assert history.external_texts("other") == ()


def test_a_session_without_a_whole_step_has_no_known_cost(history: History, clock: Any) -> None:
    (empty,) = history.sessions()
    turn = history.start_turn("s", ev.TurnStarted("killed"))
    (killed,) = history.sessions()
    history.append("s", turn, 1, step(0.5))
    history.start_turn("s", ev.TurnStarted("killed too"))
    (later,) = history.sessions()
    assert (empty.cost_usd, killed.cost_usd, later.cost_usd) == (None, None, 0.5)


def test_a_check_reads_the_whole_file(history: History, path: Path, clock: Clock) -> None:
    history.start_turn("s", ev.TurnStarted("x"))
    history.check()
    history.close()
    sound = path.read_bytes()
    path.write_bytes(sound[:4096] + b"garbage " * ((len(sound) - 4096) // 8))
    with pytest.raises(HomeError, match=r"is damaged .* move it aside"):
        History.open_for_reading(path, clock).check()


def test_what_the_user_said_in_the_last_turn_is_the_request_and_the_steering(history: History) -> None:
    assert history.said("s") == ()
    history.start_turn("s", ev.TurnStarted("before"))
    history.start_turn("s", ev.TurnStarted("do it"))
    history.append("s", 2, 0, ev.Attached("skill", "deploy", "<skill>"))
    history.append("s", 2, 1, ev.Attached("steering", "user", "quickly"))
    assert history.said("s") == ("do it", "quickly")


def test_the_last_usage_is_that_of_a_reply_since_the_last_compaction(history: History) -> None:
    assert history.last_usage("s") is None
    history.start_turn("s", ev.TurnStarted("do it"))
    for size in (1, 2):
        reply = ev.StepFinished(size, Assistant("x"), Usage(size, 0, 5), "m", 1.0)
        history.append("s", 1, size, reply)
    assert history.last_usage("s") == Usage(2, 0, 5)
    history.append("s", 1, 2, ev.Compacted("so far", 0, "m", Usage(9)))
    assert history.last_usage("s") is None
