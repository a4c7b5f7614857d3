"""Tripwires over thousands of commands of simulated agents: the share of harmless ones stopped, of the mistakes caught.

    python benchmarks/tripwires.py [--seeds 5] [--commands 5000]

Ten made-up projects of one machine, each with its skills; what is run there, and the tripwires, are tables in
tests/skills/tripwire_world.py. Every tripwire goes through the gate first, and is retired by the rule that retires them.
Beside it: what one look at a call costs, with a hundred tripwires and with a thousand.
"""

import argparse
import json
import statistics
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.skills.tripwire_simulation import Report, simulate

from hone.messages import ToolCall
from hone.skills.tripwires import Armed, Tripwire, objection

COMMAND = "cd services/api && curl -sf 'http://127.0.0.1:8000/healthz' 2>&1 | grep -n 'ok' | tail -n 20"


def table(reports: dict[int, Report]) -> None:
    print(
        "| seed | tripwires | left out by the gate | retired | harmless | stopped | share | mistakes | caught |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for seed, one in reports.items():
        stopped = len(one.false_alarms)
        numbers = f"{one.tripwires} | {one.left_out} | {one.retired} | {one.harmless:,} | {stopped}"
        caught = f"{one.mistakes} | {one.caught} ({one.caught / one.mistakes:.0%})"
        print(f"| {seed} | {numbers} | {one.share_stopped:.3%} | {caught} |")


def examples(reports: dict[int, Report]) -> None:
    for title, found in (
        (
            "harmless and stopped",
            [f"{command}   {wire}" for one in reports.values() for command, wire in one.false_alarms],
        ),
        (
            "mistakes that were not seen coming",
            [command for one in reports.values() for command in one.missed],
        ),
    ):
        print(f"\n{title}:")
        for text, count in Counter(found).most_common(12):
            print(f"  {count} x {text}")


def cost(count: int, looks: int = 200) -> float:
    """Microseconds of one look at a call that `count` tripwires share a word with."""
    wires = [
        Armed("s", Tripwire("shell", ("curl", f"/health{number}"), id=f"t{number}"))
        for number in range(count)
    ]
    call = ToolCall("c", "shell", json.dumps({"command": COMMAND}))
    seconds = []
    for _ in range(looks):
        started = time.perf_counter()
        objection(call, wires, ())
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds) * 1e6


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--seeds", type=int, default=5)
    arguments.add_argument("--commands", type=int, default=5_000)
    options = arguments.parse_args()
    reports = {seed: simulate(seed, options.commands) for seed in range(options.seeds)}
    table(reports)
    examples(reports)
    print(f"\none look at a call: {cost(100):,.0f} µs with 100 tripwires, {cost(1_000):,.0f} µs with 1,000")


if __name__ == "__main__":
    main()
