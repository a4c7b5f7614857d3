"""Process start to the first prompt of a conversation: milliseconds, in a pseudo-terminal.

    python benchmarks/repl_start.py [--runs 10]

The endpoint is a loopback server that nobody asks: the prompt waits for no model. Median, lowest and highest.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import pexpect
from _common import HONE, hone_environ

from hone.testing import WireServer, say

PROMPT = "›"


def prompt_after(home: Path, base_url: str) -> float:
    """Milliseconds until the prompt is drawn."""
    environ = {**hone_environ(home, base_url), "TERM": "xterm-256color"}
    started = time.perf_counter()
    spawned = pexpect.spawn(str(HONE), env=environ, cwd=str(home / "work"), encoding="utf-8", timeout=30)
    spawned.expect_exact(PROMPT)
    milliseconds = (time.perf_counter() - started) * 1000
    spawned.sendeof()
    spawned.expect(pexpect.EOF)
    spawned.close()
    return milliseconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    runs: int = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as directory, WireServer(lambda _request: say("done")) as server:
        prompt_after(Path(directory), server.base_url)  # bytecode, caches
        taken = [prompt_after(Path(directory), server.base_url) for _ in range(runs)]
    print(f"first prompt: {statistics.median(taken):.0f} ms ({min(taken):.0f} to {max(taken):.0f})")


if __name__ == "__main__":
    main()
