"""What learning may spend in a day, and what it spent: one row for each of its requests, in `learning_spend`.

A request is reserved with its estimate before it is sent, so that several processes together keep the caps too.
"""

import datetime

import msgspec

from hone.clock import Clock
from hone.config.settings import Learning
from hone.database import Database, Execute, Row
from hone.messages import Usage

_RESERVED = "reserved"  # the purpose of a request that is being made, or whose process was killed


class Spent(msgspec.Struct, frozen=True):
    """Tokens and US dollars of a day so far. `tokens` has those reserved; only `priced_tokens` are paid for in `usd`.

    `unpriced` names a model that answered and whose price is not known.
    """

    tokens: int = 0
    usd: float = 0.0
    priced_tokens: int = 0
    unpriced: str | None = None


def why_not(learning: Learning, spent: Spent, tokens: int) -> str | None:
    """Why a request of about `tokens` may not be made, in one line; None if there is room.

    A cap in dollars that cannot be kept, because a price is not known, leaves no room: a hard cap fails closed.
    """
    if spent.tokens + tokens > learning.daily_tokens:
        return (
            f"today's budget of learning is used up: {spent.tokens:,} of {learning.daily_tokens:,} tokens spent, "
            f"about {tokens:,} needed; it goes on tomorrow, or raise learning.daily_tokens"
        )
    cap = learning.daily_usd
    if cap is None:
        return None
    if spent.unpriced:
        return (
            f"learning.daily_usd cannot be kept: no price is known for {spent.unpriced}; "
            "give it a price in config.yaml, or remove daily_usd (daily_tokens holds anyway)"
        )
    if spent.usd + _expected_usd(spent, tokens) > cap or spent.usd >= cap:
        return (
            f"today's budget of learning is used up: ${spent.usd:.4f} of ${cap:.2f} spent; "
            "it goes on tomorrow, or raise learning.daily_usd"
        )
    return None


class Spend:
    """The spending of one home. Every method raises HomeError if state.db cannot be read or written."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def room(self, learning: Learning, tokens: int) -> str | None:
        """Why a request of about `tokens` may not be made now, in one line; None if there is room."""
        return why_not(learning, self._spent(), tokens)

    def reserve(self, learning: Learning, nudge: int | None, tokens: int) -> str | None:
        """Set the next request's estimate aside; or why there is no room. A nudge has one request at a time."""
        with self._database.transaction() as execute:
            self._drop_reservation(execute, nudge)
            if refusal := why_not(learning, _spent(*execute(*self._sums()).fetchone()), tokens):
                return refusal
            self._insert(execute, nudge, _RESERVED, "", Usage(input=tokens))
        return None

    def record(self, nudge: int | None, purpose: str, model: str, usage: Usage) -> None:
        """Note what a request did cost, in place of what was reserved for it."""
        with self._database.transaction() as execute:
            self._drop_reservation(execute, nudge)
            self._insert(execute, nudge, purpose, model, usage)

    def cancel(self, nudge: int | None) -> None:
        """Take a reservation back: the request was not answered."""
        with self._database.transaction() as execute:
            self._drop_reservation(execute, nudge)

    def today(self) -> Usage:
        """What was spent in the user's day so far, without what is only reserved, and without proofs that a person asked for."""
        return self._sum("purpose != 'prove' AND at >= ?", midnight(self._clock.now()))

    def of(self, nudge: int) -> Usage:
        """What the reviews of one nudge have cost."""
        return self._sum("nudge = ?", nudge)

    def _spent(self) -> Spent:
        (row,) = self._database.rows(*self._sums())
        return _spent(*row)

    def _sums(self) -> tuple[str, tuple[object, ...]]:
        return _SUMS, (midnight(self._clock.now()), _RESERVED)

    def _sum(self, where: str, value: float) -> Usage:
        sql = f"{_ANSWERED} AND {where}"
        return sum(self._database.records(_usage, sql, (_RESERVED, value)), Usage())

    def _drop_reservation(self, execute: Execute, nudge: int | None) -> None:
        execute("DELETE FROM learning_spend WHERE purpose = ? AND nudge IS ?", (_RESERVED, nudge))

    def _insert(self, execute: Execute, nudge: int | None, purpose: str, model: str, usage: Usage) -> None:
        execute(
            """
            INSERT INTO learning_spend (at, nudge, purpose, model, input, cached, output, reasoning, cost_usd)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            (
                *(self._clock.now(), nudge, purpose, model),
                *(usage.input, usage.cached, usage.output, usage.reasoning, usage.cost_usd),
            ),
        )


def midnight(now: float, days: int = 0) -> float:
    """When the user's present day began, or the one so many days later, in seconds since the epoch."""
    day = datetime.datetime.fromtimestamp(now).astimezone().date() + datetime.timedelta(days)
    return datetime.datetime.combine(day, datetime.time.min).astimezone().timestamp()


_ANSWERED = "SELECT input, cached, output, reasoning, cost_usd FROM learning_spend WHERE purpose != ?"

_SUMS = """
    SELECT coalesce(sum(input + output), 0), coalesce(sum(cost_usd), 0.0),
        coalesce(sum(CASE WHEN cost_usd IS NOT NULL THEN input + output END), 0),
        max(CASE WHEN cost_usd IS NULL AND purpose != ?2 THEN model END)
    FROM learning_spend WHERE at >= ?1 AND purpose != 'prove'
"""  # a person asks for a proof, and gives it a budget of its own


def _spent(tokens: int, usd: float, priced_tokens: int, unpriced: str | None) -> Spent:
    return Spent(tokens, usd, priced_tokens, unpriced)


def _expected_usd(spent: Spent, tokens: int) -> float:
    """What the reserved tokens and so many more will cost if they cost what those before them did."""
    if not spent.priced_tokens:
        return 0.0
    return spent.usd / spent.priced_tokens * (spent.tokens - spent.priced_tokens + tokens)


def _usage(row: Row) -> Usage:
    return Usage(*row)
