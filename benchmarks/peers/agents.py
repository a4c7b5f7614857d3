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


def hermes(venv: Path, way: str) -> Agent:
    """hermes-agent of a venv, by one of its two ways to do one task; it may run any command."""
    ways = {"-z": (["-z"], []), "chat -q": (["chat", "-q"], ["-Q", "--yolo", "--ignore-rules"])}
    before, after = ways[way]

    def environ(home: Path, base_url: str) -> dict[str, str]:
        for directory in (home / "user", home / "work", home / "hermes"):
            directory.mkdir(parents=True, exist_ok=True)
        (home / "hermes" / "config.yaml").write_text(HERMES_CONFIG.format(base_url=base_url))
        return {"PATH": os.environ["PATH"], "HOME": str(home / "user"), "HERMES_HOME": str(home / "hermes")}

    return Agent(
        name=f"hermes {way}",
        command=lambda task: [str(venv.absolute() / "bin" / "hermes"), *before, task, *after],
        prepare=environ,
        skills=lambda home: home / "hermes" / "skills",
    )
