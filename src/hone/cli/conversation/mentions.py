"""`@path` in a message: which files there are to mention, and what of them goes with the message.

What may hold keys is neither listed nor sent, and nothing is sent that the tools may not read.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from hone.checkpoints.survey import may_hold_keys
from hone.clock import Clock
from hone.config.environ import hone_home, user_home
from hone.errors import UsageError
from hone.events import Attached
from hone.git import Git
from hone.safety.paths import PathPolicy, default_hidden

_MENTION = re.compile(r"(?<!\S)@(\S+)")
_FRESH = 3.0  # seconds that a listing is used again, while a path is being typed
_MOST_FILES = 20_000
_MOST_DIRECTORIES = 2_000
_MOST_BYTES = 8_192  # of a file that is sent along
_SHOWN = 30
_SKIPPED = frozenset(("node_modules", "venv", "__pycache__", "target", "dist"))


class Mentions:
    """The files of one workspace, as they are named from `cwd` or from its root."""

    def __init__(self, workspace: Path, cwd: Path, environ: Mapping[str, str], clock: Clock) -> None:
        self._workspace = workspace
        self._cwd = cwd
        self._clock = clock
        self._git = Git(workspace, environ)
        user = user_home(environ)
        hidden = default_hidden(user, hone_home(environ))
        self._policy = PathPolicy(workspace=workspace, hidden=hidden, user_home=user)
        self._listed: tuple[float, Sequence[str]] = (float("-inf"), ())

    def files(self) -> Sequence[str]:
        """Their paths from the root of the workspace: what git does not ignore there, else what a walk finds."""
        at, files = self._listed
        now = self._clock.monotonic()
        if now - at > _FRESH:
            files = self._in_git() or sorted(_walk(self._workspace))
            self._listed = (now, files)
        return files

    def attachments(self, text: str) -> list[Attached]:
        """The small text files that `text` mentions. Others stay a path in the text, for the model to read."""
        named = dict.fromkeys(match[1].rstrip(",.;:!?)") for match in _MENTION.finditer(text))
        return [attached for name in named if (attached := self._attachment(name))]

    def _in_git(self) -> Sequence[str]:
        listed = self._git.run(
            "ls-files", "-z", "--cached", "--others", "--exclude-standard", timeout=5.0
        )  # (a file that is deleted or in a conflict is listed, too)
        names = (listed or "").split("\0")
        return sorted({name for name in names if name and not may_hold_keys(_last(name))})[:_MOST_FILES]

    def _attachment(self, name: str) -> Attached | None:
        for base in dict.fromkeys((self._cwd, self._workspace)):
            try:
                path = self._policy.resolve(name, base)
                if not self._may_be_sent(path) or path.stat().st_size > _MOST_BYTES:
                    continue
                text = path.read_bytes().decode()
            except (OSError, UnicodeError, UsageError):  # gone, unreadable, binary, no path
                continue
            if "\0" not in text:
                return Attached("note", name, f'<file path="{name}">\n{text}\n</file>', "workspace")
        return None

    def _may_be_sent(self, path: Path) -> bool:
        readable = self._policy.inside(path) and self._policy.read_problem(path) is None
        return readable and not may_hold_keys(path.name) and path.is_file()


def matching(files: Sequence[str], typed: str) -> list[str]:
    """The files whose path has the parts of `typed`, in order; what begins with it or is named so comes first."""
    parts = [part for part in re.split(r"[/\s]+", typed.lower()) if part]
    found = [name for name in files if _has(name.lower(), parts)]
    return sorted(found, key=lambda name: _rank(name.lower(), typed.lower()))[:_SHOWN]


def _walk(workspace: Path) -> Iterator[str]:
    files = 0
    for number, (directory, below, names) in enumerate(os.walk(workspace)):
        below[:] = sorted(name for name in below if name not in _SKIPPED and not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and not may_hold_keys(name):
                yield str((Path(directory) / name).relative_to(workspace))
                files += 1
        if files >= _MOST_FILES or number >= _MOST_DIRECTORIES:
            return


def _has(name: str, parts: Sequence[str]) -> bool:
    at = 0
    for part in parts:
        at = name.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return True


def _rank(name: str, typed: str) -> tuple[bool, bool, int, str]:
    return (not name.startswith(typed), not _last(name).startswith(typed), len(name), name)


def _last(name: str) -> str:
    return name.rpartition("/")[2]
