"""Whether a turn is worth a review: plain code on what happened, no model. Ordinary work costs nothing."""

from collections.abc import Sequence

from hone.events import TurnFinished
from hone.history.rows import Recorded
from hone.jobs.nudge import Reason
from hone.learning.calls import calls_in
from hone.learning.episode import Episode, Kind
from hone.learning.friction import hard_calls

LONG = 10
"""Calls of a turn that is long work."""
HARD = 2
"""Of them, failed calls that make it hard as well."""

_REASONS: tuple[tuple[Reason, frozenset[Kind]], ...] = (
    ("fix", frozenset({"fix", "precondition"})),
    ("correction", frozenset({"correction"})),
    ("misfire", frozenset({"misfire"})),
)
_NOT_RESOLVED = ("dead_end", "in_vain")


def reasons_for(
    events: Sequence[Recorded],
    finished: TurnFinished,
    episodes: Sequence[Episode],
    *,
    long_work_pays: bool = True,
) -> tuple[Reason, ...]:
    """Why the turn of `events`, which ended as `finished`, is worth a review; empty if it is not.

    A failure that was never resolved is no reason: it would be told as if it were a method.
    """
    if finished.status == "refused" or not finished.steps:
        return ()
    kinds = {episode.kind for episode in episodes}
    reasons = [reason for reason, telling in _REASONS if kinds & telling]
    if long_work_pays and _is_long_work(events, finished, episodes):
        reasons.append("long_work")
    if _was_told_to_remember(events):
        reasons.append("remember")
    return tuple(reasons)


def _is_long_work(events: Sequence[Recorded], finished: TurnFinished, episodes: Sequence[Episode]) -> bool:
    if finished.status != "answered" or finished.skills or finished.tool_calls < LONG:
        return False
    if finished.errors < HARD:
        return False
    failed = {event for episode in episodes if episode.kind in _NOT_RESOLVED for event in episode.events}
    return len(failed) >= HARD or hard_calls(events) >= HARD  # the first is known already


def _was_told_to_remember(events: Sequence[Recorded]) -> bool:
    """Whether the model put this stretch of work forward; facts are written at once and need no review."""
    return any(
        call.tool == "remember" and call.ok and call.arguments.get("file") == "skill"
        for call in calls_in(events)
    )
