"""The tool `edit`: an exact, unique replacement in a text file; on a miss it shows the nearest lines.

Whatever is not replaced keeps its bytes: line endings, byte order mark, invalid sequences, a missing last newline.
"""

import difflib
import re
from functools import partial
from typing import Annotated

import msgspec

from hone.tools.access import FileAccess, Refusal, Text, load, printable, store
from hone.tools.base import Tool, ToolOutput
from hone.tools.nearest import nearest_lines

_MAX_DIFF_LINES = 60
_MAX_DIFF_CHARS = 4000
_MAX_COMPARED = 2000  # lines given to difflib, which takes quadratic time
_CONTEXT = 2
_TELLING = 8  # characters; a shorter text is in a file by chance


class Edit(msgspec.Struct, frozen=True):
    """Arguments of `edit`."""

    path: str
    old: Annotated[str, msgspec.Meta(description="exact text, unique in the file; empty creates it")]
    new: str
    all: Annotated[bool, msgspec.Meta(description="replace every occurrence")] = False


def edit_tool(files: FileAccess) -> Tool:
    """`edit` under the policy of `files`."""

    async def edit(arguments: Edit) -> ToolOutput:
        work = partial(_edit, files, arguments)
        return await files.write(arguments.path, arguments.new, work, anew=False)

    return Tool(
        name="edit",
        description="Replace a text in a file. Copy old from read, with its indentation.",
        arguments=Edit,
        run=edit,
        intent=lambda arguments: files.intent("write", arguments.path, _as_lines(arguments)),
    )


def _edit(files: FileAccess, arguments: Edit) -> ToolOutput:
    path = files.writable(arguments.path)
    shown = files.shown(path)
    creates = not arguments.old and not path.exists()
    file = Text("") if creates else load(path, shown)
    edited = replace(file.text, arguments.old, arguments.new, every=arguments.all)
    if isinstance(edited, str):
        return ToolOutput(printable(f"{shown}: {edited}"), ok=False)
    try:
        data = file.encoded(edited.text)
    except UnicodeEncodeError as error:
        raise Refusal(f"new cannot be written in the encoding of {shown}, {file.encoding}") from error
    store(path, data, shown)
    times = f"{edited.count:,} replacements" if edited.count != 1 else "1 replacement"
    head = f"created {shown}" if creates else f"edited {shown} ({times})"
    return ToolOutput(printable(f"{head}\n{diff(file.text, edited.text)}"))


class Edited(msgspec.Struct, frozen=True):
    """The text after `count` replacements."""

    text: str
    count: int


def replace(text: str, old: str, new: str, *, every: bool = False) -> Edited | str:
    r"""`text` with `old` replaced by `new`, else a problem as a sentence for the model.

    `old` must occur once, or `every` be set. Where the text has \r\n, a \n of `old` matches it, and the \n of `new`
    become what most lines of the text end with.
    """
    if old == new:
        return "old and new are the same: nothing to do"
    if not old:
        return "old is empty and the file is not; give the text to replace" if text else Edited(new, 1)
    pattern, written = re.compile(re.escape(old)), new
    if "\r\n" in text:
        pattern = re.compile(re.escape(_unix(old)).replace("\\\n", "(?:\r\n|(?<!\r)\n)"))
        mostly_windows = 2 * text.count("\r\n") > text.count("\n")
        written = _unix(new).replace("\n", "\r\n") if mostly_windows else new
    if not every:
        starts = _starts(pattern, text)
        if len(starts) > 1:
            lines = [text.count("\n", 0, start) + 1 for start in starts[:5]]
            where = ", ".join(str(line) for line in lines) + (", …" if starts[5:] else "")
            return f"old occurs {len(starts):,} times (lines {where}); add lines around it to make it unique, or set all"
    result, count = pattern.subn(lambda _: written, text, count=0 if every else 1)
    return Edited(result, count) if count else _miss(text, old, new)


def diff(before: str, after: str) -> str:
    """A unified diff without file names, its length bounded."""
    old, new = before.split("\n"), after.split("\n")
    same = 0
    for one, other in zip(old, new, strict=False):
        if one != other:
            break
        same += 1
    skipped = max(same - _CONTEXT, 0)
    tail = _common_tail(old[skipped:], new[skipped:]) - _CONTEXT
    old, new = (lines[skipped : len(lines) - max(tail, 0)][:_MAX_COMPARED] for lines in (old, new))
    lines = list(difflib.unified_diff(old, new, n=_CONTEXT, lineterm=""))[2:]
    lines = [_moved(line, skipped) for line in lines]
    kept = "\n".join(lines[:_MAX_DIFF_LINES])
    cut = lines[_MAX_DIFF_LINES:] or kept[_MAX_DIFF_CHARS:]
    return kept[:_MAX_DIFF_CHARS] + ("\n[diff cut]" if cut else "")


def _starts(pattern: re.Pattern[str], text: str) -> list[int]:
    """Where `pattern` occurs, overlapping occurrences included: they are as ambiguous as any."""
    starts: list[int] = []
    found = pattern.search(text)
    while found:
        starts.append(found.start())
        found = pattern.search(text, found.start() + 1)
    return starts


def _miss(text: str, old: str, new: str) -> str:
    text, new = _unix(text), _unix(new)
    near = nearest_lines(text, _unix(old)) or "Nothing in it is similar; read it first."
    at = text.find(new) if len(new.strip()) >= _TELLING else -1
    if at >= 0:
        near = f"new is there already (line {text.count(chr(10), 0, at) + 1}): this edit may be done. {near}"
    return f"old is not in the file. {near}"


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n")


def _common_tail(old: list[str], new: list[str]) -> int:
    count = 0
    while count < min(len(old), len(new)) and old[-1 - count] == new[-1 - count]:
        count += 1
    return count


def _moved(line: str, by: int) -> str:
    """A hunk's header with its line numbers `by` further down; other lines as they are."""
    if not line.startswith("@@ "):
        return line
    return re.sub(r"([-+])(\d+)", lambda number: f"{number[1]}{int(number[2]) + by}", line)


def _as_lines(arguments: Edit) -> str:
    """The change as a person reads it before it is made."""
    removed = [f"- {line}" for line in arguments.old.splitlines()]
    added = [f"+ {line}" for line in arguments.new.splitlines()]
    return "\n".join([*removed, *added])
