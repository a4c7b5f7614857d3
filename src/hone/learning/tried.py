"""A turn as the gate wants it: what ran, with what, whether it did its job, and what the user said. Pure."""

from collections.abc import Iterator, Sequence

import msgspec

from hone.changes.change import Facts, Tried
from hone.events import Attached, TurnStarted
from hone.history.rows import Recorded
from hone.learning.calls import Call, calls_in
from hone.learning.condense import quotable
from hone.messages import least_trusted
from hone.skills.tripwires import subject_of


def facts_of(events: Sequence[Recorded], worked: Sequence[tuple[Tried, ...]] = ()) -> Facts:
    """What the gate may know of the turns of `events`; `worked` are the calls of all turns, newest turn first.

    Of these the turns of `events` are left out, whose calls are known better here.
    """
    calls = tried(events)
    own = frozenset(map(_mark, calls))
    return Facts(
        events=quotable(events),
        calls=calls,
        worked=tuple(turn for turn in worked if own.isdisjoint(map(_mark, turn))),
        said=tuple(_said_by_user(events)),
    )


def tried(events: Sequence[Recorded]) -> tuple[Tried, ...]:
    """The calls of `events` that ran, in the order of their results; a failure behind a good exit code is one."""
    trust = {each.id: each.trust for each in events}
    return tuple(
        Tried(
            events=call.events,
            tool=call.tool,
            arguments=msgspec.json.encode(call.arguments).decode(),
            ok=_did_its_job(call),
            trust=least_trusted("workspace", trust[call.event], call.reply.trust),
        )
        for call in calls_in(events)
        if call.ran
    )


def _mark(call: Tried) -> tuple[str, str, str]:
    """What tells a call from those of other sessions, whose events have the same ids."""
    return call.events[-1], call.tool, subject_of(call.tool, call.arguments)


def _did_its_job(call: Call) -> bool:
    return call.ok and not (call.may_have_failed and call.outcome.result == "failed")


def _said_by_user(events: Sequence[Recorded]) -> Iterator[str]:
    for each in events:
        match each.event:
            case TurnStarted(text=text, trust="user") | Attached(kind="steering", text=text, trust="user"):
                yield text
            case _:
                pass
