"""What became of each job that failed: a fix, a precondition, a warm-up, ordinary repair, or nothing yet.

A trouble stays open until the same call passes or another one does the same job. `hone.learning.friction` tells of them.
"""

import re
from collections.abc import Sequence
from typing import Literal

import msgspec

from hone.learning.actions import Action
from hone.learning.calls import MOST, Call
from hone.learning.outcome import Outcome, says
from hone.learning.similar import depends_on_place, needs_place, same_call, same_job, stands_in

_MOST_OPEN = 24  # troubles that are compared with what comes later
_MOST_COMPARED = 8  # failures of one
_TRANSIENT = (
    *(
        "connection refused",
        "connection reset",
        "timed out",
        "timeout",
        "temporar",
        "try again",
        "unavailable",
    ),
    *("not ready", "starting up", "too many requests", " 429", " 502", " 503", " 504", "could not resolve"),
    *("failed to connect", "econnrefused", "could not get lock", "empty reply"),
)
_STARTS = re.compile(
    r"\b(?:start|up|run|restart|serve|server|boot|migrate|init|create|deploy|apply|load|seed|install)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w{2,}")


class Failure(msgspec.Struct, frozen=True):
    """An action that failed; `index` is its call's place among the calls."""

    index: int
    call: Call
    action: Action


class Trouble(msgspec.Struct, frozen=True):
    """Failures of one job, oldest first, and what became of them: `by` is the call that `worked`, once it had what it `needed`."""

    failures: tuple[Failure, ...]
    end: Literal["fix", "precondition", "warm_up", "repair", "dead_end"] = "dead_end"
    by: Call | None = None
    worked: str = ""
    needed: str = ""


class Troubles(msgspec.Struct, frozen=True):
    """What was ended, in order, what is open, and how many calls failed."""

    ended: tuple[Trouble, ...]
    open: tuple[Trouble, ...]
    failed: int


def troubles_in(calls: Sequence[Call]) -> Troubles:
    """The troubles of `calls`."""
    reading = _Reading(calls)
    for index, call in enumerate(calls):
        if not (call.may_have_failed or reading.may_end(call)):
            continue
        outcome = call.outcome
        if outcome.result == "failed":
            reading.fail(index, outcome)
        elif outcome.result == "worked":
            reading.succeed(index, outcome)
    return Troubles(tuple(reading.ended), tuple(map(Trouble, map(tuple, reading.open))), reading.failed)


class _Reading:
    """The calls so far."""

    def __init__(self, calls: Sequence[Call]) -> None:
        self.calls = calls
        self.open: list[list[Failure]] = []
        self.ended: list[Trouble] = []
        self.failed = 0
        self.words: set[str] = set()  # of all that failed

    def may_end(self, call: Call) -> bool:
        """Whether a call shares a word with what failed: a cheap look, for most share none."""
        return bool(self.open) and not self.words.isdisjoint(_WORD.findall(call.command))

    def fail(self, index: int, outcome: Outcome) -> None:
        call = self.calls[index]
        self.failed += 1
        for action in outcome.actions:
            failure = Failure(index, call, action)
            same = next((known for known in self.open if _is_same_job(known[-1], failure)), None)
            if same is None:
                self.open = [*self.open[1 - _MOST_OPEN :], [failure]]
                self.words.update(_WORD.findall(action.text))
            elif same[-1].index != index:
                same.append(failure)

    def succeed(self, index: int, outcome: Outcome) -> None:
        found = [
            trouble for failures in reversed(self.open) if (trouble := self._ended(failures, index, outcome))
        ]
        lessons = [trouble for trouble in found if trouble.end in ("fix", "precondition")]
        self.ended += [trouble for trouble in found if trouble not in lessons[1:]]  # a success is one lesson
        over = {failure.index for trouble in found for failure in trouble.failures}
        self.open = [failures for failures in self.open if failures[-1].index not in over]

    def _ended(self, failures: Sequence[Failure], index: int, outcome: Outcome) -> Trouble | None:
        by = self.calls[index]
        between = self.calls[failures[-1].index + 1 : index]
        for worked in outcome.actions:
            for failure in reversed(failures[-_MOST_COMPARED:]):
                if trouble := _judged(failure, worked, by, between):
                    return msgspec.structs.replace(trouble, failures=tuple(failures))
        return None


def _is_same_job(before: Failure, now: Failure) -> bool:
    return same_call(before.action, now.action) or same_job(before.action, now.action, before.call.text)


def _judged(failure: Failure, worked: Action, by: Call, between: Sequence[Call]) -> Trouble | None:
    """What became of `failure` now that `worked` did, if they are of the same job."""
    failed, error = failure.action, failure.call.text
    if same_call(failed, worked):
        if told := _another_setting(failure, worked, by):
            return Trouble((), "fix", by, told)
        if _edited(worked, by, between):
            return Trouble((), "repair", by)
        needed = _needed(failure, between, worked, by)
        return Trouble((), "precondition" if needed else "warm_up", by, worked.text, needed)
    if not same_job(failed, worked, error):
        return None
    if _edited(worked, by, between) and not same_job(failed, worked, error, edited=True):
        return Trouble((), "repair", by)
    return Trouble((), "fix", by, _typed(worked))


def _edited(worked: Action, by: Call, between: Sequence[Call]) -> bool:
    """Whether files of the project were changed before `worked`."""
    return any(action.nature == "edits" for action in _before(worked, by)) or any(
        call.edits for call in between
    )


def _before(worked: Action, by: Call) -> tuple[Action, ...]:
    actions = by.actions
    return actions[: actions.index(worked)] if worked in actions else ()


def _another_setting(failure: Failure, worked: Action, by: Call) -> str:
    """How the same command was run differently: elsewhere, in a prepared shell, longer, in the background."""
    if needs_place(failure.action, worked, failure.call.text):
        return _typed(worked)
    if "[timed out after " in failure.call.text:
        if by.in_background:
            return f"{worked.text} (in the background)"
        if by.limit > failure.call.limit:
            return f"{worked.text} (timeout {by.limit:g} s)"
    return ""


def _typed(action: Action) -> str:
    """The action as a person would type it, with what prepares it."""
    moved = [f"cd {action.where}"] if action.where and action.program != "cd" else []
    return " && ".join([*moved, *action.setup, action.text])


def _needed(failure: Failure, between: Sequence[Call], worked: Action, by: Call) -> str:
    """The commands that ran between failure and success and may have made the difference, in order."""
    ran = [
        (f"{_typed(action)} &" if call.in_background else _typed(action), action)
        for call in between
        if call.ok
        for action in call.actions
    ]
    ran += [(_typed(action), action) for action in _before(worked, by)]
    repeated = failure.call.actions
    kept = list(
        dict.fromkeys(
            text
            for text, action in ran
            if _may_matter(action, failure) and not any(same_call(action, each) for each in repeated)
        )
    )
    while len(" && ".join(kept)) > MOST and len(kept) > 1:
        del kept[0]
    return " && ".join(kept)


def _may_matter(action: Action, failure: Failure) -> bool:
    error = failure.call.text
    if action.nature != "acts":
        return False
    if action.program == "cd":
        return depends_on_place(error)
    if not says(error, _TRANSIENT):
        return True
    # Waiting may have been enough, so that only what looks like a cause is taken for one.
    words = {*action.verbs, *action.targets, action.program}
    shared = any(len(word) > 3 and stands_in(word, f"{failure.action.text} {error}") for word in words)
    return shared or _STARTS.search(action.text) is not None
