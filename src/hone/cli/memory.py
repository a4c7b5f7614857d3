"""`hone memory`: what is remembered, entry by entry."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from hone.cli.sessions import printable
from hone.config.environ import hone_home, process_environ, shown, user_home
from hone.errors import NotFound, UsageError
from hone.memory.entries import Block
from hone.memory.projects import project_slug
from hone.memory.store import MemoryFile, MemoryFiles
from hone.memory.store import shown as shown_text
from hone.safety.paths import find_workspace

app = typer.Typer(
    help="Memory: what hone knows about you, your decisions and this project.", no_args_is_help=True
)


@app.callback()
def memory() -> None:
    """Memory: what hone knows about you, your decisions and this project."""


@app.command()
def show(
    file: Annotated[
        str | None, typer.Argument(metavar="FILE", help="user, memory or project; by default all three.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the entries, each with the hash that names it."""
    files = memory_files()
    names = [each.which for each in files]
    if file is not None and file not in ("user", "memory", "project"):
        raise NotFound("memory file", file, ("user", "memory", "project"))
    if file == "project" and "project" not in names:
        raise UsageError("there is no project here: cd into one")
    files = tuple(each for each in files if file in (None, each.which))
    if as_json:
        print(json.dumps([_row(each) for each in files], ensure_ascii=False, indent=2))
    elif any(each.entries for each in files):
        print("\n\n".join(_section(each) for each in files if each.entries))
    else:
        paths = " or ".join(shown(each.path, process_environ()) for each in files)
        print(f"nothing is remembered yet: hone memory add, or write a line `- a fact` into {paths}")


def memory_files() -> tuple[MemoryFile, ...]:
    """The memory files in reach from here, also those that do not exist yet."""
    environ = process_environ()
    home = hone_home(environ)
    try:
        workspace = find_workspace(Path.cwd(), user_home(environ))
    except UsageError:  # no project in / or in the home itself; the other files are there all the same
        return MemoryFiles(home).read_all(None)
    return MemoryFiles(home).read_all(project_slug(workspace, home, environ))


def _row(file: MemoryFile) -> dict[str, Any]:
    return {"file": file.which, "path": str(file.path), "entries": [_entry(block) for block in file.entries]}


def _entry(block: Block) -> dict[str, Any]:
    until = block.until.isoformat() if block.until else None
    return {"hash": block.hash, "text": shown_text(block.text), "pinned": block.pinned, "until": until}


def _section(file: MemoryFile) -> str:
    return "\n".join([f"{file.which}  {shown(file.path, process_environ())}", *map(_line, file.entries)])


def _line(block: Block) -> str:
    text = printable(shown_text(block.text)).replace("\n", "\n" + " " * len("  123456  "))
    return f"  {block.hash}  {'pinned: ' if block.pinned else ''}{text}"
