"""A skill as the model reads it once it is used: the body, wrapped, and where its files are."""

import html
import os
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from hone.skills.read import Skill, one_line, read_body

RESOURCE_FOLDERS = ("scripts", "references", "assets")
MAX_RESOURCES = 50
MAX_NOTES = 10
_LONGEST_NOTE = 200  # characters
_WRAPPER = re.compile(r"<(?=\s*/?\s*skill_content)", re.IGNORECASE)


def activate(skill: Skill, notes: Sequence[str] = ()) -> str:
    """The skill's text within `<skill_content name="…">`, read from disk now; `notes` on what changed since stand first.

    Nothing in it can end the wrapper early. Raises UsageError if SKILL.md can no longer be read.
    """
    inner = _WRAPPER.sub("&lt;", f"{_changed(notes)}{read_body(skill).strip()}\n\n{_places(skill)}")
    return f'<skill_content name="{html.escape(skill.name)}">\n{inner}\n</skill_content>'


def resources(directory: Path) -> Iterator[str]:
    """Paths of the files in scripts/, references/ and assets/, relative to the skill's directory, in order of name."""
    for folder in RESOURCE_FOLDERS:
        for parent, folders, files in os.walk(directory / folder):
            folders.sort()
            yield from (one_line(str(Path(parent, name).relative_to(directory))) for name in sorted(files))


def _changed(notes: Sequence[str]) -> str:
    """The notes as one sentence; they are made of names in files, so they are no more than text on one line."""
    said = [line for note in dict.fromkeys(notes) if (line := one_line(note)[:_LONGEST_NOTE].rstrip())]
    if not said:
        return ""
    more = f" and {len(said) - MAX_NOTES} more" if len(said) > MAX_NOTES else ""
    return f"Changed since this was learned: {'; '.join(said[:MAX_NOTES])}{more}; check before you rely on it.\n\n"


def _places(skill: Skill) -> str:
    directory = Path(skill.directory)
    lines = [f"Directory of this skill: {one_line(skill.directory)} (relative paths above start there)"]
    listed = list(islice(resources(directory), MAX_RESOURCES + 1))
    if listed:
        lines += ["Its files:", *(f"- {path}" for path in listed[:MAX_RESOURCES])]
    if len(listed) > MAX_RESOURCES:
        lines.append(f"- … and more: only the first {MAX_RESOURCES} are listed")
    return "\n".join(lines)
