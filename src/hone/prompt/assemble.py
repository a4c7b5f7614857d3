"""The system prompt of a session: written once at its start and frozen, so that the provider's prefix cache holds.

Everything comes in as values; nothing here is finer than a day, so two sessions of a day share their prefix.
"""

import datetime
from pathlib import Path

import msgspec

_TEMPLATES = Path(__file__).parent / "templates"


class Section(msgspec.Struct, frozen=True):
    """A titled text of the user's: a memory file, project instructions. Empty ones are left out."""

    title: str
    text: str


class PromptParts(msgspec.Struct, frozen=True):
    """What a system prompt is made of. `memory` is in the order shown; `skill_index` is empty without skills.

    `compact`: the rules are in fewer words, for small models.
    """

    workspace: Path
    working_directory: Path
    platform: str
    today: datetime.date
    memory: tuple[Section, ...] = ()
    instructions: tuple[Section, ...] = ()
    skill_index: str = ""
    compact: bool = False


def assemble(parts: PromptParts) -> str:
    """The system prompt as Markdown-like text."""
    blocks = [_template("system_compact" if parts.compact else "system"), _surroundings(parts)]
    memory = [_section(section) for section in parts.memory if section.text.strip()]
    if memory:
        blocks += [_template("memory"), *memory]
    blocks += [_section(section) for section in parts.instructions if section.text.strip()]
    if parts.skill_index:
        blocks += [_template("skills") + "\n" + parts.skill_index.strip()]
    return "\n\n".join(blocks) + "\n"


def _surroundings(parts: PromptParts) -> str:
    lines = [f"Workspace: {parts.workspace}"]
    if parts.compact:  # small models put a path that they see here before every name
        lines = ["Commands run in the user's directory; give paths relative to it."]
    elif parts.working_directory != parts.workspace:
        lines.append(f"Working directory: {parts.working_directory}")
    return "\n".join([*lines, f"System: {parts.platform}", f"Date: {parts.today.isoformat()}"])


def _section(section: Section) -> str:
    return f"<{section.title}>\n{section.text.strip()}\n</{section.title}>"


def _template(name: str) -> str:
    return (_TEMPLATES / f"{name}.md").read_text(encoding="utf-8").strip()
