"""A nudge as a value: a stretch of work that is worth a review, and why. The queue of them is `hone.jobs.queue`."""

from typing import Literal

import msgspec

Reason = Literal["fix", "correction", "misfire", "long_work", "remember", "learn"]
"""`remember`: the model's or the user's word in the turn. `learn`: `hone learn`."""


class Nudge(msgspec.Struct, frozen=True, kw_only=True):
    """Turns `first_turn` to `turn` of a session are to be reviewed, not before `not_before` (seconds since the epoch).

    `attempts` counts reviews begun. `state` is `waiting` until its effects are in the ledger (`done`) or it failed too
    often (`given_up`); `result` is one line about either.
    """

    session: str
    first_turn: int
    turn: int
    reasons: tuple[Reason, ...]
    not_before: float = 0.0
    created: float = 0.0
    attempts: int = 0
    state: Literal["waiting", "done", "given_up"] = "waiting"
    result: str = ""
    id: int = 0
