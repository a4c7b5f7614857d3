"""Which paths below the home hone writes to and keeps the history of. A change can name no other."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from hone.errors import UsageError

MOST_BYTES = 4_000_000  # of a file; what is larger is nobody's notes, and is left alone

_MEMORY = r"user\.md|memory\.md|projects/[^/]+/memory\.md"
_TARGET = re.compile(rf"{_MEMORY}|skills/[^./][^/]*/(?:SKILL\.md|hone\.yaml)")
_SKILL = re.compile(r"(?P<directory>skills/(?:\.archive/)?[^./][^/]*)(?:/.*)?")
_KEPT = re.compile(r"\.md$|/hone\.yaml$")
_DEEPEST = 6  # levels below a skill that are looked at


def check_target(target: str) -> None:
    """Raise UsageError unless `target` is a memory file, or SKILL.md or hone.yaml of a skill."""
    if not (_TARGET.fullmatch(target) and is_kept(target)):
        raise UsageError(
            f"{target!r} is no memory file and no skill of this home: nothing else is changed here"
        )


def is_kept(path: str) -> bool:
    """Whether hone may write to `path`: no step out of the home, nothing hidden but the archive of skills."""
    if not re.fullmatch(_MEMORY, path) and not skill_directory(path):
        return False
    parts = path.removeprefix("skills/.archive/").split("/")
    return path.isprintable() and all(part and not part.startswith(".") for part in parts)


def skill_directory(path: str) -> str | None:
    """The directory of the skill that a path is or lies in, None for memory."""
    match = _SKILL.fullmatch(path)
    return match["directory"] if match else None


def walk(home: Path, directory: str, level: int = 0) -> Iterator[str]:
    """A skill's directory and those in it, each with `/` at the end, and the files whose history is kept.

    These are Markdown and hone.yaml. Hidden ones, and links other than the skill's own two files, are left alone, and so
    is what cannot be listed.
    """
    if not is_kept(directory):
        return
    try:
        with os.scandir(home / directory) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError:
        return
    yield f"{directory}/"
    for entry in entries:
        path = f"{directory}/{entry.name}"
        own = level == 0 and entry.name in ("SKILL.md", "hone.yaml")
        if entry.is_dir(follow_symlinks=False):
            if level < _DEEPEST and entry.name != "node_modules":
                yield from walk(home, path, level + 1)
        elif _KEPT.search(path) and is_kept(path) and (own or not entry.is_symlink()):
            yield path
