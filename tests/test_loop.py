"""The loop alone: a scripted model, tools as plain functions, no session."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from hone.config.settings import Limits
from hone.errors import ContextTooLong, ServerError
from hone.events import AnyEvent, StepFinished, StepStarted
from hone.loop import Ending, Hooks, Loop, run_loop
from hone.messages import Assistant, Message, ToolCall, ToolReply, Usage, User
from hone.models.base import Reply
from hone.testing import FakeClock, ScriptedModel, call, say, together

Script = Callable[[ToolCall], ToolReply]


def fine(asked: ToolCall) -> ToolReply:
    return ToolReply(asked.id, asked.name, "fine")


def broken(asked: ToolCall) -> ToolReply:
    return ToolReply(asked.id, asked.name, "broken", ok=False)


def play(
    model: ScriptedModel,
    *,
    tool: Script = fine,
    limits: Limits | None = None,
    hooks: Hooks | None = None,
    clock: FakeClock | None = None,
    first_step: int = 1,
) -> tuple[Ending, list[Message], list[AnyEvent]]:
    messages: list[Message] = [User("do it")]
    events: list[AnyEvent] = []

    async def execute(
        calls: Sequence[ToolCall], before_call: Callable[[ToolCall], str | None]
    ) -> list[ToolReply]:
        stopped = {each.id: before_call(each) for each in calls}
        return [
            ToolReply(each.id, each.name, stopped[each.id] or "", ok=False)
            if stopped[each.id]
            else tool(each)
            for each in calls
        ]

    loop = Loop(model, (), execute, events.append, limits or Limits(), clock or FakeClock(), hooks or Hooks())
    return asyncio.run(run_loop(loop, messages, first_step)), messages, events


def test_an_answer_without_calls_ends_the_loop() -> None:
    ending, messages, events = play(ScriptedModel(say("done")))
    assert ending == Ending("answered", "done")
    assert messages[-1] == Assistant("done")
    assert [type(event) for event in events if not hasattr(event, "text")] == [StepStarted, StepFinished]


def test_replies_go_back_to_the_model_in_the_order_of_its_calls() -> None:
    model = ScriptedModel(together(call("a"), call("b")), say("done"))
    _, messages, _ = play(model)
    assert [type(message) for message in messages] == [User, Assistant, ToolReply, ToolReply, Assistant]
    assert model.requests[1].messages == tuple(messages[:4])


def test_what_after_step_returns_stands_behind_the_replies() -> None:
    model = ScriptedModel(call("a"), say("done"))
    _, messages, _ = play(model, hooks=Hooks(after_step=lambda _calls, _replies: [User("also this")]))
    assert messages[3] == User("also this")


def test_before_call_is_heard_by_whoever_executes() -> None:
    model = ScriptedModel(call("a"), say("done"))
    _, messages, _ = play(model, hooks=Hooks(before_call=lambda asked: f"not {asked.name}"))
    reply = messages[2]
    assert isinstance(reply, ToolReply)
    assert (reply.text, reply.ok) == ("not a", False)


def test_steps_are_limited() -> None:
    model = ScriptedModel(*[call("a", number=number) for number in range(5)])
    ending, _, _ = play(model, limits=Limits(steps=3))
    assert ending == Ending("limit", reason="stopped after 3 steps (limits.steps)")
    assert len(model.requests) == 3


def test_a_resumed_turn_has_the_limit_of_steps_anew_and_says_so() -> None:
    model = ScriptedModel(*[call("a", number=number) for number in range(5)])
    ending, _, _ = play(model, limits=Limits(steps=2), first_step=4)
    assert ending.reason == "stopped after 2 more steps (limits.steps)"


def costing(text: str, **usage: float) -> Reply:
    calls = () if text else (ToolCall("1", "a", "{}"),)
    return Reply(Assistant(text, calls), Usage(**usage), "stop", "m")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(tokens=150), "stopped after 180 tokens (limits.tokens is 150)"),
        (Limits(usd=0.015), "stopped after $0.0200 (limits.usd is 0.015)"),
    ],
)
def test_tokens_and_money_are_limited_over_all_steps(limits: Limits, reason: str) -> None:
    step = costing("", input=80, output=10, cost_usd=0.01)
    ending, _, _ = play(ScriptedModel(step, step, say("never reached")), limits=limits)
    assert (ending.status, ending.reason) == ("limit", reason)


def test_an_answer_is_given_even_if_it_used_up_the_limit() -> None:
    ending, _, _ = play(ScriptedModel(costing("done", input=1_000)), limits=Limits(tokens=10))
    assert ending == Ending("answered", "done")


def test_wall_clock_time_is_limited() -> None:
    async def stuck(*_: object) -> list[ToolReply]:
        await asyncio.Event().wait()
        raise AssertionError

    loop = Loop(ScriptedModel(call("a")), (), stuck, lambda _event: None, Limits(seconds=0.01), FakeClock())
    ending = asyncio.run(run_loop(loop, [User("do it")]))
    assert ending == Ending("limit", reason="stopped after 0.01 s (limits.seconds)")


def test_a_timeout_of_something_else_is_not_taken_for_the_limit() -> None:
    async def slow_disk(*_: object) -> list[ToolReply]:
        raise TimeoutError("disk")

    loop = Loop(ScriptedModel(call("a")), (), slow_disk, lambda _event: None, Limits(), FakeClock())
    with pytest.raises(TimeoutError, match="disk"):
        asyncio.run(run_loop(loop, [User("do it")]))


def test_an_answer_cut_at_the_output_limit_is_not_taken_for_whole() -> None:
    cut = Reply(Assistant("The answer is fo"), Usage(), "length", "m")
    ending, _, _ = play(ScriptedModel(cut))
    assert ending.status == "limit"
    assert "cut" in ending.reason


def test_the_same_failure_five_times_in_a_row_gives_up() -> None:
    model = ScriptedModel(*[call("a", x=1)] * 9)
    ending, _, _ = play(model, tool=broken)
    assert ending == Ending("gave_up", reason="a failed 5 times in the same way")
    assert len(model.requests) == 5


@pytest.mark.parametrize("different", [call("a", x=2), call("b", x=1)])
def test_another_call_in_between_starts_the_count_anew(different: Assistant) -> None:
    model = ScriptedModel(*[call("a", x=1)] * 4, different, *[call("a", x=1)] * 4, say("done"))
    ending, _, _ = play(model, tool=broken)
    assert ending.status == "answered"


def test_a_failing_provider_is_raised_after_whole_steps_only() -> None:
    model = ScriptedModel(call("a"), ServerError("gone"))
    with pytest.raises(ServerError):
        play(model)


def test_the_trust_of_a_step_is_the_least_of_what_the_model_had_seen() -> None:
    def web(asked: ToolCall) -> ToolReply:
        return ToolReply(asked.id, asked.name, "page", trust="external")

    _, _, events = play(ScriptedModel(call("web"), say("done")), tool=web)
    assert [event.trust for event in events if isinstance(event, StepFinished)] == ["user", "external"]


def test_a_request_that_does_not_fit_is_made_smaller_until_it_does_or_nothing_can_go() -> None:
    refused: list[object] = []

    async def make_room(messages: list[Message], _emit: object, why: ContextTooLong | None) -> bool:
        refused.append(why)
        return why is not None and len(refused) < 4

    too_long = ContextTooLong("too long")
    hooks = Hooks(make_room=make_room)
    ending, _, events = play(ScriptedModel(too_long, too_long, say("fits")), hooks=hooks)
    assert ending == Ending("answered", "fits")
    assert refused == [None, too_long, too_long]
    assert sum(isinstance(event, StepStarted) for event in events) == 1
    with pytest.raises(ContextTooLong):
        play(ScriptedModel(too_long, too_long), hooks=hooks)
