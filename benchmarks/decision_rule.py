"""How often the rule of receipts errs, on SIMULATED tasks of which it is known whether the skill helps.

    python benchmarks/decision_rule.py [--runs 2000] [--seed 1]

The first table is of skills that change how often a task succeeds, the second of skills that change how many calls it takes
while nobody says whether it succeeded, the third of the same with half of the tasks withheld instead of a fifth. The rule is
`hone.proof.rule`, the tasks are `hone.proof.simulate`'s. Exit 1 if a skill that changes nothing is judged too often.
"""

import argparse
import math
import os
import random
import statistics
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from hone.proof.rule import ERROR
from hone.proof.simulate import Fate, Truth, fate

HEAD = "| base | tasks | {} | proven | harmful | undecided | too early | tasks to the decision |\n|---|---|---|---|---|---|---|---|"
SUCCESS, CALLS, HALF = "true difference in success", "calls saved", "calls saved, half withheld"

Row = tuple[str, Truth, int]


def rows() -> Iterator[Row]:
    for base in (0.6, 0.8):
        for tasks in (60, 128):
            for difference in (-0.2, 0.0, 0.1, 0.2, 0.3):
                yield SUCCESS, Truth(base=base, difference=difference), tasks
    for tasks in (60, 128):
        for saves in (-0.3, -0.2, 0.0, 0.1, 0.2, 0.3, 0.4):
            yield CALLS, Truth(base=0.8, saves=saves, told=False), tasks
    for tasks in (60, 128):
        for saves in (-0.3, 0.0, 0.1, 0.2, 0.3):
            yield HALF, Truth(base=0.8, saves=saves, told=False, holdout=0.5), tasks


def fates(row: Row, runs: int, seed: int) -> list[Fate]:
    _, truth, tasks = row
    rng = random.Random(f"{seed} {truth} {tasks}")
    return [fate(truth, tasks, rng) for _ in range(runs)]


def share(found: list[Fate], verdict: str) -> float:
    return sum(each.verdict == verdict for each in found) / len(found)


def shown(found: list[Fate]) -> str:
    parts = [share(found, verdict) for verdict in ("proven", "harmful", "undecided", "go_on")]
    cells = [f"{100 * part:.1f} ± {196 * math.sqrt(part * (1 - part) / len(found)):.1f}" for part in parts]
    decided = [each.tasks for each in found if each.verdict in ("proven", "harmful")]
    return " | ".join([*cells, f"{statistics.median(decided):.0f}" if decided else "-"])


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print("SIMULATED tasks; shares in % of", options.runs, "skills, with the 95 % error of the simulation.")
    table, proven, harmful = "", 0.0, 0.0
    every = [*rows()]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(fates, every, *([value] * len(every) for value in (options.runs, options.seed)))
        for (name, truth, tasks), found in zip(every, results, strict=True):
            if name != table:
                table = name
                print(f"\n{HEAD.format(name)}")
            effect = f"{truth.difference:+.1f}" if name == SUCCESS else f"{truth.saves:+.0%}"
            print(f"| {truth.base} | {tasks} | {effect} | {shown(found)} |", flush=True)
            if not truth.difference and not truth.saves:
                proven = max(proven, share(found, "proven"))
                harmful = max(harmful, share(found, "harmful"))
    print(
        f"\nWithout any effect at most {100 * proven:.1f} % were called proven and {100 * harmful:.1f} % harmful; "
        f"the rule allows {100 * ERROR:.0f} %."
    )
    return max(proven, harmful) > ERROR


if __name__ == "__main__":
    sys.exit(main())
