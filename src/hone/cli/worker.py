"""`hone worker`: reviews what waits, with nobody there. hone starts it by itself after a run (`hone.cli.spawn`)."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Coroutine
from typing import Annotated, Any, TypeVar

import typer

from hone.cli.sessions import printable
from hone.cli.streams import say
from hone.database import Database
from hone.errors import ProviderError, UsageError
from hone.given import Given, set_up
from hone.learner import Learner

Result = TypeVar("Result")


def worker(
    drain: Annotated[bool, typer.Option("--drain", help="Review everything that is due, then end.")] = False,
) -> int:
    """Review what waits. Ends with 0 when nothing is due any more, 75 if the provider failed; what is left stays."""
    if not drain:
        raise UsageError("say what to do: hone worker --drain")
    return run_stoppable(_drain())


def run_stoppable(work: Coroutine[Any, Any, Result]) -> Result:
    """Run it so that SIGTERM and SIGHUP end it as Ctrl-C does: everything is released, then KeyboardInterrupt."""
    try:
        return asyncio.run(_stoppable(work))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


async def _stoppable(work: Coroutine[Any, Any, Result]) -> Result:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    return await work


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
