"""When learning stops asking for a while: after failures in a row, longer each time. Pure; the attempts are the queue's.

It keeps hone from starting reviews of its own accord. What a person asks for is tried all the same, and a success closes it.
"""

from collections.abc import Sequence

from hone.jobs.queue import Attempt

FAILURES = 3
"""So many reviews in a row must fail before a pause."""

_FIRST_PAUSE = 600.0  # seconds
_LONGEST_PAUSE = 6 * 3_600.0


def paused_until(attempts: Sequence[Attempt], now: float) -> float | None:
    """Until when (seconds since the epoch) nothing is to be tried, or None. `attempts` are the latest, newest first."""
    failures = failures_in_a_row(attempts)
    if failures < FAILURES:
        return None
    doublings = min(failures - FAILURES, 10)  # by then the longest pause is reached
    until = attempts[0].at + min(_FIRST_PAUSE * 2**doublings, _LONGEST_PAUSE)
    return until if until > now else None


def failures_in_a_row(attempts: Sequence[Attempt]) -> int:
    """How many of the latest attempts failed since the last success."""
    return next((n for n, attempt in enumerate(attempts) if attempt.failure is None), len(attempts))
