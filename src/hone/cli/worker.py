"""`hone worker`: reviews what waits, with nobody there. hone starts it by itself after a run (`hone.cli.spawn`)."""

import contextlib
from collections.abc import AsyncIterator
from typing import Annotated

import typer

from hone.cli.sessions import printable
from hone.cli.stoppable import run_stoppable
from hone.cli.streams import say
from hone.database import Database
from hone.errors import ProviderError, UsageError
from hone.given import Given, set_up
from hone.learner import Learner


def worker(
    drain: Annotated[bool, typer.Option("--drain", help="Review everything that is due, then end.")] = False,
) -> int:
    """Review what waits. Ends with 0 when nothing is due any more, 75 if the provider failed; what is left stays."""
    if not drain:
        raise UsageError("say what to do: hone worker --drain")
    return run_stoppable(_drain)


@contextlib.asynccontextmanager
async def open_learner() -> AsyncIterator[Learner]:
    """Learning, as this process is given it, with the models that it needs; closed at the end."""
    given = Given.by_process()
    async with contextlib.AsyncExitStack() as opened:
        setup = await set_up(given, {})
        opened.push_async_callback(setup.models.aclose)
        database = Database.open(given.home / "state.db")
        opened.callback(database.close)
        learner = Learner(setup, database)
        opened.callback(learner.close)
        yield learner


async def _drain() -> int:
    async with open_learner() as learner:
        drained = await learner.drain()
    for line in drained.complaints:
        say(f"hone: {printable(line)}")
    return drained.problem.exit_code if isinstance(drained.problem, ProviderError) else 0
