"""Makes docs/cli.md from the commands themselves: `scripts/generate-docs`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from hone.cli.main import app

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
_WIDTH = 100
_TOP = """\
# The command line

This page is made by `scripts/generate-docs` from the commands themselves; edit the help texts in `src/hone/cli` instead.
Exit codes of `hone run`: 0 answered, 1 gave up or hit a limit, 2 usage, configuration or a refusal for want of a sandbox,
75 the provider gave no usable answer, 130 interrupted. All other commands: 0, 1 if what they check is not in order, 2.
"""


def reference() -> str:
    """The page."""
    return "\n".join([_TOP, *_sections(typer.main.get_command(app), "hone", None)])


def _sections(command: Any, name: str, parent: Any) -> Iterator[str]:
    """The help of a command and of all that are below it."""
    context = command.make_context(name, [], parent=parent, resilient_parsing=True, terminal_width=_WIDTH)
    yield f"## {context.command_path}\n\n```text\n{command.get_help(context).rstrip()}\n```\n"
    for below, each in getattr(command, "commands", {}).items():
        yield from _sections(each, below, context)


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
