"""What proof takes of a turn while somebody waits: its family, its coin, and at the end what the turn had and did.

    python benchmarks/turn_bookkeeping.py [--tasks 10000] [--turns 300]

A home with so many recorded tasks, each a family of its own (the worst case) in one project, and in fifty. No model takes part.
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from hone.clock import SystemClock
from hone.database import Database
from hone.events import AnyEvent, StepFinished, TurnFinished
from hone.history.rows import SessionInfo
from hone.history.store import History
from hone.messages import Assistant, ToolCall, Usage
from hone.proof.families import Families
from hone.proof.trials import Candidate, Trials

WORDS = [
    f"{start}{end}"
    for start in [
        "deploy",
        "build",
        "test",
        "migrate",
        "report",
        "archive",
        "import",
        "clean",
        "rotate",
        "scale",
    ]
    for end in map(str, "abcdefgh")
]
COMMON = ["the", "please", "of", "for", "in", "and", "run", "fix", "update", "service", "module"]


def request(rng: random.Random) -> str:
    """Some words that many requests have, and some that few have."""
    return " ".join([*rng.sample(COMMON, 4), *rng.sample(WORDS, 3), f"thing{rng.randrange(4000)}"])


def filled(database: Database, tasks: int, projects: int, rng: random.Random) -> None:
    """So many tasks in so many projects."""
    families = Families(SystemClock(), rng)
    with database.transaction() as execute:
        for number in range(tasks):
            family = families.assign(execute, f"p{number % projects}", request(rng))
            execute("INSERT INTO tasks VALUES (?, 1, ?, ?, NULL)", (f"old{number}", float(number), family))


def timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - begun)


def begin(trials: Trials, asked: str, candidate: Candidate) -> None:
    """What comes before the first request where no skill clearly fits by its words."""
    trials.taught_by_kind(asked)
    trials.begin(asked, candidate)


def measure(tasks: int, projects: int, turns: int) -> tuple[list[float], list[float]]:
    """Milliseconds of the beginning and of the end of turns."""
    rng = random.Random(1)
    calls = tuple(ToolCall(f"c{n}", "shell", f'{{"command": "npm run build{n}"}}') for n in range(10))
    events: list[AnyEvent] = [StepFinished(1, Assistant("", calls), Usage(), "m", 1.0)]
    with tempfile.TemporaryDirectory(prefix="hone-bookkeeping-") as directory:
        database = Database.open(Path(directory) / "state.db")
        history = History(database, str, SystemClock())
        filled(database, tasks, projects, rng)
        begins, ends = [], []
        for number in range(turns):
            session = f"s{number}"
            history.open_session(
                SessionInfo(id=session, cwd="/", workspace="/", origin="run", system_prompt="")
            )
            trials = Trials(database, SystemClock(), rng, (session, "p0"), 0.2)
            candidate = Candidate("deploy", 3.0, True, "skills/deploy/SKILL.md")
            asked = request(rng)
            begins.append(timed(partial(begin, trials, asked, candidate)))
            finished = TurnFinished(1, "answered", "", "", 1, 10, 0, Usage(), 1.0)

            def end(trials: Trials = trials, finished: TurnFinished = finished) -> None:
                with database.transaction() as execute:
                    trials.finish(execute, finished, events, frozenset())

            ends.append(timed(end))
        database.close()
    return begins, ends


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--turns", type=int, default=300)
    options = parser.parse_args()
    print(f"{options.tasks:,} recorded tasks; milliseconds, median (99th of 100)\n")
    print("| projects | before the first request | at the end |\n|---|---|---|")
    for projects in (1, 50):
        begins, ends = measure(options.tasks, projects, options.turns)
        shown = [
            f"{statistics.median(each):.2f} ({statistics.quantiles(each, n=100)[98]:.2f})"
            for each in (begins, ends)
        ]
        print(f"| {projects} | {shown[0]} | {shown[1]} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
