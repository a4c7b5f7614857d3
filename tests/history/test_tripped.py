"""What tripwires did is counted from the record: stopped, heeded, overridden, and overridden for good reason."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.history.conftest import HandClock

from hone.database import Database
from hone.events import AnyEvent, ToolFinished, ToolStarted, Tripped, TurnFinished, TurnStarted
from hone.history.rows import SessionInfo
from hone.history.store import History
from hone.history.tripped import Counts, Row, counts, recent_turns
from hone.messages import ToolCall, ToolReply, Trust, Usage


def call(command: str, name: str = "c1") -> ToolCall:
    return ToolCall(name, "shell", json.dumps({"command": command}))


def tripped(command: str, *, passed: bool = False, wire: str = "t1", name: str = "c1") -> Tripped:
    return Tripped(call(command, name), "deploy", wire, "why", passed)


def ran(command: str, name: str = "c1", *, ok: bool = True, trust: Trust = "workspace") -> list[AnyEvent]:
    return [
        ToolStarted(call(command, name)),
        ToolFinished(ToolReply(name, "shell", "out", ok=ok), 0.1, trust),
    ]


def record(history: History, *events: AnyEvent, ends: bool = True, session: str = "s") -> int:
    turn = history.start_turn(session, TurnStarted("go"))
    for event in events:
        history.append(session, turn, 1, event)
    if ends:
        history.finish_turn(session, turn, TurnFinished(turn, "answered", "ok", "", 1, 1, 0, Usage(), 1.0))
    return turn


@pytest.fixture
def database(path: Path, history: History) -> Iterator[Database]:
    opened = Database.open_for_reading(path)
    yield opened
    opened.close()


def test_without_a_record_there_are_no_counts(tmp_path: Path) -> None:
    assert counts(Database.open_for_reading(tmp_path / "none.db")) == {}


STOPPED_REPLY = ToolFinished(ToolReply("c1", "shell", "Not run", ok=False), 0.0)


@pytest.mark.parametrize(
    ("events", "ends", "expected"),
    [
        ([tripped("x"), STOPPED_REPLY, *ran("y", "c2")], True, Counts(1, 1, 0, 0)),
        ([tripped("x"), STOPPED_REPLY], False, Counts(1, 0, 0, 0)),
        ([tripped("x"), tripped("x", passed=True, name="c2"), *ran("x", "c2")], True, Counts(1, 0, 1, 1)),
        ([tripped("x"), tripped("x", passed=True, name="c2"), *ran("x", "c2")], False, Counts(1, 0, 1, 1)),
        (
            [tripped("x"), tripped("x", passed=True, name="c2"), *ran("x", "c2", ok=False)],
            True,
            Counts(1, 0, 1, 0),
        ),
        ([tripped("x"), tripped("x", passed=True, name="c2")], True, Counts(1, 0, 1, 0)),
        (  # an id may come again: the first result after the pass is the one
            [tripped("x"), tripped("x", passed=True), *ran("x", ok=False), *ran("y")],
            True,
            Counts(1, 0, 1, 0),
        ),
        ([tripped("x"), tripped("x", name="c2"), STOPPED_REPLY], True, Counts(1, 1, 0, 0)),
        ([tripped("x"), tripped("y", name="c2"), STOPPED_REPLY], True, Counts(2, 2, 0, 0)),
        (
            [tripped("x"), tripped("y", name="c2"), tripped("x", passed=True, name="c3"), *ran("x", "c3")],
            True,
            Counts(2, 1, 1, 1),
        ),
    ],
)
def test_a_turn_is_counted(
    history: History, database: Database, events: list[AnyEvent], ends: bool, expected: Counts
) -> None:
    record(history, *events, ends=ends)
    assert counts(database) == {("deploy", "t1"): expected}


def test_the_same_call_is_known_by_its_value_and_by_its_turn(history: History, database: Database) -> None:
    one = Tripped(ToolCall("c1", "shell", '{"command": "x", "timeout": 1}'), "deploy", "t1", "why")
    again = Tripped(ToolCall("c2", "shell", '{"timeout":1,"command":"x"}'), "deploy", "t1", "", passed=True)
    record(history, one, again)
    record(history, one)
    broken = ToolCall("c1", "shell", "[redacted")
    record(
        history, Tripped(broken, "deploy", "t2", "why"), Tripped(broken, "deploy", "t2", "why", passed=True)
    )
    assert counts(database) == {
        ("deploy", "t1"): Counts(2, 1, 1, 0),
        ("deploy", "t2"): Counts(1, 0, 1, 0),
    }


def test_recent_turns_are_those_of_the_workspace_newest_first(
    history: History, database: Database, clock: HandClock
) -> None:
    history.open_session(SessionInfo(id="t", cwd="/w", workspace="/w", origin="run", system_prompt=""))
    history.open_session(SessionInfo(id="other", cwd="/o", workspace="/o", origin="run", system_prompt=""))
    record(history, *ran("one"), *ran("two", ok=False, trust="external"))
    record(history, *ran("elsewhere"), session="other")
    clock.at += 1
    record(history, tripped("x"), STOPPED_REPLY, session="t")  # a call that did not run is no call
    clock.at += 1
    record(history, *ran("three"), ToolStarted(call("killed")), ends=False)
    assert recent_turns(database, "/w") == (
        (Row(("e8", "e9"), "shell", '{"command": "three"}', True, "workspace"),),
        (),
        (
            Row(("e2", "e3"), "shell", '{"command": "one"}', True, "workspace"),
            Row(("e4", "e5"), "shell", '{"command": "two"}', False, "external"),
        ),
    )
    assert [len(turn) for turn in recent_turns(database, "/w", limit=1)] == [1]
    assert recent_turns(database, "/nowhere") == ()
