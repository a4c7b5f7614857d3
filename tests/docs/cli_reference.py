"""Makes docs/cli.md from the commands themselves: `scripts/generate-docs`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from hone.cli.verbs import app

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
_TOP = """\
# The command line

This page is made by `scripts/generate-docs` from the commands themselves; edit the help texts in `src/hone/cli` instead.

Exit codes of `hone run`: 0 answered, 1 gave up or hit a limit, 2 usage, configuration, or a sandbox that is needed and missing, 75 the
provider gave no usable answer, 130 interrupted. Of the other commands: 0; 1 if what they check is not in order; 2. Every command takes
`-h` or `--help`.
"""


def reference() -> str:
    """The page."""
    return "\n".join([_TOP, *_sections(typer.main.get_command(app), "hone")])


def _sections(command: Any, name: str) -> Iterator[str]:
    """A command and all that are below it. Only what our own code says: Typer words its help anew now and then."""
    below = getattr(command, "commands", {})
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.params if each.param_type_name == "option"]
    usage = [
        name,
        *([_below(command)] if below else []),
        *map(_usage, arguments),
        *(["[OPTIONS]"] if options else []),
    ]
    yield f"## {name}\n\n`{' '.join(usage)}`\n\n{command.help}\n"
    rows = [
        *(
            f"| [`{name} {verb}`](#{name.replace(' ', '-')}-{verb}) | {_first(each.help)} |"
            for verb, each in below.items()
        ),
        *(f"| `{_word(each)}` | {_meaning(each)} |" for each in arguments),
        *(f"| `{_option(each)}` | {_meaning(each)} |" for each in options),
    ]
    if rows:
        yield "\n".join(["| | |", "|---|---|", *rows, ""])
    for verb, each in below.items():
        yield from _sections(each, f"{name} {verb}")


def _below(command: Any) -> str:
    return "[COMMAND]" if command.invoke_without_command else "COMMAND"


def _usage(argument: Any) -> str:
    word = _word(argument) + (" …" if argument.nargs == -1 else "")
    return word if argument.required else f"[{word}]"


def _word(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper())


def _option(option: Any) -> str:
    spelled = ", ".join(option.opts)
    return spelled if option.is_flag else f"{spelled} {_word(option)}"


def _meaning(parameter: Any) -> str:
    default = parameter.default
    shown = default is not None and default is not False and not callable(default) and str(default) != "."
    said = f" Default: {getattr(default, 'value', default)}." if shown and not parameter.required else ""
    return f"{parameter.help or ''}{said}".replace("|", "\\|").strip()


def _first(text: str) -> str:
    return text.partition(".")[0] if text.count(". ") else text.rstrip(".")


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
