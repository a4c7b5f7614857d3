"""`@path` in a message: which files there are to mention, and what of them goes with the message."""

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from hone.checkpoints.survey import may_hold_keys
from hone.events import Attached

_MENTION = re.compile(r"(?<!\S)@(\S+)")
_MOST_FILES = 20_000
_MOST_BYTES = 8_192  # of a file that is sent along
_SHOWN = 30
_SKIPPED = frozenset((".git", "node_modules", ".venv", "venv", "__pycache__", "target", "dist"))


def files_below(workspace: Path) -> list[str]:
    """The files of a project as paths from `workspace`: what git lists there and does not ignore, else what a walk finds."""
    listing = ["git", "-C", str(workspace), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(listing, capture_output=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return sorted(_walk(workspace))
    if done.returncode:
        return sorted(_walk(workspace))
    names = os.fsdecode(done.stdout).split("\0")
    return sorted({name for name in names if name and not may_hold_keys(name)})[:_MOST_FILES]


def matching(files: Sequence[str], typed: str) -> list[str]:
    """The files whose path has the parts of `typed`, in order; what begins with it or is named so comes first."""
    parts = [part for part in re.split(r"[/\s]+", typed.lower()) if part]
    found = [name for name in files if _has(name.lower(), parts)]
    return sorted(found, key=lambda name: _rank(name.lower(), typed.lower()))[:_SHOWN]


def attachments(text: str, cwd: Path, workspace: Path) -> list[Attached]:
    """The small text files that `text` mentions. Others stay a path in the text, for the model to read."""
    named = dict.fromkeys(match[1].rstrip(",.;:!?)") for match in _MENTION.finditer(text))
    return [attached for name in named if (attached := _attachment(name, cwd, workspace))]


def _attachment(name: str, cwd: Path, workspace: Path) -> Attached | None:
    for base in (cwd, workspace):
        path = base / name
        try:
            inside = path.resolve().is_relative_to(workspace.resolve())
            if (
                not inside
                or may_hold_keys(path.name)
                or not path.is_file()
                or path.stat().st_size > _MOST_BYTES
            ):
                continue
            text = path.read_bytes().decode()
        except (OSError, ValueError):  # gone, unreadable, binary
            continue
        if "\0" not in text:
            return Attached("note", name, f'<file path="{name}">\n{text}\n</file>', "workspace")
    return None


def _walk(workspace: Path) -> Iterator[str]:
    count = 0
    for directory, below, names in os.walk(workspace):
        below[:] = sorted(name for name in below if name not in _SKIPPED and not name.startswith("."))
        for name in sorted(names):
            if name.startswith(".") or may_hold_keys(name):
                continue
            yield str((Path(directory) / name).relative_to(workspace))
            count += 1
            if count >= _MOST_FILES:
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
    last = name.rpartition("/")[2]
    return (not name.startswith(typed), not last.startswith(typed), len(name), name)
