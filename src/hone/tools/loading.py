"""How a skill comes into a session: vetted, with what has changed in the world since it was learned, and once.

What is attached unasked and what the `skill` tool gives come through here.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import msgspec

from hone.errors import UsageError
from hone.skills.activate import activate
from hone.skills.pins import Stale, World, read_pins
from hone.skills.read import Skill

if TYPE_CHECKING:
    from hone.safety.vetting import Seen


class Outdated(msgspec.Struct, frozen=True):
    """A loaded skill and what it relies on that had `changed`; `turn` is the one that it was used in, once that has ended."""

    skill: Skill
    changed: tuple[Stale, ...]
    turn: int = 0


class Loader:
    """Loads skills into one session. `loaded` are the names of those that are in it, `outdated` what of them was stale,
    `withheld` those that it must do without.

    `allowed` says whether the user has seen what the guard found and wants the skill all the same; `tell` tells the user
    that a skill was refused, once each.
    """

    def __init__(
        self,
        world: Callable[[], World],
        allowed: Callable[[str], bool],
        tell: Callable[[str], None],
        loaded: set[str],
    ) -> None:
        self.loaded = loaded
        self.outdated: dict[str, Outdated] = {}
        self.withheld: set[str] = set()
        self._world = world
        self._allowed = allowed
        self._tell = tell
        self._refused: set[str] = set()

    def load(self, skill: Skill) -> str:
        """The skill's text for the model. Raises UsageError, in words for it, if it cannot be read or reads like an attack."""
        from hone.skills.facts.freshness import stale  # noqa: PLC0415 - docs/decisions/0010

        if skill.name in self.withheld:
            raise UsageError(f"the skill {skill.name} is not offered in this session")
        self._vet(skill)
        changed = stale(read_pins(skill.path.parent), self._world())
        text = activate(skill, [each.said for each in changed])
        if changed:
            self.outdated[skill.name] = Outdated(skill, changed)
        self.loaded.add(skill.name)
        return text

    def presentable(self, skills: Iterable[Skill]) -> list[Skill]:
        """Those of `skills` whose description a model may be shown."""
        skills = list(skills)
        held = attackers(skills, self._allowed, lambda _told: None)
        return [skill for skill in skills if skill.name not in held]

    def is_held_back(self, skill: Skill) -> bool:
        """Whether the skill reads like an attack, in any of its files, and the user has not allowed it."""
        return why_held_back(skill, self._allowed) is not None

    def _vet(self, skill: Skill) -> None:
        found = why_held_back(skill, self._allowed)
        if found is None:
            return
        if skill.name not in self._refused:
            self._refused.add(skill.name)
            self._tell(not_used(skill, found))
        raise UsageError(f"the skill {skill.name} is held back, because it holds text that no skill should")


def why_held_back(skill: Skill, allowed: Callable[[str], bool]) -> "Seen | None":
    """What in the skill reads like an attack and was not `allowed`; None if it may be used."""
    from hone.safety.vetting import vet  # noqa: PLC0415 - docs/decisions/0010

    return next((each for each in vet(skill.path.parent).obvious if not allowed(each.sha256)), None)


def not_used(skill: Skill, found: "Seen") -> str:
    """The line that tells the user of it."""
    return (
        f"skill {skill.name} is not used: {found.path}: {found.injection.reason}; "
        f"hone skills allow {skill.name} shows it and allows it"
    )


def attackers(
    skills: Iterable[Skill], allowed: Callable[[str], bool], tell: Callable[[str], None]
) -> frozenset[str]:
    """The names of those of `skills` whose description alone reads like an attack: no model is to be shown it."""
    from hone.safety.injection import find_injections  # noqa: PLC0415 - docs/decisions/0010

    held = set()
    for skill in skills:
        obvious = any(
            each.severity == "obvious" for each in find_injections(f"description: {skill.description}")
        )
        if obvious and (found := why_held_back(skill, allowed)):
            held.add(skill.name)
            tell(not_used(skill, found))
    return frozenset(held)
