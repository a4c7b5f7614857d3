"""`hone cost`: what models have cost, by day, model, role or session, and what of it was for learning."""

import contextlib
import datetime
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any

import msgspec
import typer

from hone.cli.sessions import JsonFlag, printable, session_named
from hone.cli.stoppable import run_stoppable
from hone.clock import local_date
from hone.config.settings import Learning
from hone.database import Database
from hone.given import Given, set_up
from hone.history.spend import Spending, Sum, spending
from hone.history.store import History
from hone.learning.budget import Spend
from hone.messages import Usage

_WIDTH = 80  # columns


class By(StrEnum):
    """What `hone cost` sums by."""

    DAY = "day"
    MODEL = "model"
    ROLE = "role"
    LEARNING = "learning"
    SESSION = "session"


def cost(
    days: Annotated[
        int, typer.Option(metavar="N", min=1, max=36_500, help="The last days, today is one.")
    ] = 30,
    by: Annotated[By, typer.Option(metavar="WHAT", help="day, model, role, learning or session.")] = By.DAY,
    session: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="Only this session, whenever it was: its id, its beginning, or last."
        ),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Show what models have cost: requests, tokens, and money where prices are known."""
    shown = _Cost(by, days, session)
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(shown.as_data()), indent=2).decode())
    else:
        print(printable("\n".join(shown.lines())))


class _Cost:
    """The sums, and how much of today's budget learning has used. Reads only, also in a read-only home."""

    def __init__(self, by: By, days: int, session: str | None) -> None:
        self._by, self._days = by, days
        given = Given.by_process()
        today = local_date(given.clock)
        self._since = None if session else today - datetime.timedelta(days - 1)
        self._budget: Learning = run_stoppable(lambda: set_up(given, {}, needs_model=False)).settings.learning
        database = Database.open_for_reading(given.home / "state.db")
        with contextlib.closing(database):
            history = History(database, str, given.clock)
            self._session = session_named(history, session).id if session else None
            self._spent: Spending = spending(database, by.value, since=self._since, session=self._session)
            self._today: Usage = Spend(database, given.clock).today()

    def lines(self) -> Iterator[str]:
        """For people, at most 80 columns wide."""
        total = self._spent.total
        if not total.requests:
            where = f"in session {self._session}" if self._session else f"in the last {self._days} days"
            yield f"nothing was spent {where}: no request was answered"
            return
        table: list[tuple[str, ...]] = [(self._by.value, *_HEADINGS)]
        table += [(row.key or "(none)", *_cells(row)) for row in self._spent.rows]
        table.append(("total", *_cells(total)))
        parts = ("of it learning", self._spent.learning), ("of it proving", self._spent.proving)
        table += [(name, *_cells(part)) for name, part in parts if part.requests]
        yield from _aligned(table)
        yield ""
        yield f"learning   {self._share():.0%} of all tokens; today {self._of_the_budget()}"
        if total.priced < total.requests:
            unknown = total.requests - total.priced
            yield f"cost       not known for {unknown:,} of {total.requests:,} requests: config.yaml has no price for them"

    def as_data(self) -> dict[str, Any]:
        """For programs; a cost is null unless all of it is known."""
        learning = {
            **_data(self._spent.learning),
            "share": round(self._share(), 4),
            "today": {
                "tokens": self._today.input + self._today.output,
                "cost_usd": self._today.cost_usd,
                "daily_tokens": self._budget.daily_tokens,
                "daily_usd": self._budget.daily_usd,
            },
        }
        return {
            "by": self._by.value,
            "since": self._since and self._since.isoformat(),
            "session": self._session,
            "rows": [{self._by.value: row.key, **_data(row)} for row in self._spent.rows],
            "total": _data(self._spent.total),
            "learning": learning,
            "proving": _data(self._spent.proving),
        }

    def _share(self) -> float:
        total = self._spent.total.tokens
        return self._spent.learning.tokens / total if total else 0.0

    def _of_the_budget(self) -> str:
        tokens = self._today.input + self._today.output
        money = f" and ${self._budget.daily_usd:.2f}" if self._budget.daily_usd is not None else ""
        return f"{tokens:,} of at most {self._budget.daily_tokens:,} tokens{money}"


_HEADINGS = ("requests", "input", "cached", "output", "cost")


def _cells(row: Sum) -> tuple[str, ...]:
    return (*(f"{number:,}" for number in (row.requests, row.input, row.cached, row.output)), _money(row))


def _money(row: Sum) -> str:
    if not row.priced:
        return "not known"
    if row.priced < row.requests:
        return f"> ${row.cost_usd:.4f}"
    return "< $0.0001" if 0 < row.cost_usd < 0.0001 else f"${row.cost_usd:.4f}"


def _data(row: Sum) -> dict[str, Any]:
    return {
        "requests": row.requests,
        "input": row.input,
        "cached": row.cached,
        "output": row.output,
        "cost_usd": row.cost_usd if row.priced == row.requests else None,
        "known_usd": row.cost_usd if row.priced else None,
    }


def _aligned(table: list[tuple[str, ...]]) -> Iterator[str]:
    """Columns under each other; of a key that is too long its end is kept, which tells models apart."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    key_width = min(widths[0], _WIDTH - sum(width + 2 for width in widths[1:]))
    for key, *cells in table:
        name = key if len(key) <= key_width else f"…{key[len(key) - key_width + 1 :]}"
        yield "".join(
            [
                name.ljust(key_width),
                *(f"  {cell:>{width}}" for cell, width in zip(cells, widths[1:], strict=True)),
            ]
        )
