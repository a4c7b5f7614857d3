"""How a skill comes into a session: vetted, with what has changed in the world since it was learned, and once.

What is attached unasked and what the `skill` tool gives come through here.
"""

from collections.abc import Callable

from hone.errors import UsageError
from hone.skills.activate import activate
from hone.skills.pins import Stale, World, read_pins
from hone.skills.read import Skill


class Loader:
    """Loads skills into one session. `loaded` are the names of those that are in it, `outdated` what of them was stale.

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
        self.outdated: dict[str, tuple[Skill, tuple[Stale, ...]]] = {}
        self._world = world
        self._allowed = allowed
        self._tell = tell
        self._refused: set[str] = set()

    def load(self, skill: Skill) -> str:
        """The skill's text for the model. Raises UsageError, in words for it, if it cannot be read or reads like an attack."""
        from hone.skills.freshness import stale  # noqa: PLC0415 - docs/decisions/0010

        self._vet(skill)
        changed = stale(read_pins(skill.path.parent), self._world())
        text = activate(skill, [each.said for each in changed])
        if changed:
            self.outdated[skill.name] = (skill, changed)
        self.loaded.add(skill.name)
        return text

    def _vet(self, skill: Skill) -> None:
        from hone.safety.vetting import vet  # noqa: PLC0415 - docs/decisions/0010

        found = next(
            (each for each in vet(skill.path.parent).obvious if not self._allowed(each.sha256)), None
        )
        if found is None:
            return
        if skill.name not in self._refused:
            self._refused.add(skill.name)
            self._tell(
                f"skill {skill.name} is not used: {found.path}: {found.injection.reason}; "
                f"hone skills allow {skill.name} shows it and allows it"
            )
        raise UsageError(f"the skill {skill.name} is held back, because it holds text that no skill should")
