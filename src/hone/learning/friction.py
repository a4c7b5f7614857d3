"""Friction: what was hard in a stretch of work, found in its events by plain code. Pure; nothing is asked of a model.

A failure stays open until something closes it: the same call that passes (repair, precondition or warm-up) or another
call that does the same job (a fix). `hone.learning.nudge` weighs what is found, `hone.learning.review` reads it.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from hone.events import Attached, StepFinished, TurnStarted
from hone.history.rows import Recorded
from hone.learning.actions import Action
from hone.learning.calls import MOST, Call, calls_in, shortened
from hone.learning.correction import is_correction
from hone.learning.episode import Episode, Kind
from hone.learning.misfire import loaded_skills, misfires
from hone.learning.outcome import visible
from hone.learning.similar import depends_on_place, needs_place, same_call, same_job, stands_in
from hone.learning.telling import telling_part

__all__ = ["hard_calls", "is_correction", "mine"]

_MOST_OPEN = 24  # failures that are compared with what comes later
_MOST_EVENTS = 8  # of one episode
_TOLD = ("fix", "precondition")
_IN_VAIN = 3  # times that the same call fails with no change
_TRANSIENT = re.compile(
    r"connection refused|connection reset|timed? ?out|temporar|try again|unavailable|not ready|starting up|too many requests"
    r"|\b(?:429|502|503|504)\b|could not resolve|failed to connect|ECONNREFUSED|could not get lock|empty reply",
    re.IGNORECASE,
)
_STARTS = re.compile(
    r"\b(?:start|up|run|restart|serve|server|boot|migrate|init|create|deploy|apply|load|seed|install)\b",
    re.IGNORECASE,
)


def mine(events: Sequence[Recorded], said_next: str = "") -> tuple[Episode, ...]:
    """The episodes of `events`: first what was resolved, in order, then what was not, the corrections, the misfires.

    `events` are one or more turns of a session; `said_next` is what the user said after them, if anything.
    """
    calls = calls_in(events)
    found = (*_told(calls, events), *_corrections(events, said_next))
    return (*found, *misfires(loaded_skills(events), calls, found))


def hard_calls(events: Sequence[Recorded]) -> int:
    """How many calls failed, apart from those that ordinary repair or waiting made pass."""
    reading = _read(calls_in(events))
    eased = (close for close in reading.closed if close.kind in ("repair", "warm_up"))
    return reading.failed - sum(len(close.failures) for close in eased)


class _Failure(msgspec.Struct, frozen=True):
    """An action that failed; `index` is its call's place among the calls."""

    index: int
    call: Call
    action: Action
    error: str  # what the call said, shortened


class _Closed(msgspec.Struct, frozen=True):
    """Failures of one job, oldest first, and what became of them."""

    failures: tuple[_Failure, ...]
    kind: Literal["fix", "precondition", "warm_up", "repair", "open"]
    by: Call | None = None
    worked: str = ""
    needed: str = ""


class _Reading:
    """The calls so far: jobs that failed and are open, and what was closed. `failed` counts failed calls."""

    def __init__(self, calls: Sequence[Call]) -> None:
        self.calls = calls
        self.open: list[list[_Failure]] = []
        self.closed: list[_Closed] = []
        self.failed = 0

    def fail(self, index: int) -> None:
        call = self.calls[index]
        self.failed += 1
        error = visible(call.text)
        for action in call.outcome.actions:
            failure = _Failure(index, call, action, error)
            job = next((job for job in self.open if _is_same_job(job[-1], failure)), None)
            if job is None:
                self.open = [*self.open[1 - _MOST_OPEN :], [failure]]
            elif job[-1].index != index:
                job.append(failure)

    def succeed(self, index: int) -> None:
        found = [closed for job in reversed(self.open) if (closed := self._resolution(job, index))]
        told = [closed for closed in found if closed.kind in _TOLD][:1]  # a success is one lesson
        self.closed += [closed for closed in found if closed in told or closed.kind not in _TOLD]
        calls = {failure.index for closed in found for failure in closed.failures}
        self.open = [job for job in self.open if job[-1].index not in calls]

    def _resolution(self, job: list[_Failure], index: int) -> _Closed | None:
        by = self.calls[index]
        for worked in by.outcome.actions:
            for failure in reversed(job[-_MOST_EVENTS:]):
                if closed := self._closed(job, failure, worked, index):
                    return closed
        return None

    def _closed(self, job: list[_Failure], failure: _Failure, worked: Action, index: int) -> _Closed | None:
        failed, error, by = failure.action, failure.error, self.calls[index]
        between = self.calls[job[-1].index + 1 : index]
        edited = any(call.edits for call in between) or _edited_before(worked, by)
        failures = tuple(job)
        if same_call(failed, worked):
            if told := _another_setting(failure, worked, by):
                return _Closed(failures, "fix", by, told)
            if edited:
                return _Closed(failures, "repair", by)
            needed = _needed(failure, between, worked, by)
            return _Closed(failures, "precondition" if needed else "warm_up", by, worked.text, needed)
        if not same_job(failed, worked, error):
            return None
        if edited and not same_job(failed, worked, error, edited=True):
            return _Closed(failures, "repair", by)
        return _Closed(failures, "fix", by, _typed(worked))


