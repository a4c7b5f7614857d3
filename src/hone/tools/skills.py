"""The `skill` tool, the body of a skill, once a session; and `skill_search`, for a library that the prompt does not list whole.

Without skills there are no such tools.
"""

from collections.abc import Callable, Sequence

import msgspec

from hone.errors import UsageError, nearest
from hone.skills.discover import Library
from hone.skills.index import nearest_skills
from hone.skills.read import Skill
from hone.skills.retrieve import Found
from hone.tools.base import Tool, ToolOutput, described
from hone.tools.loading import Loader

SKILL_TOOLS = frozenset(("skill", "skill_search"))


class SkillArguments(msgspec.Struct, frozen=True):
    """Arguments of `skill`."""

    name: described(str, "Name from the list of skills")  # type: ignore[valid-type]


class SkillSearchArguments(msgspec.Struct, frozen=True):
    """Arguments of `skill_search`."""

    query: str


def skill_tool(library: Library, loader: Loader) -> Tool:
    """A tool that loads skills of `library`, each once in a session.

    What a skill says counts as `workspace`: a local file that the user keeps, or of a folder that the user trusts.
    """

    async def run(arguments: SkillArguments) -> ToolOutput:
        skill = next((each for each in library.loadable if each.name == arguments.name), None)
        if skill is None:
            return ToolOutput(_unknown(library, arguments.name, loader), ok=False)
        if skill.name in loader.loaded:
            return ToolOutput(f"The skill {skill.name} is already loaded above.")
        try:
            return ToolOutput(loader.load(skill))
        except UsageError as error:
            return ToolOutput(f"{error}; go on without this skill", ok=False)

    return Tool("skill", "Load a skill: instructions for a kind of task.", SkillArguments, run, parallel=True)


def skill_search_tool(search: Callable[[str], Sequence[Found]], loader: Loader) -> Tool:
    """A tool that lists what `search` finds, best first. Offer it if `index.holds_all` is false."""

    async def run(arguments: SkillSearchArguments) -> ToolOutput:
        found = loader.presentable(each.skill for each in search(arguments.query))
        return ToolOutput("\n".join(map(_line, found)) or "no skill has any of these words")

    return Tool("skill_search", "Find skills by task.", SkillSearchArguments, run, parallel=True)


def _unknown(library: Library, name: str, loader: Loader) -> str:
    skills = library.loadable
    found = loader.presentable(nearest_skills(skills, name))
    if not found:
        return f"no skill named {name!r}{nearest(name, (skill.name for skill in skills))}"
    return "\n".join([f"no skill named {name!r}; the nearest are", *(_line(skill) for skill in found)])


def _line(skill: Skill) -> str:
    return f"- {skill.name}: {skill.description}"
