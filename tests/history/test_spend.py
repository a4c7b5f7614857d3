"""What was spent, summed from the recorded requests and what learning spent."""

import datetime
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hone.clock import local_date
from hone.config.settings import Learning
from hone.database import Database
from hone.events import Compacted, StepFinished, TurnStarted
from hone.history.rows import SessionInfo
from hone.history.spend import Sum, spending
from hone.history.store import History
from hone.learning.budget import Spend
from hone.messages import Assistant, Usage
from hone.testing import FakeClock


@pytest.fixture(autouse=True, params=["UTC", "Pacific/Auckland", "America/Los_Angeles"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Wherever the user is."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


class Spent:
    """A home in which requests are recorded as they are in a session."""

    def __init__(self, directory: Path) -> None:
        self.clock = FakeClock()
        self.database = Database.open(directory / "state.db")
        self.history = History(self.database, str, self.clock)

    def step(self, session: str, model: str, usage: Usage) -> None:
        self._in(session, StepFinished(1, Assistant("ok"), usage, model, 1.0))

    def summary(self, session: str, model: str, usage: Usage) -> None:
        self._in(session, Compacted("so far", 2, model=model, usage=usage))

    def learned(self, model: str, usage: Usage, purpose: str = "review") -> None:
        Spend(self.database, self.clock).record(None, purpose, model, usage)

    def _in(self, session: str, event: StepFinished | Compacted) -> None:
        if not self.database.rows("SELECT 1 FROM sessions WHERE id = ?", (session,)):
            self.history.open_session(
                SessionInfo(id=session, cwd="/", workspace="/", origin="run", system_prompt="")
            )
        self.history.append(session, self.history.start_turn(session, TurnStarted("go")), 1, event)


@pytest.fixture
def spent(tmp_path: Path) -> Spent:
    return Spent(tmp_path)


def test_nothing_is_a_sum_of_nothing(spent: Spent) -> None:
    found = spending(spent.database, "day")
    assert (found.rows, found.total, found.learning, found.proving) == ((), Sum(), Sum(), Sum())


def test_requests_are_summed_by_the_users_day(spent: Spent) -> None:
    midnight = datetime.datetime(2026, 11, 22).astimezone().timestamp()
    spent.clock.advance(midnight - spent.clock.now() - 1)
    spent.step("s1", "p:m", Usage(input=1))
    spent.clock.advance(1)
    spent.step("s1", "p:m", Usage(input=10))
    spent.learned("p:m", Usage(input=100))
    days = {row.key: row.input for row in spending(spent.database, "day").rows}
    assert days == {"2026-11-21": 1, "2026-11-22": 110}
    since = spending(spent.database, "day", since=local_date(spent.clock))
    assert (since.total.input, since.learning.input) == (110, 100)


def test_requests_are_summed_by_model_role_and_session_the_most_first(spent: Spent) -> None:
    spent.step("s1", "p:big", Usage(input=100, cached=60, output=5))
    spent.step("s1", "p:big", Usage(input=100, output=5))
    spent.summary("s1", "p:small", Usage(input=50))
    spent.step("s2", "p:small", Usage(input=7))
    spent.learned("p:big", Usage(input=30, output=3))

    def keyed(by: str) -> list[tuple[str, int, int]]:
        return [(row.key, row.requests, row.tokens) for row in spending(spent.database, by).rows]  # type: ignore[arg-type]

    assert keyed("model") == [("p:big", 3, 243), ("p:small", 2, 57)]
    assert keyed("role") == [("main", 3, 217), ("routine", 1, 50), ("writer", 1, 33)]
    assert keyed("session") == [("s1", 3, 260), ("", 1, 33), ("s2", 1, 7)]
    assert spending(spent.database, "model").total.cached == 60


def test_what_proving_took_is_not_learning(spent: Spent) -> None:
    spent.learned("p:m", Usage(input=1))
    spent.learned("p:m", Usage(input=10), "prove")
    found = spending(spent.database, "role")
    assert [(row.key, row.input) for row in found.rows] == [("prove", 10), ("writer", 1)]
    assert (found.learning.input, found.proving.input, found.total.input) == (1, 10, 11)
    assert [row.key for row in spending(spent.database, "learning").rows] == ["prove", "learning"]


def test_one_session_has_its_own_requests_and_those_that_learned_from_it(spent: Spent) -> None:
    spent.step("s1", "p:m", Usage(input=1))
    spent.step("s2", "p:m", Usage(input=10))
    with spent.database.transaction() as execute:
        execute(
            "INSERT INTO nudges (id, session, first_turn, turn, created, reasons, not_before) VALUES (7, 's1', 1, 1, 0, '[]', 0)"
        )
    Spend(spent.database, spent.clock).record(7, "review", "p:m", Usage(input=100))
    found = spending(spent.database, "role", session="s1")
    assert [(row.key, row.input) for row in found.rows] == [("writer", 100), ("main", 1)]
    assert (found.total.input, found.learning.input) == (101, 100)


def test_what_is_only_reserved_is_not_spent(spent: Spent) -> None:
    assert Spend(spent.database, spent.clock).reserve(Learning(), 1, 5_000) is None
    assert spending(spent.database, "day").total == Sum()


def test_a_price_that_is_not_known_is_not_a_price_of_nothing(spent: Spent) -> None:
    spent.step("s1", "p:priced", Usage(input=1, cost_usd=0.5))
    spent.step("s1", "p:free", Usage(input=1, cost_usd=0.0))
    spent.step("s1", "p:unknown", Usage(input=1))
    rows = {
        row.key: (row.requests, row.priced, row.cost_usd) for row in spending(spent.database, "model").rows
    }
    assert rows == {"p:priced": (1, 1, 0.5), "p:free": (1, 1, 0.0), "p:unknown": (1, 0, 0.0)}
    total = spending(spent.database, "model").total
    assert (total.requests, total.priced, total.cost_usd) == (3, 2, 0.5)
