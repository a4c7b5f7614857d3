"""Runs courses in processes of their own, some at a time, and hands over what they measure as it comes."""

import asyncio
import contextlib
import multiprocessing
import multiprocessing.connection
import signal
from collections.abc import Generator, Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

import msgspec

from hone.bench.measures import Measured
from hone.bench.runner import Course, go
from hone.clock import SystemClock
from hone.errors import HoneError

PATIENCE = 15.0
"""Seconds that a course may take to end its commands and services before its process is killed."""


class Ended(msgspec.Struct, frozen=True):
    """A course is over; `problem` says why it did not come to its end, or what is not measured."""

    title: str
    problem: str = ""
    exit_code: int = 1


Word = Measured | Ended


def in_processes(
    courses: Sequence[Course], at_once: int, patience: float = PATIENCE
) -> Generator[Word, None, None]:
    """What the courses measure, in the order in which it comes, and each one's end.

    Closing the iterator (as an exception in the caller does) ends those that run, with all that they started.
    """
    waiting, running = list(courses), dict[Connection, _Worker]()
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                worker = _Worker(waiting.pop(0))
                running[worker.connection] = worker
            for ready in multiprocessing.connection.wait(list(running)):
                assert isinstance(ready, Connection)
                word = running[ready].next_word()
                if isinstance(word, Ended):
                    running.pop(ready).join(patience)
                yield word
    finally:
        for worker in running.values():
            worker.process.terminate()
        for worker in running.values():
            worker.join(patience)


class _Worker:
    """A process with one course, and the end of a pipe on which it tells what it measures."""

    def __init__(self, course: Course) -> None:
        context = multiprocessing.get_context("spawn")  # nothing of this process is in it
        self.connection, there = context.Pipe(duplex=False)
        self._title = course.title
        self.process: SpawnProcess = context.Process(target=_work, args=(course, there), daemon=True)
        self.process.start()
        there.close()

    def next_word(self) -> Word:
        try:
            word: Word = self.connection.recv()
        except EOFError:
            self.process.join()
            return Ended(self._title, f"{self._title}: its process ended with {self.process.exitcode}")
        return word

    def join(self, patience: float) -> None:
        self.process.join(patience)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.connection.close()


def _work(course: Course, connection: Connection) -> None:
    """The process. Ctrl-C at the terminal reaches all processes there; this one waits until it is told to end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(BrokenPipeError, asyncio.CancelledError):  # nobody listens any more; told to end
        connection.send(asyncio.run(_until_the_end(course, connection)))


async def _until_the_end(course: Course, connection: Connection) -> Ended:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        await go(course, SystemClock(), connection.send)
    except HoneError as error:
        return Ended(course.title, str(error), error.exit_code)
    return Ended(course.title)
