"""What a person edited since hone last looked. Finding it costs one look at each file's time and size, no reading.

Nothing is written here; `hone.changes.door` records what was found as changes by the user.
"""

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from hone.changes.apply import read_file
from hone.changes.change import Change, Effect, Write
from hone.changes.journal import NOT_SEEN, Journal, Seen, sha256_of
from hone.changes.ledger import Row
from hone.changes.paths import MOST_BYTES, skill_directory, walk
from hone.changes.summary import summary_by_hand
from hone.changes.unkept import why_unkept
from hone.errors import HomeError

MOST_AT_ONCE = 20
"""Targets that are recorded as a change each; more are taken in together, as when a library was copied into the home."""

LIBRARY = "skills"
"""The target of such a change."""

_CLOCK_GRAIN = 10_000_000  # ns: what was written this shortly ago may change again without a new time
_GONE = (FileNotFoundError, NotADirectoryError)

Stamps = Mapping[str, Seen | None]
"""Paths that may have changed, as they are now; None: gone. A directory has `/` at its end."""


class Edits(msgspec.Struct, frozen=True):
    """Edits by hand: the changes that they amount to, and what is known of the files from now on.

    `unkept` says why of some files no copy is kept; nothing is recorded of these.
    """

    made: tuple[tuple[Row, tuple[Effect, ...]], ...] = ()
    seen: Mapping[str, tuple[bytes | None, Seen | None]] = {}
    unkept: tuple[str, ...] = ()


def differing(home: Path, known: Mapping[str, Seen], now: float) -> Stamps:
    """The files and directories of the home that are not as `known`, or not known. `now` is in seconds.

    What cannot be looked at is left as it is known.
    """
    found: dict[str, Seen | None] = {}
    top, look = f"{home}/", os.stat
    for path, seen in known.items():  # of ten thousand skills, 5 µs each
        try:
            facts = look(top + path)
        except _GONE:
            found[path] = None
        except OSError:
            continue
        else:
            if facts.st_mtime_ns != seen.mtime_ns or facts.st_size != seen.size:
                found[path] = _seen(facts, now)
    for path in [*_new_places(home, known), *_inside_changed(home, found)]:
        if path not in known and (new := _look(home / path)):
            found[path] = _seen(new, now)
    return found


def around(home: Path, journal: Journal, path: str) -> Stamps:
    """The memory file `path`, or every file of the skill that `path` belongs to, as if they had changed."""
    directory = skill_directory(path)
    paths = {path}
    if directory:
        paths = {
            *journal.paths_below(directory),
            *(each for each in walk(home, directory) if each[-1] != "/"),
        }
        paths |= {path} - {directory}
    return {each: NOT_SEEN if os.path.lexists(home / each) else None for each in paths}


def edits(home: Path, journal: Journal, stamps: Stamps) -> Edits:
    """What `stamps` amount to once the files are read: those with the bytes that are known are no edits."""
    effects: list[Effect] = []
    unkept: list[str] = []
    seen: dict[str, tuple[bytes | None, Seen | None]] = {}
    for path, stamp in sorted(stamps.items()):
        data = None
        if not path.endswith("/"):
            try:
                data = read_file(home, path)
            except HomeError:
                continue  # whoever wants to use the file is told; what is known of it stays
            stamp = stamp if data is not None else None  # noqa: PLW2901 - it went while we looked
            before = journal.sha256(path)
            if sha256_of(data) != before:
                if why := why_unkept(path, data):
                    unkept.append(why)
                    continue
                effects.append(Effect(path, journal.version(before), data))
            elif stamp == NOT_SEEN:
                continue
        seen[path] = (data, stamp)
    return Edits(tuple(_changes(effects, journal)), seen, tuple(unkept))


def _changes(effects: Sequence[Effect], journal: Journal) -> Iterator[tuple[Row, tuple[Effect, ...]]]:
    groups: dict[str, list[Effect]] = {}
    for effect in effects:
        groups.setdefault(skill_directory(effect.path) or effect.path, []).append(effect)
    if len(groups) > MOST_AT_ONCE:
        change = Change(target=LIBRARY, ops=(Write(""),), origin="user")
        summary = f"took in {len(groups)} skills and memory files that were edited by hand"
        yield journal.new(Row(change, 0.0, "write", "applied", summary)), tuple(effects)
        return
    taken: list[str] = []
    for group in groups.values():
        row = journal.new(_row(group), taken)
        taken.append(row.change.id)
        yield row, tuple(group)


def _row(group: Sequence[Effect]) -> Row:
    main = next((effect for effect in group if effect.path.endswith("/SKILL.md")), group[0])
    text = None if main.after is None else main.after.decode("utf-8", "surrogateescape")
    change = Change(target=main.path, ops=(Write(text),), origin="user", base_sha256=sha256_of(main.before))
    return Row(change, 0.0, "write", "applied", summary_by_hand(main))


def _new_places(home: Path, known: Mapping[str, Seen]) -> Iterator[str]:
    """Memory files and all that is in directories of skills, where neither was known."""
    yield from ("user.md", "memory.md")
    yield from (f"projects/{name}/memory.md" for name in _names(home / "projects"))
    for folder in ("skills", "skills/.archive"):
        for name in _names(home / folder):
            if f"{folder}/{name}/" not in known:
                yield from walk(home, f"{folder}/{name}")


def _inside_changed(home: Path, found: Stamps) -> Iterator[str]:
    changed = {skill_directory(path) for path, seen in found.items() if path.endswith("/") and seen}
    return (path for directory in changed if directory for path in walk(home, directory))


def _names(folder: Path) -> list[str]:
    try:
        return [name for name in os.listdir(folder) if name[0] != "."]  # noqa: PTH208 - ten thousand names
    except OSError:
        return []


def _look(place: Path) -> os.stat_result | None:
    try:
        facts = place.stat()
    except OSError:
        return None
    is_file = stat.S_ISREG(facts.st_mode) and facts.st_size <= MOST_BYTES
    return facts if is_file or stat.S_ISDIR(facts.st_mode) else None


def _seen(facts: os.stat_result, now: float) -> Seen:
    fresh = facts.st_mtime_ns > now * 1e9 - _CLOCK_GRAIN
    return NOT_SEEN if fresh else Seen(facts.st_mtime_ns, facts.st_size)
