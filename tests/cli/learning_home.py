"""A home with a turn in its history and a nudge for it, as `hone run` leaves them."""

import contextlib
from collections.abc import Iterator
from typing import Any

from tests.cli.driving import Hone

from hone.clock import SystemClock
from hone.database import Database
from hone.events import StepFinished, ToolFinished, ToolStarted, TurnFinished, TurnStarted
from hone.history.rows import SessionInfo
from hone.history.store import History
from hone.jobs.nudge import Nudge
from hone.jobs.queue import Queue
from hone.messages import Assistant, ToolCall, ToolReply, Usage
from hone.testing import call

SESSION = "20261122-abcdef"
FACT = "The staging server listens on port 8081."
KEEP = call("memory_update", file="memory", op="add", text=FACT, evidence=["e3"])
NOTHING = call("learn_nothing", reason="it was routine")


@contextlib.contextmanager
def state(hone: Hone) -> Iterator[Database]:
    database = Database.open(hone.home / "state.db")
    try:
        yield database
    finally:
        database.close()


def record_turn(hone: Hone, *, nudged: bool = True, session: str = SESSION) -> None:
    """A turn in the machine's workspace that found out a port, in a session of its own."""
    with state(hone) as database:
        history = History(database, str, SystemClock())
        history.open_session(
            SessionInfo(
                id=session,
                cwd=str(hone.work),
                workspace=str(hone.work),
                origin="run",
                system_prompt="be good",
            )
        )
        turn = history.start_turn(session, TurnStarted("which port has staging?"))
        shell = ToolCall("1", "shell", '{"command": "curl -s localhost:8081/healthz"}')
        step = StepFinished(1, Assistant(tool_calls=(shell,)), Usage(), "m", 1.0)
        reply = ToolReply("1", "shell", "port 8081 is ok", exit_code=0)
        for event in (step, ToolStarted(shell), ToolFinished(reply, 0.1)):
            history.append(session, turn, 1, event)
        finished = TurnFinished(turn, "answered", "8081", "", 1, 1, 0, Usage(), 1.0)
        nudge = Nudge(session=session, first_turn=turn, turn=turn, reasons=("fix",))
        queue = Queue(database, SystemClock())

        def also(execute: Any) -> None:
            if nudged:
                queue.add(execute, nudge)

        history.finish_turn(session, turn, finished, also)


def waiting(hone: Hone) -> tuple[Nudge, ...]:
    with state(hone) as database:
        return Queue(database, SystemClock()).waiting()


def reviewed(hone: Hone) -> tuple[Nudge, ...]:
    with state(hone) as database:
        return Queue(database, SystemClock()).recent()


def remembered(hone: Hone) -> int:
    """How often the fact stands in memory."""
    file = hone.home / "memory.md"
    return file.read_text().count(FACT) if file.exists() else 0
