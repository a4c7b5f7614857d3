"""Memory as a session is shown it: without what reads like an attack, and with what the world says otherwise by now.

Both are plain code over the entries; the files stay as they are. Nothing of it is loaded while there is no memory.
"""

import datetime
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from hone.memory.recall import Hit
from hone.memory.render import render_memory
from hone.memory.store import MemoryFile
from hone.prompt.assemble import Section


def memory_sections(
    files: Iterable[MemoryFile],
    workspace: Path,
    user_home: Path,
    today: datetime.date,
    tell: Callable[[str], None],
    budget_tokens: int,
) -> tuple[Section, ...]:
    """The memory files, each within the budget, for the system prompt of a session in `workspace`.

    `tell` tells the user what is not in it.
    """
    said = [file for file in files if file.blocks]
    if not said:
        return ()
    from hone.memory.fresh import Surroundings, note_on  # noqa: PLC0415 - docs/decisions/0010
    from hone.safety.injection import is_attack  # noqa: PLC0415 - docs/decisions/0010
    from hone.skills.facts.project_versions import ProjectVersions  # noqa: PLC0415 - docs/decisions/0010

    around = Surroundings(workspace, user_home, ProjectVersions(workspace).contradiction)

    def section(file: MemoryFile) -> Section:
        attacks: list[str] = []

        def leave_out(text: str) -> bool:
            attacks.extend([text] if is_attack(text) else [])
            return text in attacks

        note = partial(note_on, which=file.which, around=around)
        text = render_memory(file, today, budget_tokens=budget_tokens, leave_out=leave_out, note=note)
        if attacks:
            tell(
                f"{len(attacks)} of what {file.path.name} says reads like an attack and is not used: edit it"
            )
        return Section(f"{file.which} memory", text)

    return tuple(map(section, said))


def harmless(hits: Iterable[Hit]) -> list[Hit]:
    """What was found in memory, without what reads like an attack."""
    from hone.safety.injection import is_attack  # noqa: PLC0415 - docs/decisions/0010

    return [hit for hit in hits if not is_attack(hit.text)]
