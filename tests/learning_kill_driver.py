"""Runs `hone` in this process and kills it with SIGKILL at a chosen moment. Used by test_kill_learning.py.

    learning_kill_driver.py MOMENT hone ARGUMENT...

Moments are counted from 1: before and after each transaction, file, run of git and start of a worker, and where a nudge is
in the transaction of its turn. Moment 0 never comes.
"""

import contextlib
import itertools
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

from hone.changes import apply, inbox
from hone.cli import run
from hone.cli.main import main
from hone.database import Database
from hone.git import Git
from hone.jobs.queue import Queue


def killed_at(number: int) -> None:
    moments = itertools.count(1)

    def die() -> None:
        if next(moments) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    def mortal(step: Callable[..., Any]) -> Callable[..., Any]:
        def steps(*arguments: Any, **named: Any) -> Any:
            die()
            result = step(*arguments, **named)
            die()
            return result

        return steps

    transaction = Database.transaction

    @contextlib.contextmanager
    def mortal_transaction(self: Database) -> Iterator[Any]:
        die()
        with transaction(self) as execute:
            yield execute
        die()

    Database.transaction = mortal_transaction  # type: ignore[method-assign]
    for owner, name in (
        *((apply, name) for name in ("_write", "_remove", "_move")),
        *((inbox, name) for name in ("put", "remove")),
        (Git, "run"),
        (Queue, "add"),
        (run, "spawn_drain"),
    ):
        setattr(owner, name, mortal(getattr(owner, name)))


if __name__ == "__main__":
    killed_at(int(sys.argv[1]))
    main(sys.argv[3:])
