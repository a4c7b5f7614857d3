"""Whether a text repeats, word for word, a sizeable piece of what another host said.

It goes by pieces of 50 characters that begin with a word, white space apart. So much does not come again by chance, and
is enough to say something; a command line, a name, an address may be repeated freely. Who rewords what was read is not
found out.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator

_PIECE = 50  # characters
_MOST = 200_000  # pieces that are known at a time, some 12 MB; the oldest texts are forgotten first
_WORD = re.compile(r"\S+")
_START = re.compile(r"(?<!\w)(?=\w)")


class Copied:
    """External texts as they come in. What they cost is paid when a text is first compared with them.

    `earlier` gives those that were heard before, oldest first; it is asked once, when it is needed.
    """

    def __init__(self, earlier: Iterable[str] = ()) -> None:
        self._waiting = list(earlier)
        self._known: deque[frozenset[int]] = deque()
        self._count = 0

    def hear(self, text: str) -> None:
        """`text` is what another host said."""
        if len(text) >= _PIECE:
            self._waiting.append(text)

    def within(self, text: str) -> bool:
        """Whether `text` repeats a piece of what was heard."""
        return next(self._repeated(_in_one_line(text)), None) is not None

    def masked(self, text: str, mark: str) -> str:
        """`text` with `mark` in the place of what it repeats."""
        places = [at for word in _WORD.finditer(text) for at in range(word.start(), word.end() + 1)]
        kept, at = "", 0
        for start, end in _merged(self._repeated(_in_one_line(text))):
            kept += text[at : places[start]] + mark
            at = places[end - 1] + 1
        return kept + text[at:]

    def _repeated(self, line: str) -> Iterator[tuple[int, int]]:
        """Where `line` repeats what was heard, to the end of the word."""
        if len(line) < _PIECE:
            return
        self._take_in()
        for start, piece in _pieces(line) if self._known else ():
            if any(piece in heard for heard in self._known):
                end = start + _PIECE
                while line[end : end + 1].isalnum():
                    end += 1
                yield start, end

    def _take_in(self) -> None:
        for text in self._waiting:
            pieces = frozenset(piece for _, piece in _pieces(_in_one_line(text)))
            self._known.append(pieces)
            self._count += len(pieces)
        self._waiting.clear()
        while self._count > _MOST and len(self._known) > 1:
            self._count -= len(self._known.popleft())


def _in_one_line(text: str) -> str:
    return " ".join(_WORD.findall(text))


def _pieces(line: str) -> Iterator[tuple[int, int]]:
    """Where each piece begins, and what it is known by."""
    for found in _START.finditer(line, 0, len(line) - _PIECE + 1):
        yield found.start(), hash(line[found.start() : found.start() + _PIECE])


def _merged(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """`spans`, which come in order, as ones that do not touch."""
    begin = last = -1
    for start, end in spans:
        if start > last + 1:
            if last >= 0:
                yield begin, last
            begin = start
        last = end
    if last >= 0:
        yield begin, last
