"""What a checkpoint costs: the first one of a workspace, later ones, and what a turn pays for two.

    python benchmarks/checkpoints.py [--rounds 7]

Workspaces of 1,000 and 10,000 small files, as git repositories and without git, on this machine's disk. Later
checkpoints are taken after ten files changed. The one before a turn's first change is waited for, the one after it not.
"""

import argparse
import os
import subprocess
import tempfile
import time
from pathlib import Path

from _common import spread

from hone.checkpoints.shadow import Shadow
from hone.checkpoints.trees import differences


def fill(work: Path, count: int, *, repository: bool) -> None:
    for number in range(count):
        file = work / f"package_{number % 50}" / f"module_{number}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"# module {number}\n" + f"def function_{number}():\n    return {number}\n\n\n" * 40)
    if repository:
        subprocess.run(["git", "init", "-q"], cwd=work, check=True)
        subprocess.run(["git", "add", "-A"], cwd=work, check=True)


def change(work: Path, count: int, salt: int) -> None:
    for number in range(0, count, count // 10):
        with (work / f"package_{number % 50}" / f"module_{number}.py").open("a") as file:
            file.write(f"# {salt}\n")


def milliseconds(shadow: Shadow) -> tuple[float, str]:
    started = time.perf_counter()
    tree = shadow.snapshot(60.0)
    return (time.perf_counter() - started) * 1000, tree


def measure(count: int, rounds: int, *, repository: bool) -> None:
    environ = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    first, unchanged, later, diffs, sizes = [], [], [], [], []
    for _ in range(max(1, rounds // 3)):
        with tempfile.TemporaryDirectory() as directory:
            work, home = Path(directory, "work"), Path(directory, "home")
            work.mkdir()
            fill(work, count, repository=repository)
            shadow = Shadow(home, work, environ)
            taken, before = milliseconds(shadow)
            first.append(taken)
            time.sleep(1.1)  # git reads files again that are as young as its index
            shadow.snapshot(60.0)
            for round_ in range(rounds):
                unchanged.append(milliseconds(shadow)[0])
                change(work, count, round_)
                taken, after = milliseconds(shadow)
                later.append(taken)
                started = time.perf_counter()
                assert len(differences(shadow, before, after)) == 10
                diffs.append((time.perf_counter() - started) * 1000)
                before = after
            sizes.append(shadow.size() / 1e6)
    kind = "git repository" if repository else "without git"
    columns = " | ".join(spread(values) for values in (first, unchanged, later, diffs))
    print(f"| {count:,}, {kind} | {columns} | {max(sizes):.1f} |", flush=True)


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--rounds", type=int, default=7)
    rounds = arguments.parse_args().rounds
    print(
        "| files | first, ms | nothing changed, ms | ten files changed, ms | diff of a turn, ms | store, MB |"
    )
    print("|---|---|---|---|---|---|")
    for count in (1_000, 10_000):
        for repository in (True, False):
            measure(count, rounds, repository=repository)


if __name__ == "__main__":
    main()
