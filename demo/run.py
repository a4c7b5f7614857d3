"""The demo: the same deployment five times, and what hone learns on the way.

    python demo/run.py [--simulated] [--keep]

Real commands against a real server on the loopback interface (`staging_server.py`). The endpoint is the one of your
settings or environment. If there is none, or it cannot run commands safely here, a simulated model takes its place: rules
that read the messages (`simulated_agent.py`, `simulated_writer.py`), served over the same protocol.
"""

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import simulated_agent
import simulated_writer
from staging_server import StagingServer

from hone.config.detect import detect
from hone.config.environ import hone_home, process_environ
from hone.config.load import load
from hone.errors import HoneError
from hone.messages import Assistant, estimate_tokens
from hone.safety.sandbox import probe
from hone.testing import Fault, WireServer, as_stream, call, say, together

HERE = Path(__file__).parent
TASK = "Deploy the shop to staging and show that its health check passes."


class Ran(NamedTuple):
    """One run: hone's own figures, and whether the server is healthy."""

    result: dict[str, Any]
    healthy: bool

    @property
    def calls(self) -> int:
        """Tool calls."""
        return int(self.result["tool_calls"])

    @property
    def errors(self) -> int:
        """Failed tool calls."""
        return int(self.result["errors"])


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--simulated", action="store_true", help="do not look for a real model")
    parser.add_argument("--keep", action="store_true", help="leave the temporary directory")
    options = parser.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="hone-demo-"))
    try:
        with (
            StagingServer() as server,
            surroundings(directory, simulated=options.simulated) as (environ, flags),
        ):
            return Demo(directory, server, environ, flags).tell()
    finally:
        if options.keep:
            print(f"\nleft in {directory}")
        else:
            shutil.rmtree(directory, ignore_errors=True)


@contextlib.contextmanager
def surroundings(directory: Path, *, simulated: bool) -> Iterator[tuple[dict[str, str], list[str]]]:
    """The environment and the flags of the runs: a home of their own, and a model."""
    problem = probe(process_environ())
    real = None if simulated else real_model()
    if real and problem and not allowed(problem):
        real = None
    flags = ["--approvals", "yes"] if problem else []
    home = directory / "home"
    if real:
        print(f"Model: {real} (your settings, in a home of its own)")
        home.mkdir(mode=0o700)
        for name in ("config.yaml", "cli-config.yaml"):
            with contextlib.suppress(FileNotFoundError):
                shutil.copy(hone_home(process_environ()) / name, home / name)
        yield os.environ | {"HONE_HOME": str(home)}, flags
        return
    print(
        "Model: SIMULATED. Rules that read the messages, no language model; they show the machinery at work."
    )
    if problem:
        print(f"No sandbox here ({problem}): commands run unconfined; the simulated model is harmless.")
    with WireServer(respond, models=[simulated_agent.NAME]) as server:
        own = {name: value for name, value in os.environ.items() if not name.startswith("HONE_")}
        yield (
            own
            | {
                "HONE_HOME": str(home),
                "OPENAI_BASE_URL": server.base_url,
                "OPENAI_API_KEY": "unused",
                "HONE_MODEL": simulated_agent.NAME,
            },
            flags,
        )


def respond(request: dict[str, Any]) -> Fault:
    """The simulated model's reply on the wire, with tokens at four characters each."""
    reply = simulated_reply(request)
    sent = json.dumps([request["messages"], request.get("tools", [])], ensure_ascii=False)
    written = reply.text + "".join(each.arguments for each in reply.tool_calls)
    usage = {"prompt_tokens": estimate_tokens(sent), "completion_tokens": estimate_tokens(written)}
    return as_stream(reply, usage)


def simulated_reply(request: dict[str, Any]) -> Assistant:
    """A request that offers `skill_create` is a review, one that offers no tool the trial of `hone setup`."""
    tools = {tool["function"]["name"] for tool in request.get("tools", ())}
    if not tools:
        return say("ready")
    if "skill_create" in tools:
        name, arguments = simulated_writer.answer(request["messages"])
        return call(name, **arguments)
    move = simulated_agent.next_calls(request["messages"])
    if isinstance(move, str):
        return say(move)
    return together(*(call(each.name, **each.arguments) for each in move))


