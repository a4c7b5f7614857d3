"""Simulated tasks for which it is known whether the skill helps: what the rule makes of them shows how often it errs."""

import math
import random
from collections.abc import Iterator

import msgspec

from hone.proof.rule import due, look
from hone.proof.values import LOOKS, Arm, Task, Verdict


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """What is true of a skill: how often tasks succeed without it, how much more often with it, and the share of calls
    that it saves. Where `told` is false nobody says whether a task succeeded.
    """

    base: float
    difference: float = 0.0
    saves: float = 0.0
    told: bool = True
    holdout: float = 0.2


class Fate(msgspec.Struct, frozen=True):
    """What the rule said at last, and after how many tasks."""

    verdict: Verdict
    tasks: int


def fate(truth: Truth, tasks: int, rng: random.Random) -> Fate:
    """One skill over so many tasks with a coin."""
    stream = [*simulated_tasks(truth, tasks, rng)]
    for at in due(tasks, ()):
        verdict = look(stream, at).verdict
        if verdict != "go_on":
            return Fate(verdict, at)
    return Fate("go_on", max((at for at in LOOKS if at <= tasks), default=0))


def simulated_tasks(truth: Truth, tasks: int, rng: random.Random) -> Iterator[Task]:
    """Tasks as a person's are: mostly of about eight calls, now and then of thirty; a task that fails takes more and errs more."""
    for number in range(tasks):
        arm: Arm = "without" if rng.random() < truth.holdout else "with"
        helped = arm == "with"
        chance = min(1.0, max(0.0, truth.base + truth.difference * helped))
        success = rng.random() < chance
        mean = 8.0 * (1 - truth.saves * helped) * (1.0 if success else 1.3)
        calls = 1 + round(rng.lognormvariate(math.log(mean) - 0.125, 0.5))
        errors = sum(rng.random() < 0.12 for _ in range(calls))
        yield Task(
            session=f"s{number}",
            turn=1,
            at=float(number),
            family="f",
            arm=arm,
            calls=calls,
            errors=errors,
            tokens=calls * 900,
            seconds=calls * 2.0,
            success=success if truth.told else None,
        )
