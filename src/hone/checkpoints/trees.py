"""What is in the trees of a store: the differences of two of them, and the files themselves."""

import itertools
import os
from collections.abc import Iterable, Iterator, Mapping, Set
from pathlib import Path
from typing import Literal

import msgspec

from hone.checkpoints.place import File, write
from hone.checkpoints.shadow import Shadow
from hone.checkpoints.survey import IGNORED, WHY

Status = Literal["added", "modified", "deleted", "not kept"]

_MARK = "160000"
_ABSENT = "000000"


class Entry(msgspec.Struct, frozen=True):
    """What a tree has at a path: git's mode and the id of its content."""

    mode: str
    id: str


_IGNORED = Entry(_MARK, IGNORED)


class Difference(msgspec.Struct, frozen=True):
    """A path that differs between two trees. `added` and `removed` count lines; None: not text, or not kept."""

    path: str
    before: Entry | None
    after: Entry | None
    added: int | None = None
    removed: int | None = None

    @property
    def why_not_kept(self) -> str:
        """Why the store does not have both sides; empty if it has."""
        marks = (entry.id for entry in (self.before, self.after) if entry and entry.mode == _MARK)
        return next((WHY.get(mark[0], "it is ignored") for mark in marks), "")

    @property
    def status(self) -> Status:
        """What became of the file."""
        if self.why_not_kept:
            return "not kept"
        return "added" if self.before is None else "deleted" if self.after is None else "modified"


def differences(shadow: Shadow, before: str, after: str) -> tuple[Difference, ...]:
    """What differs, by path. What is ignored on one side and not there on the other is no difference."""
    if before == after:
        return ()
    plain = ("-r", "-z", "--no-renames", "--no-ext-diff", "--no-textconv")
    told = os.fsdecode(shadow.git("diff-tree", *plain, "--raw", "--numstat", before, after)).split("\0")
    found = tuple(_parsed(told))
    marked = {each.path for each in found if each.why_not_kept}
    return tuple(_known(each, marked) for each in found if not _is_noise(each))


def files(shadow: Shadow, entries: Iterable[Entry]) -> dict[Entry, File]:
    """The files that the entries name."""
    wanted = list(dict.fromkeys(entries))
    told = shadow.git("cat-file", "--batch", stdin="".join(f"{entry.id}\n" for entry in wanted).encode())
    found, at = {}, 0
    for entry in wanted:
        end = told.index(b"\n", at)
        size = int(told[at:end].split(b" ")[2])
        found[entry] = File(int(entry.mode, 8), told[end + 1 : end + 1 + size])
        at = end + 1 + size + 1
    return found


def restore(shadow: Shadow, tree: str, directory: Path) -> tuple[str, ...]:
    """Write all files of `tree` below `directory`, which is empty; the paths of which the store has no copy."""
    entries = dict(_entries(shadow, tree))
    kept = {path: entry for path, entry in entries.items() if entry.mode != _MARK}
    contents = files(shadow, kept.values())
    for path, entry in kept.items():
        write(directory, path, contents[entry])
    return tuple(path for path, entry in entries.items() if entry.mode == _MARK and entry.id != IGNORED)


def _entries(shadow: Shadow, tree: str) -> Iterator[tuple[str, Entry]]:
    for line in os.fsdecode(shadow.git("ls-tree", "-r", "-z", tree)).split("\0")[:-1]:
        about, _, path = line.partition("\t")
        mode, _, content = about.split(" ")
        yield path, Entry(mode, content)


def _parsed(told: list[str]) -> Iterator[Difference]:
    """First `:MODE MODE ID ID STATUS`, path for each; then `ADDED<tab>REMOVED<tab>PATH` for each."""
    raw = {}
    at = 0
    while at < len(told) and told[at].startswith(":"):
        raw[told[at + 1]] = told[at][1:].split(" ")
        at += 2
    counts = _counts(told[at:])
    for path, (mode_before, mode_after, before, after, _) in raw.items():
        yield Difference(
            path,
            None if mode_before == _ABSENT else Entry(mode_before, before),
            None if mode_after == _ABSENT else Entry(mode_after, after),
            *counts.get(path, (None, None)),
        )


def _counts(lines: Iterable[str]) -> Mapping[str, tuple[int | None, int | None]]:
    counts = {}
    for line in filter(None, lines):
        added, removed, path = line.split("\t", 2)
        counts[path] = (None, None) if added == "-" else (int(added), int(removed))
    return counts


def _known(each: Difference, marked: Set[str]) -> Difference:
    """A file is not known to be new, or gone, where the directory above it was ignored on the other side."""
    above = itertools.accumulate(each.path.split("/")[:-1], "{}/{}".format)
    if marked.isdisjoint(above):
        return each
    return Difference(each.path, each.before or _IGNORED, each.after or _IGNORED)


def _is_noise(each: Difference) -> bool:
    sides = [entry for entry in (each.before, each.after) if entry]
    return all(entry == _IGNORED for entry in sides)
