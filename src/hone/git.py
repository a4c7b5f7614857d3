"""git by subprocess, undisturbed by the user's hooks, signing, environment and line-ending settings."""

import asyncio
import subprocess
from collections.abc import Mapping
from pathlib import Path

import msgspec

_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.autocrlf=false",
    "core.quotePath=false",
    "commit.gpgSign=false",
    "tag.gpgSign=false",
    "gc.auto=0",
    "user.name=hone",
    "user.email=hone@localhost",
)


class GitState(msgspec.Struct, frozen=True):
    """A working tree at a moment: HEAD's hash (None before the first commit) and whether files differ from it."""

    head: str | None
    dirty: bool | None


class Git:
    """git in the directory `root`, with `environ` less everything named GIT_*."""

    def __init__(self, root: Path, environ: Mapping[str, str]) -> None:
        self.root = root
        self._env = {name: value for name, value in environ.items() if not name.startswith("GIT_")}
        self._env |= {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}

    def run(self, *arguments: str, timeout: float = 30.0) -> str | None:
        """Standard output of a git command without its last newline; None if git is absent, failed or took too long."""
        try:
            done = subprocess.run(
                self._command(arguments),
                env=self._env,
                capture_output=True,
                timeout=timeout,
                stdin=subprocess.DEVNULL,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.decode(errors="replace").rstrip("\n") if done.returncode == 0 else None

    async def run_async(self, *arguments: str, timeout: float = 30.0) -> str | None:
        """`run` without blocking the event loop."""
        return await asyncio.to_thread(self.run, *arguments, timeout=timeout)

    async def state(self) -> GitState:
        """HEAD and whether the tree is dirty; both None outside a repository. Bounded to four seconds."""
        head = await self.run_async("rev-parse", "--verify", "--quiet", "HEAD", timeout=2.0)
        status = await self.run_async("status", "--porcelain", "--no-renames", timeout=2.0)
        return GitState(head=head, dirty=None if status is None else bool(status))

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        return ["git", "-C", str(self.root), *settings, *arguments]


def find_root(directory: Path) -> Path | None:
    """The nearest directory at or above `directory` that holds `.git`, found without starting git."""
    for candidate in (directory, *directory.parents):
        if (candidate / ".git").exists():
            return candidate
    return None