class Demo:
    """The story, chapter by chapter. What it says is checked on the way: a wrong turn ends it with exit code 1."""

    def __init__(
        self, directory: Path, server: StagingServer, environ: dict[str, str], flags: list[str]
    ) -> None:
        self._server = server
        self._environ = environ
        self._flags = flags
        self._project = directory / "shop"
        self._home = Path(environ["HONE_HOME"])
        shutil.copytree(HERE / "shop", self._project)
        (self._project / "staging.json").write_text(json.dumps({"server": server.address}))

    def tell(self) -> int:
        """Run all of it; 0 if it went as it should."""
        first = self._run("1. The first deployment: nobody knows yet what it takes")
        skill = self._learned_skill()
        self._server.next_release()
        second = self._run("2. The next release, a fresh session")
        compare(first, second)
        print(self._cost())
        self._server.next_release()
        title = "3. Without the skill: only its tripwires stand between the agent and its old mistakes"
        third = self._run(title, "--hide-skills")
        stopped = self._tripped()
        before = skill.read_bytes()
        self._server.next_release()
        self._server.health = "/health"
        fourth = self._run("4. The world changes: the health check moves back to /health")
        after = skill.read_bytes()
        self._show_revision(skill)
        self._server.next_release()
        fifth = self._run("5. And once more")
        print(f"\n$ hone stats\n{self._hone('stats')}", end="")
        undone = self._undo_and_redo(skill, before, after)
        runs = (first, second, third, fourth, fifth)
        print("\nrun    calls  errors  health check")
        for number, ran in enumerate(runs, 1):
            print(f"{number:<5} {ran.calls:>6} {ran.errors:>7}  {'passes' if ran.healthy else 'FAILS'}")
        print(f"{self._cost()}\n")
        saved = second.calls <= 0.6 * first.calls and second.errors == 0
        one_line = (
            len(before.splitlines()) == len(after.splitlines())
            and sum(old != new for old, new in zip(before.splitlines(), after.splitlines(), strict=False))
            == 1
        )
        facts = {
            "the service was healthy after every run": all(ran.healthy for ran in runs),
            "run 2 took at least 40 % fewer calls and repeated no mistake": saved,
            f"run 3 was stopped {stopped} times before a known mistake, and repeated none": stopped
            >= first.errors
            and third.errors == 0,
            "the revision changed one line of the skill": one_line,
            "run 5 was smooth": fifth.errors == 0,
            "undo gave the file back byte for byte, and undoing that again": undone,
        }
        for fact, holds in facts.items():
            print(f"{'yes' if holds else 'NO':<4} {fact}")
        return 0 if all(facts.values()) else 1

    def _run(self, title: str, *options: str) -> Ran:
        print(f"\n── {title}\n$ hone run {' '.join(['--wait', *options])} {TASK!r}", flush=True)
        ran = self._hone("run", TASK, "--wait", "--json", *options, *self._flags)
        result = (
            json.loads(ran.splitlines()[-1]) if ran.strip() else {"tool_calls": 0, "errors": 0, "answer": ""}
        )
        print(result["answer"])
        return Ran(result, self._server.healthy)

    def _learned_skill(self) -> Path:
        found = sorted((self._home / "skills").glob("*/SKILL.md"))
        if not found:
            sys.exit("No skill was learned from the first run: see hone learning status")
        print(f"\nWhat was learned, {found[0].relative_to(self._home)}:\n")
        print("\n".join(f"  {line}".rstrip() for line in found[0].read_text().splitlines()))
        return found[0]

    def _show_revision(self, skill: Path) -> None:
        newest = json.loads(self._hone("log", "--json"))[0]["id"]
        for arguments in (["log"], ["show", newest]):
            print(f"\n$ hone {' '.join(arguments)}\n{self._hone(*arguments)}".rstrip())
        blamed = self._hone("blame", skill.parent.name).splitlines()
        print(f"\n$ hone blame {skill.parent.name} | grep '  - '")
        print("\n".join(line for line in blamed if "  - " in line))

    def _undo_and_redo(self, skill: Path, before: bytes, after: bytes) -> bool:
        revision = next(row["id"] for row in json.loads(self._hone("log", "--json")) if row["op"] == "revise")
        print(
            f"\n── 6. Every change can be taken back\n$ hone undo {revision}\n{self._hone('undo', revision)}",
            end="",
        )
        undone = skill.read_bytes() == before
        undo = json.loads(self._hone("log", "--json"))[0]["id"]
        print(f"$ hone undo {undo}\n{self._hone('undo', undo)}", end="")
        return undone and skill.read_bytes() == after

    def _tripped(self) -> int:
        """How many calls tripwires have stopped so far."""
        return sum(row["fired"] for row in json.loads(self._hone("stats", "--json"))["tripwires"])

    def _cost(self) -> str:
        today = json.loads(self._hone("learning", "status", "--json"))["today"]
        return f"learning cost {today['input'] + today['output']:,} tokens so far"

    def _hone(self, *arguments: str) -> str:
        program = [sys.executable, "-m", "hone", *arguments]
        done = subprocess.run(
            program,
            cwd=self._project,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        return done.stdout


def compare(first: Ran, second: Ran) -> None:
    """Two runs side by side."""
    saved = 100 * (first.calls - second.calls) / max(first.calls, 1)
    print(f"\n{'':<14}{'run 1':>8}{'run 2':>8}")
    for name, key in (
        ("tool calls", "tool_calls"),
        ("errors", "errors"),
        ("requests", "steps"),
        ("seconds", "wall_s"),
    ):
        print(f"{name:<14}{first.result[key]:>8}{second.result[key]:>8}")
    print(f"{saved:.0f} % fewer tool calls")


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
