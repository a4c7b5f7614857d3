"""The calls of a turn as the gate wants them: what ran, with what, and whether it did its job. Pure."""

from collections.abc import Sequence

import msgspec

from hone.changes.change import Tried
from hone.history.rows import Recorded
from hone.learning.calls import Call, calls_in
from hone.messages import least_trusted


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


def _did_its_job(call: Call) -> bool:
    return call.ok and not (call.may_have_failed and call.outcome.result == "failed")
