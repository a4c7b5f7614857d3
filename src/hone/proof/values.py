"""What proof is about, as values: tasks with what they took, what a skill saved, and what is decided for it."""

from typing import Literal

import msgspec

Arm = Literal["first", "with", "without", "always"]
"""How a task came to have a skill or not: as one of its `first` tasks, which always have it; by the coin; without a coin."""

Measure = Literal["calls", "errors", "tokens", "seconds", "cost_usd", "success"]

Verdict = Literal["go_on", "proven", "harmful", "undecided"]
"""What a look says of a skill. `go_on`: too early; `undecided`: at the last look neither."""

LOOKS = (16, 32, 64, 128)
"""A skill is judged after so many tasks with a coin, and at no other time: looking more often finds chance."""

FIRST_TASKS = 3
"""The first eligible tasks of a skill always have it and are no part of the analysis."""


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A turn that has ended, as a task of a skill: how it was assigned and what it took.

    `tokens` are sent and received, `cost_usd` is None where no price is known, `success` unless somebody or something
    said so. `model` did it; `loaded`: the skill was in fact loaded.

    `named` (a person asked for it) and `later` (the coin was thrown for an earlier task of the session) do not count.
    """

    session: str
    turn: int
    at: float
    family: str
    arm: Arm
    calls: int
    errors: int
    tokens: int
    seconds: float
    cost_usd: float | None = None
    success: bool | None = None
    model: str = ""
    loaded: bool = False
    named: bool = False
    later: bool = False

    @property
    def is_judged(self) -> bool:
        """Whether it takes part in the analysis: the coin decided of this task, and of nothing else."""
        return self.arm in ("with", "without") and not (self.named or self.later)


class Saving(msgspec.Struct, frozen=True, kw_only=True):
    """What a task took on average with and without a skill, and what that saves a task: positive is less.

    Of `success` it is how much more often it succeeds. `low` to `high` holds the true value in 90 of 100 such receipts;
    `borrowed` is the share of the estimate that comes from the other skills of the library (0 to 1).
    """

    measure: Measure
    with_skill: float
    without: float
    tasks_with: int
    tasks_without: int
    saved: float
    low: float
    high: float
    borrowed: float = 0.0


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """A look at `tasks` tasks: the chance (p-value) of such a difference without any effect, for better and for worse."""

    tasks: int
    verdict: Verdict
    better: dict[Measure, float]
    worse: dict[Measure, float]
    at: float = 0.0
