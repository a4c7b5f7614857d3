"""Milliseconds to judge, apply and commit one change, in a home with many skills and a long memory.

    python benchmarks/changes.py [--changes 100] [--skills 1000] [--entries 400]

The home is a temporary one. Secrets are looked for, the ledger and the files are written, git commits.
"""

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from _common import write_skills

from hone.changes.change import Add, AnyOp, Change, Facts, ReplaceGotcha
from hone.changes.door import Door
from hone.clock import SystemClock
from hone.database import Database
from hone.git import Git
from hone.skills.render import render_skill

NEIGHBOURS = 200  # other skills that a review compares with
REVISED = 20  # skills that are revised in turn
SYLLABLES = ("ba", "do", "fi", "gu", "ka", "le", "mi", "no", "pa", "ru", "sa", "te", "vi", "wo", "za")
GOTCHA = "Port {0} of the staging server answers only after `make tunnel-{0}` -> run that first"


def facts(rng: random.Random) -> Iterator[str]:
    """Sentences about different things."""

    def word() -> str:
        return "".join(rng.choices(SYLLABLES, k=3))

    while True:
        yield f"The {word()} of team {word()} is at {word()}/{word()}.csv since 2026-03-{rng.randint(1, 28):02}."


def write_home(home: Path, skills: int, entries: Sequence[str]) -> Facts:
    """What a review knows of the home beside the file that it changes."""
    write_skills(home / "skills", skills)
    for number in range(REVISED):
        name = f"tunnel-{number}"
        (home / "skills" / name).mkdir(parents=True)
        (home / "skills" / name / "SKILL.md").write_text(skill(name))
    (home / "memory.md").write_text("".join(f"- {entry}\n" for entry in entries))
    near = sorted((home / "skills").glob("job-*/SKILL.md"))[:NEIGHBOURS]
    return Facts(neighbours={path.parent.name: path.read_text() for path in near})


def skill(name: str) -> str:
    return render_skill(
        name,
        title=name,
        description=f"Opens the tunnels of {name}. Use it when a port of {name} does not answer.",
        when_to_use="A port of the staging server does not answer.",
        steps=[f"Run `make tunnel-{number}`." for number in range(8)],
        gotchas=[GOTCHA.format(port) for port in range(7993, 8001)],
    )


def revision(number: int) -> Change:
    """Of each skill in turn, the gotcha that was changed before."""
    port = 8000 + number // REVISED
    edit = ReplaceGotcha(GOTCHA.format(port), GOTCHA.format(port + 1))
    return change(f"skills/tunnel-{number % REVISED}/SKILL.md", edit)


def change(target: str, op: AnyOp) -> Change:
    return Change(target=target, ops=(op,), origin="review", session="bench", turn=1, model="bench:model")


def submit(door: Door, facts: Facts, change: Change) -> None:
    outcome = door.submit(change, facts)
    assert outcome.status == "applied", outcome


def milliseconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000


def report(name: str, spent: Sequence[float]) -> None:
    p95 = statistics.quantiles(spent, n=20)[-1]
    print(f"{name:<22} median {statistics.median(spent):6.1f} ms, p95 {p95:6.1f}, slowest {max(spent):6.1f}")


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--changes", type=int, default=100, help="changes of each kind")
    arguments.add_argument("--skills", type=int, default=1000)
    arguments.add_argument("--entries", type=int, default=400, help="entries of memory.md")
    options = arguments.parse_args()
    told = facts(random.Random(0))
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        known = write_home(home, options.skills, [next(told) for _ in range(options.entries)])
        database = Database.open(home / "state.db")
        door = Door(home, database, Git(home, os.environ), SystemClock(), random.Random(0))
        print(f"taking in the home     {milliseconds(door.scan):6.1f} ms, once")
        make = partial(submit, door, known)
        adds = [change("memory.md", Add(next(told))) for _ in range(options.changes + 1)]
        first = milliseconds(partial(make, adds.pop()))
        print(f"first of a process     {first:6.1f} ms, an entry, with what finds secrets being loaded")
        report("a memory entry", [milliseconds(partial(make, each)) for each in adds])
        revisions = [revision(number) for number in range(options.changes)]
        report("a revision of a skill", [milliseconds(partial(make, each)) for each in revisions])
        database.close()


if __name__ == "__main__":
    main()
