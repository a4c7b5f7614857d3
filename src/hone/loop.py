"""The loop: a model request, its tool calls, their results, again, until the model answers or a limit is reached.

It knows nothing of sessions, learning or screens: `turn` gives it what it needs and hears of everything through `emit`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from hone.clock import Clock
from hone.config.settings import Limits
from hone.events import AnyEvent, Status, StepFinished, StepStarted
from hone.messages import Message, ToolCall, ToolReply, ToolSpec, Usage, User, least_trusted
from hone.models.base import Model, Reply, Request

Execute = Callable[[Sequence[ToolCall], Callable[[ToolCall], str | None]], Awaitable[list[ToolReply]]]
_SAME_FAILURES = 5  # in a row and with the same words: one more time will not help


class Hooks(msgspec.Struct, frozen=True):
    """Plain functions called at fixed points; neither may block.

    `before_call(call)` returns why a call must not run, or None. `after_step(calls, replies)` returns messages to put
    behind the replies, for example what the user typed meanwhile.
    """

    before_call: Callable[[ToolCall], str | None] = lambda _call: None
    after_step: Callable[[Sequence[ToolCall], Sequence[ToolReply]], Sequence[User]] = (
        lambda _calls, _replies: ()
    )


class Loop(msgspec.Struct, frozen=True):
    """What a run of the loop works with."""

    model: Model
    tools: tuple[ToolSpec, ...]
    execute: Execute
    emit: Callable[[AnyEvent], None]
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
                if reason := _overspent(loop.limits, usage):
                    return Ending("limit", reply.message.text, reason)
                replies = await loop.execute(calls, loop.hooks.before_call)
                messages += replies
                messages += loop.hooks.after_step(calls, replies)
                failures = _failures_in_a_row(failures, calls, replies)
                if len(failures) >= _SAME_FAILURES:
                    return Ending(
                        "gave_up", reason=f"{calls[-1].name} failed {_SAME_FAILURES} times in the same way"
                    )
    except TimeoutError:
        if not deadline.expired():
            raise
        return Ending("limit", reason=f"stopped after {loop.limits.seconds:g} s (limits.seconds)")
    more = "more " if first_step > 1 else ""  # a resumed turn has the limit anew
    return Ending("limit", reason=f"stopped after {loop.limits.steps} {more}steps (limits.steps)")


async def _one_step(loop: Loop, messages: list[Message], step: int) -> Reply:
    loop.emit(StepStarted(step, loop.model.name))
    started = loop.clock.monotonic()
    trust = least_trusted(*(message.trust for message in messages if isinstance(message, ToolReply)))
    reply = await loop.model.complete(Request(tuple(messages), loop.tools), loop.emit)
    messages.append(reply.message)
    seconds = loop.clock.monotonic() - started
    loop.emit(StepFinished(step, reply.message, reply.usage, reply.model, seconds, trust))
    return reply


def _overspent(limits: Limits, usage: Usage) -> str | None:
    if limits.tokens is not None and usage.input + usage.output >= limits.tokens:
        return f"stopped after {usage.input + usage.output:,} tokens (limits.tokens is {limits.tokens:,})"
    if limits.usd is not None and usage.cost_usd is not None and usage.cost_usd >= limits.usd:
        return f"stopped after ${usage.cost_usd:.4f} (limits.usd is {limits.usd:g})"
    return None


def _failures_in_a_row(
    before: list[tuple[str, str, str]], calls: Sequence[ToolCall], replies: Sequence[ToolReply]
) -> list[tuple[str, str, str]]:
    for call, reply in zip(calls, replies, strict=True):
        failure = (call.name, call.arguments, reply.text)
        before = [] if reply.ok else [*(same for same in before if same == failure), failure]
    return before
