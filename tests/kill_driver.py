"""Runs or resumes a turn in a process of its own and kills it with SIGKILL at a chosen event. Used by test_kill.py.

    kill_driver.py run|resume BASE_URL EVENT before|after

`after`: right after the event was recorded; `before`: when it is about to be, so that its effect has happened and its
record has not. EVENT 0 kills nothing.
"""

import asyncio
import os
import signal
import sys
from typing import Any

from hone.app import App
from hone.events import PASSING, AnyEvent
from hone.given import Given
from hone.history.store import History
from hone.workbench import Face


def killing(at: int, when: str) -> None:
    recorded = 0

    def wrapped(method: Any) -> Any:
        def record(self: History, *arguments: Any) -> Any:
            nonlocal recorded
            if isinstance(arguments[-1], PASSING):
                return method(self, *arguments)
            recorded += 1
            if recorded == at and when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            result = method(self, *arguments)
            if recorded == at:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return record

    for name in ("start_turn", "append", "finish_turn"):
        setattr(History, name, wrapped(getattr(History, name)))


async def main(verb: str) -> None:
    def show(event: AnyEvent) -> None:
        pass

    app = await App.build(Given.by_process(), Face("run", show), {"approvals.mode": "yes"})
    try:
        finished = await (
            app.start().run("append two lines") if verb == "run" else app.reopen("last").resume()
        )
        print(finished.status, finished.answer)
    finally:
        await app.aclose()


if __name__ == "__main__":
    killing(int(sys.argv[2]), sys.argv[3])
    asyncio.run(main(sys.argv[1]))
