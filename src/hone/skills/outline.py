"""The body of a SKILL.md as lines: where its sections When to use, Steps and Gotchas are, and the list items in them.

Reads what people write: any level of heading, any bullet, wrapped lines. Code blocks and comments are never structure.
Pure; nothing is changed here (`splice`).
"""

import re
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from hone.skills import frontmatter as fm

Kind = Literal["when", "steps", "gotchas"]

MARK = "\ufeff"
TAB = 4  # columns
_NAMES: dict[str, Kind] = {"when to use": "when", "steps": "steps", "gotchas": "gotchas"}
_NAMED = re.compile(r"[\W\d_]*(when to use|steps|gotchas)\b[\W_]*", re.IGNORECASE)
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*))?$")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)[ \t]*$")
_RULE = re.compile(r"[ \t]*(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})$")
_MARKER = re.compile(r"[ \t]*(?:[-*+]|(\d{1,9})[.)])[ \t]+(?=\S)")
_BULLETS = re.compile(r"(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)+")
_FENCE = re.compile(r"(`{3,})[^`]*$|(~{3,})|(<!--)")
_BELONGS = 2  # columns that a line is indented more than a bullet, at least, to be the item's

_DEEPEST = 8  # items in one another; what is nested deeper is text


class Item(msgspec.Struct, frozen=True):
    """A list item. Its own lines are `start` up to `own_end`; up to `end` follow its nested items and unindented lines.

    `prefix` is all that stands before its text. `place` (from 1) and `number` (as written) are of the outermost item
    that it belongs to; 0 and None if that is not one of the section's list.
    """

    start: int
    own_end: int
    end: int
    prefix: str
    depth: int
    number: int | None = None
    place: int = 0


class Section(msgspec.Struct, frozen=True):
    """A section: lines `start` (its heading) up to `end`, its text from `body`, the first heading within it at `own_end`.

    `exact`: the heading says the name and no more.
    """

    kind: Kind
    level: int
    start: int
    body: int
    own_end: int
    end: int
    exact: bool
    items: tuple[Item, ...] = ()

    @property
    def listed(self) -> tuple[Item, ...]:
        """The items that are its steps or gotchas, in order: those that count for `place`."""
        return tuple(item for item in self.items if item.place and not item.depth)


class Outline(msgspec.Struct, frozen=True):
    """`lines` (with their ends) joined are the text without a byte order mark. `body` is the first below the frontmatter.

    `headings` are the lines at which one begins. `unclosed` is the line of a code block or comment that reaches to the
    end of the text for want of a closing line.
    """

    lines: tuple[str, ...]
    body: int
    sections: tuple[Section, ...]
    headings: tuple[int, ...]
    unclosed: int | None = None

    def of(self, kind: Kind) -> tuple[Section, ...]:
        """The sections of that kind; first those whose heading says no more than its name."""
        return tuple(sorted((s for s in self.sections if s.kind == kind), key=lambda s: not s.exact))

    def text(self, item: Item, end: int) -> str:
        """What `item` says up to line `end`, without bullet and indentation."""
        width = columns(item.prefix)
        first, *others = (line.rstrip("\r\n") for line in self.lines[item.start : end])
        return "\n".join([first[len(item.prefix) :], *(_dedent(line, width) for line in others)]).rstrip()


def outline(text: str) -> Outline:
    """The outline of a whole SKILL.md. Raises UsageError if its frontmatter is not closed."""
    text = text.removeprefix(MARK)
    document = fm.split(text)
    head = _lines(text[: len(text) - len(document.body)])
    lines = (*head, *_lines(document.body))
    scanner = _Scanner(lines, len(head))
    sections = tuple(_sections(scanner, len(lines)))
    starts = tuple(heading.start for heading in scanner.headings)
    return Outline(lines, len(head), sections, starts, scanner.unclosed)


def headings(lines: Sequence[str]) -> list["Heading"]:
    """The headings among `lines`, outside of list items, code and comments."""
    return _Scanner(lines, 0).headings


def columns(text: str) -> int:
    """The width of `text`, tabs expanded."""
    return len(text.expandtabs(TAB))


def marker(line: str) -> re.Match[str] | None:
    """The indentation, bullet or number, and space at the start of a list item with a text; group 1 is the number."""
    return None if _RULE.match(line) else _MARKER.match(line)


def opening(line: str) -> str:
    """The fence or `<!--` that `line` opens and does not close, else an empty string."""
    text = line.strip()
    bullets = _BULLETS.match(text)
    fence = _FENCE.match(text, bullets.end() if bullets else 0)
    found = next(filter(None, fence.groups()), "") if fence else ""
    return "" if found == "<!--" and "-->" in text else found


def closes(line: str, opened: str) -> bool:
    """Whether `line` closes what `opening` found."""
    if opened == "<!--":
        return "-->" in line
    text = line.strip()
    return text.startswith(opened) and not text.strip(opened[0])


class Heading(msgspec.Struct, frozen=True):
    """A heading: lines `start` up to `end`."""

    level: int
    title: str
    start: int
    end: int


class _Open(msgspec.Struct):
    """An item while it is read. `whole`: its own lines have ended."""

    start: int
    own_end: int
    end: int
    prefix: str
    depth: int
    number: int | None
    indent: int
    whole: bool = False


