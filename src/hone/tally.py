"""What a turn came to, summed from its recorded events: a pure function, so a resumed turn sums like an unbroken one."""

from collections.abc import Iterator, Sequence

import msgspec

from hone.events import AnyEvent, Attached, StepFinished, ToolFinished, TurnFinished
from hone.loop import Ending
from hone.messages import Usage


def tally(turn: int, events: Sequence[AnyEvent], ending: Ending, seconds: float) -> TurnFinished:
    """The end of `turn` with its sums. `seconds` is wall clock time."""
    steps = [event for event in events if isinstance(event, StepFinished)]
    replies = [event.reply for event in events if isinstance(event, ToolFinished)]
    return TurnFinished(
        turn=turn,
        status=ending.status,
        answer=ending.answer,
        reason=ending.reason,
        steps=len(steps),
        tool_calls=len(replies),
        errors=sum(not reply.ok for reply in replies),
        usage=sum((step.usage for step in steps), Usage()),
        seconds=seconds,
        skills=tuple(dict.fromkeys(_skills(events))),
        trust=steps[-1].trust if steps else "user",
    )


def _skills(events: Sequence[AnyEvent]) -> Iterator[str]:
    asked: dict[str, str] = {}
    for event in events:
        if isinstance(event, Attached) and event.kind == "skill":
            yield event.name
        elif isinstance(event, StepFinished):
            asked = {call.id: call.arguments for call in event.message.tool_calls if call.name == "skill"}
        elif isinstance(event, ToolFinished) and event.reply.ok and event.reply.call_id in asked:
            yield str(msgspec.json.decode(asked[event.reply.call_id])["name"])
