"""The skills of HONE_HOME/skills, of which there may be ten thousand: what was read is kept and only changes are read.

HONE_HOME/.cache/skills.msgpack is disposable: damaged, of another version or not writable, everything still works.
"""

import contextlib
import os
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import msgspec

from hone.errors import HomeError
from hone.files import write_atomic
from hone.skills.read import Diagnostic, Skill, read_skill

VERSION = 3  # of what is stored: also a change of `hints` or of how a skill is read
CHECKED_AT_START = 2_000
"""A start looks at this many files for edits in place, most recently changed skills first (4 to 8 µs each)."""

_CLOCK_GRAIN = 10_000_000  # ns: a file written this close to the cache may have changed again within one tick
_NO_FILE = (0, -1)
_UNREADABLE = (0, -2)

_Stamp = tuple[int, int, int, int]
"""mtime in ns and size of SKILL.md, then of hone.yaml."""


class _Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A skill and the stamp it was read under, flat because ten thousand tuples are slow to load."""

    skill: Skill
    time: int
    size: int
    sidecar_time: int
    sidecar_size: int

    @property
    def stamp(self) -> _Stamp:
        return self.time, self.size, self.sidecar_time, self.sidecar_size


class _Cache(msgspec.Struct, frozen=True, array_like=True):
    """By directory name, most recently changed first."""

    version: int
    root: str
    entries: dict[str, _Entry]


def read_home(hone_home: Path, *, thorough: bool = True) -> list[Skill | Diagnostic]:
    """The skills one level below HONE_HOME/skills, most recently changed first, then those that cannot be read.

    Directories added or removed are always seen. Edits in place are seen in every skill if `thorough`, else in the
    2,000 most recently changed ones; a thorough call after the first request lets the next start see the others.
    """
    root, file = hone_home / "skills", hone_home / ".cache" / "skills.msgpack"
    try:
        handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return []
    try:
        names = {name for name in os.listdir(handle) if name[0] != "."}  # noqa: PTH208 - by handle
        cached, written = _load(file, str(root))
        kept = cached if cached.keys() <= names else {name: cached[name] for name in cached if name in names}
        limit = len(kept) if thorough else CHECKED_AT_START
        suspects = {name for name in islice(kept, limit) if _is_stale(handle, name, kept[name], written)}
        new = names - cached.keys() if len(names) > len(kept) else set()
        entries, broken = _reread(handle, root, kept, suspects | new)
    finally:
        os.close(handle)
    if entries is not cached and entries != cached:
        with contextlib.suppress(
            HomeError
        ):  # a read-only or full home costs time at the next start, nothing else
            write_atomic(file, msgspec.msgpack.encode(_Cache(VERSION, str(root), entries)))
    return [*[entry.skill for entry in entries.values()], *broken]


def _load(file: Path, root: str) -> tuple[dict[str, _Entry], int]:
    """The cached entries and when they were written (ns); none if the file is absent, damaged or of another place."""
    try:
        with file.open("rb") as opened:
            written = os.fstat(opened.fileno()).st_mtime_ns
            cache = msgspec.msgpack.decode(opened.read(), type=_Cache)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return {}, 0
    return (cache.entries, written) if (cache.version, cache.root) == (VERSION, root) else ({}, 0)


def _is_stale(handle: int, name: str, entry: _Entry, written: int) -> bool:
    stamp = _stamp(handle, name)
    return stamp != entry.stamp or max(stamp[0], stamp[2]) > written - _CLOCK_GRAIN


def _reread(
    handle: int, root: Path, kept: dict[str, _Entry], names: Iterable[str]
) -> tuple[dict[str, _Entry], list[Diagnostic]]:
    """`kept` with the skills of `names` as they are now; those that cannot be read are tried again at every start."""
    fresh = dict(kept)
    broken: list[Diagnostic] = []
    for name in sorted(names):
        fresh.pop(name, None)
        stamp = _stamp(
            handle, name
        )  # before reading: what changes meanwhile is then read again at the next start
        if stamp[:2] == _NO_FILE:
            continue
        item = read_skill(root / name)
        if isinstance(item, Skill):
            fresh[name] = _Entry(item, *stamp)
        else:
            broken.append(item)
    if fresh == kept:
        return kept, broken
    order = sorted(fresh.items(), key=lambda pair: (-pair[1].skill.changed, pair[0]))
    return dict(order), broken


def _stamp(handle: int, name: str) -> _Stamp:
    return (*_facts(handle, f"{name}/SKILL.md"), *_facts(handle, f"{name}/hone.yaml"))


def _facts(handle: int, path: str) -> tuple[int, int]:
    try:
        facts = os.stat(path, dir_fd=handle)
    except (FileNotFoundError, NotADirectoryError):
        return _NO_FILE
    except OSError:
        return _UNREADABLE
    return facts.st_mtime_ns, facts.st_size
