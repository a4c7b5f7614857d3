"""A text from anywhere as Markdown that stays in its place: one list item, or paragraphs without a heading.

The words are kept; only what would end the item or section, or is no text at all, is made harmless.
"""

import re
from collections.abc import Sequence

from hone.errors import UsageError
from hone.skills.outline import closes, columns, headings, marker, opening

_ENDS = re.compile(r"\r\n?|\n")
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")  # cannot be encoded
_LIKE_A_RULE = re.compile(r"[-*_ \t]+$")


def clean(text: str) -> str:
    """`text` without control characters; what cannot be encoded is a replacement mark."""
    return _SURROGATE.sub("\ufffd", _NO_TEXT.sub("", text))


def item_lines(text: str) -> list[str]:
    """`text` as the lines of one list item, without the bullet that it may begin with. Raises UsageError if empty."""
    stripped = clean(_ENDS.sub("\n", text)).strip()
    bullet = marker(stripped)
    first, *others = stripped[bullet.end() if bullet else 0 :].split("\n")
    if not first:
        raise UsageError("a step or gotcha has no text: say what it is")
    if _LIKE_A_RULE.match(first):
        first = f"\\{first}"
    return _closed([first, *others])


def prose_lines(text: str) -> list[str]:
    """`text` as lines that may stand below a heading: what would be a heading among them is escaped. May be empty."""
    lines = clean(_ENDS.sub("\n", text)).strip().split("\n")
    lines = _closed(lines) if lines[0] else []
    while found := headings(lines):
        at = found[0].end - 1
        line = lines[at]
        lines[at] = line.replace(line.strip(), f"\\{line.strip()}")
    return lines


def item(prefix: str, lines: Sequence[str]) -> list[str]:
    """The lines of an item behind its `prefix`, those after the first indented so that they belong to it."""
    indent = prefix[: len(prefix) - len(prefix.lstrip(" \t"))]
    indent += " " * (columns(prefix) - columns(indent))
    return [prefix + lines[0], *(indent + line if line.strip() else "" for line in lines[1:])]


def _closed(lines: list[str]) -> list[str]:
    """`lines`, and a closing line if a code block or comment is left open, which would swallow what follows."""
    opened = ""
    for line in lines:
        if not opened:
            opened = opening(line)
        elif closes(line, opened):
            opened = ""
    return [*lines, "-->" if opened == "<!--" else opened] if opened else lines
