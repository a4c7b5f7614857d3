"""Edits of a memory file: each takes the whole text and gives it back with one entry more, changed, or less.

All other characters stay. `old` is an entry's text, its six-digit hash, or a part that only one entry has. Raises
SpliceError where that is not exactly one entry, UsageError for an entry without text.
"""

import re
from collections.abc import Sequence

from hone.errors import SpliceError, UsageError, nearest
from hone.memory.entries import Block, entries, identity, parse

_MARK = "\ufeff"
_ENDS = re.compile(r"\r\n?|\n")
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_NO_BYTE = re.compile(
    r"[\ud800-\udc7f\udd00-\udfff]"
)  # the surrogates between stand for bytes that are no UTF-8
_BULLET = re.compile(r" ?[-*+][ \t]+(?=\S)")
_LIKE_A_RULE = re.compile(r"[-*_ \t]+$")
_QUOTED = 120  # characters of an entry in a message


def add_entry(text: str, entry: str) -> str:
    """A new entry after the last one that is not pinned, else at the end, never under `## Pinned`.

    An entry that is there already is not added again.
    """
    lines, blocks = _lines(entry), parse(text)
    if _same(blocks, lines):
        return text
    unpinned = [block for block in entries(blocks) if not block.pinned]
    if unpinned:
        last = unpinned[-1]
        return _inserted(text, last.start + len(last.raw), _written(_bullet(last), lines, text))
    end = _line_end(text)
    apart = end if blocks and blocks[-1].kind == "prose" else ""
    appended = _inserted(text, len(text), apart + _written("- ", lines, text))
    if _holds(appended, lines):
        return appended
    pinned = next((block for block in blocks if block.pinned), None)
    if pinned is None:
        raise SpliceError("the file ends in a code block that is not closed: close it, then add the entry")
    start = max(pinned.start, len(_MARK) if text.startswith(_MARK) else 0)
    return text[:start] + _written("- ", lines, text) + end * 2 + text[start:]


def replace_entry(text: str, old: str, entry: str) -> str:
    """`entry` in the place of the entry `old`; if another one says so already, the text without `old`."""
    lines, blocks = _lines(entry), parse(text)
    block = _find(blocks, old)
    if _same([other for other in blocks if other is not block], lines):
        return remove_entry(text, old)
    end = block.start + len(block.raw)
    tail = block.raw[len(block.raw.rstrip()) :]
    mark = _MARK if block.raw.startswith(_MARK) else ""
    return text[: block.start] + mark + _written(_bullet(block), lines, text) + tail + text[end:]


def remove_entry(text: str, old: str) -> str:
    """The text without the entry `old`."""
    block = _find(parse(text), old)
    mark = _MARK if block.raw.startswith(_MARK) else ""
    return text[: block.start] + mark + text[block.start + len(block.raw) :]


def _lines(entry: str) -> list[str]:
    """`entry` as the lines of one entry, without the bullet that it may begin with."""
    text = _NO_BYTE.sub("\ufffd", _NO_TEXT.sub("", _ENDS.sub("\n", entry))).strip()
    first, *others = _BULLET.sub("", text, count=1).split("\n") if _BULLET.match(text) else text.split("\n")
    if not first:
        raise UsageError("the entry has no text: say what is to be remembered")
    return [f"\\{first}" if _LIKE_A_RULE.match(first) else first, *others]


def _written(bullet: str, lines: Sequence[str], text: str) -> str:
    """One entry without a final line end; a line that goes on with it is indented."""
    indent = " " * max(len(bullet.expandtabs(4)), 2)
    return bullet + _line_end(text).join(
        [lines[0], *(indent + line if line.strip() else "" for line in lines[1:])]
    )


def _inserted(text: str, at: int, new: str) -> str:
    """`new` as lines of its own; a text without a final line end stays without one."""
    end = _line_end(text)
    if at and text[at - 1] not in f"\n{_MARK}":
        return f"{text[:at]}{end}{new}{text[at:]}"
    return f"{text[:at]}{new}{end}{text[at:]}"


def _find(blocks: Sequence[Block], old: str) -> Block:
    known = entries(tuple(blocks))
    wanted = {identity(old), identity("\n".join(_lines(old)))}
    found = [block for block in known if identity(block.text) in wanted]
    found = found or [block for block in known if block.hash == old.strip().lower()]
    found = found or [block for block in known if any(words in identity(block.text) for words in wanted)]
    if len(found) == 1:
        return found[0]
    if not found:
        near = nearest(_quote(old), [_quote(block.text) for block in known])
        raise SpliceError(f"no entry says {_quote(old)}{near or f' (of {len(known)})'}")
    few = ", ".join(f"{block.hash} {_quote(block.text)}" for block in found[:3])
    raise SpliceError(f"{len(found)} entries say {_quote(old)}: {few}; name one by its hash")


def _same(blocks: Sequence[Block], lines: Sequence[str]) -> bool:
    said = identity("\n".join(lines))
    return any(identity(block.text) == said for block in entries(tuple(blocks)))


def _holds(text: str, lines: Sequence[str]) -> bool:
    """Whether an entry that is not pinned says `lines`."""
    return _same([block for block in parse(text) if not block.pinned], lines)


def _bullet(block: Block) -> str:
    match = _BULLET.match(block.raw.removeprefix(_MARK))
    assert match is not None, "an entry begins with a bullet"
    return match[0]


def _line_end(text: str) -> str:
    return "\r\n" if text.partition("\n")[0].endswith("\r") else "\n"


def _quote(text: str) -> str:
    line = identity(text).encode("utf-8", "replace").decode()
    return f'"{line if len(line) <= _QUOTED else line[: _QUOTED - 1] + "…"}"'
