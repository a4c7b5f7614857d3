"""The arms of the learning benchmark: the same agent, with one part of its learning more from arm to arm."""

from collections.abc import Mapping
from typing import Any

import msgspec

_EVERYWHERE: Mapping[str, Any] = {
    "learning.holdout.run": 0.0,  # a coin of its own would make the arms differ by something else
    "learning.holdout.repl": 0.0,
    "limits.steps": 30,  # three times what it takes who has to find out everything; a small model may go round in circles
    "learning.daily_tokens": 1_000_000_000,  # the day's cap would be an arm that nobody sees
}


class Arm(msgspec.Struct, frozen=True):
    """An arm: its dotted settings. `lends`: what was learned is called proven at once, so that the cheap model executes it."""

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
        "as it comes; the strong model works and writes, the cheap one does the tasks that a skill is attached to",
        {},
        lends=True,
    ),
)


class Names(msgspec.Struct, frozen=True):
    """Models as the settings name them; empty: as the settings have it. Without a `cheap` one the last arm is left out."""

    main: str = ""
    writer: str = ""
    cheap: str = ""


def flags_of(arm: Arm, names: Names) -> dict[str, Any]:
    """The settings of the tasks in that arm."""
    roles = {"roles.main": names.main, "roles.writer": names.writer}
    roles |= {"roles.executor": names.cheap} if arm.lends else {}
    return {**_EVERYWHERE, **arm.flags, **{role: name for role, name in roles.items() if name}}
