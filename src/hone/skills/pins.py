"""Pins: facts of the world that a skill relies on, as its hone.yaml keeps them.

`facts.pinning` takes them when a skill is written, `facts.freshness` checks them when it is loaded.
"""

import datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from hone.errors import UsageError
from hone.skills import frontmatter as fm
from hone.skills.read import read_file

Kind = Literal["file", "manifest", "command"]

_KINDS: dict[object, Kind] = {"file": "file", "manifest": "manifest", "command": "command"}


class PinnedFact(msgspec.Struct, frozen=True, omit_defaults=True):
    """One fact. `target` is a path relative to the workspace or a command, `key` names the part of a manifest.

    `value` is what it was, as `sha256:…` of a content, or a word for what was there; `seen` is the day (ISO). `project` is
    the slug of the one project that it is about, empty for a skill that is of use in one project only.
    """

    kind: Kind
    target: str
    key: str = ""
    value: str = ""
    seen: str = ""
    project: str = ""


class World(msgspec.Struct, frozen=True):
    """Where facts are looked up: a workspace, the directories with commands (PATH), the project's slug, the day."""

    workspace: Path
    search_path: str
    project: str | None
    today: datetime.date


class Stale(msgspec.Struct, frozen=True):
    """A pin that no longer holds; `said` is what changed, in a few words on one line."""

    pin: PinnedFact
    said: str


def read_pins(directory: Path) -> tuple[PinnedFact, ...]:
    """The pins in the hone.yaml of a skill's directory; what is malformed is left out."""
    try:
        fields = fm.parse_mapping(read_file(directory / "hone.yaml")[0])
    except UsageError:
        return ()
    return pins_from(fields.get("pins"))[0]


def pins_from(value: object) -> tuple[tuple[PinnedFact, ...], tuple[str, ...]]:
    """The pins of a hone.yaml's key `pins`, and notes on what of it is none."""
    if value in (None, "", []):
        return (), ()
    if not isinstance(value, list):
        return (), ("pins should be a list",)
    read = [_pin(each) for each in value]
    notes = tuple(
        f"pin {number} is left out: it needs kind (file, manifest or command) and target"
        for number, pin in enumerate(read, 1)
        if pin is None
    )
    return tuple(pin for pin in read if pin is not None), notes


def _pin(value: Any) -> PinnedFact | None:
    fields = value if isinstance(value, dict) else {}
    kind = _KINDS.get(fields.get("kind")) if isinstance(fields.get("kind"), str) else None
    texts = {
        name: fields[name]
        for name in ("target", "key", "value", "seen", "project")
        if isinstance(fields.get(name), str)
    }
    return PinnedFact(kind, **texts) if kind and texts.get("target", "").strip() else None
