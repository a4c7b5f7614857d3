"""`hone run` on a real model as a person would run it, and what was recorded of it."""

import datetime
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from hone.events import AnyEvent, StepFinished, ToolFinished
from hone.history.rows import Recorded
from hone.results import Result

LONGEST = 600  # seconds that a run may take on a slow machine


class Run(msgspec.Struct, frozen=True):
    """What a `hone run` printed, and what was recorded of it."""

    exit_code: int
    result: Result
    turns: list[dict[str, Any]]
    recorded: list[Recorded]
    progress: str

    @property
    def events(self) -> list[AnyEvent]:
        """The recorded events, in order."""
        return [each.event for each in self.recorded]

    def steps(self) -> list[StepFinished]:
        """The model's replies."""
        return [event for event in self.events if isinstance(event, StepFinished)]

    def results(self) -> list[ToolFinished]:
        """What the tools gave back."""
        return [event for event in self.events if isinstance(event, ToolFinished)]

    def transcript(self) -> str:
        """What the model wrote and what the tools gave back."""
        lines = []
        for event in self.events:
            if isinstance(event, StepFinished):
                calls = [f"{call.name} {call.arguments}" for call in event.message.tool_calls]
                lines.append(f"model: {event.message.text!r} {calls}")
            elif isinstance(event, ToolFinished):
                lines.append(f"tool: {event.reply.text[:500]!r}")
        return "\n".join(lines)


class Hone(msgspec.Struct, frozen=True):
    """A user's home of its own, and hone in a workspace."""

    home: Path
    workspace: Path

    def configure(self, settings: dict[str, Any]) -> None:
        """Write the settings file."""
        folder = self.home / ".hone"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / "config.yaml").write_text(json.dumps(settings))

    def run(self, request: str, *flags: str) -> Run:
        """One task, then its session as `hone sessions export` gives it."""
        limits = ["--max-steps", "8", "--timeout", str(LONGEST - 60)]
        done = self._hone("run", "--json", "--approvals", approvals(), *limits, *flags, request)
        assert done.stdout, done.stderr
        result = msgspec.json.decode(done.stdout.splitlines()[-1], type=Result)
        exported = self._hone("sessions", "export", result.session)
        assert exported.returncode == 0, exported.stderr
        session = json.loads(exported.stdout)
        for event in session["events"]:
            event["at"] = datetime.datetime.fromisoformat(event["at"]).timestamp()
        recorded = msgspec.convert(session["events"], list[Recorded])
        return Run(done.returncode, result, session["turns"], recorded, done.stderr)

    def _hone(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        environ = {name: value for name, value in os.environ.items() if not name.startswith("HONE_")}
        return subprocess.run(
            [sys.executable, "-m", "hone", *arguments],
            cwd=self.workspace,
            env=environ | {"HOME": str(self.home)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LONGEST,
        )


def approvals() -> str:
    """Commands run in the sandbox where there is one."""
    works = shutil.which("bwrap") and subprocess.run(["bwrap", "--ro-bind", "/", "/", "true"]).returncode == 0
    return "sandbox" if works else "yes"
