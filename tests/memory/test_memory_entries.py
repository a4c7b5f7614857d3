"""A memory file is cut into blocks that joined are the file again, whatever is in it."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.memory.entries import entries, identity, parse

SAMPLE = """\
# About me

Free words of mine.
A second line.

- lives in Wien
* uses zsh,
  with a long
  explanation
    - and a sub-point

  and a paragraph
+ third

## Pinned
- never force-push
### Deeper
- still pinned
## Later
- deploys on Friday (until 2026-12-01)
---
```
- no bullet, code
```
"""


def test_bullets_are_entries_with_their_indented_lines() -> None:
    assert [entry.text for entry in entries(parse(SAMPLE))] == [
        "lives in Wien",
        "uses zsh,\nwith a long\nexplanation\n- and a sub-point\n\nand a paragraph",
        "third",
        "never force-push",
        "still pinned",
        "deploys on Friday (until 2026-12-01)",
    ]


def test_what_stands_under_pinned_is_pinned_until_the_next_heading_of_its_level() -> None:
    assert [entry.text for entry in entries(parse(SAMPLE)) if entry.pinned] == [
        "never force-push",
        "still pinned",
    ]


def test_all_else_is_heading_prose_or_blank() -> None:
    others = [(block.kind, block.text) for block in parse(SAMPLE) if block.kind in ("heading", "prose")]
    assert others == [
        ("heading", "# About me"),
        ("prose", "Free words of mine.\nA second line."),
        ("heading", "## Pinned"),
        ("heading", "### Deeper"),
        ("heading", "## Later"),
        ("prose", "---"),
        ("prose", "```\n- no bullet, code\n```"),
    ]


@pytest.mark.parametrize(
    ("line", "until"),
    [
        ("- a (until 2026-12-01)", datetime.date(2026, 12, 1)),
        ("- a (until 2026-12-01), b (until 2027-01-02)", datetime.date(2027, 1, 2)),
        ("- a (until 2026-13-01)", None),
        ("- a until 2026-12-01", None),
    ],
)
def test_an_expiry_is_read_from_the_line(line: str, until: datetime.date | None) -> None:
    (entry,) = entries(parse(line))
    assert entry.until == until


def test_an_entry_holds_through_its_last_day() -> None:
    (entry,) = entries(parse("- a (until 2026-12-01)"))
    assert not entry.expired(datetime.date(2026, 12, 1))
    assert entry.expired(datetime.date(2026, 12, 2))
    assert not entries(parse("- a"))[0].expired(datetime.date.max)


def test_the_same_words_are_the_same_entry_however_they_are_wrapped() -> None:
    one, two = entries(parse("- use  the caf\u00e9\n  proxy\n- use the cafe\u0301 proxy\n"))
    assert identity(one.text) == identity(two.text) == "use the caf\u00e9 proxy"
    assert one.hash == two.hash
    assert len(one.hash) == 6
    assert one.hash != entries(parse("- use the proxy"))[0].hash


@pytest.mark.parametrize(
    "line",
    ["-no space", "- ", "---", "- - -", "* * *", "1. one", "#no heading", "text", "+", "**bold** text"],
)
def test_lines_that_only_look_alike_are_prose(line: str) -> None:
    assert [block.kind for block in parse(line)] == ["prose"]


def test_windows_line_ends_and_a_missing_last_one_are_kept() -> None:
    blocks = parse("- a\r\n  b\r\n\r\n# H\r\n- c")
    assert [block.raw for block in blocks] == ["- a\r\n  b\r\n", "\r\n", "# H\r\n", "- c"]
    assert [entry.text for entry in entries(blocks)] == ["a\nb", "c"]


def test_an_open_code_block_reaches_to_the_end() -> None:
    assert [block.kind for block in parse("text\n~~~\n- a\n# b\n")] == ["prose", "prose"]


markdown_like = st.text(alphabet="-*+# \n\r\t`~ab()until2026-12-01\u2028\x0b\ud800", max_size=120)


@given(markdown_like | st.binary(max_size=200).map(lambda data: data.decode("utf-8", "surrogateescape")))
def test_the_blocks_joined_are_the_text(text: str) -> None:
    blocks = parse(text)
    assert "".join(block.raw for block in blocks) == text
    for block in blocks:
        assert text[block.start : block.start + len(block.raw)] == block.raw
        assert block.raw
        assert len(block.hash) == 6
    assert all(entry.text for entry in entries(blocks))


@pytest.mark.parametrize(
    ("text", "kinds", "says"),
    [
        ("\ufeff- one\n- two\n", ["entry", "entry"], "one"),
        ("\ufeff# Pinned\n- one\n", ["heading", "entry"], "# Pinned"),
        ("\ufeff", ["blank"], ""),
    ],
)
def test_a_byte_order_mark_is_kept_and_says_nothing(text: str, kinds: list[str], says: str) -> None:
    blocks = parse(text)
    assert [block.kind for block in blocks] == kinds
    assert blocks[0].text == says
    assert "".join(block.raw for block in blocks) == text
    assert [text[block.start :].startswith(block.raw) for block in blocks] == [True] * len(blocks)
