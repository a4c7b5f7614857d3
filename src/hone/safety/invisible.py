"""Characters that a person does not see and a model reads: zero width, bidirectional controls, tags, fillers.

What scripts and emoji need is let be: joiners inside words of Arabic or Indic scripts and between emoji, one soft hyphen.
"""

import unicodedata
from collections.abc import Iterator

import msgspec

from hone.late import late

_SUSPECT = late(
    "["
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters but tab and line ends
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "]"
)
_JOINERS = "\u200c\u200d"
_EMOJI_STYLE = "\ufe0e\ufe0f"
_DIRECTION = "\u200e\u200f\u061c"
_SOFT_HYPHEN = "\u00ad"
_NAMES = {"\ufeff": "BYTE ORDER MARK", "\x1b": "ESCAPE", "\x00": "NULL"}


class Invisible(msgspec.Struct, frozen=True):
    """One character that cannot be seen, and where it stands."""

    char: str
    position: int

    @property
    def name(self) -> str:
        """`U+200B ZERO WIDTH SPACE`."""
        known = _NAMES.get(self.char) or unicodedata.name(self.char, "control character")
        return f"U+{ord(self.char):04X} {known}"


def find_invisible(text: str) -> tuple[Invisible, ...]:
    """The invisible characters of `text` that have no business there, in order."""
    return tuple(_find(text))


def reveal(text: str) -> str:
    """`text` with every such character as `⟨U+200B⟩`, for people to see."""
    pieces, end = [], 0
    for found in _find(text):
        pieces += [text[end : found.position], f"⟨U+{ord(found.char):04X}⟩"]
        end = found.position + 1
    return "".join([*pieces, text[end:]])


def _find(text: str) -> Iterator[Invisible]:
    if text.isascii() and text.isprintable():
        return
    two_directions = any(mark in text for mark in _DIRECTION) and _has_right_to_left(text)
    for match in _SUSPECT.finditer(text):
        at = match.start()
        before, after = text[max(0, at - 1) : at], text[at + 1 : at + 2]
        if not (_belongs(match[0], before, after) or (two_directions and match[0] in _DIRECTION)):
            yield Invisible(match[0], at)


def _belongs(char: str, before: str, after: str) -> bool:
    if char in _EMOJI_STYLE:
        return _is_symbol(before) or (before != "" and before in "0123456789#*")
    if char in _JOINERS:
        return _joins_emoji(before, after) or (_is_joined_script(before) and _is_joined_script(after))
    return char == _SOFT_HYPHEN and before.isalpha() and after.isalpha()


def _has_right_to_left(text: str) -> bool:
    return any(unicodedata.bidirectional(char) in ("R", "AL") for char in text if char not in _DIRECTION)


def _is_symbol(char: str) -> bool:
    return char > "\x7f" and unicodedata.category(char) in ("So", "Sm", "Po", "Sk")


def _joins_emoji(before: str, after: str) -> bool:
    return (_is_symbol(before) or before == "\ufe0f") and _is_symbol(after)


def _is_joined_script(char: str) -> bool:
    """Whether the character is of a script in which a joiner changes how a word is written."""
    if not char:
        return False
    return unicodedata.bidirectional(char) == "AL" or "\u0900" <= char <= "\u0dff"
