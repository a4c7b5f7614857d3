"""hermes-agent as a contender: headless, a process for each task, with settings and a home of its own."""

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from hone.bench.agents import Assignment, Place, Went
from hone.bench.arms import FRESH
from hone.errors import UsageError
from hone.files import write_atomic

_LEARNING = "skills"
_REVIEW = "Review the conversation above"
_CONTEXT = 128_000  # tokens; given, so that the endpoint need not be asked
_MINUTES = 30  # for one task
# With -z its process ends before its review does; this one stays, as that of an interactive session.
_WAITING = """
import sys, threading
import run_agent
from hermes_cli.oneshot import run_oneshot

start_review = run_agent.AIAgent._spawn_background_review

def start_and_wait(*given, **named):
    start_review(*given, **named)
    for thread in threading.enumerate():
        if thread.name == "bg-review":
            thread.join()

run_agent.AIAgent._spawn_background_review = start_and_wait
sys.exit(run_oneshot(sys.argv[1]))
"""


class Hermes(msgspec.Struct, frozen=True):
    """The program, and the Python beside it. It may run any command: it has no sandbox of its own."""

    program: Path

    @property
    def name(self) -> str:
        """What it is called in the report."""
        return "hermes"

    @property
    def arms(self) -> frozenset[str]:
        """`fresh`: a new home for each task, so that there is nothing to remember; `skills`: as it comes, and waited for."""
        return frozenset({FRESH, _LEARNING})

    def is_review(self, request: Mapping[str, Any]) -> bool:
        """A review is its conversation, continued by a message of its own."""
        said = [each.get("content") for each in request.get("messages") or [] if each.get("role") == "user"]
        return bool(said) and str(said[-1]).startswith(_REVIEW)

    def prepare(self, place: Place) -> None:
        """Write its settings; the key is the proxy's."""
        _settle(place)

    async def do(self, place: Place, task: Assignment) -> Went:
        """One process. Its group is killed if this is cancelled, or after half an hour."""
        learns = place.arm.name != FRESH
        if not learns:
            shutil.rmtree(place.own("hermes"), ignore_errors=True)
            _settle(place)
        waiting = [str(self.program.with_name("python")), "-c", _WAITING, task.request]
        process = await asyncio.create_subprocess_exec(
            *(waiting if learns else [str(self.program), "-z", task.request]),
            cwd=task.workspace,
            env={"PATH": place.path, "HOME": str(place.own("user")), "HERMES_HOME": str(place.own("hermes"))},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(60 * _MINUTES):
                out, err = await process.communicate()
        except TimeoutError:
            return Went("timeout", complaints=(f"stopped after {_MINUTES} minutes",))
        finally:
            await _end(process)
        if process.returncode:
            return Went("failed", out.decode(errors="replace"), complaints=_last_line(err))
        return Went("answered", out.decode(errors="replace"))


def hermes_at(where: Path) -> Hermes:
    """hermes-agent by its executable, or by the venv that holds it. Raises UsageError if there is none."""
    program = where / "bin" / "hermes" if where.is_dir() else where
    if not os.access(program, os.X_OK):
        raise UsageError(f"there is no hermes at {program}: pip install hermes-agent into a venv of its own")
    return Hermes(program.absolute())


def _settle(place: Place) -> None:
    provider, _, model = place.names.main.partition(":")
    settings = {
        "model": {
            "default": model,
            "provider": "custom",
            "base_url": place.base_url(provider),
            "api_key": "unused",
            "context_length": _CONTEXT,
        },
        "security": {"tirith_enabled": False},  # else it looks for a program to download, at every start
    }
    write_atomic(place.own("hermes") / "config.yaml", msgspec.json.encode(settings))  # JSON is YAML


async def _end(process: asyncio.subprocess.Process) -> None:
    """End what it left running, too."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # the latter where it has just ended
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _last_line(text: bytes) -> tuple[str, ...]:
    return tuple(text.decode(errors="replace").strip().splitlines()[-1:])
