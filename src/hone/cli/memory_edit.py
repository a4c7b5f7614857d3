"""`hone memory add|forget|edit|why`: a person's changes of memory, through the same door as hone's own."""

from typing import Annotated

import typer

from hone.changes.blame import blame
from hone.changes.change import Add, AnyOp, Change, Remove, Replace
from hone.cli.door import open_door, open_ledger
from hone.cli.memory import memory_files
from hone.cli.outcomes import tell
from hone.cli.sessions import printable
from hone.cli.story import log_line
from hone.errors import NotFound, UsageError
from hone.given import Given
from hone.memory.entries import Block
from hone.memory.store import MemoryFile, shown

app = typer.Typer(help="Memory: change it.")

_File = Annotated[
    str | None,
    typer.Option("--file", metavar="FILE", help="user, memory or project; by default wherever it stands."),
]
_Entry = Annotated[
    str, typer.Argument(metavar="ENTRY", help="A part of its text, or the hash that `show` gives.")
]


@app.command()
def add(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="One fact.")],
    file: Annotated[str, typer.Option("--file", metavar="FILE", help="user, memory or project.")] = "memory",
) -> None:
    """Remember something."""
    if not text.strip():
        raise UsageError("the text is empty: say what is to be remembered")
    (chosen,) = _chosen(file)
    _submit(chosen, Add(text.strip()))


@app.command()
def forget(entry: _Entry, file: _File = None) -> None:
    """Forget an entry. hone undo brings it back."""
    where, block = _entry(entry, file)
    _submit(where, Remove(block.hash))


@app.command()
def edit(
    entry: _Entry,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The new text.")],
    file: _File = None,
) -> None:
    """Say an entry differently."""
    if not text.strip():
        raise UsageError("the text is empty: to drop the entry use hone memory forget")
    where, block = _entry(entry, file)
    _submit(where, Replace(block.hash, text.strip()))


@app.command()
def why(entry: _Entry, file: _File = None) -> None:
    """Say where an entry came from: the changes that wrote it."""
    where, block = _entry(entry, file)
    home = Given.by_process().home
    data = where.path.read_bytes()
    first = data[
        : len(
            "".join(each.raw for each in where.blocks if each.start < block.start).encode(
                "utf-8", "surrogateescape"
            )
        )
    ]
    start = first.count(b"\n") + 1
    lines = range(start, start + len(block.raw.splitlines()))
    with open_ledger() as ledger:
        versions = ledger.history_of(where.path.relative_to(home).as_posix())
    writers = {line.by.change.id: line.by for line in blame(versions, data) if line.line in lines and line.by}
    print(printable(f"{block.hash}  {shown(block.text)}"))
    for row in writers.values():
        print(f"{log_line(row)}")
    if not writers:
        print("no change is known that wrote it")
    else:
        print(f"hone show {next(iter(writers))} says more")


def _chosen(file: str | None) -> tuple[MemoryFile, ...]:
    files = memory_files()
    if file is None:
        return files
    if file not in ("user", "memory", "project"):
        raise NotFound("memory file", file, ("user", "memory", "project"))
    chosen = tuple(each for each in files if each.which == file)
    if not chosen:
        raise UsageError("there is no project here: cd into one")
    return chosen


def _entry(named: str, file: str | None) -> tuple[MemoryFile, Block]:
    """The one entry that is meant. Raises NotFound if there is none, UsageError if there are several."""
    every = [(each, block) for each in _chosen(file) for block in each.entries]
    found = [pair for pair in every if named == pair[1].hash]
    found = found or [pair for pair in every if named.strip() and named.strip() in shown(pair[1].text)]
    if not found:
        raise NotFound("memory entry", named, [shown(block.text) for _, block in every])
    if len(found) > 1:
        listed = ", ".join(f"{block.hash} ({each.which})" for each, block in found[:5])
        raise UsageError(
            f"several entries have {named!r}: {listed}; give the hash, and --file if it is in both"
        )
    return found[0]


def _submit(file: MemoryFile, op: AnyOp) -> None:
    target = file.path.relative_to(Given.by_process().home).as_posix()
    with open_door() as door:
        tell(door, door.submit(Change(target=target, ops=(op,), origin="user")))
