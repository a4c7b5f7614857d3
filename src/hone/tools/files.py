"""The tools on files: `read` and `write` here, `edit` and `find` in modules of their own."""

from functools import partial
from pathlib import Path
from typing import Annotated

import msgspec

from hone.tools.access import FileAccess, Refusal, answer, load, printable, store
from hone.tools.base import Tool, ToolOutput
from hone.tools.edit import edit_tool
from hone.tools.find import find_tool
from hone.tools.opening import entries

MAX_LINES = 2000
MAX_CHARS = 40_000
MAX_LINE = 2000  # characters
_MAX_ENTRIES = 200


class Read(msgspec.Struct, frozen=True):
    """Arguments of `read`."""

    path: str
    offset: Annotated[int, msgspec.Meta(description="first line, from 1")] = 1
    limit: int = MAX_LINES


class Write(msgspec.Struct, frozen=True):
    """Arguments of `write`."""

    path: str
    content: str


def file_tools(files: FileAccess) -> tuple[Tool, ...]:
    """`read`, `write`, `edit` and `find` under the policy of `files`."""

    async def read(arguments: Read) -> ToolOutput:
        output = await answer(lambda: ToolOutput(_read(files, arguments)))
        return msgspec.structs.replace(output, trust=files.trust_in(arguments.path))

    async def write(arguments: Write) -> ToolOutput:
        work = partial(_write, files, arguments)
        return await files.write(arguments.path, arguments.content, work, anew=True)

    return (
        Tool(
            name="read",
            description="Read a text file, or list a directory.",
            arguments=Read,
            run=read,
            parallel=True,
            intent=lambda arguments: files.intent("read", arguments.path),
        ),
        Tool(
            name="write",
            description="Create or replace a whole file. To change a part of one, use edit.",
            arguments=Write,
            run=write,
            intent=lambda arguments: files.intent("write", arguments.path, arguments.content),
        ),
        edit_tool(files),
        find_tool(files),
    )


def _read(files: FileAccess, arguments: Read) -> str:
    path = files.readable(arguments.path)
    shown = files.shown(path)
    if path.is_dir():
        return _listing(path)
    text = printable(load(path, shown).text).replace("\r\n", "\n")
    return excerpt(text, arguments.offset, arguments.limit)


def excerpt(text: str, offset: int = 1, limit: int = MAX_LINES) -> str:
    """`text` from line `offset` on, as far as the limits allow; where something is left out, a last line says so.

    Raises Refusal if the text has no such line.
    """
    if not text:
        return "[empty]"
    lines = text.removesuffix("\n").split("\n")
    first = max(offset, 1)
    if first > len(lines):
        raise Refusal(f"there are only {len(lines):,} lines; use a smaller offset")
    shown: list[str] = []
    room = MAX_CHARS
    for line in lines[first - 1 : first - 1 + min(max(limit, 1), MAX_LINES)]:
        cut = (
            line
            if len(line) <= MAX_LINE
            else f"{line[:MAX_LINE]}… [{len(line) - MAX_LINE:,} more characters]"
        )
        room -= len(cut) + 1
        if shown and room < 0:
            break
        shown.append(cut)
    last = first + len(shown) - 1
    body = "\n".join(shown)
    if first == 1 and last == len(lines):
        return body
    more = f"; go on with offset {last + 1}" if last < len(lines) else ""
    return f"{body}\n[lines {first:,}-{last:,} of {len(lines):,}{more}]"


def _listing(path: Path) -> str:
    names = [f"{name}/" if is_directory else name for name, is_directory in entries(path)]
    if not names:
        return "[empty directory]"
    more = (
        f"\n[{_MAX_ENTRIES} of {len(names):,} entries; use find for the rest]" if names[_MAX_ENTRIES:] else ""
    )
    return printable("\n".join(names[:_MAX_ENTRIES])) + more


def _write(files: FileAccess, arguments: Write) -> ToolOutput:
    path = files.writable(arguments.path)
    shown = files.shown(path)
    try:
        data = arguments.content.encode()
    except UnicodeEncodeError as error:
        raise Refusal(
            f"the content for {shown} holds half a character (a lone surrogate); write it again"
        ) from error
    done = "replaced" if path.exists() else "created"
    store(path, data, shown)
    count = arguments.content.count("\n") + (not arguments.content.endswith("\n") and bool(arguments.content))
    return ToolOutput(f"{done} {shown} ({count:,} {'line' if count == 1 else 'lines'})")
