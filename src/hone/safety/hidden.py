"""Makes readable what a text hides from people and shows to a model: invisible letters, comments, encodings, look-alikes.

Pure. Whether what comes to light is an attack, `hone.safety.injection` says.
"""

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Iterator, Sequence, Set
from functools import cache
from itertools import islice
from typing import Literal
from urllib.parse import unquote

import msgspec

_CONFUSABLE = (
    ("аеорсухіјѕһԁԛԝѵАВЕКМНОРСТХІЈЅ", "aeopcyxijshdqwvABEKMHOPCTXIJS"),  # Cyrillic
    ("αονικρτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aovikptuxABEZHIKMNOPTYX"),  # Greek
)
_INVISIBLE = "\u00ad\u034f\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064\ufeff"
_BEYOND = r"[^\x00-\x7f]"
_TAGS = r"(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0020-\U000e007f]{3,}"
_SELECTORS = r"[\ufe00-\ufe0f\U000e0100-\U000e01ef]{4,}"
_ZERO_WIDTH = r"[\u200b-\u200f\u2060-\u2064\ufeff]{8,}"
_REVERSED = r"[\u202d\u202e]"
_RIGHT_TO_LEFT = r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]"
_COMMENT = r"<!--(.{0,2000}?)-->"
_UNSEEN_ELEMENT = (
    r"<\w+[^>]{0,200}\bstyle\s*=\s*[\"'][^\"'>]{0,200}(?:display:\s*none|visibility:\s*hidden|font-size:\s*0|opacity:\s*0(?![.\d])"
    r"|color:\s*(?:#fff(?:fff)?\b|white\b|transparent))[^>]{0,200}>([^<]{8,2000})"
)
_BASE64 = r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/]{32,8000}={0,2}(?![A-Za-z0-9+/=_-])"
_HEX = r"(?:\\x[0-9a-fA-F]{2}){12,4000}"
_PERCENT = r"(?:%[0-9a-fA-F]{2}|[A-Za-z0-9._~/-](?=[A-Za-z0-9._~/-]{0,12}%)){24,4000}"
_ENTITIES = r"(?:&#(?:\d{2,6}|x[0-9a-fA-F]{2,5});\s?){10,2000}"
_SPACED = r"(?<!\w)(?:[^\W\d_] {1,3}){11,400}[^\W\d_](?!\w)"
_LEAST_ENCODED, _LEAST_SPACED, _LEAST_PERCENT = 32, 10, 12
_MOST = 100
_TERMINAL = r"\x1b(?:\[[0-9;?]{0,16}[A-Za-z]|\])"
_TO_AGENT = re.compile(
    r"\b(?:ai|llm|language model|agents?|assistant|claude|chatgpt|copilot|you)\b[^\n]{0,80}\b(?:must|should|shall|have to|need to|please|always|are (?:now|required))\b"
    r"|^\W*(?:(?:ai|llm|coding) )?(?:agents?|assistants?|ai|llms?|claude|chatgpt|copilot|language models?)\s*[:,]"
    r"|\bid_(?:rsa|ed25519|ecdsa)\b|\.aws/credentials|\.(?:netrc|pgpass|git-credentials)\b"
    r"|\b(?:instructions?|note|message) (?:to|for) (?:the |any )?(?:ai|llm|agents?|assistants?|(?:language )?models?)\b",
    re.IGNORECASE,
)
_COMMAND = re.compile(
    r"\bhttps?://|\b(?:curl|wget|bash|sh -c|eval|exec|rm -|import os|powershell)\b", re.IGNORECASE
)
_LETTERS_SAY = re.compile(
    r"ignore|disregard|instruction|systemprompt|donottell|exfiltrat|execute|override", re.IGNORECASE
)


class Passage(msgspec.Struct, frozen=True):
    """A text that stood hidden at `position`, as it reads. `severity` is that of hiding it, whatever it says."""

    text: str
    position: int
    how: str
    severity: Literal["obvious", "suspect"] | None = None


class Unmasked(msgspec.Struct, frozen=True):
    """A text without what is invisible and with look-alikes as Latin letters; `places` are the old positions."""

    text: str
    places: tuple[int, ...]


def unusual(text: str) -> frozenset[str]:
    """The characters of `text` beyond ASCII: where there are none, most of what may be hidden need not be looked for."""
    return frozenset(() if text.isascii() else _form(_BEYOND).findall(text))


def unmasked(text: str, seen: Set[str]) -> Unmasked | None:
    """`text`, of which the `unusual` characters were seen, as a model may read it; None if nothing is masked."""
    if _letters().keys().isdisjoint(seen):
        return None
    kept = [(index, _letters().get(char, char)) for index, char in enumerate(text)]
    kept = [(index, char) for index, char in kept if char]
    return Unmasked("".join(char for _, char in kept), tuple(index for index, _ in kept))


