"""Streamed Markdown in blocks: nothing is lost, nothing comes twice, and the cuts of the stream do not matter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.cli.conversation.blocks import Blocks

LINES = st.sampled_from(
    [
        "# Title",
        "text",
        "- item",
        "1. one",
        "  more",
        "",
        "",
        "```",
        "```python",
        "~~~",
        "| a | b |",
        "> said",
        "    code",
        "x`y",
    ]
)


def blocks_of(*pieces: str) -> list[str]:
    blocks = Blocks()
    return [*(block for piece in pieces for block in blocks.feed(piece)), *blocks.close()]


@given(st.lists(LINES), st.data())
def test_however_a_text_is_cut_its_blocks_are_the_same(lines: list[str], data: st.DataObject) -> None:
    text = "\n".join(lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert blocks_of(*pieces) == blocks_of(text)


@given(st.lists(LINES))
def test_every_line_that_is_not_blank_comes_once_and_in_order(lines: list[str]) -> None:
    given_lines = [line for line in lines if line.strip()]
    told = [line for block in blocks_of("\n".join(lines)) for line in block.splitlines() if line.strip()]
    assert told == given_lines


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("one\ntwo\n\nthree", ["one\ntwo\n", "three\n"]),
        ("# T\ntext", ["# T\n", "text\n"]),
        ("text\n# T", ["text\n", "# T\n"]),
        ("- a\n\n- b\n\n  more\n\nend", ["- a\n\n- b\n\n  more\n", "end\n"]),
        ("say:\n```sh\nls\n\nls\n```\nend", ["say:\n", "```sh\nls\n\nls\n```\n", "end\n"]),
        ("```\nnever closed\n\n# no title", ["```\nnever closed\n\n# no title\n"]),
        ("````\n```\n````", ["````\n```\n````\n"]),
        ("``` a`b", ["``` a`b\n"]),
        ("", []),
        ("\n\n", []),
    ],
)
def test_where_a_block_ends(text: str, blocks: list[str]) -> None:
    assert blocks_of(text) == blocks


def test_a_block_is_handed_out_when_the_next_one_begins() -> None:
    blocks = Blocks()
    assert blocks.feed("one\n\ntw") == []
    assert blocks.unfinished == "one\n\ntw"
    assert blocks.feed("o\n") == ["one\n"]
    assert blocks.unfinished == "two\n"


def test_a_long_fence_comes_in_parts_that_are_fences() -> None:
    parts = blocks_of("```python\n" + "x = 1\n" * 250 + "```\n")
    assert len(parts) == 3
    assert all(part.startswith("```python\n") and part.endswith("```\n") for part in parts)
    assert sum(part.count("x = 1") for part in parts) == 250
