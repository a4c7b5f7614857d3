"""The same task three times in a row, as a script would call it: `hone run`, nothing awaited in between.

    python benchmarks/back_to_back.py [--latency 1.5]

The task is the demo's deployment, the model is the demo's simulated one, answering after `latency` seconds.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

DEMO = Path(__file__).parents[1] / "demo"
sys.path.insert(0, str(DEMO))

import run as demo  # noqa: E402 - it lies beside the package
from staging_server import StagingServer  # noqa: E402

from hone.testing import Fault, WireServer  # noqa: E402


class SlowServer(WireServer):
    """The simulated model, for any number of requests at once."""

    def __init__(self, latency: float) -> None:
        super().__init__(demo.respond)
        self._latency = latency

    def answer(self, request: dict[str, Any], headers: dict[str, str]) -> Fault:
        time.sleep(self._latency)
        return super().answer(request, headers)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--latency", type=float, default=1.5, help="seconds before each answer")
    latency = parser.parse_args().latency

    print("| run | tool calls | errors | requests | seconds | skills loaded |\n|---|---|---|---|---|---|")
    with (
        tempfile.TemporaryDirectory(prefix="hone-bench-", ignore_cleanup_errors=True) as directory,
        StagingServer() as staging,
        SlowServer(latency) as server,
    ):
        project = Path(directory, "shop")
        shutil.copytree(DEMO / "shop", project)
        (project / "staging.json").write_text(json.dumps({"server": staging.address}))
        own = {name: value for name, value in os.environ.items() if not name.startswith("HONE_")}
        environ = own | {
            "HONE_HOME": str(Path(directory, "home")),
            "OPENAI_BASE_URL": server.base_url,
            "OPENAI_API_KEY": "unused",
            "HONE_MODEL": "wire-model",
        }
        for number in (1, 2, 3):
            if number > 1:
                staging.next_release()
            program = [sys.executable, "-m", "hone", "run", demo.TASK, "--json"]
            done = subprocess.run(
                program, cwd=project, env=environ, capture_output=True, text=True, stdin=subprocess.DEVNULL
            )
            told = json.loads(done.stdout.splitlines()[-1])
            figures = (
                told["tool_calls"],
                told["errors"],
                told["steps"],
                told["wall_s"],
                len(told["skills_loaded"]),
            )
            print(f"| {number} | {' | '.join(map(str, figures))} |", flush=True)


if __name__ == "__main__":
    main()
