"""The system prompt of a session, from what there is: memory, the project's instructions, skills that are no attack."""

import datetime
import platform
from collections.abc import Callable
from pathlib import Path

import msgspec

from hone.memory import instructions, render
from hone.memory.instructions import read_instructions
from hone.memory.store import MemoryFiles
from hone.place import Place
from hone.prompt.assemble import PromptParts, Section, assemble
from hone.remembered import memory_sections
from hone.safety.grants import Grants
from hone.skills import index
from hone.skills.discover import Library
from hone.skills.hints import workspace_hints
from hone.skills.index import offered, render_index
from hone.tools.loading import attackers


class Home(msgspec.Struct, frozen=True):
    """HONE_HOME, the user's own home, and the user's day."""

    path: Path
    user: Path
    today: datetime.date


class Form(msgspec.Struct, frozen=True):
    """How much the prompt may hold, in tokens: of each memory file, of each file of instructions, and the list of skills."""

    memory: int = render.BUDGET
    instructions: int = instructions.BUDGET
    skills: int = index.BUDGET
    compact: bool = False


FULL = Form()
COMPACT = Form(memory=400, instructions=400, skills=300, compact=True)
"""For small models, which are slow to read and soon lose the thread."""


def system_prompt(
    place: Place, library: Library, grants: Grants, home: Home, tell: Callable[[str], None], form: Form = FULL
) -> str:
    """The prompt; `tell` hears of memory and skills that were left out of it."""
    memory = MemoryFiles(home.path).read_all(place.project)
    return assemble(
        PromptParts(
            workspace=place.workspace,
            working_directory=place.cwd,
            platform=f"{platform.system()} {platform.machine()}",
            today=home.today,
            memory=memory_sections(memory, place.workspace, home.user, home.today, tell, form.memory),
            instructions=tuple(
                Section(found.path.name, found.text)
                for found in read_instructions(place.workspace, place.cwd, budget_tokens=form.instructions)
            ),
            skill_index=_skill_index(library, place, grants, tell, form.skills),
            compact=form.compact,
        )
    )


def _skill_index(
    library: Library, place: Place, grants: Grants, tell: Callable[[str], None], budget: int
) -> str:
    hints = workspace_hints(place.workspace)
    listing = render_index(library, project=place.project, hints=hints, budget_tokens=budget)
    if not listing:
        return ""
    listed = frozenset(line[2:].partition(":")[0] for line in listing.splitlines())
    shown = [skill for skill in offered(library, place.project) if skill.name in listed]
    if not (held := attackers(shown, grants.allows_text, tell)):
        return listing
    kept = tuple(skill for skill in library.skills if skill.name not in held)
    return render_index(Library(kept), project=place.project, hints=hints, budget_tokens=budget)
