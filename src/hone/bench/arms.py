"""The arms of the learning benchmark: the same agent, with one part of its learning more from arm to arm."""

from collections.abc import Mapping
from typing import Any

import msgspec

_EVERYWHERE: Mapping[str, Any] = {
    "learning.holdout.run": 0.0,  # a coin of its own would make the arms differ by something else
    "learning.holdout.repl": 0.0,
    "learning.daily_tokens": 1_000_000_000,  # the day's cap would be an arm that nobody sees
}


class Arm(msgspec.Struct, frozen=True):
    """An arm: its dotted settings. `lends`: after a scenario's first task the cheap model works."""

    name: str
    title: str
    flags: Mapping[str, Any]
    lends: bool = False


FRESH = "fresh"
"""The arm that all others are compared with."""

ARMS = (
    Arm(FRESH, "never learns: every task is the first", {"learning.mode": "off"}),
    Arm("memory", "keeps memory, writes no skills", {"learning.skills": False, "learning.tripwires": False}),
    Arm("skills", "keeps memory and skills, no tripwires", {"learning.tripwires": False}),
    Arm("skills+tripwires", "hone as it comes", {}),
    Arm(
        "strong writes, cheap executes",
        "as it comes; the strong model does each scenario's first task and writes, the cheap one does the rest",
        {},
        lends=True,
    ),
)


class Names(msgspec.Struct, frozen=True):
    """Models as the settings name them; empty: as the settings have it. Without a `cheap` one the last arm is left out."""

    main: str = ""
    writer: str = ""
    cheap: str = ""


def flags_of(arm: Arm, names: Names, *, first: bool) -> dict[str, Any]:
    """The settings of a task in that arm; `first`: it is the scenario's first."""
    main = names.cheap if arm.lends and not first else names.main
    writer = names.writer or (names.main if arm.lends else "")
    roles = {"roles.main": main, "roles.writer": writer}
    return {**_EVERYWHERE, **arm.flags, **{role: name for role, name in roles.items() if name}}