class _Scanner:
    """One pass over the lines from `first`: `headings` outside of lists, `items`, and what is not closed."""

    def __init__(self, lines: Sequence[str], first: int) -> None:
        self.headings: list[Heading] = []
        self.items: list[_Open] = []
        self.unclosed: int | None = None
        self._lines = [line.rstrip("\r\n") for line in lines]
        self._stack: list[_Open] = []
        self._paragraph: int | None = None  # where the paragraph began that the next line may go on with
        position = first
        while position < len(lines):
            position = self._read(position)

    def _read(self, at: int) -> int:
        """Take in line `at`, or the block that begins there; where to go on."""
        line = self._lines[at]
        if not line.strip():
            self._paragraph = None
            return at + 1
        if self._paragraph is not None and not self._begins_something(line):
            self._extend(at + 1, lazy=bool(self._stack) and not self._is_inside(line))
            return at + 1
        if self._paragraph is not None and not self._stack and _UNDERLINE.match(line):
            level = 1 if "=" in line else 2
            self._head(Heading(level, self._lines[self._paragraph].strip(), self._paragraph, at + 1))
            return at + 1
        while self._stack and not self._is_inside(line):
            self._stack.pop()
        return self._begin(at, line)

    def _begin(self, at: int, line: str) -> int:
        self._paragraph = None
        heading, found = _HEADING.match(line), self._marker(line)
        if heading and not self._stack:
            title = (heading[2] or "").strip().rstrip("#").strip()
            self._head(Heading(len(heading[1]), title, at, at + 1))
            return at + 1
        if found and len(self._stack) < _DEEPEST:
            self._push(at, found)
        end = self._end_of_block(at, line)
        self._extend(end)
        if end == at + 1 and not heading and not _RULE.match(line) and (self._stack or not _is_code(line)):
            self._paragraph = at
        return end

    def _end_of_block(self, at: int, line: str) -> int:
        """The end of the code block or comment that begins in `line`; the next line if none does.

        One that begins in an item ends at the next item or heading at the latest.
        """
        opened = opening(line) if self._stack or not _is_code(line) else ""
        if not opened:
            return at + 1
        for position in range(at + 1, len(self._lines)):
            inner = self._lines[position]
            if closes(inner, opened):
                return position + 1
            if self._stack and not self._is_inside(inner) and (marker(inner) or _HEADING.match(inner)):
                return position
        self.unclosed = None if self._stack else at
        return len(self._lines)

    def _push(self, at: int, found: re.Match[str]) -> None:
        if self._stack:
            self._stack[-1].whole = True
        number = int(found[1]) if found[1] else None
        item = _Open(at, at + 1, at + 1, found[0], len(self._stack), number, _indent(found[0]))
        self._stack.append(item)
        self.items.append(item)

    def _extend(self, end: int, *, lazy: bool = False) -> None:
        for item in self._stack:
            item.end = end
        if self._stack:
            innermost = self._stack[-1]
            innermost.whole = innermost.whole or lazy
            if not innermost.whole:
                innermost.own_end = end

    def _head(self, heading: Heading) -> None:
        self.headings.append(heading)
        self._paragraph = None

    def _begins_something(self, line: str) -> bool:
        """Whether `line` cannot be the next line of a paragraph."""
        if not self._stack and _is_code(line):
            return False
        block = _HEADING.match(line) or self._marker(line) or _RULE.match(line) or opening(line)
        return bool(block or (not self._stack and _UNDERLINE.match(line)))

    def _marker(self, line: str) -> re.Match[str] | None:
        return marker(line) if self._stack or not _is_code(line) else None

    def _is_inside(self, line: str) -> bool:
        return _indent(line) >= self._stack[-1].indent + _BELONGS


def _sections(scanner: _Scanner, end: int) -> Iterator[Section]:
    for position, heading in enumerate(scanner.headings):
        kind = _kind(heading)
        if kind:
            later = scanner.headings[position + 1 :]
            own_end = later[0].start if later else end
            last = next((h.start for h in later if h.level <= heading.level or _kind(h)), end)
            found = [item for item in scanner.items if heading.end <= item.start < last]
            items, exact = _placed(found, kind, own_end), _is_exact(heading.title)
            yield Section(kind, heading.level, heading.start, heading.end, own_end, last, exact, items)


def _placed(found: list[_Open], kind: Kind, own_end: int) -> tuple[Item, ...]:
    """The items with their places. Steps are the numbered items if there are any; what stands before a further heading
    goes before what stands below it."""
    outermost = [item for item in found if not item.depth]
    counted = [item for item in outermost if item.number is not None] if kind == "steps" else []
    counted = counted or outermost
    counted = [item for item in counted if item.start < own_end] or counted
    places = {item.start: place for place, item in enumerate(counted, 1)}
    items: list[Item] = []
    top: _Open | None = None
    for item in found:
        top = item if not item.depth else top
        assert top is not None, "the first item of a section is an outermost one"
        place = places.get(top.start, 0)
        number = top.number if place else None
        items.append(Item(item.start, item.own_end, item.end, item.prefix, item.depth, number, place))
    return tuple(items)


def _kind(heading: Heading) -> Kind | None:
    """What section `heading` begins. The title of the skill (`# Steps to deploy`) begins none."""
    match = _NAMED.match(heading.title)
    if not match or (heading.level == 1 and not _is_exact(heading.title)):
        return None
    return _NAMES[match[1].lower()]


def _is_exact(title: str) -> bool:
    return bool(_NAMED.fullmatch(title))


def _lines(text: str) -> list[str]:
    """Lines with their ends; only a line feed ends one."""
    return [line + "\n" for line in text.split("\n")[:-1]] + [last for last in text.split("\n")[-1:] if last]


def _is_code(line: str) -> bool:
    """Whether a line outside of lists is indented so far that it is code."""
    return _indent(line) >= TAB


def _indent(line: str) -> int:
    return columns(line[: len(line) - len(line.lstrip(" \t"))])


def _dedent(line: str, width: int) -> str:
    """`line` without up to `width` columns of its indentation."""
    column = 0
    for position, char in enumerate(line):
        if column >= width or char not in " \t":
            return line[position:]
        column += 1 if char == " " else TAB - column % TAB
    return ""
