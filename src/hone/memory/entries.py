"""A memory file as entries: what is a bullet, a heading, or text of the user's that is left alone.

Pure. The blocks of a file, joined, are the file, so that a writer can splice one and leave every other character.
"""

import datetime
import hashlib
import unicodedata
from collections.abc import Iterator
from typing import Literal

import msgspec

from hone.late import late

_MARK = "\ufeff"
_LINE = late(r"[^\n]*\n|[^\n]+")
_BULLET = late(r"^ ?[-*+][ \t]+(?=[^\s])(?!(?:[-*_][ \t]*)+$)")
_HEADING = late(r"^(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
_CODE = late(r"^ {0,3}(```+|~~~+)")
_UNTIL = late(r"\(until (\d{4}-\d{2}-\d{2})\)")


class Block(msgspec.Struct, frozen=True):
    """A piece of a memory file. `raw` are its characters, `start` its place; `text` is what it says, without bullet."""

    kind: Literal["entry", "heading", "prose", "blank"]
    start: int
    raw: str
    text: str
    pinned: bool = False
    until: datetime.date | None = None

    @property
    def hash(self) -> str:
        """Six hex digits that name an entry within its file."""
        return hashlib.sha256(identity(self.text).encode("utf-8", "replace")).hexdigest()[:6]

    def expired(self, today: datetime.date) -> bool:
        """Whether the day after which it no longer holds is past."""
        return self.until is not None and self.until < today


def identity(text: str) -> str:
    """What makes two entries the same: the text, however it is wrapped, spaced or composed."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def parse(text: str) -> tuple[Block, ...]:
    """The blocks of a memory file in order; `raw` of all of them joined is `text`. Any text can be parsed."""
    blocks: list[Block] = []
    pinned_level = 0  # of the heading `Pinned` above, 0: none
    start = 0
    mark = (
        _MARK if text.startswith(_MARK) else ""
    )  # says nothing, and belongs to the first block's characters
    for kind, raw in _pieces([match[0] for match in _LINE.finditer(text, len(mark))]):
        if kind == "heading":
            level, title = _heading(raw)
            if not pinned_level or level <= pinned_level:
                pinned_level = level if title.casefold() == "pinned" else 0
        said = _said(kind, raw)
        until = _until(said) if kind == "entry" else None
        blocks.append(Block(kind, start, mark + raw, said, bool(pinned_level), until))
        start += len(mark + raw)
        mark = ""
    return (Block("blank", 0, mark, ""),) if mark else tuple(blocks)


def entries(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """The entries among `blocks`."""
    return tuple(block for block in blocks if block.kind == "entry")


_Kind = Literal["entry", "heading", "prose", "blank"]


def _pieces(lines: list[str]) -> Iterator[tuple[_Kind, str]]:
    position = 0
    while position < len(lines):
        kind = _kind(lines[position])
        end = {"entry": _end_of_entry, "prose": _end_of_prose}.get(kind, _next_line)(lines, position)
        yield kind, "".join(lines[position:end])
        position = end


def _kind(line: str) -> _Kind:
    line = line.rstrip("\r\n")
    if not line.strip():
        return "blank"
    if _HEADING.match(line):
        return "heading"
    return "entry" if _BULLET.match(line) else "prose"


def _next_line(_: list[str], position: int) -> int:
    return position + 1


def _end_of_entry(lines: list[str], position: int) -> int:
    """Indented lines go on with the entry, also after blank ones."""
    end = ahead = position + 1
    while ahead < len(lines):
        if lines[ahead].strip():
            if not lines[ahead].startswith(("  ", "\t")):
                break
            end = ahead + 1
        ahead += 1
    return end


def _end_of_prose(lines: list[str], position: int) -> int:
    """A paragraph ends at a blank line, a heading or a bullet; a code block where it is closed."""
    fence = _CODE.match(lines[position])
    end = position + 1
    if fence:
        while end < len(lines) and not lines[end].lstrip(" ").startswith(fence[1]):
            end += 1
        return min(end + 1, len(lines))
    while end < len(lines) and _kind(lines[end]) == "prose" and not _CODE.match(lines[end]):
        end += 1
    return end


def _heading(raw: str) -> tuple[int, str]:
    match = _HEADING.match(raw.rstrip("\r\n"))
    assert match is not None
    return len(match[1]), match[2]


def _said(kind: _Kind, raw: str) -> str:
    if kind == "entry":
        first, *others = raw[raw.index(raw.lstrip(" ")[0]) + 1 :].strip().splitlines()
        return "\n".join([first.strip(), *(line.strip() for line in others)])
    return raw.strip()


def _until(text: str) -> datetime.date | None:
    """The last expiry in the line; a date that does not exist is none."""
    for written in reversed(_UNTIL.findall(text)):
        try:
            return datetime.date.fromisoformat(written)
        except ValueError:
            continue
    return None
