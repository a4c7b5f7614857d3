"""Memory searched by words: what the prompt had no room for is found here. Pure; past sessions are `history`'s part."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from functools import cache

import msgspec

from hone.memory.store import MemoryFile, Which, shown

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_RARE_CJK = (
    "\U00020000-\U0003ffff"  # apart: one class with both takes four times as long to compile, at every start
)


class Hit(msgspec.Struct, frozen=True):
    """An entry or paragraph that shares words with what was asked. A higher score is a better hit."""

    which: Which
    text: str
    hash: str
    score: float


def search(files: Sequence[MemoryFile], query: str, *, limit: int = 8) -> tuple[Hit, ...]:
    """The passages that share words with `query`, best first, of equals the newer; rare words count for more.

    Case is ignored; a Chinese, Japanese or Korean character counts as a word.
    """
    asked = set(_words(query))
    passages = [
        (file.which, block, asked & set(_words(block.text)))
        for file in files
        for block in file.blocks
        if block.kind in ("entry", "prose")
    ]
    frequency = Counter(word for _, _, shared in passages for word in shared)
    hits = [
        Hit(
            which,
            shown(block.text),
            block.hash,
            sum(math.log1p(len(passages) / frequency[word]) for word in shared),
        )
        for which, block, shared in reversed(passages)
        if shared
    ]
    return tuple(sorted(hits, key=lambda hit: -hit.score)[:limit])


def _words(text: str) -> list[str]:
    return _word().findall(text.casefold())


@cache
def _word() -> re.Pattern[str]:
    """Compiled where it is needed: it takes 3 ms, which a start does not have."""
    return re.compile(f"[{_CJK}]|[{_RARE_CJK}]|(?:(?![{_RARE_CJK}])[^\\W_{_CJK}])+")
