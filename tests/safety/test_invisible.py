"""Which characters nobody sees and nobody needs, and which writing needs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.safety.invisible import Invisible, find_invisible, reveal


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a\u200bb", "U+200B ZERO WIDTH SPACE"),
        ("pass\u200dword", "U+200D ZERO WIDTH JOINER"),
        ("a\u200c", "U+200C ZERO WIDTH NON-JOINER"),
        ("a\u2060b", "U+2060 WORD JOINER"),
        ("a\ufeffb", "U+FEFF BYTE ORDER MARK"),
        ("a\u202eb", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("a\u2066b\u2069"[:2], "U+2066 LEFT-TO-RIGHT ISOLATE"),
        ("left\u200fright", "U+200F RIGHT-TO-LEFT MARK"),
        ("run\U000e0069", "U+E0069 TAG LATIN SMALL LETTER I"),
        ("a\ufe0f", "U+FE0F VARIATION SELECTOR-16"),
        ("\ufe0f", "U+FE0F VARIATION SELECTOR-16"),
        ("!\ufe0f", "U+FE0F VARIATION SELECTOR-16"),
        ("a\U000e0100", "U+E0100 VARIATION SELECTOR-17"),
        ("a\u00ad b", "U+00AD SOFT HYPHEN"),
        ("a\x1b[2Jb", "U+001B ESCAPE"),
        ("a\x00b", "U+0000 NULL"),
        ("a\x9bb", "U+009B control character"),
        ("a\u2028b", "U+2028 LINE SEPARATOR"),
        ("a\u3164b", "U+3164 HANGUL FILLER"),
        ("a\u034fb", "U+034F COMBINING GRAPHEME JOINER"),
        ("a\u180eb", "U+180E MONGOLIAN VOWEL SEPARATOR"),
    ],
)
def test_what_cannot_be_seen_is_found(text: str, name: str) -> None:
    assert [each.name for each in find_invisible(text)] == [name]


@pytest.mark.parametrize(
    "text",
    [
        "plain text\twith a tab\r\nand lines",
        "Größe, naïve, 日本語, 한국어, Ελληνικά, עברית",
        "❤️ ✔️ ©️",
        "1️⃣ #️⃣",
        "👩‍💻 👨‍👩‍👧 🏳️‍🌈 👍🏽",
        "می‌خواهم",  # Persian needs the non-joiner
        "क्‍ष",  # and Hindi the joiner
        "עברית \u200f(x)",  # marks of direction, in a text that has two
        "Silben\u00adtrennung",
        "tabs\tand dashes – — …",
        "",
    ],
)
def test_what_writing_needs_is_not(text: str) -> None:
    assert find_invisible(text) == ()
    assert reveal(text) == text


def test_places_are_those_in_the_text() -> None:
    assert find_invisible("ab\u200bc\u200b") == (Invisible("\u200b", 2), Invisible("\u200b", 4))


def test_more_than_one_selector_or_hyphen_in_a_row_is_a_message() -> None:
    assert len(find_invisible("😀\ufe0f\ufe01\ufe02")) == 2
    assert len(find_invisible("co\u00ad\u00adop")) == 2


def test_a_message_in_tags_is_shown() -> None:
    assert reveal("ok\U000e0068\U000e0069") == "ok⟨U+E0068⟩⟨U+E0069⟩"


@given(st.text(st.sampled_from("ab \n\u200b\u200d\ufe0f\u00ad\u202e❤👩ع\U000e0041")))
def test_what_is_revealed_hides_nothing_any_more(text: str) -> None:
    shown = reveal(text)
    assert len(find_invisible(shown)) <= len(find_invisible(text))
    assert sum(char in "\u202e\U000e0041\u200b" for char in shown) == 0
