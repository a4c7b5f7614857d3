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
        if len(text) < _PIECE:
            return False
        self._take_in()
        return bool(self._known) and any(piece in known for piece in _pieces(text) for known in self._known)

    def _take_in(self) -> None:
        for text in self._waiting:
            pieces = frozenset(_pieces(text))
            self._known.append(pieces)
            self._count += len(pieces)
        self._waiting.clear()
        while self._count > _MOST and len(self._known) > 1:
            self._count -= len(self._known.popleft())


def _pieces(text: str) -> Iterator[int]:
    joined = " ".join(text.split())
    for word in _WORD.finditer(joined):
        if len(piece := joined[word.start() : word.start() + _PIECE]) == _PIECE:
            yield hash(piece)
