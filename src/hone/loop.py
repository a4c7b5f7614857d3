"""The loop: a model request, its tool calls, their results, again, until the model answers or a limit is reached.

It knows nothing of sessions, learning or screens: `turn` gives it what it needs and hears of everything through `emit`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from hone.clock import Clock
from hone.config.settings import Limits
from hone.errors import ContextTooLong
from hone.events import AnyEvent, Status, StepFinished, StepStarted
from hone.messages import Message, ToolCall, ToolReply, ToolSpec, Usage, User, least_trusted
from hone.models.base import Model, Reply, Request
from hone.stopping import SAME_FAILURES, failures_in_a_row, overspent

Execute = Callable[[Sequence[ToolCall], Callable[[ToolCall], str | None]], Awaitable[list[ToolReply]]]
Emit = Callable[[AnyEvent], None]
MakeRoom = Callable[[list[Message], Emit, ContextTooLong | None], Awaitable[bool]]
"""(the messages, to be changed in place; where to tell of it; why they were refused) -> whether they are fewer now."""


async def no_room(_messages: list[Message], _emit: Emit, _refused: ContextTooLong | None) -> bool:
    """What does not fit stays so."""
    return False


class Hooks(msgspec.Struct, frozen=True):
    """Functions called at fixed points.

    `before_call(call)` returns why a call must not run, or None. `after_step(calls, replies)` returns messages to put
    behind the replies, for example what the user typed meanwhile. `make_room` is called before each request, and again
    as often as the endpoint says that the messages do not fit, until it finds no more.
    """

    before_call: Callable[[ToolCall], str | None] = lambda _call: None
    after_step: Callable[[Sequence[ToolCall], Sequence[ToolReply]], Sequence[User]] = (
        lambda _calls, _replies: ()
    )
    make_room: MakeRoom = no_room


class Loop(msgspec.Struct, frozen=True):
    """What a run of the loop works with."""

    model: Model
    tools: tuple[ToolSpec, ...]
    execute: Execute
    emit: Emit
    limits: Limits
    clock: Clock
    hooks: Hooks = Hooks()


class Ending(msgspec.Struct, frozen=True):
    """How the loop ended; `reason` says so in words unless it answered."""

    status: Status
    answer: str = ""
    reason: str = ""


async def run_loop(loop: Loop, messages: list[Message], first_step: int = 1) -> Ending:
    """Work on `messages`, appending to it, until the model answers or a limit is reached.

    Raises ProviderError, NoSandbox and CancelledError; what was appended by then is whole steps.
    """
    usage = Usage()
    failures: list[tuple[str, str, str]] = []
    deadline = asyncio.timeout(loop.limits.seconds)
    try:
        async with deadline:
            for step in range(first_step, first_step + (loop.limits.steps or 1_000_000)):
                reply = await _one_step(loop, messages, step)
                usage += reply.usage
                calls = reply.message.tool_calls
                if not calls and reply.finish == "length":
                    return Ending(
                        "limit",
                        reply.message.text,
                        "the answer was cut at the model's output limit (max_output)",
                    )
                if not calls:
                    return Ending("answered", reply.message.text)
                if reason := overspent(loop.limits, usage):
                    return Ending("limit", reply.message.text, reason)
                replies = await loop.execute(calls, loop.hooks.before_call)
                messages += replies
                messages += loop.hooks.after_step(calls, replies)
                failures = failures_in_a_row(failures, calls, replies)
                if len(failures) >= SAME_FAILURES:
                    return Ending(
                        "gave_up", reason=f"{calls[-1].name} failed {SAME_FAILURES} times in the same way"
                    )
    except TimeoutError:
        if not deadline.expired():
            raise
        return Ending("limit", reason=f"stopped after {loop.limits.seconds:g} s (limits.seconds)")
    more = "more " if first_step > 1 else ""  # a resumed turn has the limit anew
    return Ending("limit", reason=f"stopped after {loop.limits.steps} {more}steps (limits.steps)")


async def _one_step(loop: Loop, messages: list[Message], step: int) -> Reply:
    await loop.hooks.make_room(messages, loop.emit, None)
    loop.emit(StepStarted(step, loop.model.name, len(messages), len(loop.tools)))
    started = loop.clock.monotonic()
    reply: Reply | None = None
    while reply is None:
        try:
            reply = await loop.model.complete(Request(tuple(messages), loop.tools), loop.emit)
        except ContextTooLong as refused:
            if not await loop.hooks.make_room(messages, loop.emit, refused):
                raise
    trust = least_trusted(*(each.trust for each in messages if isinstance(each, User | ToolReply)))
    messages.append(reply.message)
    seconds = loop.clock.monotonic() - started
    loop.emit(StepFinished(step, reply.message, reply.usage, reply.model, seconds, trust, reply.role))
    return reply