def _read(calls: Sequence[Call]) -> _Reading:
    reading = _Reading(calls)
    for index, call in enumerate(calls):
        if call.outcome.result == "failed":
            reading.fail(index)
        elif call.outcome.result == "worked" and reading.open:
            reading.succeed(index)
    return reading


def _is_same_job(before: _Failure, now: _Failure) -> bool:
    return same_call(before.action, now.action) or same_job(before.action, now.action, before.error)


def _edited_before(worked: Action, by: Call) -> bool:
    """Whether the line of the working call changed files before it came to the action that worked."""
    return any(action.nature == "edits" for action in _before(worked, by))


def _before(worked: Action, by: Call) -> tuple[Action, ...]:
    actions = by.actions
    return actions[: actions.index(worked)] if worked in actions else ()


def _another_setting(failure: _Failure, worked: Action, by: Call) -> str:
    """How the same command was run differently: elsewhere, in a prepared shell, longer, in the background."""
    if needs_place(failure.action, worked, failure.error):
        return _typed(worked)
    if "[timed out after " in failure.call.text:
        if by.in_background:
            return f"{worked.text} (in the background)"
        if by.limit > failure.call.limit:
            return f"{worked.text} (timeout {by.limit:g} s)"
    return ""


def _typed(action: Action) -> str:
    """The action as a person would type it, with what prepares it."""
    moved = [f"cd {action.where}"] if action.where else []
    return " && ".join([*moved, *action.setup, action.text])


def _needed(failure: _Failure, between: Sequence[Call], worked: Action, by: Call) -> str:
    """The commands that ran between failure and success and may have made the difference, in order."""
    own = [(_act(action), action) for action in _before(worked, by)]
    ran = [
        (_act(action) + (" &" if call.in_background else ""), action)
        for call in between
        if call.outcome.result == "worked"
        for action in call.actions
    ]
    repeated = failure.call.actions
    acts = [
        text
        for text, action in (*ran, *own)
        if _may_matter(action, failure) and not any(same_call(action, each) for each in repeated)
    ]
    kept = list(dict.fromkeys(acts))
    while len(" && ".join(kept)) > MOST and len(kept) > 1:
        del kept[0]
    return " && ".join(kept)


def _act(action: Action) -> str:
    return f"cd {action.where} && {action.text}" if action.where and action.program != "cd" else action.text


def _may_matter(action: Action, failure: _Failure) -> bool:
    if action.nature != "acts":
        return False
    if action.program == "cd":
        return depends_on_place(failure.error)
    if not _TRANSIENT.search(failure.error):
        return True
    # Waiting may have been enough, so that only what looks like a cause is taken for one.
    words = {*action.verbs, *action.targets, action.program}
    shared = any(
        len(word) > 3 and stands_in(word, f"{failure.action.text} {failure.error}") for word in words
    )
    return shared or _STARTS.search(action.text) is not None


def _told(calls: Sequence[Call], events: Sequence[Recorded]) -> Iterator[Episode]:
    reading = _read(calls)
    unresolved = [_Closed(tuple(job), "open") for job in reading.open]
    for closed in (*reading.closed, *unresolved):
        run = _run_in_vain(closed.failures, calls) if closed.kind not in ("repair", "warm_up") else ()
        if run:
            yield _episode("in_vain", run, run[-1].call, calls, events)
        if closed.kind == "open" and not run:
            yield _episode("dead_end", closed.failures, closed.failures[-1].call, calls, events)
        elif closed.by is not None and (closed.kind != "repair" and closed.kind != "open"):
            episode = _episode(closed.kind, closed.failures, closed.by, calls, events)
            yield msgspec.structs.replace(
                episode, worked=shortened(closed.worked), needed=shortened(closed.needed)
            )


def _run_in_vain(failures: Sequence[_Failure], calls: Sequence[Call]) -> tuple[_Failure, ...]:
    """The longest run of the same failing call with nothing changed in between, if it is long enough."""
    best: list[_Failure] = []
    run: list[_Failure] = []
    for failure in failures:
        goes_on = run and same_call(run[-1].action, failure.action)
        changed = run and any(
            call.edits or any(action.nature == "acts" for action in call.actions)
            for call in calls[run[-1].index + 1 : failure.index]
            if call.outcome.result == "worked"
        )
        run = [*run, failure] if goes_on and not changed else [failure]
        best = max(best, run, key=len)
    return tuple(best) if len(best) >= _IN_VAIN else ()


def _episode(
    kind: Kind, failures: Sequence[_Failure], end: Call, calls: Sequence[Call], events: Sequence[Recorded]
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
        error=telling_part(alike[-1].error),
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
