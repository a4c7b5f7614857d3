"""Streamed Markdown in blocks: a paragraph, a list, a heading, a table or a fence is final when something else begins.

Where the pieces of the stream are cut changes nothing of what comes out.
"""

import re

_FENCE = re.compile(r"(?P<indent> {0,3})(?P<mark>`{3,}|~{3,})(?P<rest>.*)")
_HEADING = re.compile(r" {0,3}#{1,6}(\s|$)")
_ITEM = re.compile(r"\s*([-*+]|\d{1,9}[.)])\s")
_MOST_LINES = 100  # of an open fence before its first part is handed out


class Blocks:
    """Takes a stream's text in pieces and gives whole blocks, each ending in a line end."""

    def __init__(self) -> None:
        self._line = ""  # the unfinished one
        self._block: list[str] = []
        self._fence = ""  # the line that opened it
        self._blank = False  # whether the block's last line is

    @property
    def unfinished(self) -> str:
        """What has come and is in no block yet."""
        return "".join(self._block) + self._line

    def feed(self, piece: str) -> list[str]:
        """The blocks that `piece` completes."""
        *lines, self._line = (self._line + piece).split("\n")
        return [block for line in lines for block in self._take(f"{line}\n")]

    def close(self) -> list[str]:
        """What is left, as the end of the text."""
        rest = self._take(f"{self._line}\n") if self._line else []
        self._line = ""
        return [*rest, *self._finish()]

    def _take(self, line: str) -> list[str]:
        if self._fence:
            return self._in_fence(line)
        if not line.strip():
            self._blank = bool(self._block)
            self._block += [line] if self._block else []
            return []
        done: list[str] = []
        opens = _FENCE.match(line)
        if (self._blank and not self._goes_on(line)) or opens or _HEADING.match(line):
            done = self._finish()
        self._blank = False
        self._block.append(line)
        if opens and "`" not in opens["rest"]:
            self._fence = line
        elif _HEADING.match(line):
            done += self._finish()
        return done

    def _in_fence(self, line: str) -> list[str]:
        self._block.append(line)
        mark = _FENCE.match(self._fence)
        assert mark
        closing = line.strip()
        if set(closing) == {mark["mark"][0]} and len(closing) >= len(mark["mark"]):
            self._fence = ""
            return self._finish()
        if len(self._block) > _MOST_LINES:
            opening = self._fence
            part = [*self._block, f"{mark['mark']}\n"]
            self._block = [opening]
            return ["".join(part)]
        return []

    def _goes_on(self, line: str) -> bool:
        """Whether a line behind a blank one belongs to the list that stands before it."""
        return bool(_ITEM.match(self._block[0]) and (line[0] in " \t" or _ITEM.match(line)))

    def _finish(self) -> list[str]:
        block, self._block, self._blank, self._fence = self._block, [], False, ""
        while block and not block[-1].strip():
            block.pop()
        return ["".join(block)] if block else []
