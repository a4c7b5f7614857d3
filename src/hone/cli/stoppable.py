"""Asynchronous work that Ctrl-C, SIGTERM and SIGHUP end: everything is released, and no moment is a bad one."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")

_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_stoppable(work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Run it. A signal cancels it; a second one interrupts even what it does then. Raises KeyboardInterrupt when stopped.

    The event loop is told of a signal and cancels between two callbacks. `asyncio.run` cancels within whatever is running,
    which breaks what was about to set a result, and a Ctrl-C before its loop is complete leaves half of one behind.
    """
    unheard = (signal.SIG_IGN, None)
    before = {number: handler for number in _STOPS if (handler := signal.getsignal(number)) not in unheard}
    early: list[int] = []

    async def stoppable() -> Result:
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None

        def release() -> None:
            for number, handler in before.items():
                loop.remove_signal_handler(number)
                signal.signal(number, handler)

        def stop() -> None:
            release()
            task.cancel()

        for number in before:
            loop.add_signal_handler(number, stop)
        try:
            if early:
                raise asyncio.CancelledError
            return await work()
        finally:
            release()

    try:
        for number in before:
            signal.signal(number, lambda number, _frame: early.append(number))
        return asyncio.run(stoppable())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
