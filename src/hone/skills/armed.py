"""Which tripwires are on for a session: those of the skills that it may use, on this project. Pure."""

from collections.abc import Iterable

from hone.skills.read import Skill
from hone.skills.tripwires import Armed


def armed(skills: Iterable[Skill], project: str | None) -> tuple[Armed, ...]:
    """The tripwires of the skills in scope, also of those on trial; `project` is the slug of the project at work."""
    scopes = ("all", f"project:{project}") if project else ("all",)
    return tuple(
        Armed(skill.name, tripwire)
        for skill in skills
        if skill.tripwires and skill.trusted and skill.status != "retired" and skill.scope in scopes
        for tripwire in skill.tripwires
        if not tripwire.retired
    )
