"""The documents as data: their blocks of code, their links, and the anchors that can be linked to."""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")])

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_REMARK = re.compile(r"<!-- (not run|needs): (.+?) -->\n\Z")
_LINK = re.compile(r"(?<!!)\[[^\]\n]+\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
_PROMPT = re.compile(r"^\$ ", re.MULTILINE)


class Block(msgspec.Struct, frozen=True):
    """A fenced block. `line` is that of its first line of code; `remark` is `not run` or `needs`, with its `reason`."""

    language: str
    code: str
    line: int
    remark: str = ""
    reason: str = ""


class Command(msgspec.Struct, frozen=True):
    """A command of a console block and the output that the page shows for it."""

    text: str
    output: str


def named(page: Path) -> str:
    """The page's path below the root."""
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    for fence in _FENCE.finditer(text):
        remark = _REMARK.search(text[: fence.start()])
        line = text.count("\n", 0, fence.start()) + 2
        yield Block(fence[1], fence[2], line, *(remark.groups() if remark else ()))


def commands(block: Block) -> Iterator[Command]:
    """`$ command`, its further lines behind `> `, then its output."""
    for part in _PROMPT.split(block.code)[1:]:
        first, *rest = part.rstrip("\n").split("\n")
        more = 0
        while more < len(rest) and f"{rest[more]} ".startswith("> "):
            more += 1
        yield Command("\n".join([first, *(line[2:] for line in rest[:more])]), "\n".join(rest[more:]))


def links(page: Path) -> Iterator[str]:
    """What the page links to, outside of its blocks."""
    return (found[1] for found in _LINK.finditer(_FENCE.sub("", page.read_text(encoding="utf-8"))))


def anchors(page: Path) -> set[str]:
    """The anchors that hosts make of the page's headings."""
    prose = _FENCE.sub("", page.read_text(encoding="utf-8"))
    words = (re.sub(r"[^\w\- ]", "", found[1].lower()) for found in _HEADING.finditer(prose))
    return {text.replace(" ", "-") for text in words}
