"""The agents that are compared: how each is started, given its endpoint and its skills, and nothing else of this machine."""

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
from _common import HONE, hone_environ

HERMES_CONFIG = """model:
  default: simulated
  provider: custom
  base_url: {base_url}
  api_key: unused
  context_length: 128000
security:
  tirith_enabled: false  # else it looks for a program to download, at every start
"""
WAITING = """
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


class Agent(msgspec.Struct, frozen=True):
    """`prepare(home, base_url)` writes what the agent reads and gives its environment; it works in home/work."""

    name: str
    command: Callable[[str], list[str]]
    prepare: Callable[[Path, str], dict[str, str]]
    skills: Callable[[Path], Path]


def hone(approvals: str) -> Agent:
    """hone of this checkout. `yes`: it may run any command; `sandbox`: in its sandbox, as where nobody can be asked."""
    return Agent(
        name="hone" if approvals == "yes" else f"hone, {approvals}",
        command=lambda task: [HONE, "run", task, "--approvals", approvals],
        prepare=hone_environ,
        skills=lambda home: home / "hone" / "skills",
    )


def hone_that_waits() -> Agent:
    """hone that may run any command and waits for what is learned."""
    told = hone("yes")
    return msgspec.structs.replace(
        told, name="hone --wait", command=lambda task: [*told.command(task), "--wait"]
    )


def hermes(venv: Path, way: str) -> Agent:
    """hermes-agent of a venv, by one of its two ways to do one task; it may run any command."""
    ways = {"-z": (["-z"], []), "chat -q": (["chat", "-q"], ["-Q", "--yolo", "--ignore-rules"])}
    before, after = ways[way]

    program = str(venv.absolute() / "bin" / "hermes")
    return _hermes(f"hermes {way}", lambda task: [program, *before, task, *after])


def hermes_that_waits(venv: Path) -> Agent:
    """hermes-agent as with `-z`, but its process stays until its review has ended."""
    program = str(venv.absolute() / "bin" / "python")
    return _hermes("hermes -z, made to wait", lambda task: [program, "-c", WAITING, task])


def _hermes(name: str, command: Callable[[str], list[str]]) -> Agent:
    return Agent(name, command, _hermes_environ, lambda home: home / "hermes" / "skills")


def _hermes_environ(home: Path, base_url: str) -> dict[str, str]:
    for directory in (home / "user", home / "work", home / "hermes"):
        directory.mkdir(parents=True, exist_ok=True)
    (home / "hermes" / "config.yaml").write_text(HERMES_CONFIG.format(base_url=base_url))
    return {"PATH": os.environ["PATH"], "HOME": str(home / "user"), "HERMES_HOME": str(home / "hermes")}
