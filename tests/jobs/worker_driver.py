"""A process that works on the queue at HOME. Used by test_queue.py.

worker_driver.py HOME drain     leases until nothing is due; one line `id owner` in HOME/finished for each
worker_driver.py HOME hold      leases one, prints its id, and works on it until its standard input ends
"""

import random
import sys
from pathlib import Path

from hone.clock import SystemClock
from hone.database import Database
from hone.files import Claims
from hone.jobs.queue import Queue, new_owner


def main(home: Path, verb: str) -> None:
    database = Database.open(home / "state.db")
    queue = Queue(database, SystemClock(), Claims(home / ".cache" / "leases.lock"))
    owner = new_owner(random.Random())
    if verb == "hold":
        nudge = queue.lease(owner)
        print(nudge.id if nudge else None, flush=True)
        sys.stdin.read()
        return
    while nudge := queue.lease(owner):
        with (home / "finished").open("a") as finished:
            finished.write(f"{nudge.id} {owner}\n")
        queue.finish(nudge.id, "learned")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
