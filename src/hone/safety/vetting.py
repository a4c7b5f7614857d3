"""Reads a skill's directory for attacks before it is used: SKILL.md, hone.yaml, and what it brings along in its folders.

What the user has looked at and allowed (`Grants.allow_text`) holds for the words that were found, so that a skill may be
revised elsewhere.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml

from hone.safety.injection import Injection, find_injections
from hone.safety.injection_rule import Kind

MAX_FILES = 200
MAX_BYTES = 256_000  # of one file; of all, four times as many
_FOLDERS = ("scripts", "references", "assets")
_SIDECAR = "hone.yaml"
_PROSE = frozenset({".md", ".markdown", ".mdx", ".txt", ".rst", ".html"})
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # PyYAML may have been built without libyaml


class Seen(msgspec.Struct, frozen=True):
    """A sign of an attack, and in which file of the skill it stands."""

    path: str
    injection: Injection

    @property
    def sha256(self) -> str:
        """Of what was found, wherever it stands in its file: what the user allows."""
        found = f"{self.path}\0{self.injection.rule}\0{self.injection.excerpt}"
        return hashlib.sha256(found.encode("utf-8", "surrogateescape")).hexdigest()

    def __str__(self) -> str:
        return f"{self.path}: {self.injection.reason}: {self.injection.excerpt!r}"


class Vetted(msgspec.Struct, frozen=True):
    """What was found in a skill's directory; `unread` says what was not read."""

    seen: tuple[Seen, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def obvious(self) -> tuple[Seen, ...]:
        """What the skill must not be loaded for unless the user allows it."""
        return tuple(each for each in self.seen if each.injection.severity == "obvious")


def vet(directory: Path) -> Vetted:
    """What reads like an attack in the skill at `directory`. Files that cannot be read, are too large or too many are named.

    Nothing is raised for what the files hold; a directory that is gone holds nothing.
    """
    seen: list[Seen] = []
    unread: list[str] = []
    left = 4 * MAX_BYTES
    for number, path in enumerate(_files(directory)):
        name = str(path.relative_to(directory))
        data = _read(path) if number < MAX_FILES and left > 0 else None
        if data is None:
            unread.append(name)
            if number >= MAX_FILES:
                break
            continue
        left -= len(data)
        text = data.decode("utf-8-sig", "replace")
        if name == _SIDECAR:
            text = _said_in(text)
        seen += [Seen(name, each) for each in find_injections(text, kind=_kind(name))]
    return Vetted(tuple(seen), tuple(unread))


def _files(directory: Path) -> Iterator[Path]:
    """SKILL.md and hone.yaml, then the files brought along, in order of name; links to directories are not followed."""
    yield directory / "SKILL.md"
    if (sidecar := directory / _SIDECAR).exists():
        yield sidecar
    for folder in _FOLDERS:
        for parent, folders, names in os.walk(directory / folder):
            folders.sort()
            yield from (Path(parent, name) for name in sorted(names))


def _read(path: Path) -> bytes | None:
    """The bytes of a regular file that is not too large; None for anything else."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a named pipe must not hang us
    except OSError:
        return None
    with os.fdopen(handle, "rb") as file:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > MAX_BYTES:
            return None
        return file.read(MAX_BYTES)


def _said_in(sidecar: str) -> str:
    """The values in hone.yaml, one below the other: a tripwire speaks them as YAML reads them, without quotes and escapes."""
    try:
        # Only events: aliases and depth cannot blow them up.
        events = list(yaml.parse(sidecar, Loader=_LOADER))
    except (yaml.YAMLError, ValueError):
        return sidecar
    return "\n".join(event.value for event in events if isinstance(event, yaml.ScalarEvent))


def _kind(name: str) -> Kind:
    return "skill" if name == _SIDECAR or Path(name).suffix.lower() in _PROSE else "script"
