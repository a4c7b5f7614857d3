"""After failures in a row learning pauses, longer each time; one success ends it."""

import pytest

from hone.jobs.queue import Attempt
from hone.learning.breaker import failures_in_a_row, paused_until

NOW = 1_000_000.0


def attempts(words: str) -> list[Attempt]:
    """`x` failed, `.` succeeded; the oldest first, all just now."""
    return [Attempt(NOW, "provider" if word == "x" else None) for word in reversed(words)]


@pytest.mark.parametrize(
    ("history", "minutes"),
    [
        ("", None),
        (".", None),
        ("xx", None),
        ("x.xx", None),
        ("xxx", 10),
        (".xxx", 10),
        ("xxxx", 20),
        ("xxxxx", 40),
        ("x" * 8, 320),
        ("x" * 9, 360),
        ("x" * 20, 360),
        ("x" * 20 + ".", None),
    ],
)
def test_the_pause_doubles_with_each_failure_in_a_row(history: str, minutes: int | None) -> None:
    until = paused_until(attempts(history), NOW)

    assert until == (None if minutes is None else NOW + 60 * minutes)


def test_a_review_of_no_use_counts_like_a_failing_provider() -> None:
    mixed = [Attempt(NOW, "review"), Attempt(NOW, "provider"), Attempt(NOW, "review")]

    assert failures_in_a_row(mixed) == 3
    assert paused_until(mixed, NOW) is not None


def test_a_pause_ends_and_the_next_failure_begins_a_longer_one() -> None:
    three = attempts("xxx")
    assert paused_until(three, NOW + 599) == NOW + 600
    assert paused_until(three, NOW + 600) is None

    four = [Attempt(NOW + 700, "provider"), *three]

    assert paused_until(four, NOW + 700) == NOW + 700 + 1_200
