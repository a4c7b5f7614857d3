"""Rebuilding a conversation from what was recorded of it."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone import events as ev
from hone.history.resume import Rebuilt, rebuild, without_middle
from hone.history.rows import Recorded
from hone.messages import Assistant, Message, System, ToolCall, ToolReply, Usage, User

ONE, TWO = ToolCall("1", "read", "{}"), ToolCall("2", "shell", "{}")
REPLY_ONE, REPLY_TWO = ToolReply("1", "read", "a"), ToolReply("2", "shell", "b")
BOTH = Assistant("", (ONE, TWO))


def recorded(*events: ev.AnyEvent) -> list[Recorded]:
    turn = 0
    records = []
    for number, event in enumerate(events, 1):
        turn += isinstance(event, ev.TurnStarted)
        records.append(Recorded(f"e{number}", turn, 0, 0.0, event))
    return records


def rebuilt(*events: ev.AnyEvent) -> Rebuilt:
    return rebuild("sys", recorded(*events))


def step(message: Assistant, number: int = 1) -> ev.StepFinished:
    return ev.StepFinished(number, message, Usage(), "m", 1.0)


def done(reply: ToolReply) -> ev.ToolFinished:
    return ev.ToolFinished(reply, 1.0)


ASKED = (ev.TurnStarted("go"), ev.StepStarted(1, "m"))
END = ev.TurnFinished(1, "answered", "ok", "", 1, 0, 0, Usage(), 1.0)
STOPPED = "hone was stopped before this call gave a result."


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ((), []),
        (ASKED, [User("go")]),
        ((*ASKED, step(Assistant("ok")), END), [User("go"), Assistant("ok")]),
        (
            (*ASKED, step(BOTH), done(REPLY_TWO), done(REPLY_ONE), ev.StepStarted(2, "m")),
            [User("go"), BOTH, REPLY_ONE, REPLY_TWO],
        ),
        (
            (
                ev.TurnStarted("go"),
                ev.Attached("skill", "deploy", "<skill>"),
                ev.Withheld("other", "trial"),
                ev.Attached("note", "fresh", "note"),
                ev.StepStarted(1, "m"),
            ),
            [User("go\n\n<skill>\n\nnote")],
        ),
        (
            (*ASKED, step(BOTH), done(REPLY_ONE), ev.Attached("steering", "user", "hurry"), done(REPLY_TWO)),
            [User("go"), BOTH, REPLY_ONE, REPLY_TWO, User("hurry")],
        ),
        (
            (
                *ASKED,
                step(BOTH),
                done(REPLY_ONE),
                done(REPLY_TWO),
                ev.Attached("note", "n", "late"),
                *ASKED[1:],
            ),
            [User("go"), BOTH, REPLY_ONE, REPLY_TWO, User("late")],
        ),
        (
            (*ASKED, step(BOTH), done(REPLY_ONE), END, ev.TurnStarted("on")),
            [User("go"), BOTH, REPLY_ONE, ToolReply("2", "shell", STOPPED, ok=False), User("on")],
        ),
        (
            (*ASKED, step(BOTH), done(REPLY_ONE), done(REPLY_TWO), ev.Compacted("so far", 3), *ASKED[1:]),
            [User("so far"), BOTH, REPLY_ONE, REPLY_TWO],
        ),
        (
            (
                *ASKED,
                step(BOTH),
                done(REPLY_ONE),
                done(REPLY_TWO),
                ev.Compacted("so far", 0, trust="external"),
            ),
            [User("so far", "external")],
        ),
        (
            (
                ev.TurnStarted("g" * 9 + "o"),
                ev.Compacted("so far", 1, longest=5),
                ev.Attached("note", "n", "late"),
            ),
            [User("so far"), User("ggg\n[… 5 characters left out …]\ngo"), User("late")],
        ),
        (
            (*ASKED, step(BOTH), done(REPLY_ONE), ev.Compacted("so far", 3, longest=0)),
            [
                User("so far"),
                BOTH,
                ToolReply("1", "read", "\n[… 1 characters left out …]\n"),
                ToolReply("2", "shell", f"\n[… {len(STOPPED)} characters left out …]\n", ok=False),
            ],
        ),
        (
            (*ASKED, ev.TurnStarted("again"), ev.Attached("skill", "s", "text")),
            [User("go"), User("again\n\ntext")],
        ),
    ],
)
def test_events_become_the_messages_of_the_next_request(
    events: tuple[ev.AnyEvent, ...], expected: list[Message]
) -> None:
    result = rebuilt(*events)
    assert result.messages == (System("sys"), *expected)
    assert (result.pending, result.interrupted, result.held) == ((), (), ())


def test_calls_without_a_reply_are_pending_or_were_interrupted() -> None:
    result = rebuilt(*ASKED, step(BOTH), ev.ToolStarted(ONE), ev.Attached("steering", "user", "hurry"))
    assert (result.interrupted, result.pending, result.held) == ((ONE,), (TWO,), (User("hurry"),))
    assert result.messages == (System("sys"), User("go"), BOTH)
    assert (result.turn, result.step) == (1, 1)


def test_a_turn_that_was_stopped_with_an_end_can_still_be_gone_on_with() -> None:
    result = rebuilt(*ASKED, step(BOTH), ev.ToolStarted(ONE), done(REPLY_ONE), END)
    assert (result.pending, result.interrupted, result.turn) == ((TWO,), (), 1)


def test_calls_with_the_same_id_are_paired_in_order() -> None:
    same = Assistant("", (ToolCall("c", "read", "1"), ToolCall("c", "read", "2")))
    first = ToolReply("c", "read", "a")
    result = rebuilt(*ASKED, step(same), ev.ToolStarted(same.tool_calls[0]), done(first))
    assert result.messages[-1] == first
    assert result.pending == same.tool_calls[1:]


def test_the_step_in_flight_leaves_nothing_but_its_turn() -> None:
    result = rebuilt(*ASKED, step(BOTH), done(REPLY_ONE), done(REPLY_TWO), ev.StepStarted(2, "m"))
    assert (result.turn, result.step) == (1, 1)
    assert rebuilt(*ASKED).step == 0


def test_nothing_recorded_is_no_turn() -> None:
    assert rebuilt().turn is None


@given(st.text(), st.integers(0, 40))
def test_a_text_loses_its_middle_only_if_it_is_too_long(text: str, longest: int) -> None:
    cut = without_middle(text, longest)
    if len(text) <= longest:
        assert cut == text
    else:
        head, tail = longest - longest // 2, longest // 2
        assert cut.startswith(text[:head])
        assert cut.endswith(text[len(text) - tail :])
        assert f"[… {len(text) - longest} characters left out …]" in cut


@st.composite
def conversations(draw: st.DrawFn) -> list[ev.AnyEvent]:
    events: list[ev.AnyEvent] = []
    for turn in range(draw(st.integers(1, 3))):
        events.append(ev.TurnStarted(f"task {turn}"))
        events += [ev.Attached("skill", "s", "text")] * draw(st.integers(0, 2))
        for number in range(1, draw(st.integers(1, 4))):
            events += draw(steps(number))
        if draw(st.booleans()):
            events += [ev.StepStarted(9, "m"), step(Assistant("ok"), 9), END]
    return events


@st.composite
def steps(draw: st.DrawFn, number: int) -> list[ev.AnyEvent]:
    ids = draw(st.lists(st.sampled_from("abcd"), min_size=1, max_size=3, unique=draw(st.booleans())))
    calls = [ToolCall(name, "shell", str(place)) for place, name in enumerate(ids)]
    events: list[ev.AnyEvent] = [ev.StepStarted(number, "m"), step(Assistant("", tuple(calls)), number)]
    events += [ev.ToolStarted(call) for call in calls if draw(st.booleans())]
    events += [done(ToolReply(call.id, "shell", "out")) for call in draw(st.permutations(calls))]
    events += [ev.Attached("steering", "user", "say")] * draw(st.integers(0, 1))
    return events


def unanswered(messages: tuple[Message, ...]) -> Iterator[str]:
    """Ids of calls without a reply; fails where a reply does not stand right behind its call's message."""
    waiting: list[str] = []
    for message in messages:
        if isinstance(message, ToolReply):
            waiting.remove(message.call_id)
            continue
        assert not waiting, "something stands between a call and its reply"
        if isinstance(message, Assistant):
            waiting = [call.id for call in message.tool_calls]
    yield from waiting


@given(conversations(), st.data())
def test_every_beginning_of_a_conversation_rebuilds_to_a_valid_one(
    events: list[ev.AnyEvent], data: st.DataObject
) -> None:
    result = rebuilt(*events[: data.draw(st.integers(0, len(events)))])
    open_calls = [call.id for call in (*result.pending, *result.interrupted)]
    assert sorted(unanswered(result.messages)) == sorted(open_calls)
    assert isinstance(result.messages[0], System)
    assert not any(isinstance(message, System) for message in result.messages[1:])
    assert not result.held or open_calls
