"""Friction: what was hard in a stretch of work, found in its events by plain code. Pure; nothing is asked of a model.

A failure stays open until something closes it: the same call that passes (repair, precondition or warm-up) or another
call that does the same job (a fix). `hone.learning.nudge` weighs what is found, `hone.learning.review` reads it.
"""

from collections.abc import Iterator, Sequence

import msgspec

from hone.events import Attached, StepFinished, TurnStarted
from hone.history.rows import Recorded
from hone.learning.calls import Call, calls_in, shortened, side_by_side
from hone.learning.correction import is_correction
from hone.learning.episode import Episode, Kind
from hone.learning.misfire import loaded_skills, misfires
from hone.learning.similar import same_call
from hone.learning.telling import telling_part
from hone.learning.troubles import Failure, Trouble, troubles_in

__all__ = ["hard_calls", "is_correction", "mine"]

_MOST_EVENTS = 8  # of one episode
_IN_VAIN = 3  # times that the same call fails with no change


def mine(events: Sequence[Recorded], said_next: str = "") -> tuple[Episode, ...]:
    """The episodes of `events`: first what was resolved, in order, then what was not, the corrections, the misfires.

    `events` are one or more turns of a session; `said_next` is what the user said after them, if anything.
    """
    calls = calls_in(events)
    troubles = troubles_in(calls)
    told = (
        episode for trouble in (*troubles.ended, *troubles.open) for episode in _told(trouble, calls, events)
    )
    found = (*told, *_corrections(events, said_next))
    return (*found, *misfires(loaded_skills(events), calls, found))


def hard_calls(events: Sequence[Recorded]) -> int:
    """How many calls failed, apart from those that ordinary repair or waiting made pass."""
    troubles = troubles_in(calls_in(events))
    eased = (trouble for trouble in troubles.ended if trouble.end in ("repair", "warm_up"))
    return troubles.failed - sum(len(trouble.failures) for trouble in eased)


def _told(trouble: Trouble, calls: Sequence[Call], events: Sequence[Recorded]) -> Iterator[Episode]:
    if trouble.end == "repair":
        return
    vain = () if trouble.end == "warm_up" else _run_in_vain(trouble.failures, calls)
    if vain:
        yield _episode("in_vain", vain, vain[-1].call, calls, events)
    if trouble.by is None:
        last = trouble.failures[-1].call
        yield from () if vain else (_episode("dead_end", trouble.failures, last, calls, events),)
        return
    episode = _episode(trouble.end, trouble.failures, trouble.by, calls, events)
    failed, worked = side_by_side(trouble.failures[0].action.text, trouble.worked)
    needed = shortened(trouble.needed)
    yield msgspec.structs.replace(episode, failed=failed, worked=worked, needed=needed)


def _run_in_vain(failures: Sequence[Failure], calls: Sequence[Call]) -> tuple[Failure, ...]:
    """The longest run of the same failing call with nothing changed in between, if it is long enough."""
    best: list[Failure] = []
    run: list[Failure] = []
    for failure in failures:
        goes_on = run and same_call(run[-1].action, failure.action)
        if goes_on and not any(map(_changes, calls[run[-1].index + 1 : failure.index])):
            run.append(failure)
        else:
            run = [failure]
        best = max(best, run, key=len)
    return tuple(best) if len(best) >= _IN_VAIN else ()


def _changes(call: Call) -> bool:
    return call.ok and (call.edits or any(action.nature == "acts" for action in call.actions))


def _episode(
    kind: Kind, failures: Sequence[Failure], end: Call, calls: Sequence[Call], events: Sequence[Recorded]
) -> Episode:
    first = failures[0]
    alike = [failure for failure in failures if same_call(first.action, failure.action)]
    ids = list(dict.fromkeys(failure.call.event for failure in failures))[-_MOST_EVENTS:]
    steps = events[first.call.position : end.position]
    usages = [each.event.usage for each in steps if isinstance(each.event, StepFinished)]
    return Episode(
        kind=kind,
        events=tuple(dict.fromkeys((*ids, end.event))),
        failed=shortened(first.action.text),
        error=telling_part(alike[-1].call.text),
        calls=sum(first.call.position <= call.position <= end.position for call in calls),
        seconds=round(end.at - first.call.at + first.call.seconds, 3),
        tokens=sum(usage.input + usage.output for usage in usages),
    )


def _corrections(events: Sequence[Recorded], said_next: str) -> Iterator[Episode]:
    for at, recorded in enumerate(events):
        match recorded.event:
            case TurnStarted(text=text) | Attached(kind="steering", text=text) if is_correction(
                text, events[:at]
            ):
                yield _correction(text, (*_last_said(events[:at]), recorded.id))
            case _:
                pass
    if said_next and is_correction(said_next, events):
        yield _correction(said_next, _last_said(events))


def _correction(text: str, events: tuple[str, ...]) -> Episode:
    return Episode("correction", events, said=shortened(text))


def _last_said(events: Sequence[Recorded]) -> tuple[str, ...]:
    """What is corrected: the last thing that the agent said."""
    return next(((each.id,) for each in reversed(events) if isinstance(each.event, StepFinished)), ())
