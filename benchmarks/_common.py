"""What the benchmarks share: a model that is a function of the messages, an endpoint that keeps times, agents as processes."""

import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from hone.messages import Assistant, ToolCall
from hone.testing import WireReply, say

HONE = str(Path(sys.executable).with_name("hone"))
SHELLS = ("shell", "terminal")  # what agents call their tool for commands
SKILL = """---
name: {name}
description: "How to do the recurring job number {number}: use when somebody asks for job {number} of team {team}."
---
# Job {number}

## Steps
1. Run `make job-{number}`.
"""

Request = dict[str, Any]
Model = Callable[[Request], WireReply]


def commands_then_answer(steps: int) -> Model:
    """A model that asks for `steps` commands that do nothing, one after the other, then answers."""

    def reply(request: Request) -> WireReply:
        offered = [tool["function"]["name"] for tool in request.get("tools", ())]
        shell = next((name for name in offered if name in SHELLS), None)
        number = sum(message["role"] == "tool" for message in request["messages"])
        if shell is None or number >= steps:
            return say("done")
        return Assistant(tool_calls=(ToolCall(f"call_{number}", shell, f'{{"command": "true {number}"}}'),))

    return reply


class Watched:
    """A model that notes when each request with tools arrived and was answered, and the client's memory at the first."""

    def __init__(self, model: Model) -> None:
        self.arrived: list[float] = []
        self.answered: list[float] = []
        self.requests: list[Request] = []
        self.megabytes = 0.0
        self.client = 0
        self._model = model

    def __call__(self, request: Request) -> WireReply:
        now = time.perf_counter()
        if not self.requests:
            self.megabytes = resident_megabytes(self.client)
        reply = self._model(request)
        if request.get("tools"):  # titles and the like are not what is measured
            self.requests.append(request)
            self.arrived.append(now)
            self.answered.append(time.perf_counter())
        return reply


class Ran(msgspec.Struct, frozen=True):
    """A process from start to end, in seconds of `time.perf_counter`. No code: it was stopped at the limit."""

    started: float
    ended: float
    code: int | None
    stdout: str
    stderr: str

    @property
    def seconds(self) -> float:
        return self.ended - self.started


def run(
    command: Sequence[str],
    cwd: Path,
    environ: Mapping[str, str],
    watched: Watched | None = None,
    limit: float = 120,
) -> Ran:
    """Run a command to its end, or to `limit` seconds; `watched` learns its process."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    if watched is not None:
        watched.client = process.pid
    try:
        out, errors = process.communicate(timeout=limit)
        return Ran(started, time.perf_counter(), process.returncode, out, errors)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        out, errors = process.communicate()
        return Ran(started, time.perf_counter(), None, out, errors)


def must_succeed(ran: Ran) -> Ran:
    if ran.code != 0:
        sys.exit(f"exit {ran.code}: {ran.stdout[-2000:]}{ran.stderr[-2000:]}")
    return ran


def resident_megabytes(process: int) -> float:
    """What a process holds in memory; nan where there is no /proc."""
    status = Path(f"/proc/{process}/status")
    if not status.exists():
        return math.nan
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def prompt_tokens(request: Request) -> int:
    """What a request fixes before the user's words: system message and tool schemas, four characters a token."""
    fixed = request["messages"][0]["content"] + msgspec.json.encode(request.get("tools", [])).decode()
    return -(-len(fixed) // 4)


def hone_environ(home: Path, base_url: str) -> dict[str, str]:
    """The whole environment of a hone process whose homes are below `home`, its endpoint named in config.yaml."""
    for directory in (home / "user", home / "work", home / "hone"):
        directory.mkdir(parents=True, exist_ok=True)
    config = f"providers:\n  - name: bench\n    api_base: {base_url}\n    models: [simulated]\n"
    (home / "hone" / "config.yaml").write_text(config)
    given = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return given | {"HOME": str(home / "user"), "HONE_HOME": str(home / "hone")}


def write_skills(directory: Path, count: int) -> None:
    for number in range(count):
        name = f"job-{number}"
        (directory / name).mkdir(parents=True)
        text = SKILL.format(name=name, number=number, team=number % 97)
        (directory / name / "SKILL.md").write_text(text)


def spread(values: Sequence[float], digits: int = 0) -> str:
    """`median (lowest to highest)`."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:,.{digits}f} ({low:,.{digits}f} to {high:,.{digits}f})"
