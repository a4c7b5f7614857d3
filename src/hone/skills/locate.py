"""Which step or gotcha of a SKILL.md an edit names by its text. Pure; says what is near if it names none or several."""

from collections.abc import Sequence

import msgspec

from hone.errors import SpliceError, nearest
from hone.skills.markdown import item_lines
from hone.skills.outline import Item, Kind, Outline

_QUOTED = 120  # characters of an item in a message


class Span(msgspec.Struct, frozen=True):
    """An item up to line `end` and what it says there, as one line; what is nested in it may lie beyond."""

    item: Item
    end: int
    said: str

    def holds(self, other: "Span") -> bool:
        """Whether all lines of `other` are among its lines."""
        return self.item.start <= other.item.start and other.end <= self.end


def locate(page: Outline, kind: Kind, old: str, index: int | None = None) -> Span:
    """The one item that says `old`, white space aside; else the innermost one that says it among other things.

    With `index` it must also be at that place or have that number. Raises SpliceError if it is not exactly one.
    """
    # `old` also as it would have been written, so that what was added can be named by the same words
    wanted = {_one_line(old), _one_line("\n".join(item_lines(old)))}
    spans = _spans(page, kind)
    named = [span for span in spans if span.said in wanted] or _innermost(spans, wanted)
    placed = [span for span in named if index is None or index in (span.item.place, span.item.number)]
    if len(placed) == 1:
        return placed[0]
    noun = "step" if kind == "steps" else "gotcha"
    if not named:
        near = nearest(_quote(old), [_quote(span.said) for span in spans])
        raise SpliceError(f"no {noun} says {_quote(old)}{near or f' (of {len(spans)})'}")
    if not placed:
        places = " or ".join(str(span.item.place) for span in named)
        raise SpliceError(f"the {noun} {_quote(named[0].said)} is number {places}, not {index}")
    found = ", ".join(_quote(span.said) for span in placed[:3])
    raise SpliceError(
        f"{len(placed)} {noun}s say {_quote(old)}, among them {found}: name one by its whole text"
    )


def _spans(page: Outline, kind: Kind) -> list[Span]:
    return [
        Span(item, end, _one_line(page.text(item, end)))
        for section in page.of(kind)
        for item in section.items
        for end in _ends(item, section.items)
    ]


def _ends(item: Item, items: Sequence[Item]) -> list[int]:
    """Where `item` can be said to end: after its own lines, after each item nested in it, after all of its lines."""
    inside = [other for other in items if item.start <= other.start < item.end]
    return sorted({end for other in inside for end in (other.own_end, other.end)})


def _innermost(spans: Sequence[Span], wanted: set[str]) -> list[Span]:
    found = [span for span in spans if any(words in span.said for words in wanted)]
    return [span for span in found if not any(span is not other and span.holds(other) for other in found)]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _quote(text: str) -> str:
    line = _one_line(text)
    return f'"{line if len(line) <= _QUOTED else line[: _QUOTED - 1] + "…"}"'
