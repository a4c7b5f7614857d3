"""What ran in a turn and whether it did its job, for the gate; and what a tripwire kept from running."""

from tests.learning.traces import refused, shell, tool, trace
from tests.learning.working import Did, work_of

from hone.changes.change import Tried
from hone.events import ToolFinished, Tripped
from hone.history.rows import Recorded
from hone.learning.calls import calls_in
from hone.learning.friction import hard_calls, mine
from hone.learning.tried import facts_of, tried
from hone.messages import ToolCall


def test_a_call_is_shown_by_its_step_its_start_and_its_result() -> None:
    events = work_of("go", [Did("make"), Did("curl example.com", 6, trust="external")]).events
    assert tried(events) == (
        Tried(("e3", "e4", "e5"), "shell", '{"command":"make"}', ok=True),
        Tried(("e7", "e8", "e9"), "shell", '{"command":"curl example.com"}', ok=False, trust="external"),
    )


def test_what_did_not_run_was_not_tried() -> None:
    events = trace(refused("rm -rf /"), tool("read", ok=False, ran=False, path=3), "make")
    assert [call.arguments for call in tried(events)] == ['{"command":"make"}']


def test_a_failure_behind_a_good_exit_code_is_one() -> None:
    text = "npm error code ELIFECYCLE\nnpm error Missing script: build"
    (call,) = tried(trace(shell("npm run build 2>&1 | tail -5", 0, text)))
    assert not call.ok


def test_a_turn_under_review_is_no_earlier_turn_though_its_exit_code_was_good() -> None:
    hidden = '{"command": "npm run build | tail"}'
    events = trace(shell("npm run build | tail", 0, "npm error code ELIFECYCLE"))
    same, other = (Tried((f"e{at}", "e5"), "shell", hidden, ok=True) for at in (1, 2))
    elsewhere = Tried(("e5",), "shell", '{"command": "make"}', ok=True)
    later = Tried(("e95",), "shell", hidden, ok=True)
    facts = facts_of(events, [(same,), (elsewhere,), (later, other), (later,)])
    assert [call.ok for call in facts.calls] == [False]
    assert facts.worked == ((elsewhere,), (later,))


def stopped(events: list[Recorded], name: str) -> list[Recorded]:
    """`events` in which a tripwire stopped the call `name`, as the loop records it."""
    told: list[Recorded] = []
    for each in events:
        call = getattr(each.event, "call", None)
        if isinstance(call, ToolCall) and call.id == name:
            told.append(Recorded(each.id, 1, 1, each.at, Tripped(call, "deploy", "t1", "Not run")))
        else:
            told.append(each)
    return told


def test_a_call_that_was_stopped_did_not_run_and_is_no_failure() -> None:
    events = trace(("curl localhost/health", 22, "404"), "curl localhost/healthz")
    assert mine(events)
    assert hard_calls(events) == 1

    events = stopped(events, "c1")
    assert mine(events) == ()
    assert hard_calls(events) == 0
    assert [call.ran for call in calls_in(events)] == [False, True]
    assert len(tried(events)) == 1
    assert sum(isinstance(each.event, ToolFinished) for each in events) == 2


def test_a_call_that_was_to_run_when_the_process_died_and_was_stopped_then_did_not_run() -> None:
    events = trace(("make", 2))
    (started,) = (at for at, each in enumerate(events) if type(each.event).__name__ == "ToolStarted")
    call = ToolCall("c1", "shell", '{"command": "make"}')
    again = Recorded("e9", 1, 1, 1009.0, Tripped(call, "deploy", "t1", "Not run"))
    assert tried([*events[: started + 1], again, *events[started + 1 :]]) == ()
