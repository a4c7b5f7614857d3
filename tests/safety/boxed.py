"""A user's home with keys in it and a sandbox around a project: real, below a temporary directory."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from hone.clock import SystemClock
from hone.safety.paths import PathPolicy, default_hidden
from hone.safety.provenance import Provenance
from hone.safety.sandbox import SandboxSpec
from hone.tools.base import ToolOutput
from hone.tools.process import in_sandbox
from hone.tools.shell import Shell, ShellCall


class Machine(msgspec.Struct, frozen=True):
    """A user's home below a temporary directory, with a workspace in it, and the sandbox made for them."""

    home: Path
    hone_home: Path
    workspace: Path
    environ: Mapping[str, str]
    spec: SandboxSpec


def make_machine(
    root: Path, *, network: bool = True, workspace: str = "project", hone_home: str = ".hone"
) -> Machine:
    home = root / "home"
    for name in (".ssh", ".aws", workspace, hone_home, "bin", "sessions/spill"):
        (home / name).mkdir(parents=True, exist_ok=True)
    (home / ".ssh/id").write_text("ssh-key-of-the-user")
    (home / hone_home / "config.yaml").write_text("key-of-hone")
    (home / "bin/mytool").write_text("#!/bin/sh\necho mytool runs\n")
    (home / "bin/mytool").chmod(0o755)
    path = f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environ = {"PATH": path, "HOME": str(home), "LANG": "C.UTF-8"}
    policy = PathPolicy(
        workspace=home / workspace,
        scratch=(home / "sessions/spill",),
        hidden=default_hidden(home, home / hone_home),
        user_home=home,
    )
    spec = SandboxSpec(
        policy=policy,
        user_home=home,
        home=home / "sessions/home",
        tmp=home / "sessions/tmp",
        cache=home / "sessions/cache",
        network=network,
    )
    return Machine(home, home / hone_home, home / workspace, environ, spec)


class Session:
    """A shell in a machine's sandbox. Commands are given as text; the reply is the tool's."""

    def __init__(self, machine: Machine) -> None:
        self.shell = Shell(
            lambda: in_sandbox(machine.spec, machine.environ),
            machine.workspace,
            machine.home / "sessions/spill",
            Provenance(
                SystemClock(),
                lambda text, cwd: machine.spec.host_path(machine.spec.policy.resolve(text, cwd)),
            ),
        )

    async def run(self, command: str, **options: Any) -> ToolOutput:
        return await self.shell.call(ShellCall(command, **options))


def in_session(machine: Machine, *commands: str) -> list[ToolOutput]:
    """The replies to `commands`, run one after the other in one session."""

    async def main() -> list[ToolOutput]:
        session = Session(machine)
        try:
            return [await session.run(command) for command in commands]
        finally:
            await session.shell.aclose()

    return asyncio.run(main())
