"""`hone memory add|forget|edit|why`: a person's changes of memory, through the same door as hone's own."""

from collections.abc import Sequence
from typing import Annotated

import typer

from hone.changes.blame import blame
from hone.changes.change import Add, AnyOp, Change, Remove, Replace
from hone.cli.door import open_door, open_ledger, refuse_own_keys
from hone.cli.memory import memory_files
from hone.cli.outcomes import tell
from hone.cli.sessions import printable
from hone.cli.story import log_line
from hone.errors import NotFound, UsageError
from hone.given import Given
from hone.memory.entries import Block, identity
from hone.memory.store import MemoryFile, shown
from hone.safety.secrets import Redactor
from hone.skills.read import one_line

app = typer.Typer(help="Memory: change it.")

_File = Annotated[
    str | None,
    typer.Option("--file", metavar="FILE", help="user, memory or project; by default wherever it stands."),
]
_Entry = Annotated[
    str, typer.Argument(metavar="ENTRY", help="A part of its text, or the hash that `show` gives.")
]
_QUOTED = 60  # characters of an entry in a message


@app.command()
def add(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="One fact.")],
    file: Annotated[str, typer.Option("--file", metavar="FILE", help="user, memory or project.")] = "memory",
) -> None:
    """Remember something."""
    (chosen,) = _chosen(file)
    _submit(chosen, Add(_fact(text)))


@app.command()
def forget(entry: _Entry, file: _File = None) -> None:
    """Forget an entry. hone undo brings it back."""
    where, block = _entry(entry, file)
    _submit(where, Remove(_old(block)))


@app.command()
def edit(
    entry: _Entry,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The new text.")],
    file: _File = None,
) -> None:
    """Say an entry differently."""
    if not text.strip():
        raise UsageError("the text is empty: to drop the entry use hone memory forget")
    fact = _fact(text)
    where, block = _entry(entry, file)
    _submit(where, Replace(_old(block), fact))


@app.command(short_help="Say where an entry came from.")
def why(entry: _Entry, file: _File = None) -> None:
    """Say where an entry came from: the changes that wrote it."""
    where, block = _entry(entry, file)
    first = len(_bytes(*(each for each in where.blocks if each.start < block.start)).splitlines()) + 1
    lines = range(first, first + len(_bytes(block).splitlines()))
    with open_ledger() as ledger:
        versions = ledger.history_of(_target(where))
    blamed = blame(versions, _bytes(*where.blocks))
    writers = {line.by.change.id: line.by for line in blamed if line.line in lines and line.by}
    print(printable(f"{block.hash}  {shown(block.text)}"))
    for row in writers.values():
        print(log_line(row))
    if writers:
        print(f"hone show {next(iter(writers))} says more")
    else:
        print("it was written by hand: no change is known")


def _fact(text: str) -> str:
    """`text` as an entry can have it. Raises UsageError."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UsageError("the text is not UTF-8: write it in UTF-8") from error
    if not any(map(str.isalnum, text)):
        raise UsageError("the text says nothing: write one fact, in words")
    refuse_own_keys(text)
    return text.strip()


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
    wanted = identity(named)
    every = [(each, block) for each in _chosen(file) for block in each.entries]
    found = [pair for pair in every if wanted in (pair[1].hash, _words(pair[1]))]
    found = found or [pair for pair in every if wanted and wanted in _words(pair[1])]
    if not found:
        raise NotFound("memory entry", named, [_shortened(block) for _, block in every])
    if len(found) > 1:
        raise UsageError(f"{named!r} stands in several entries: {_choice(found)}")
    return found[0]


def _choice(found: Sequence[tuple[MemoryFile, Block]]) -> str:
    """What was found, and how to say which is meant."""
    listed = ", ".join(f"{block.hash} {_shortened(block)} ({each.which})" for each, block in found[:5])
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""
    places = {(each.which, block.hash) for each, block in found}
    if len(places) < len(found):
        way = "one file says the same twice: take one away by hand"
    elif len({name for _, name in places}) < len(found):
        way = "say which with --file"
    else:
        way = "name one by its hash"
    return f"{listed}{more}; {way}"


def _old(block: Block) -> str:
    """What names the entry in a change: its text, so that the log can quote it; the hash if it must not or cannot be."""
    quotable = shown(block.text) == block.text and Redactor().redact(block.text) == block.text
    return block.text if quotable else block.hash


def _words(block: Block) -> str:
    return identity(shown(block.text))


def _shortened(block: Block) -> str:
    line = one_line(shown(block.text))
    return line if len(line) <= _QUOTED else f"{line[: _QUOTED - 1]}…"


def _bytes(*blocks: Block) -> bytes:
    return "".join(block.raw for block in blocks).encode("utf-8", "surrogateescape")


def _submit(file: MemoryFile, op: AnyOp) -> None:
    with open_door() as door:
        tell(door, door.submit(Change(target=_target(file), ops=(op,), origin="user")))


def _target(file: MemoryFile) -> str:
    return file.path.relative_to(Given.by_process().home).as_posix()