def hidden_passages(text: str, seen: Set[str]) -> Iterator[Passage]:
    """What `text`, of which the `unusual` characters were seen, hides, made readable, kind by kind."""
    if seen:
        yield from _invisible(text, seen)
    if "<" in text:
        yield from _unseen_markup(text)
    yield from _encoded(text)
    if "\x1b" in text:
        yield from (
            Passage(match[0], match.start(), "with terminal control codes", "suspect")
            for match in _few(_TERMINAL, text)
        )


def _invisible(text: str, seen: Set[str]) -> Iterator[Passage]:
    if any("\U000e0020" <= char <= "\U000e007f" for char in seen):
        for match in _few(_TAGS, text):
            said = "".join(chr(ord(char) - 0xE0000) for char in match[0])
            yield Passage(said, match.start(), "in invisible tag characters", "obvious")
    if any("\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef" for char in seen):
        for match in _few(_SELECTORS, text):
            data = bytes(ord(char) - (0xFE00 if char < "\uff00" else 0xE0100 - 16) for char in match[0])
            yield Passage(data.decode("utf-8", "replace"), match.start(), "in variation selectors", "obvious")
    if not seen.isdisjoint(_INVISIBLE):
        for match in _few(_ZERO_WIDTH, text):
            yield Passage("", match.start(), "in a run of characters without width", "obvious")
    if not seen.isdisjoint("\u202d\u202e") and not _form(_RIGHT_TO_LEFT).search(text):
        for match in _few(_REVERSED, text):
            turned = text[match.end() : match.end() + 200].split("\u202c")[0].split("\n")[0][::-1]
            yield Passage(turned, match.start(), "by turning its direction around", "suspect")


def _unseen_markup(text: str) -> Iterator[Passage]:
    for form, how in ((_COMMENT, "in an HTML comment"), (_UNSEEN_ELEMENT, "in an element that is not shown")):
        for match in _few(form, text):
            yield Passage(match[1], match.start(), how, "suspect" if _TO_AGENT.search(match[1]) else None)


def _encoded(text: str) -> Iterator[Passage]:
    words = text.split()
    if long := [word for word in words if len(word) >= _LEAST_ENCODED]:
        yield from _in_long_words(text, long)
    if "&#" in text:
        for match in _few(_ENTITIES, text):
            yield _decoded(html.unescape(match[0]), match.start(), "in character references")
    if sum(map(str.isalpha, [word for word in words if len(word) == 1])) >= _LEAST_SPACED:
        for match in _few(_SPACED, text):
            if _LETTERS_SAY.search(joined := match[0].replace(" ", "")):
                yield Passage(joined, match.start(), "in letters set apart", "suspect")


def _in_long_words(text: str, words: Sequence[str]) -> Iterator[Passage]:
    for start, blob in islice(_blobs(text, words), _MOST):
        if said := _from_base64(blob):
            yield _decoded(said, start, "in base64")
    if "\\x" in text:
        for match in _few(_HEX, text):
            said = bytes.fromhex(match[0].replace("\\x", "")).decode("utf-8", "replace")
            yield _decoded(said, match.start(), "in hexadecimal")
    if text.count("%") >= _LEAST_PERCENT:
        for match in _few(_PERCENT, text):
            yield Passage(unquote(match[0]), match.start(), "in percent signs")


def _blobs(text: str, words: Sequence[str]) -> Iterator[tuple[int, str]]:
    """What may be base64 in `words`, the long ones of `text` in order: to look only there takes a third of the time."""
    end = 0
    for word in words:
        start = text.index(word, end)
        end = start + len(word)
        for match in _form(_BASE64).finditer(word):
            yield start + match.start(), match[0]


def _decoded(said: str, position: int, how: str) -> Passage:
    return Passage(said, position, how, "suspect" if _COMMAND.search(said) else None)


def _from_base64(blob: str) -> str:
    """The text in `blob`; empty if it is no text."""
    try:
        said = base64.b64decode(blob + "=" * (-len(blob) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    readable = sum(char.isprintable() or char in "\n\t\r" for char in said)
    return said if readable == len(said) else ""


def _few(form: str, text: str) -> list[re.Match[str]]:
    """The first places: more say nothing new, and decoding takes time."""
    return list(islice(_form(form).finditer(text), _MOST))


@cache
def _form(form: str) -> re.Pattern[str]:
    return re.compile(form, re.IGNORECASE | re.DOTALL if form in (_COMMENT, _UNSEEN_ELEMENT) else re.NOFLAG)


@cache
def _letters() -> dict[str, str]:
    """What each masked character reads as; nothing, if it is invisible."""
    letters = dict.fromkeys(_INVISIBLE, "")
    for foreign, latin in _CONFUSABLE:
        letters |= dict(zip(foreign, latin, strict=True))
    for code in (*range(0xFF01, 0xFF5F), *range(0x1D400, 0x1D800), *range(0x2460, 0x24EA)):
        plain = unicodedata.normalize("NFKC", chr(code))
        if len(plain) == 1 and plain.isascii():
            letters[chr(code)] = plain
    return letters
