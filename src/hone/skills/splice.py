"""Edits of a SKILL.md: each takes the whole text and gives it back with one span changed, all else byte for byte.

Steps are never renumbered. `old` names an item by its text (`locate`). Raises SpliceError where the text does not allow
the edit, UsageError where the new value cannot be written.
"""

import re
from collections.abc import Sequence

from hone.errors import SpliceError, UsageError
from hone.skills import frontmatter as fm
from hone.skills import spec
from hone.skills.locate import locate
from hone.skills.markdown import item, item_lines, prose_lines
from hone.skills.outline import MARK, Item, Kind
from hone.skills.page import Page
from hone.skills.scalars import quoted, set_field


def set_description(text: str, value: str) -> str:
    """`value` as the description in the frontmatter, on one line."""
    length = len(" ".join(value.split()))
    if not 1 <= length <= spec.MAX_DESCRIPTION:
        raise UsageError(
            f"the description has {length:,} characters; 1 to {spec.MAX_DESCRIPTION:,} are allowed"
        )
    mark = MARK if text.startswith(MARK) else ""
    text = text.removeprefix(MARK)
    try:
        written = fm.split(text).frontmatter
    except UsageError as error:
        raise SpliceError(str(error)) from error
    if written is None:
        raise SpliceError("there is no frontmatter: the description is the text below `## When to use`")
    start = text.index("\n") + 1
    changed = set_field(written, "description", quoted(value))
    return mark + text[:start] + changed + text[start + len(written) :]


def set_when(text: str, value: str) -> str:
    """`value` as the text below `## When to use`, which is made if absent; headings below that one stay."""
    lines, page = prose_lines(value), Page(text)
    if not lines:
        raise UsageError("the text for `## When to use` is empty: say when the skill applies")
    section = next(iter(page.outline.of("when")), None)
    if section is None:
        return page.with_section("when", lines)
    said = [at for at in range(section.body, section.own_end) if page.lines[at].strip()]
    if not said:
        return page.with_block(section.body, lines)
    return page.replaced(said[0], said[-1] + 1, lines)


def add_step(text: str, value: str, index: int | None = None) -> str:
    """A new step before the one that is number `index`, with its number; by default, and one past the last, at the end."""
    return _add(text, "steps", value, index)


def replace_step(text: str, old: str, value: str, index: int | None = None) -> str:
    """`value` in the place of the step `old`, which must be number `index` if that is given."""
    return _replace(text, "steps", old, value, index)


def remove_step(text: str, old: str, index: int | None = None) -> str:
    """The text without the step `old` and all that belongs to it."""
    return _remove(text, "steps", old, index)


def add_gotcha(text: str, value: str) -> str:
    """A new gotcha at the end of its section, which is made if absent."""
    return _add(text, "gotchas", value, None)


def replace_gotcha(text: str, old: str, value: str) -> str:
    """`value` in the place of the gotcha `old`."""
    return _replace(text, "gotchas", old, value, None)


def remove_gotcha(text: str, old: str) -> str:
    """The text without the gotcha `old` and all that belongs to it."""
    return _remove(text, "gotchas", old, None)


def _add(text: str, kind: Kind, value: str, index: int | None) -> str:
    lines, page = item_lines(value), Page(text)
    sections = page.outline.of(kind)
    section = next((each for each in sections if each.listed), sections[0] if sections else None)
    listed = section.listed if section else ()
    place = len(listed) if index is None else _place(listed, index)
    first = item("1. " if kind == "steps" else "- ", lines)
    if section is None:
        return page.with_section(kind, first)
    if not listed:
        return page.with_block(page.end_of_text(section.own_end, section.body), first)
    apart = [""] if len(listed) > 1 and not page.lines[listed[-1].start - 1].strip() else []
    if place < len(listed):
        follower = listed[place]
        return page.inserted(follower.start, [*item(follower.prefix, lines), *apart])
    at = listed[-1].end
    end = next((start for start in page.outline.headings if start >= at), len(page.lines))
    if at < end and page.lines[at].strip():  # such as a code block of the last item that is not indented
        at = page.end_of_text(end, at)
    return page.inserted(at, [*apart, *item(_next_prefix(listed), lines)])


def _replace(text: str, kind: Kind, old: str, value: str, index: int | None) -> str:
    lines, page = item_lines(value), Page(text)
    span = locate(page.outline, kind, old, index)
    return page.replaced(span.item.start, span.end, item(span.item.prefix, lines))


def _remove(text: str, kind: Kind, old: str, index: int | None) -> str:
    page = Page(text)
    found = locate(page.outline, kind, old, index).item
    return page.removed(found.start, found.end)


def _place(listed: Sequence[Item], index: int) -> int:
    """How many steps stand before a new one that is to be number `index`."""
    last = listed[-1].number if listed else None
    if last is None or _has_one_number(listed):
        numbers = list(range(1, len(listed) + 2))
    else:
        numbers = [*(each.number or 0 for each in listed), last + 1]
    if index not in numbers:
        raise SpliceError(f"a new step cannot be number {index}: there are {len(listed)}")
    return numbers.index(index)


def _next_prefix(listed: Sequence[Item]) -> str:
    last = listed[-1]
    if last.number is None or _has_one_number(listed):
        return last.prefix
    return re.sub(r"\d+", str(last.number + 1), last.prefix)


def _has_one_number(listed: Sequence[Item]) -> bool:
    """Whether all have the same number, as some write lists for the reader's program to count."""
    return len(listed) > 1 and len({each.number for each in listed}) == 1
