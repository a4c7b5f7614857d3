"""What a turn came to, summed from its recorded events: a pure function, so a resumed turn sums like an unbroken one."""

from collections.abc import Iterator, Sequence

import msgspec

from hone.events import AnyEvent, Attached, Compacted, StepFinished, ToolFinished, Tripped, TurnFinished
from hone.loop import Ending
from hone.messages import Usage


def tally(turn: int, events: Sequence[AnyEvent], ending: Ending, seconds: float) -> TurnFinished:
    """The end of `turn` with its sums. `events` are all of it, `seconds` is the wall clock time since it was last begun.

    A call that a tripwire stopped is a call and no error: it was kept from being one.
    """
    steps = [event for event in events if isinstance(event, StepFinished)]
    return TurnFinished(
        turn=turn,
        status=ending.status,
        answer=ending.answer,
        reason=ending.reason,
        steps=len(steps),
        tool_calls=sum(isinstance(event, ToolFinished) for event in events),
        errors=_errors(events),
        usage=sum((each.usage for each in events if isinstance(each, StepFinished | Compacted)), Usage()),
        seconds=_seconds_of_all_parts(events, seconds),
        skills=tuple(dict.fromkeys(_skills(events))),
        trust=steps[-1].trust if steps else "user",
    )


def _errors(events: Sequence[AnyEvent]) -> int:
    """How many calls failed, those that were stopped before they ran left out."""
    errors = 0
    stopped: set[str] = set()
    for event in events:
        match event:
            case StepFinished():
                stopped.clear()  # ids of calls may come again in later steps
            case Tripped(passed=False, call=call):
                stopped.add(call.id)
            case ToolFinished(reply=reply):
                errors += not reply.ok and reply.call_id not in stopped
            case _:
                pass
    return errors


def _seconds_of_all_parts(events: Sequence[AnyEvent], seconds: float) -> float:
    """The wall clock time of a turn that was resumed: what it had taken when it last ended, and the time since.

    A part that was killed left no end. The time since is then at least that of the recorded replies and calls, of calls
    in one step the longest, for they may have run side by side; what that part waited for a person is not known.
    """
    before = replies = calls = longest_call = 0.0
    for event in events:
        match event:
            case TurnFinished():
                before, replies, calls, longest_call = event.seconds, 0.0, 0.0, 0.0
            case StepFinished():
                replies, calls, longest_call = replies + event.seconds, calls + longest_call, 0.0
            case ToolFinished():
                longest_call = max(longest_call, event.seconds)
            case _:
                pass
    return before + max(seconds, replies + calls + longest_call)


def _skills(events: Sequence[AnyEvent]) -> Iterator[str]:
    asked: dict[str, str] = {}
    for event in events:
        if isinstance(event, Attached) and event.kind == "skill":
            yield event.name
        elif isinstance(event, StepFinished):
            asked = {call.id: call.arguments for call in event.message.tool_calls if call.name == "skill"}
        elif isinstance(event, ToolFinished) and event.reply.ok and event.reply.call_id in asked:
            yield str(msgspec.json.decode(asked[event.reply.call_id])["name"])
