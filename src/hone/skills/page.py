"""A SKILL.md cut into lines, and what can be put between them; every line that is not named stays as it is.

Which lines, `splice` decides. New lines end as the first line of the file does.
"""

from collections.abc import Sequence

from hone.errors import SpliceError, UsageError
from hone.skills.outline import MARK, Kind, Outline, outline

_HEADINGS: dict[Kind, str] = {"when": "When to use", "steps": "Steps", "gotchas": "Gotchas"}
_ORDER = tuple(_HEADINGS)


class Page:
    """The text of a SKILL.md. Raises SpliceError if its frontmatter is not closed.

    Every method gives the whole changed text. One that would write into or behind a code block or comment that is
    never closed raises SpliceError.
    """

    def __init__(self, text: str) -> None:
        try:
            self.outline: Outline = outline(text)
        except UsageError as error:
            raise SpliceError(str(error)) from error
        self.lines = self.outline.lines
        self._mark = MARK if text.startswith(MARK) else ""
        self._end = "\r\n" if self.lines and self.lines[0].endswith("\r\n") else "\n"

    def replaced(self, start: int, end: int, new: Sequence[str]) -> str:
        """`new` for the lines from `start` to `end`; white space after the last of them stays."""
        self._require_closed(end)
        last = self.lines[end - 1]
        tail = last[len(last.rstrip()) :]
        return self._joined([*self.lines[:start], self._end.join(new) + tail, *self.lines[end:]])

    def removed(self, start: int, end: int) -> str:
        """All but the lines from `start` to `end`."""
        return self._joined([*self.lines[:start], *self.lines[end:]])

    def inserted(self, at: int, new: Sequence[str]) -> str:
        """`new` before line `at`. A text without a final line end stays without one."""
        self._require_closed(at)
        before, after = "".join(self.lines[:at]), "".join(self.lines[at:])
        is_open = bool(before) and not before.endswith("\n")
        first, last = (self._end, "") if is_open else ("", self._end)
        return self._joined([before, first, self._end.join(new), last, after])

    def with_block(self, at: int, new: Sequence[str]) -> str:
        """`new` before line `at`, apart from other text by blank lines."""
        above = [""] if at and self.lines[at - 1].strip() else []
        below = [""] if at < len(self.lines) and self.lines[at].strip() else []
        return self.inserted(at, [*above, *new, *below])

    def with_section(self, kind: Kind, new: Sequence[str]) -> str:
        """A new section that says `new`: after the section that it follows, else before the one that follows it, else last."""
        place = _ORDER.index(kind)
        earlier = [section for other in _ORDER[:place] for section in self.outline.of(other)[:1]]
        later = [section for other in _ORDER[place + 1 :] for section in self.outline.of(other)[:1]]
        level = "#" * next((section.level for section in [*earlier[::-1], *later]), 2)
        if earlier or not later:
            at = self.end_of_text(earlier[-1].end if earlier else len(self.lines), self.outline.body)
        else:
            at = later[0].start
        return self.with_block(at, [f"{level} {_HEADINGS[kind]}", "", *new])

    def end_of_text(self, end: int, start: int) -> int:
        """Where the text in the lines from `start` to `end` ends, before blank lines."""
        while end > start and not self.lines[end - 1].strip():
            end -= 1
        return end

    def _joined(self, lines: Sequence[str]) -> str:
        return self._mark + "".join(lines)

    def _require_closed(self, at: int) -> None:
        unclosed = self.outline.unclosed
        if unclosed is not None and at > unclosed:
            raise SpliceError(
                f"line {unclosed + 1} opens a code block or comment that nothing closes: close it"
            )
