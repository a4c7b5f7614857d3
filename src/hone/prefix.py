"""The system prompt of a session, from what there is: memory, the project's instructions, skills that are no attack."""

import datetime
import platform
from collections.abc import Callable
from pathlib import Path

import msgspec

from hone.memory.instructions import read_instructions
from hone.memory.store import MemoryFiles
from hone.place import Place
from hone.prompt.assemble import PromptParts, Section, assemble
from hone.remembered import memory_sections
from hone.safety.grants import Grants
from hone.skills.discover import Library
from hone.skills.hints import workspace_hints
from hone.skills.index import offered, render_index
from hone.tools.loading import attackers


class Home(msgspec.Struct, frozen=True):
    """HONE_HOME, the user's own home, and the user's day."""

    path: Path
    user: Path
    today: datetime.date


def system_prompt(
    place: Place, library: Library, grants: Grants, home: Home, tell: Callable[[str], None]
) -> str:
    """The prompt; `tell` hears of memory and skills that were left out of it."""
    memory = MemoryFiles(home.path).read_all(place.project)
    return assemble(
        PromptParts(
            workspace=place.workspace,
            working_directory=place.cwd,
            platform=f"{platform.system()} {platform.machine()}",
            today=home.today,
            memory=memory_sections(memory, place.workspace, home.user, home.today, tell),
            instructions=tuple(
                Section(found.path.name, found.text)
                for found in read_instructions(place.workspace, place.cwd)
            ),
            skill_index=_skill_index(library, place, grants, tell),
        )
    )


def _skill_index(library: Library, place: Place, grants: Grants, tell: Callable[[str], None]) -> str:
    hints = workspace_hints(place.workspace)
    index = render_index(library, project=place.project, hints=hints)
    if not index:
        return ""
    listed = frozenset(line[2:].partition(":")[0] for line in index.splitlines())
    shown = [skill for skill in offered(library, place.project) if skill.name in listed]
    if not (held := attackers(shown, grants.allows_text, tell)):
        return index
    kept = tuple(skill for skill in library.skills if skill.name not in held)
    return render_index(Library(kept), project=place.project, hints=hints)
