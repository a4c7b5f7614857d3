"""Pins: facts of the world that a skill relies on, taken when it is written and checked when it is loaded."""

from typing import Literal

import msgspec

Kind = Literal["file", "manifest", "command"]


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
