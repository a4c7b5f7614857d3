"""What models have cost: the recorded requests of sessions and of learning, summed by day, model, role or session.

What learning may spend is `hone.learning.budget`'s business.
"""

import datetime
from typing import Literal

import msgspec

from hone.database import Database, Row

By = Literal["day", "model", "role", "learning", "session"]
"""What requests are summed by: the user's day, `provider:model`, `main` | `routine` | `executor` | `writer` | `prove`,
`learning` | `prove` | `work`, or the session."""


class Sum(msgspec.Struct, frozen=True):
    """Requests under one key. `cost_usd` is of those `priced`: the whole cost only if all are."""

    key: str = ""
    requests: int = 0
    input: int = 0
    cached: int = 0
    output: int = 0
    priced: int = 0
    cost_usd: float = 0.0

    @property
    def tokens(self) -> int:
        """Sent and received."""
        return self.input + self.output


class Spending(msgspec.Struct, frozen=True):
    """What was spent since a day, or in one session: by key, in all, and the parts for learning and for `hone prove`."""

    rows: tuple[Sum, ...]
    total: Sum
    learning: Sum
    proving: Sum


def spending(
    database: Database, by: By, *, since: datetime.date | None = None, session: str | None = None
) -> Spending:
    """Sum the requests from the beginning of the user's day `since`, of one session if given.

    Days come in their order, other keys by their tokens, most first. Raises HomeError if state.db cannot be read.
    """
    begin = datetime.datetime.combine(since, datetime.time.min).astimezone().timestamp() if since else 0.0
    order = "1" if by == "day" else "sum(input + output) DESC, 1"

    def sums(key: str, where: str, order: str) -> list[Sum]:
        sql = f"{_SPENT} SELECT {key}, {_SUMS} FROM spent WHERE {_CHOSEN} AND {where} GROUP BY 1 ORDER BY {order}"  # noqa: S608 - our own words
        return database.records(_sum, sql, (begin, session))

    def whole(where: str) -> Sum:
        return next(iter(sums("''", where, "1")), Sum())

    return Spending(
        rows=tuple(sums(by, "true", order)),
        total=whole("true"),
        learning=whole("learning = 'learning'"),
        proving=whole("learning = 'prove'"),
    )


_SPENT = """
    WITH spent AS (
        SELECT events.at AS at, date(events.at, 'unixepoch', 'localtime') AS day, steps.session AS session, model, steps.role AS role,
            'work' AS learning, input, cached, output, cost_usd
        FROM steps JOIN events ON events.session = steps.session AND events.id = steps.event
        UNION ALL
        SELECT at, date(at, 'unixepoch', 'localtime'), coalesce(nudges.session, ''), model, iif(purpose = 'prove', 'prove', 'writer'),
            iif(purpose = 'prove', 'prove', 'learning'), input, cached, output, cost_usd
        FROM learning_spend LEFT JOIN nudges ON nudges.id = nudge
        WHERE purpose != 'reserved'
    )
"""
_SUMS = "count(*), sum(input), sum(cached), sum(output), count(cost_usd), coalesce(sum(cost_usd), 0.0)"
_CHOSEN = "at >= ?1 AND (?2 IS NULL OR session = ?2)"


def _sum(row: Row) -> Sum:
    return Sum(*row)
