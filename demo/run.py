"""The demo: hone repairs demo/greeter in a temporary directory, with real tools, and the result is checked from outside.

    python demo/run.py [--simulated] [--keep]

The endpoint is the one of your settings or environment. If there is none, or it cannot run commands safely here, a
simulated model takes its place: rules that read the messages (`simulated_model.py`), served over the same protocol.
"""

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import simulated_model

from hone.config.detect import detect
from hone.config.environ import process_environ
from hone.config.load import load
from hone.errors import HoneError
from hone.messages import Assistant
from hone.safety.sandbox import probe
from hone.testing import WireServer, call, say, together

HERE = Path(__file__).parent
TASK = "The greeter service in this directory fails its health check. Find out why, fix it, and prove that it is healthy."


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--simulated", action="store_true", help="do not look for a real model")
    parser.add_argument("--keep", action="store_true", help="leave the temporary directory")
    options = parser.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="hone-demo-"))
    try:
        return demonstrate(directory, simulated=options.simulated)
    finally:
        if options.keep:
            print(f"\nleft in {directory}")
        else:
            shutil.rmtree(directory, ignore_errors=True)


def demonstrate(directory: Path, *, simulated: bool) -> int:
    """Run the demo in `directory`; 0 if the service is healthy at the end."""
    project = directory / "greeter"
    shutil.copytree(HERE / "greeter", project)
    print(f"The project, a service whose health check fails:\n{check(project).stdout}")
    problem = probe(process_environ())
    real = None if simulated else real_model()
    if real and problem and not allowed(problem):
        real = None
    if real:
        print(f"Model: {real} (your settings)\n")
        status = hone(project, {}, ["--approvals", "yes"] if problem else [])
    else:
        print(
            "Model: SIMULATED. A few rules that read the messages, no language model; it shows the machinery at work.\n"
        )
        status = with_simulated_model(directory, project, problem)
    after = check(project)
    print(
        f"\nChecked from outside, {'healthy' if after.returncode == 0 else 'NOT healthy'}:\n{after.stdout}",
        end="",
    )
    return status or after.returncode


def with_simulated_model(directory: Path, project: Path, problem: str | None) -> int:
    """hone with the simulated model behind a loopback endpoint and a home of its own."""
    if problem:
        print(
            f"No sandbox here ({problem}): commands run unconfined, in {project}, as the simulated model is harmless.\n"
        )
    with WireServer(respond, models=[simulated_model.NAME]) as server:
        surroundings = {
            "HONE_HOME": str(directory / "home"),
            "OPENAI_BASE_URL": server.base_url,
            "OPENAI_API_KEY": "unused",
            "HONE_MODEL": simulated_model.NAME,
        }
        return hone(project, surroundings, ["--approvals", "yes"] if problem else [])


def respond(request: dict[str, Any]) -> Assistant:
    """The simulated model's reply on the wire."""
    move = simulated_model.next_calls(request["messages"])
    if isinstance(move, str):
        return say(move)
    return together(*(call(each.name, **each.arguments) for each in move))


def hone(project: Path, surroundings: dict[str, str], flags: list[str]) -> int:
    print(f"$ hone run {TASK!r}", flush=True)
    inherited = {
        name: value for name, value in os.environ.items() if not (surroundings and name.startswith("HONE_"))
    }
    program = [sys.executable, "-m", "hone", "run", TASK, *flags]
    return subprocess.run(program, cwd=project, env=inherited | surroundings, check=False).returncode


def check(project: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "check.py"]
    return subprocess.run(
        command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )


def real_model() -> str | None:
    """The model that hone would use, or None."""
    try:
        settings = load(process_environ()).settings
        if settings.providers:
            return settings.providers[0].name
        found = asyncio.run(detect(process_environ()))
    except HoneError as error:
        print(f"Your settings cannot be used: {error}")
        return None
    return found.provider.name if found.provider else None


def allowed(problem: str) -> bool:
    """Whether a real model may run commands although there is no sandbox."""
    print(f"No sandbox here ({problem}). A real model would run its commands unconfined on this machine.")
    if not sys.stdin.isatty():
        print("Nobody is here to allow that.")
        return False
    return input("Allow it? [y/N] ").strip().lower() == "y"


if __name__ == "__main__":
    sys.exit(main())
