"""git by subprocess, undisturbed by the user's hooks, signing, environment and line-ending settings.

A repository is data: its configuration may have been written by a command in the sandbox. So nothing here runs what a
repository names as a program: no hook, no monitor, no filter (hence no `git status`), no transport.
"""

import asyncio
import re
import stat
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


_INHERITED = ("PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR")
_STAGED = ("diff-index", "--cached", "--name-only", "--ignore-submodules=all", "HEAD")
_NEW = ("ls-files", "--others", "--exclude-standard", "--directory", "--no-empty-directory")
_INDEXED = ("ls-files", "-z", "--debug")
_ENTRY = re.compile(
    r"(?P<path>[^\0]+)\0  ctime: [^\n]*\n  mtime: (?P<seconds>\d+):(?P<nanoseconds>\d+)\n[^\n]*\n[^\n]*\n"
    r"  size: (?P<size>\d+)\tflags: (?P<flags>[0-9a-f]+)\n"
)
_SKIP_WORKTREE = 0x40000000
_MOST_ENTRIES_TEXT = 20_000_000  # characters: some 100,000 files; beyond, the state is not looked for


class GitState(msgspec.Struct, frozen=True):
    """A working tree at a moment: HEAD's hash (None before the first commit) and whether files differ from it.

    Files are compared by size and time, as the index has them: comparing contents would run the repository's filters.
    Submodules are not looked into.
    """

    head: str | None
    dirty: bool | None


class Git:
    """git in the directory `root`, with the little of `environ` that it needs."""

    def __init__(self, root: Path, environ: Mapping[str, str]) -> None:
        self.root = root
        self._env = {name: environ[name] for name in _INHERITED if name in environ}
        self._env |= {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
        self._env |= {"GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1"}

    def run(self, *arguments: str, timeout: float = 30.0, stdin: bytes = b"") -> str | None:
        """Standard output of a git command without its last newline; None if git is absent, failed or took too long."""
        try:
            done = subprocess.run(
                self._command(arguments),
                env=self._env,
                capture_output=True,
                timeout=timeout,
                input=stdin,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        text = done.stdout.decode(errors="surrogateescape").rstrip("\n")
        return text if done.returncode == 0 else None

    async def run_async(self, *arguments: str, timeout: float = 30.0) -> str | None:
        """`run` without blocking the event loop."""
        return await asyncio.to_thread(self.run, *arguments, timeout=timeout)

    async def state(self) -> GitState:
        """HEAD and whether the tree is dirty; both None outside a repository. Bounded to seconds."""
        head = await self.run_async("rev-parse", "--verify", "--quiet", "HEAD", timeout=2.0)
        told = [
            await self.run_async(*command, timeout=2.0) for command in ((_STAGED, _NEW) if head else (_NEW,))
        ]
        if any(told):
            return GitState(head, dirty=True)
        indexed = await self.run_async(*_INDEXED, timeout=2.0)
        if None in told or indexed is None or len(indexed) > _MOST_ENTRIES_TEXT:
            return GitState(head, dirty=None)
        return GitState(head, await asyncio.to_thread(self._differs, indexed + "\n"))

    def _differs(self, indexed: str) -> bool:
        return any(
            _is_other(self.root / entry["path"], entry)
            for entry in _ENTRY.finditer(indexed)
            if not int(entry["flags"], 16) & _SKIP_WORKTREE
        )

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        return ["git", "-C", str(self.root), *settings, *arguments]


def _is_other(path: Path, entry: re.Match[str]) -> bool:
    try:
        now = path.lstat()
    except OSError:
        return True
    if stat.S_ISDIR(now.st_mode):  # a submodule
        return False
    seconds, nanoseconds = divmod(now.st_mtime_ns, 1_000_000_000)
    same_time = seconds == int(entry["seconds"]) and int(entry["nanoseconds"]) in (nanoseconds, 0)
    return not same_time or now.st_size % 2**32 != int(entry["size"])


def find_root(directory: Path) -> Path | None:
    """The nearest directory at or above `directory` that holds `.git`, found without starting git."""
    for candidate in (directory, *directory.parents):
        if (candidate / ".git").exists():
            return candidate
    return None
