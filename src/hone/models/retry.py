"""Whether and when a failed model request is sent again. Pure: time and chance are passed in."""

import datetime
import email.utils
import math

from hone.errors import NotChatCompletions, ProviderError, RateLimited
from hone.models.failures import EmptyReply

WINDOW = 90.0  # seconds: what a step may spend on retrying
_LAST_ATTEMPT = 5.0  # seconds that a wait leaves for the attempt after it
ATTEMPTS = 5
ATTEMPTS_WITH_A_SUBSTITUTE = 2  # another model of the chain is a better hope than a third attempt


def wait_before_retry(
    error: ProviderError, failed: int, elapsed: float, chance: float, attempts: int = ATTEMPTS
) -> float | None:
    """Seconds to wait before the next attempt, or None if there is none.

    `failed` counts the attempts so far, of at most `attempts`; `elapsed` is in seconds since the first began, `chance`
    is in [0, 1).
    """
    room = WINDOW - _LAST_ATTEMPT - elapsed
    if failed >= min(_attempts_worth(error), attempts) or room <= 0:
        return None
    if error.retry_after is not None:
        return min(error.retry_after, room)
    first = 2.0 if isinstance(error, RateLimited) else 0.5
    return min(first * 2.0 ** (failed - 1) * (0.5 + chance), room)


def patience(idle_timeout: float, elapsed: float) -> float:
    """Seconds to wait for an attempt's first byte when `elapsed` seconds of the step are gone."""
    return min(idle_timeout, max(_LAST_ATTEMPT, WINDOW - elapsed)) if elapsed > 0 else idle_timeout


def retry_after(header: str | None, now: float) -> float | None:
    """Seconds that a Retry-After header asks to wait; None if it is absent or makes no sense. `now` is epoch time."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        pass
    else:
        return None if math.isnan(seconds) else max(0.0, seconds)
    try:
        at = email.utils.parsedate_to_datetime(header)
        return max(0.0, (at if at.tzinfo else at.replace(tzinfo=datetime.UTC)).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def _attempts_worth(error: ProviderError) -> int:
    if error.retryable:
        return ATTEMPTS
    if isinstance(error, EmptyReply):
        return 3
    return 2 if isinstance(error, NotChatCompletions) and error.status is None else 1
