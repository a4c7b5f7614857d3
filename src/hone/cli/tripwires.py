"""The tripwires of skills with what they did, for `hone skills show` and `hone stats`. Reads only."""

import contextlib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from hone.config.environ import hone_home, process_environ
from hone.database import Database
from hone.history.tripped import Counts, counts
from hone.skills.read import Skill
from hone.skills.tripwires import Tripwire


class Fired(msgspec.Struct, frozen=True):
    """A tripwire, its skill, and how it went."""

    skill: str
    tripwire: Tripwire
    counts: Counts
    is_retired: bool

    def as_data(self) -> dict[str, Any]:
        """What it says and what it did, for programs."""
        return {
            "skill": self.skill,
            "id": self.tripwire.id,
            "say": self.tripwire.say,
            "fired": self.counts.fired,
            "heeded": self.counts.heeded,
            "overridden": self.counts.overridden,
            "retired": self.is_retired,
        }

    def condition(self) -> dict[str, Any]:
        """What it looks for, for programs."""
        fields = ("tool", "has", "lacks", "unless_after", "evidence")
        return {name: msgspec.to_builtins(getattr(self.tripwire, name)) for name in fields}

    def as_line(self) -> str:
        """The same for people."""
        wire, count = self.tripwire, self.counts
        what = f"{wire.tool} with {_named(wire.has)}"
        what += f" without {_named(wire.lacks)}" if wire.lacks else ""
        what += f" unless after {_named(wire.unless_after)}" if wire.unless_after else ""
        state = "retired, " if self.is_retired else ""
        did = f"{state}fired {count.fired}, heeded {count.heeded}, overridden {count.overridden}"
        return f"{wire.id}  ({did})  {what}{f': {wire.say}' if wire.say else ''}"


def tripwires_of(skills: Iterable[Skill]) -> list[Fired]:
    """Every tripwire of `skills`, also retired ones, with its counts."""
    carried = [(skill, tripwire) for skill in skills for tripwire in skill.tripwires]
    known = _counts() if carried else {}
    return [
        Fired(
            skill.name,
            tripwire,
            known.get((skill.name, tripwire.id), Counts()),
            tripwire.retired or skill.status == "retired",
        )
        for skill, tripwire in carried
    ]


def _counts() -> Mapping[tuple[str, str], Counts]:
    path = hone_home(process_environ()) / "state.db"
    with contextlib.closing(Database.open_for_reading(path)) as database:
        return counts(database)


def _named(literals: Iterable[str]) -> str:
    return ", ".join(f"`{literal}`" for literal in literals)
