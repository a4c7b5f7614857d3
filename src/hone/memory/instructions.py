"""AGENTS.md and CLAUDE.md of the project: what its people wrote for any agent that works in it."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from hone.memory.reading import read_regular
from hone.messages import estimate_tokens

NAMES = ("AGENTS.md", "CLAUDE.md")
BUDGET = 2_000  # tokens of each file
_READ_BYTES = 100_000


class Instructions(msgspec.Struct, frozen=True):
    """One file of instructions, cut to its budget; the cut is announced in the text."""

    path: Path
    text: str


def read_instructions(workspace: Path, cwd: Path, *, budget_tokens: int = BUDGET) -> tuple[Instructions, ...]:
    """The files from the workspace down to the working directory, the nearest last.

    A CLAUDE.md that is a link to AGENTS.md, includes only it (`@AGENTS.md`) or says the same is not repeated.
    """
    directories = [each for each in (*reversed(cwd.parents), cwd) if each.is_relative_to(workspace)]
    return tuple(found for directory in directories for found in _read_directory(directory, budget_tokens))


def _read_directory(directory: Path, budget_tokens: int) -> Iterator[Instructions]:
    seen: set[str] = set()
    for name in NAMES:
        path = directory / name
        text = _read(path).strip()
        if text and text not in seen and not (seen and text in ("@AGENTS.md", "@./AGENTS.md")):
            seen.add(text)
            yield Instructions(path, _cut(text, path, budget_tokens))


def _read(path: Path) -> str:
    """The beginning of the file; empty if there is none, a note if it cannot be read."""
    try:
        return read_regular(path, _READ_BYTES).decode("utf-8-sig", "replace")
    except OSError as error:
        return f"[{path.name} is there and cannot be read: {error.strerror}]"


def _cut(text: str, path: Path, budget_tokens: int) -> str:
    if estimate_tokens(text) <= budget_tokens:
        return text
    kept = text[: budget_tokens * 4]
    kept = kept.rpartition("\n")[0] or kept
    return f"{kept.rstrip()}\n[{path.name} goes on from here; `read` {path} shows the rest]"
