"""When a failed request is sent again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.errors import AuthError, NotChatCompletions, ProviderError, RateLimited, ServerError
from hone.models.failures import EmptyReply
from hone.models.retry import patience, retry_after, wait_before_retry

NOW = 1_795_348_800.0  # Sun, 22 Nov 2026 12:00:00 GMT


@pytest.mark.parametrize(
    ("error", "failed", "elapsed", "wait"),
    [
        (ServerError("x"), 1, 0, 0.5),
        (ServerError("x"), 2, 0, 1.0),
        (ServerError("x"), 4, 0, 4.0),
        (ServerError("x"), 5, 0, None),
        (RateLimited("x"), 1, 0, 2.0),
        (ServerError("x", retry_after=30), 1, 0, 30.0),
        (ServerError("x", retry_after=0), 1, 0, 0.0),
        (ServerError("x", retry_after=300), 1, 50, 35.0),
        (ServerError("x", retry_after=1), 2, 85, None),
        (ServerError("x"), 4, 84.5, 0.5),
        (AuthError("x"), 1, 0, None),
        (NotChatCompletions("x"), 1, 0, 0.5),
        (NotChatCompletions("x"), 2, 0, None),
        (NotChatCompletions("x", status=301), 1, 0, None),
        (EmptyReply("x"), 2, 0, 1.0),
        (EmptyReply("x"), 3, 0, None),
    ],
)
def test_the_wait_doubles_and_stays_within_the_window(
    error: ProviderError, failed: int, elapsed: float, wait: float | None
) -> None:
    assert wait_before_retry(error, failed, elapsed, chance=0.5) == wait


@given(st.floats(0, 1e9) | st.none(), st.integers(1, 9), st.floats(0, 200), st.floats(0, 1, exclude_max=True))
def test_no_attempt_starts_after_the_window(
    asked: float | None, failed: int, elapsed: float, chance: float
) -> None:
    wait = wait_before_retry(ServerError("x", retry_after=asked), failed, elapsed, chance)

    assert wait is None or 0 <= wait <= 85 - elapsed


@pytest.mark.parametrize(
    ("idle", "elapsed", "seconds"), [(90, 0, 90), (300, 0, 300), (90, 30, 60), (10, 30, 10), (90, 89, 5)]
)
def test_a_later_attempt_is_waited_for_as_long_as_the_window_lasts(
    idle: float, elapsed: float, seconds: float
) -> None:
    assert patience(idle, elapsed) == seconds


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("nan", None),
        ("soon", None),
        ("Sun, 22 Nov 2026 12:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 12:00:30 -0000", 30.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
        ("Sun, 99 Nov 2026 11:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds
