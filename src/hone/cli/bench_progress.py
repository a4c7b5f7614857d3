"""Progress of a benchmark on standard error: one line that is kept up to date on a terminal, a line now and then elsewhere."""

import contextlib
from typing import TextIO

from hone.bench.measures import Measured
from hone.bench.workers import Ended, Word
from hone.cli.sessions import printable
from hone.clock import Clock

_STEPS = 20  # lines of a whole benchmark where there is no terminal
_CLEAR = "\r\x1b[K"


class Progress:
    """Call it with each word that comes from the courses, `end` before anything else is printed."""

    def __init__(self, stream: TextIO, clock: Clock, tasks: int) -> None:
        self._stream, self._clock, self._tasks = stream, clock, tasks
        self._animated = stream.isatty()
        self._begun = clock.monotonic()
        self._done = 0

    def __call__(self, word: Word) -> None:
        """Show it."""
        if isinstance(word, Ended):
            if word.problem:
                self._put(f"{_CLEAR if self._animated else ''}hone: {printable(word.problem)}\n")
            return
        self._done += 1
        if self._animated:
            self._put(f"{_CLEAR}{self._line(word)}")
        elif self._done % max(1, self._tasks // _STEPS) == 0 or self._done == self._tasks:
            self._put(f"· {self._line(word)}\n")

    def end(self) -> None:
        """Leave the line to others."""
        if self._animated:
            self._put(_CLEAR)

    def _line(self, task: Measured) -> str:
        passed = self._clock.monotonic() - self._begun
        left = passed / self._done * (self._tasks - self._done)
        what = f"{task.arm}: {task.scenario}, {task.occasion} {task.number}"
        return f"{self._done} of {self._tasks} tasks · {what}{'' if task.ok else ' ✗'} · {_time(passed)}, about {_time(left)} left"

    def _put(self, text: str) -> None:
        with contextlib.suppress(OSError):  # where nobody reads it, it is not missed
            self._stream.write(text)
            self._stream.flush()


def _time(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"
