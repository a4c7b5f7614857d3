"""`hone learn`: a review that a person asks for. `hone learning status`: what learning does, waits for, and costs."""

import asyncio
import contextlib
import datetime
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
import typer

from hone.cli.sessions import JsonFlag, printable
from hone.cli.stoppable import run_stoppable
from hone.cli.streams import say
from hone.cli.worker import open_learner
from hone.clock import iso
from hone.config.settings import Learning
from hone.database import Database
from hone.given import Given, set_up
from hone.jobs.nudge import Nudge
from hone.jobs.queue import Counts, Queue
from hone.learning.breaker import failures_in_a_row, paused_until
from hone.learning.budget import Spend
from hone.learning.recurrence import long_work_pays
from hone.messages import Usage

_PATIENCE = 0.5  # seconds before it is said what takes so long

app = typer.Typer(help="Learning: what waits, what it costs.", no_args_is_help=True, rich_markup_mode=None)


def learn(
    session: Annotated[
        str | None,
        typer.Argument(
            metavar="SESSION", help="A session's id, its beginning, or last; by default the last one here."
        ),
    ] = None,
    turn: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="The turn to learn from; by default the last one.")
    ] = None,
) -> None:
    """Review a turn now and say what was kept of it, or why nothing."""
    for line in run_stoppable(lambda: _learn(session, turn)):
        print(printable(line))


@app.callback()
def learning() -> None:
    """Learning: what waits, what it costs."""


@app.command()
def status(as_json: JsonFlag = False) -> None:
    """Show whether hone learns, what waits for a review, what was spent today, and the last reviews."""
    with _status() as shown:
        if as_json:
            print(msgspec.json.format(msgspec.json.encode(shown.as_data()), indent=2).decode())
        else:
            print(printable("\n".join(shown.lines())))


async def _learn(session: str | None, turn: int | None) -> list[str]:
    async with open_learner() as learner:
        telling = asyncio.get_running_loop().call_later(_PATIENCE, say, "· asking what to keep of it")
        try:
            result, outcomes = await learner.learn(None if session == "last" else session, turn)
        finally:
            telling.cancel()
        kept = [outcome.change.id for outcome in outcomes if outcome.status in ("applied", "held")]
        rows = [learner.door.ledger.get(change) for change in kept]
        learner.door.ledger.mark_announced(kept)
    return [row.announcement for row in rows] or [result]


@contextlib.contextmanager
def _status() -> Iterator["_Status"]:
    given = Given.by_process()
    settings = run_stoppable(lambda: set_up(given, {}, needs_model=False)).settings
    database = Database.open_for_reading(given.home / "state.db")
    try:
        yield _Status(settings.learning, database, given)
    finally:
        database.close()


class _Status:
    """What `hone learning status` says; reads only, also in a read-only home and without a model."""

    def __init__(self, learning: Learning, database: Database, given: Given) -> None:
        self._learning = learning
        self._now = given.clock.now()
        queue = Queue(database, given.clock)
        spend = Spend(database, given.clock)
        attempts = queue.attempts()
        self._counts: Counts = queue.counts()
        self._waiting = queue.waiting()
        self._reviews = tuple((nudge, spend.of(nudge.id)) for nudge in queue.recent())
        self._today = spend.today()
        self._no_room = spend.room(learning, 1)
        self._failures = failures_in_a_row(attempts)
        self._paused_until = paused_until(attempts, self._now)
        self._long_work_pays = long_work_pays(database)

    def lines(self) -> Iterator[str]:
        """For people."""
        counts, learning = self._counts, self._learning
        yield f"mode       {_MODES[learning.mode]}"
        yield f"queue      {_counted(counts)}"
        yield f"today      {_cost(self._today)} of {self._caps()}"
        if self._no_room:
            yield f"           {self._no_room}"
        if self._paused_until:
            yield (
                f"paused     until {self._at(self._paused_until)}: the last {self._failures} reviews failed; "
                "hone learn tries all the same"
            )
        if not self._long_work_pays:
            yield (
                "long work  is not reviewed for its length any more: what came of the last reviews was never of use; "
                "it is again when something recurs"
            )
        if self._waiting:
            yield "\nwaiting"
            yield from (f"  {_stretch(nudge)}  {self._when(nudge)}" for nudge in self._waiting)
        if self._reviews:
            yield "\nlast reviews"
            yield from (
                f"  {_stretch(nudge)}  {_done(nudge)}  ({_cost(usage)})" for nudge, usage in self._reviews
            )

    def as_data(self) -> dict[str, Any]:
        """For programs."""
        return {
            "mode": self._learning.mode,
            "queue": self._counts,
            "today": {
                **_usage_data(self._today),
                "daily_tokens": self._learning.daily_tokens,
                "daily_usd": self._learning.daily_usd,
                "no_room": self._no_room,
            },
            "failures_in_a_row": self._failures,
            "paused_until": self._paused_until and iso(self._paused_until),
            "long_work_pays": self._long_work_pays,
            "waiting": [
                _nudge_data(nudge) | {"not_before": iso(nudge.not_before)} for nudge in self._waiting
            ],
            "reviews": [
                _nudge_data(nudge) | {"state": nudge.state} | _usage_data(usage)
                for nudge, usage in self._reviews
            ],
        }

    def _caps(self) -> str:
        usd = self._learning.daily_usd
        return f"{self._learning.daily_tokens:,} tokens" + ("" if usd is None else f" and ${usd:.2f}")

    def _when(self, nudge: Nudge) -> str:
        when = "due" if nudge.not_before <= self._now else f"not before {self._at(nudge.not_before)}"
        return f"{when}  {nudge.result}".rstrip()

    def _at(self, seconds: float) -> str:
        at = datetime.datetime.fromtimestamp(seconds).astimezone()
        today = datetime.datetime.fromtimestamp(self._now).astimezone().date()
        return f"{at:%H:%M}" if at.date() == today else f"{at:%Y-%m-%d %H:%M}"


_MODES = {
    "auto": "auto: what the gate accepts is kept at once",
    "hold": "hold: everything goes to the inbox first",
    "off": "off: nothing is reviewed (learning.mode)",
}


def _counted(counts: Counts) -> str:
    named = {
        "due": counts.due,
        "waiting for a later time": counts.later,
        "at work": counts.at_work,
        "reviewed": counts.done,
        "given up": counts.given_up,
    }
    return ", ".join(f"{count} {name}" for name, count in named.items() if count) or "empty"


def _stretch(nudge: Nudge) -> str:
    turns = f"{nudge.first_turn}-{nudge.turn}" if nudge.first_turn < nudge.turn else f"{nudge.turn}"
    return f"{nudge.session} turn {turns}  {', '.join(nudge.reasons)}"


def _done(nudge: Nudge) -> str:
    return f"given up: {nudge.result}" if nudge.state == "given_up" else nudge.result


def _cost(usage: Usage) -> str:
    tokens = f"{usage.input + usage.output:,} tokens"
    return tokens if usage.cost_usd is None else f"{tokens}, ${usage.cost_usd:.4f}"


def _nudge_data(nudge: Nudge) -> dict[str, Any]:
    return {
        "nudge": nudge.id,
        "session": nudge.session,
        "first_turn": nudge.first_turn,
        "turn": nudge.turn,
        "reasons": nudge.reasons,
        "created": iso(nudge.created),
        "attempts": nudge.attempts,
        "result": nudge.result,
    }


def _usage_data(usage: Usage) -> dict[str, Any]:
    return {
        "input": usage.input,
        "cached": usage.cached,
        "output": usage.output,
        "reasoning": usage.reasoning,
        "cost_usd": usage.cost_usd,
    }
