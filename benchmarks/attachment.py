"""How often a task that recurs gets the skill that its first time taught, and how often another one.

    python benchmarks/attachment.py [--orders 5]

The requests are those of tests/proof/labelled_requests.py, each project's in a random order, each a session of its own in one
home. The first request of a kind teaches a skill; its title and description are that request (`its own words`), or say the
same in other words (`other`: those of the request of the kind that shares the fewest). The simulated model says "done".
"""

import argparse
import asyncio
import contextlib
import random
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tests.proof.labelled_requests import HELD_BACK, TUNED

from hone.changes.change import Change, Create
from hone.changes.door import Door
from hone.database import Database
from hone.git import Git
from hone.proof.trials import Trials
from hone.testing import FakeClock, ScriptedModel, make_app, say

Labelled = tuple[str, int, str]


def other_words(asked: str, kind: Sequence[str]) -> str:
    """Of the requests of a kind that which shares the fewest words with `asked`."""
    words = set(asked.lower().split())
    return min(kind, key=lambda each: len(words & set(each.lower().split())) / len(words | set(each.split())))


async def stream(labelled: Sequence[Labelled], seed: int, *, own_words: bool) -> tuple[int, int, int]:
    """Of the requests of kinds that have a skill: how many there were, got it, and got another."""
    due = right = wrong = 0
    rng = random.Random(seed)
    order = list(labelled)
    rng.shuffle(order)
    kinds = defaultdict(list)
    for project, kind, text in labelled:
        kinds[project, kind].append(text)
    with tempfile.TemporaryDirectory(prefix="hone-attachment-") as directory:
        for project in sorted({each[0] for each in labelled}):
            place = Path(directory) / project
            place.mkdir()
            mine = [each for each in order if each[0] == project]
            model = ScriptedModel(*[say("done")] * len(mine))
            async with make_app(place, model, flags={"learning.holdout.repl": 0}) as app:
                database = Database.open(place / "home" / "state.db")
                git = Git(place / "home", {"PATH": "/nowhere", "HOME": str(place)})
                door = Door(place / "home", database, git, FakeClock(), rng)
                for _, kind, text in mine:
                    session, name = app.start(), f"skill-{kind}"
                    had = (await session.run(text)).skills
                    is_taught = (place / "home" / "skills" / name).exists()
                    due += is_taught
                    right += name in had
                    wrong += any(each != name for each in had)
                    if not is_taught:
                        said = text if own_words else other_words(text, kinds[project, kind])
                        create = Create(said, said, f"When the user asks: {said}", (f"Run `./step{kind}`.",))
                        made = door.submit(
                            Change(
                                target=f"skills/{name}/SKILL.md",
                                ops=(create,),
                                origin="user",
                                session=session.id,
                                turn=1,
                            )
                        )
                        assert made.status == "applied", made
                database.close()
    return due, right, wrong


def rows(orders: int) -> Iterator[str]:
    for name, labelled in (("tuned on", TUNED), ("held back", HELD_BACK)):
        for own_words in (True, False):
            for by_kind in (False, True):
                by_words_only = mock.patch.object(Trials, "taught_by_kind", return_value=frozenset())
                with contextlib.nullcontext() if by_kind else by_words_only:
                    found = [
                        asyncio.run(stream(labelled, seed, own_words=own_words)) for seed in range(orders)
                    ]
                due, right, wrong = (statistics.fmean(each) for each in zip(*found, strict=True))
                yield (
                    f"| {name} | {'its own' if own_words else 'other'} | {'words or kind' if by_kind else 'words'} "
                    f"| {due:.0f} | {right / due:.3f} | {wrong:.1f} |"
                )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--orders", type=int, default=5)
    options = parser.parse_args()
    print(
        "| requests | the skill's words | found by | recurring tasks | got its skill | tasks that got another |"
    )
    print("|---|---|---|---|---|---|")
    for row in rows(options.orders):
        print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
