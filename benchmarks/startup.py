"""Process start to first model request: seconds and memory, beside the bare import of the libraries in the same run.

    python benchmarks/startup.py [--runs 9] [--skills 0,10,1000,10000]

The endpoint is a loopback server of this process; it notes when the request arrives and what the client's process
holds in memory by then. Runs of each kind are interleaved; medians. Budgets: DESIGN, "Budgets".
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from hone.testing import WireServer, say

LIBRARIES = "import asyncio, sqlite3, httpx2, msgspec, yaml, typer, platformdirs"
SKILL = """---
name: {name}
description: "How to do the recurring job number {number}: use when somebody asks for job {number} of team {team}."
---
# Job {number}

## Steps
1. Run `make job-{number}`.
"""


class Arrival:
    """When the first request of a process arrived, and that process's resident memory in MB."""

    def __init__(self) -> None:
        self.pid = 0
        self.at = 0.0
        self.megabytes = 0.0
        self.request: dict[str, Any] = {}

    def __call__(self, request: dict[str, Any]) -> Any:
        if not self.at:
            self.at = time.perf_counter()
            self.request = request
            status = Path(f"/proc/{self.pid}/status")
            if status.exists():
                line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
                self.megabytes = int(line.split()[1]) / 1024
        return say("done")


def first_request(home: Path) -> tuple[float, float, int]:
    """Seconds, megabytes and prompt tokens (characters / 4, tool schemas included) of one `hone run`."""
    arrival = Arrival()
    with WireServer(arrival) as server:
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(home / "user"),
            "HONE_HOME": str(home / "hone"),
            "OPENAI_BASE_URL": server.base_url,
            "OPENAI_API_KEY": "unused",
            "HONE_MODEL": "simulated",
        }
        started = time.perf_counter()
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("hone")), "run", "say done"],
            cwd=home / "work",
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        arrival.pid = process.pid
        _, errors = process.communicate(timeout=120)
        if process.returncode != 0:
            sys.exit(errors.decode())
    return arrival.at - started, arrival.megabytes, prompt_tokens(arrival.request)


def prompt_tokens(request: dict[str, Any]) -> int:
    """What the request fixes before the user's words: system message and tool schemas, at four characters a token."""
    import msgspec

    fixed = request["messages"][0]["content"] + msgspec.json.encode(request.get("tools", [])).decode()
    return -(-len(fixed) // 4)


def bare_import() -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", LIBRARIES], check=True)
    return time.perf_counter() - started


def make_home(root: Path, skills: int) -> Path:
    home = root / f"home-{skills}"
    for directory in (home / "user", home / "work", home / "hone" / "skills"):
        directory.mkdir(parents=True)
    for number in range(skills):
        name = f"job-{number}"
        directory = home / "hone" / "skills" / name
        directory.mkdir()
        (directory / "SKILL.md").write_text(SKILL.format(name=name, number=number, team=number % 97))
    return home


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--runs", type=int, default=9)
    arguments.add_argument("--skills", default="0,10,1000,10000")
    options = arguments.parse_args()
    counts = [int(count) for count in options.skills.split(",")]
    with tempfile.TemporaryDirectory() as directory:
        homes = {count: make_home(Path(directory), count) for count in counts}
        cold = {count: first_request(home) for count, home in homes.items()}
        bare_import()
        imports: list[float] = []
        runs: dict[int, list[tuple[float, float, int]]] = {count: [] for count in counts}
        for _ in range(options.runs):
            imports.append(bare_import())
            for count, home in homes.items():
                runs[count].append(first_request(home))
    bare = statistics.median(imports)
    print(f"bare import of the libraries: {bare * 1000:.0f} ms (median of {options.runs})\n")
    print("| skills | first run ms | start to first request ms | × bare import | memory MB | fixed prompt tokens |")
    print("|---|---|---|---|---|---|")
    for count in counts:
        seconds = statistics.median(run[0] for run in runs[count])
        memory = statistics.median(run[1] for run in runs[count])
        tokens = runs[count][-1][2]
        row = f"{cold[count][0] * 1000:.0f} | {seconds * 1000:.0f} | {seconds / bare:.2f} | {memory:.0f} | {tokens:,}"
        print(f"| {count:,} | {row} |")


if __name__ == "__main__":
    main()
