"""How well tasks are told apart: requests labelled by hand, assigned in a random order, compared pair by pair; and what it takes.

    python benchmarks/families.py [--orders 20] [--size 10000]

Precision: of the pairs that were put into one family, how many are of one kind. Recall: of the pairs of one kind, how many were put
into one family. Only pairs of one project count. The labels are tests/proof/labelled_requests.py; the weights were chosen on
one half of them, the other was not looked at. No model takes part.
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tests.proof.labelled_requests import HELD_BACK, TUNED

from hone.database import Database
from hone.proof.families import Families
from hone.testing import FakeClock

Labelled = tuple[str, int, str]


def pairwise(labelled: Sequence[Labelled], seed: int) -> tuple[float, float]:
    """Precision and recall of one order."""
    rng = random.Random(seed)
    order = list(labelled)
    rng.shuffle(order)
    with tempfile.TemporaryDirectory() as directory:
        database = Database.open(Path(directory) / "state.db")
        families = Families(FakeClock(), rng)
        assigned = []
        with database.transaction() as execute:
            assigned = [(each, families.assign(execute, each[0], each[2])) for each in order]
        database.close()
    same = right = kinds = 0
    for (one, family), (other, another) in combinations(assigned, 2):
        if one[0] != other[0]:
            continue
        is_kind, is_family = one[1] == other[1], family == another
        same += is_family
        kinds += is_kind
        right += is_kind and is_family
    return right / (same or 1), right / (kinds or 1)


def timings(size: int) -> tuple[float, float]:
    """Milliseconds to assign a request among so many families of one project, without the commit: median, 99th of 100."""
    rng = random.Random(1)
    words = [
        f"{first}{second}" for first in ("tor", "mek", "lun", "sab", "ris") for second in map(str, range(400))
    ]
    took = []
    with tempfile.TemporaryDirectory() as directory:
        database = Database.open(Path(directory) / "state.db")
        families = Families(FakeClock(), rng)
        with database.transaction() as execute:
            for _ in range(size):
                families.assign(execute, "p", f"fix the {' '.join(rng.sample(words, 4))} of the service")
        for _ in range(500):
            asked = f"fix the {' '.join(rng.sample(words, 4))} of the service"
            with database.transaction() as execute:
                begun = time.perf_counter()
                families.assign(execute, "p", asked)
                took.append(1000 * (time.perf_counter() - begun))
        database.close()
    return statistics.median(took), statistics.quantiles(took, n=100)[98]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--orders", type=int, default=20)
    parser.add_argument("--size", type=int, default=10_000)
    options = parser.parse_args()
    print("| requests | of kinds | precision | recall |\n|---|---|---|---|")
    for name, labelled in (("tuned on", TUNED), ("held back", HELD_BACK)):
        found = [pairwise(labelled, seed) for seed in range(options.orders)]
        precision, recall = (statistics.fmean(each) for each in zip(*found, strict=True))
        lowest = min(each for each, _ in found)
        kinds = len({each[:2] for each in labelled})
        print(
            f"| {len(labelled)} {name} | {kinds} | {precision:.3f} (lowest {lowest:.3f}) | {recall:.3f} |",
            flush=True,
        )
    median, late = timings(options.size)
    print(
        f"\n{options.size:,} tasks, each a family of its own, in one project: {median:.2f} ms (99th of 100: {late:.2f} ms)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
