"""Which step or gotcha of a SKILL.md an edit names by its text. Pure; says what is near if it names none or several."""

from collections.abc import Collection, Iterator, Sequence
from itertools import zip_longest

import msgspec

from hone.errors import SpliceError, nearest
from hone.skills.markdown import item_lines
from hone.skills.outline import Item, Kind, Outline

_ENDS = 20  # of the items nested in one, so many are told apart from what follows them
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
    spans = [span for section in page.of(kind) for span in _spans(page, section.items)]
    named = [span for span in spans if span.said in wanted] or _innermost(spans, wanted)
    placed = [span for span in named if index is None or index in (span.item.place, span.item.number)]
    if len(placed) == 1:
        return placed[0]
    noun = "step" if kind == "steps" else "gotcha"
    if not named:
        said = list(dict.fromkeys(_quote(span.said) for span in spans))
        raise SpliceError(f"no {noun} says {_quote(old)}{nearest(_quote(old), said) or f' (of {len(said)})'}")
    if not placed:
        places = " or ".join(str(span.item.place) for span in named)
        raise SpliceError(f"the {noun} {_quote(named[0].said)} is number {places}, not {index}")
    found = ", ".join(_quote(span.said) for span in placed[:3])
    raise SpliceError(
        f"{len(placed)} {noun}s say {_quote(old)}, among them {found}: name one by its whole text"
    )


def _spans(page: Outline, items: Sequence[Item]) -> Iterator[Span]:
    """Every item, shortest first: its own lines, then with each item nested in it, so that more that a person nested
    there can be told apart."""
    for position, item in enumerate(items):
        inside = [other for other in items[position : position + _ENDS] if other.start < item.end]
        for end in sorted({item.end, *(end for other in inside for end in (other.own_end, other.end))}):
            yield Span(item, end, _one_line(page.text(item, end)))


def _innermost(spans: Sequence[Span], wanted: Collection[str]) -> list[Span]:
    """Of every item the shortest span that says what is wanted, unless an item nested in that says it by itself."""
    shortest: dict[int, Span] = {}
    for span in spans:
        if any(words in span.said for words in wanted):
            shortest.setdefault(span.item.start, span)
    found = list(shortest.values())
    return [
        span
        for span, following in zip_longest(found, found[1:])
        if not following or not span.holds(following)
    ]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _quote(text: str) -> str:
    line = _one_line(text)
    return f'"{line if len(line) <= _QUOTED else line[: _QUOTED - 1] + "…"}"'
