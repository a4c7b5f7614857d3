"""What learning spends is counted by the user's day, and a cap holds before the request is sent."""

import datetime
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.config.settings import Learning
from hone.database import Database
from hone.learning.budget import Spend, Spent, midnight, why_not
from hone.messages import Usage
from hone.testing import FakeClock

CAPPED = Learning(daily_tokens=1_000)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def spend(tmp_path: Path, clock: FakeClock) -> Iterator[Spend]:
    database = Database.open(tmp_path / "state.db")
    yield Spend(database, clock)
    database.close()


@pytest.mark.parametrize(
    ("learning", "spent", "tokens", "refused"),
    [
        (Learning(), Spent(), 8_000, ""),
        (CAPPED, Spent(tokens=900), 100, ""),
        (CAPPED, Spent(tokens=900), 101, "daily_tokens"),
        (CAPPED, Spent(tokens=2_000), 0, "daily_tokens"),
        (Learning(daily_tokens=0), Spent(), 1, "daily_tokens"),
        (Learning(daily_usd=1.0), Spent(tokens=10, usd=0.5, priced_tokens=10), 9, ""),
        (Learning(daily_usd=1.0), Spent(tokens=10, usd=0.5, priced_tokens=10), 11, "daily_usd"),
        (Learning(daily_usd=1.0), Spent(tokens=16, usd=0.5, priced_tokens=10), 5, "daily_usd"),
        (Learning(daily_usd=0.0), Spent(), 1, "daily_usd"),
        (Learning(daily_usd=1.0), Spent(), 10_000, ""),
        (Learning(daily_usd=1.0), Spent(tokens=1, unpriced="local:m"), 1, "no price is known for local:m"),
        (Learning(), Spent(tokens=1, unpriced="local:m"), 1, ""),
    ],
)
def test_a_request_is_refused_where_it_would_exceed_a_cap(
    learning: Learning, spent: Spent, tokens: int, refused: str
) -> None:
    said = why_not(learning, spent, tokens)

    assert refused in (said or "")
    assert bool(said) == bool(refused)


@given(st.integers(0, 2_000), st.integers(0, 2_000), st.floats(0, 10), st.one_of(st.none(), st.floats(0, 10)))
def test_what_is_allowed_keeps_both_caps(tokens: int, more: int, usd: float, cap: float | None) -> None:
    spent = Spent(tokens, usd, tokens)
    if why_not(Learning(daily_tokens=1_000, daily_usd=cap), spent, more) is None:
        assert tokens + more <= 1_000
        assert cap is None or usd < cap


def test_requests_are_summed_over_the_day_and_by_nudge(spend: Spend) -> None:
    spend.record(1, "review", "p:m", Usage(input=100, cached=60, output=20, reasoning=5, cost_usd=0.25))
    spend.record(2, "review", "p:m", Usage(input=10, output=1, cost_usd=0.5))
    spend.record(None, "dream", "p:m", Usage(input=1, output=1, cost_usd=0.0))

    assert spend.today() == Usage(input=111, cached=60, output=22, reasoning=5, cost_usd=0.75)
    assert spend.of(1) == Usage(input=100, cached=60, output=20, reasoning=5, cost_usd=0.25)
    assert spend.of(3) == Usage()


def test_a_cost_with_an_unknown_part_is_unknown(spend: Spend) -> None:
    spend.record(1, "review", "p:m", Usage(input=1, cost_usd=0.25))
    spend.record(1, "review", "local:m", Usage(input=1))

    assert spend.today().cost_usd is None
    assert "local:m" in (spend.room(Learning(daily_usd=5.0), 1) or "")


def test_there_is_room_again_on_the_next_day(spend: Spend, clock: FakeClock) -> None:
    spend.record(1, "review", "p:m", Usage(input=990, output=10))
    assert spend.room(CAPPED, 1)

    clock.advance(midnight(clock.now(), days=1) - clock.now() - 1)
    assert spend.room(CAPPED, 1)
    clock.advance(1)

    assert spend.room(CAPPED, 1_000) is None
    assert spend.today() == Usage()


def test_a_reservation_counts_until_the_request_is_recorded_or_cancelled(spend: Spend) -> None:
    assert spend.reserve(CAPPED, 1, 600) is None
    assert "600 of 1,000 tokens" in (spend.reserve(CAPPED, 2, 600) or "")
    assert spend.today() == Usage()

    spend.record(1, "review", "p:m", Usage(input=300, output=50, cost_usd=0.5))
    assert spend.reserve(CAPPED, 2, 600) is None
    spend.cancel(2)

    assert spend.room(CAPPED, 650) is None
    assert spend.today() == Usage(input=300, output=50, cost_usd=0.5)


def test_a_nudge_that_is_tried_again_replaces_its_reservation(spend: Spend) -> None:
    for _ in range(3):
        assert spend.reserve(CAPPED, 1, 600) is None
    assert spend.reserve(CAPPED, None, 400) is None
    assert spend.reserve(CAPPED, None, 401)


def test_processes_that_reserve_at_once_keep_the_cap_together(tmp_path: Path) -> None:
    """Threads with connections of their own stand for processes: SQLite tells them no better apart."""
    path = tmp_path / "state.db"
    Database.open(path).close()
    allowed: list[int] = []

    def reserve(nudge: int) -> None:
        database = Database.open(path)
        if Spend(database, FakeClock()).reserve(CAPPED, nudge, 300) is None:
            allowed.append(nudge)
        database.close()

    threads = [threading.Thread(target=reserve, args=(nudge,)) for nudge in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(allowed) == 3


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles", "Europe/Berlin"])
def test_a_day_begins_at_the_users_midnight_also_where_the_clocks_change(
    monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        for day in (datetime.date(2026, 3, 29), datetime.date(2026, 10, 25), datetime.date(2026, 11, 22)):
            noon = datetime.datetime.combine(day, datetime.time(12)).astimezone().timestamp()
            begins, next_begins = midnight(noon), midnight(noon, days=1)
            local = [datetime.datetime.fromtimestamp(at).astimezone() for at in (begins, next_begins)]
            assert [(each.date(), each.hour, each.minute) for each in local] == [
                (day, 0, 0),
                (day + datetime.timedelta(1), 0, 0),
            ]
    finally:
        monkeypatch.undo()
        time.tzset()
