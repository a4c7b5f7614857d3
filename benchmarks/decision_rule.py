"""How often the rule of receipts errs, on SIMULATED tasks of which it is known whether the skill helps.

    python benchmarks/decision_rule.py [--runs 2000] [--seed 1]

The first table is of skills that change how often a task succeeds, the second of skills that change how many calls it takes
while nobody says whether it succeeded. The rule is `hone.proof.rule`, the tasks are `hone.proof.simulate`'s.
"""

import argparse
import math
import random
import statistics
import sys

from hone.proof.simulate import Fate, Truth, fate

HEAD = "| base | tasks | {} | proven | harmful | undecided | too early | tasks to the decision |\n|---|---|---|---|---|---|---|---|"


def row(truth: Truth, tasks: int, runs: int, seed: int) -> list[Fate]:
    rng = random.Random(f"{seed} {truth} {tasks}")
    return [fate(truth, tasks, rng) for _ in range(runs)]


def shown(fates: list[Fate]) -> str:
    def share(verdict: str) -> str:
        part = sum(each.verdict == verdict for each in fates) / len(fates)
        return f"{100 * part:.1f} ± {196 * math.sqrt(part * (1 - part) / len(fates)):.1f}"

    decided = [each.tasks for each in fates if each.verdict in ("proven", "harmful")]
    after = f"{statistics.median(decided):.0f}" if decided else "-"
    return " | ".join([*map(share, ("proven", "harmful", "undecided", "go_on")), after])


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print("SIMULATED tasks; shares in % of", options.runs, "skills, with the 95 % error of the simulation.\n")
    print(HEAD.format("true difference in success"))
    worst = 0.0
    for base in (0.6, 0.8):
        for tasks in (60, 128):
            for difference in (-0.2, 0.0, 0.1, 0.2, 0.3):
                fates = row(Truth(base=base, difference=difference), tasks, options.runs, options.seed)
                print(f"| {base} | {tasks} | {difference:+.1f} | {shown(fates)} |", flush=True)
                if difference == 0:
                    worst = max(worst, sum(each.verdict == "proven" for each in fates) / len(fates))
    print()
    print(HEAD.format("calls saved"))
    for base in (0.6, 0.8):
        for tasks in (60, 128):
            for saves in (-0.3, -0.2, 0.0, 0.1, 0.2, 0.3, 0.4):
                truth = Truth(base=base, saves=saves, told=False)
                fates = row(truth, tasks, options.runs, options.seed)
                print(f"| {base} | {tasks} | {saves:+.0%} | {shown(fates)} |", flush=True)
                if saves == 0:
                    worst = max(worst, sum(each.verdict == "proven" for each in fates) / len(fates))
    print(f"\nWithout any effect at most {100 * worst:.1f} % were called proven; the rule allows 5 %.")
    return worst > 0.05


if __name__ == "__main__":
    sys.exit(main())
