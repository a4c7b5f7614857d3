"""What of an event can be searched, and how text is cut into words for the full-text index.

The index folds case, diacritics and English endings itself. Chinese, Japanese and Korean have no spaces to cut at: each
character makes a word with the one after it, the last of a run makes one alone.
"""

import unicodedata
from typing import Literal

import msgspec

from hone.events import AnyEvent, Attached, StepFinished, ToolFinished, TurnStarted
from hone.late import late

Speaker = Literal["user", "assistant", "tool"]

INDEXED_CHARACTERS = 4_000
"""How much of one message is searched: the rest of a long output is seldom what is looked for, and costs space."""

QUERY_WORDS = 32

_CJK = (
    "\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
)
_RARE_CJK = (
    "\U00020000-\U0003ffff"  # apart: one class with both takes four times as long to compile, at every start
)
_ASCII_WORD = late(r"[a-zA-Z0-9]+")
_STOP_WORDS = frozenset(
    """
    a about after all also am an and any are as at be because been before being but by can could d did do does doing
    for from had has have having he her here him his how i if in into is it its just kind let like ll many may me might
    more most much my no not of on or our out over please re s she should so some such t than that the their them then
    there these they this those to too up us ve very was we were what when where which while who whom whose why will
    with would you your
    """.split()  # noqa: SIM905 - a list literal would be a page of quotes
)
_RUN = f"(?:[{_CJK}]|[{_RARE_CJK}])+"
_CJK_RUN = late(_RUN)
_ANY_WORD = late(f"{_RUN}|(?:(?![{_RARE_CJK}])[^\\W_{_CJK}])+")


class Said(msgspec.Struct, frozen=True):
    """One message of a conversation as text."""

    role: Speaker
    text: str


def message_of(event: AnyEvent) -> Said | None:
    """What was said with `event`, for searching and excerpts; None if nothing was. A reply's tool calls are part of it."""
    match event:
        case TurnStarted(text=text) | Attached(kind="steering", text=text):
            return Said("user", text)
        case StepFinished(message=message):
            calls = (
                f"{call.name} {call.readable_arguments}".replace(r"\n", " ") for call in message.tool_calls
            )
            text = "\n".join(part for part in (message.text, *calls) if part)
            return Said("assistant", text) if text else None
        case ToolFinished(reply=reply) if reply.text:
            return Said("tool", reply.text)
        case _:
            return None


def index_words(text: str) -> str:
    """`text` as the index takes it."""
    text = _normal(text[:INDEXED_CHARACTERS])
    return text if text.isascii() else _CJK_RUN.sub(lambda run: f" {' '.join(_pairs(run[0]))} ", text)


def query_words(query: str) -> tuple[str, ...]:
    """The different words of `query` as quoted terms of the index's query language; any text is safe.

    Words that stand in every sentence are left out unless there are no others; of a very long query the first
    `QUERY_WORDS` count.
    """
    words = list(dict.fromkeys(_words(_normal(query).lower())))
    telling = [word for word in words if word not in _STOP_WORDS] or words
    terms = (term for word in telling for term in _terms(word))
    return tuple(dict.fromkeys(terms))[:QUERY_WORDS]


def excerpt(text: str, query: str, length: int) -> str:
    """At most `length` characters of `text` on one line, around its first word of `query`, else from its beginning.

    An ellipsis stands where something was left out.
    """
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    lowered = line.lower()
    words = _words(query.lower())
    places = [lowered.find(word) for word in words if word not in _STOP_WORDS]
    start = max(0, min((place for place in places if place >= 0), default=0) - length // 3)
    start = min(start, len(line) - length)
    end = start + length
    return f"{'…' if start else ''}{line[start:end].strip()}{'…' if end < len(line) else ''}"


def _words(text: str) -> list[str]:
    return (_ASCII_WORD if text.isascii() else _ANY_WORD).findall(text)


def _normal(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run))]


def _terms(word: str) -> list[str]:
    if word.isascii() or not _CJK_RUN.match(word):
        return [f'"{word}"']
    if len(word) == 1:
        return [f'"{word}"*']
    return [f'"{pair}"' for pair in _pairs(word)[:-1]]
