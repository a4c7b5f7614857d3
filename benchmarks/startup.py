"""Process start to first model request: seconds and memory, beside the bare import of the libraries in the same run.

    python benchmarks/startup.py [--runs 9] [--skills 0,10,1000,10000]

The endpoint is a loopback server of this process; it notes when the request arrives and what the client's process
holds in memory by then. Runs of all kinds are interleaved; medians, with the lowest and the highest.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
from _common import (
    HONE,
    Watched,
    commands_then_answer,
    hone_environ,
    must_succeed,
    prompt_tokens,
    run,
    spread,
    write_skills,
)

from hone.testing import WireServer

LIBRARIES = "import asyncio, sqlite3, httpx2, msgspec, yaml, typer"


class Start(msgspec.Struct, frozen=True):
    """One `hone run`: milliseconds to its first request and to its end; memory and fixed prompt of that request."""

    first_request: float
    end: float
    megabytes: float
    tokens: int


def start(home: Path) -> Start:
    watched = Watched(commands_then_answer(0))
    with WireServer(watched) as server:
        environ = hone_environ(home, server.base_url)
        ran = must_succeed(run([HONE, "run", "say done"], home / "work", environ, watched))
    return Start(
        first_request=(watched.arrived[0] - ran.started) * 1000,
        end=ran.seconds * 1000,
        megabytes=watched.megabytes,
        tokens=prompt_tokens(watched.requests[0]),
    )


def bare_import() -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", LIBRARIES], check=True)
    return (time.perf_counter() - started) * 1000


def report(bare: list[float], cold: dict[int, Start], warm: dict[int, list[Start]]) -> None:
    print(f"bare import of the libraries: {spread(bare)} ms\n")
    print(
        "| skills | first run, ms | to first request, ms | x bare import | end, ms | memory, MB | fixed prompt, tokens |"
    )
    print("|---|---|---|---|---|---|---|")
    for count, starts in warm.items():
        cells = [
            f"{count:,}",
            f"{cold[count].first_request:,.0f}",
            spread([one.first_request for one in starts]),
            f"{statistics.median(one.first_request / each for one, each in zip(starts, bare, strict=True)):.2f}",
            spread([one.end for one in starts]),
            spread([one.megabytes for one in starts]),
            f"{starts[-1].tokens:,}",
        ]
        print(f"| {' | '.join(cells)} |")


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--runs", type=int, default=9)
    arguments.add_argument("--skills", default="0,10,1000,10000", help="how many skills the libraries hold")
    options = arguments.parse_args()
    counts = [int(count) for count in options.skills.split(",")]
    with tempfile.TemporaryDirectory() as directory:
        homes = {count: Path(directory) / str(count) for count in counts}
        for count, home in homes.items():
            write_skills(home / "hone" / "skills", count)
        bare_import()
        cold = {count: start(home) for count, home in homes.items()}
        bare: list[float] = []
        warm: dict[int, list[Start]] = {count: [] for count in counts}
        for _ in range(options.runs):
            bare.append(bare_import())
            for count, home in homes.items():
                warm[count].append(start(home))
    report(bare, cold, warm)


if __name__ == "__main__":
    main()
