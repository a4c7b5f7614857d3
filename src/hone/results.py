"""The result of a task as programs see it: the object that `hone run --json` prints and `Agent.run` returns."""

import msgspec

from hone.events import LearningNote, Outcome, Status, TurnFinished


class Tokens(msgspec.Struct, frozen=True):
    """Tokens of a turn; `cached` is part of `input`."""

    input: int
    cached: int
    output: int


class Result(msgspec.Struct, frozen=True):
    """How a turn went. `errors` counts failed tool calls; `cost_usd` is None if a price is not known."""

    session: str
    turn: int
    status: Status
    answer: str
    reason: str
    steps: int
    tool_calls: int
    errors: int
    tokens: Tokens
    cost_usd: float | None
    wall_s: float
    skills_loaded: tuple[str, ...]
    learning: LearningNote
    outcome: Outcome = "unknown"

    @classmethod
    def of(cls, session: str, finished: TurnFinished, outcome: Outcome = "unknown") -> "Result":
        """The result of a finished turn of `session`; `outcome` is what is known of whether it did its job."""
        usage = finished.usage
        return cls(
            session=session,
            turn=finished.turn,
            status=finished.status,
            answer=finished.answer,
            reason=finished.reason,
            steps=finished.steps,
            tool_calls=finished.tool_calls,
            errors=finished.errors,
            tokens=Tokens(usage.input, usage.cached, usage.output),
            cost_usd=usage.cost_usd,
            wall_s=round(finished.seconds, 3),
            skills_loaded=finished.skills,
            learning=finished.learning,
            outcome=outcome,
        )
