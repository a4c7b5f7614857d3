"""What came of recorded tasks that were done again with and without a skill: the table `replays`, and what it shows."""

import itertools
import random
from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import Literal

import msgspec

from hone.database import Database
from hone.proof.paired import mcnemar, permutation
from hone.proof.values import Measure
from hone.skills.read import Skill, version_of

Side = Literal["with", "without"]

_COMPARED: tuple[Measure, ...] = ("calls", "errors", "tokens", "seconds", "cost_usd")
_TESTED: tuple[Measure, ...] = ("calls", "tokens")
_DONE = "SELECT session, turn, arm, repetition, at, model, data FROM replays WHERE skill = ? AND version = ? ORDER BY at, session, turn, arm, repetition"


class Took(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay took, and whether it did its job: None if nothing told. `judged_by`: check, a model, or nobody.

    `check` is the command that told, or was to tell.
    """

    calls: int
    errors: int
    tokens: int
    seconds: float
    cost_usd: float | None = None
    success: bool | None = None
    judged_by: str = ""
    check: str = ""


class Replay(msgspec.Struct, frozen=True):
    """One replay: the recorded task (session and turn), with the skill or without it, for the how-many-th time."""

    session: str
    turn: int
    arm: Side
    repetition: int


class Ended(msgspec.Struct, frozen=True):
    """A replay that has ended: when (seconds since the epoch), by which model, and what it took."""

    replay: Replay
    at: float
    model: str
    took: Took


class Compared(msgspec.Struct, frozen=True):
    """A measure on average of the tasks, with and without the skill; `p`: how often chance alone would differ so much."""

    measure: Measure
    with_skill: float
    without: float
    p: float | None = None

    @property
    def saved(self) -> float:
        """What the skill saves a task."""
        return self.without - self.with_skill


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """What the replays of a skill, as it is now, show: of `tasks` that were done on both sides by `model`.

    Of the `judged` ones it is known whether they succeeded: with_ok and without_ok did (where repeated: mostly).
    """

    tasks: int
    judged: int
    with_ok: int
    without_ok: int
    p_calls: float
    p_tokens: float
    p_success: float | None
    calls_saved: float
    tokens_saved: float
    judged_by: str
    at: float
    model: str
    measures: tuple[Compared, ...] = ()


class Replays:
    """The replays of one skill as it is in one version (the sha256 of its SKILL.md). Methods raise HomeError."""

    def __init__(self, database: Database, skill: str, version: str) -> None:
        self._database = database
        self._key = skill, version

    def add(self, ended: Ended) -> None:
        """Record a replay; from here on it need not be made again."""
        replay, data = ended.replay, msgspec.json.encode(ended.took).decode()
        row = (*self._key, *msgspec.structs.astuple(replay), ended.at, ended.model, data)
        with self._database.transaction() as execute:
            execute("INSERT OR REPLACE INTO replays VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)

    def ended(self) -> tuple[Ended, ...]:
        """All that were made, in order."""
        return tuple(self._database.records(_ended, _DONE, self._key))


def replayed(database: Database, name: str, skill: Skill | None) -> Replayed | None:
    """What was shown of the skill as it is now, by the model that was asked last; None if nothing. Raises HomeError."""
    ended = Replays(database, name, version_of(skill)).ended()
    return compared([each for each in ended if each.model == ended[-1].model]) if ended else None


def compared(ended: Sequence[Ended]) -> Replayed | None:
    """What replays by one model show; None until a task was done on both sides. Repetitions of a task are averaged."""
    pairs = _pairs(ended)
    if not pairs:
        return None
    measures = tuple(_compared(measure, pairs) for measure in _COMPARED if _is_known(measure, pairs))
    by_name = {each.measure: each for each in measures}
    judged = [pair for pair in pairs if None not in [took.success for side in pair for took in side]]
    rates = [tuple(fmean(bool(took.success) for took in side) for side in pair) for pair in judged]
    only_with = sum(has > lacks for has, lacks in rates)
    only_without = sum(has < lacks for has, lacks in rates)
    judges = dict.fromkeys(took.judged_by for pair in judged for side in pair for took in side)
    return Replayed(
        tasks=len(pairs),
        judged=len(judged),
        with_ok=sum(has > 0.5 for has, _ in rates),
        without_ok=sum(lacks > 0.5 for _, lacks in rates),
        p_calls=by_name["calls"].p or 0.0,
        p_tokens=by_name["tokens"].p or 0.0,
        p_success=mcnemar(only_with, only_without) if judged else None,
        calls_saved=by_name["calls"].saved,
        tokens_saved=by_name["tokens"].saved,
        judged_by=", ".join(filter(None, judges)),
        at=ended[-1].at,
        model=ended[-1].model,
        measures=measures,
    )


_Pair = tuple[tuple[Took, ...], tuple[Took, ...]]
"""What a task took with the skill and without it, as often as it was done on both sides."""


def _pairs(ended: Iterable[Ended]) -> list[_Pair]:
    pairs = []
    for _, group in itertools.groupby(sorted(ended, key=_task), _task):
        took = {(each.replay.repetition, each.replay.arm): each.took for each in group}
        both = sorted(
            {number for number, _ in took if (number, "with") in took and (number, "without") in took}
        )
        if both:
            pairs.append((tuple(took[n, "with"] for n in both), tuple(took[n, "without"] for n in both)))
    return pairs


def _task(ended: Ended) -> tuple[str, int]:
    return ended.replay.session, ended.replay.turn


def _is_known(measure: Measure, pairs: Sequence[_Pair]) -> bool:
    return all(getattr(took, measure) is not None for pair in pairs for side in pair for took in side)


def _compared(measure: Measure, pairs: Sequence[_Pair]) -> Compared:
    means = [tuple(fmean(getattr(took, measure) for took in side) for side in pair) for pair in pairs]
    differences = [without - with_skill for with_skill, without in means]
    # A seed of its own: the same replays always show the same.
    p = permutation(differences, random.Random(0)) if measure in _TESTED else None  # noqa: S311
    return Compared(measure, fmean(has for has, _ in means), fmean(lacks for _, lacks in means), p)


def _ended(row: tuple[object, ...]) -> Ended:
    session, turn, arm, repetition, at, model, data = row
    replay = msgspec.convert((session, turn, arm, repetition), tuple[str, int, Side, int])
    took = msgspec.json.decode(str(data), type=Took)
    return Ended(Replay(*replay), msgspec.convert(at, float), str(model), took)
