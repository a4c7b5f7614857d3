"""An edit of a memory file changes one entry and no other character."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.errors import SpliceError, UsageError
from hone.memory.entries import Block, entries, identity, parse
from hone.memory.splice import add_entry, remove_entry, replace_entry

MEMORY = """\
# About me

Words of mine.

- lives in Wien
* uses zsh,
  with a theme

## Pinned

- never force-push
"""


def hash_of(text: str) -> str:
    return Block("entry", 0, "", text).hash


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "- x\n"),
        ("- a\n", "- a\n- x\n"),
        ("- a", "- a\n- x"),
        ("+ a\r\n\r\n# End\r\n", "+ a\r\n+ x\r\n\r\n# End\r\n"),
        ("# Notes\n", "# Notes\n- x\n"),
        ("# Notes\n\n", "# Notes\n\n- x\n"),
        ("Words.", "Words.\n\n- x"),
        ("Words.\n", "Words.\n\n- x\n"),
        ("\ufeff", "\ufeff- x\n"),
        ("\ufeff# Pinned\n- a\n", "\ufeff- x\n\n# Pinned\n- a\n"),
        ("Words.\n\n## Pinned\n- a\n", "Words.\n\n- x\n\n## Pinned\n- a\n"),
        ("## Pinned\n- a\n## Later\n", "## Pinned\n- a\n## Later\n- x\n"),
        ("## Pinned\n```\n", "- x\n\n## Pinned\n```\n"),
        (MEMORY, MEMORY.replace("  with a theme\n", "  with a theme\n* x\n")),
    ],
)
def test_an_entry_goes_behind_the_last_one_that_is_not_pinned(text: str, expected: str) -> None:
    assert add_entry(text, "x") == expected


@pytest.mark.parametrize(
    ("entry", "written"),
    [
        ("a\nb\n\n  c", "- a\n  b\n\n    c\n"),
        ("- a\n- b", "- a\n  - b\n"),
        ("* a", "- a\n"),
        ("## Pinned\n- a", "- ## Pinned\n  - a\n"),
        ("---", "- \\---\n"),
        ("* * *", "- \\* *\n"),
        ("a\r\nb\x00\x1b\ud800", "- a\n  b\ufffd\n"),
        ("```\na", "- ```\n  a\n"),
    ],
)
def test_whatever_the_text_is_it_is_one_entry(entry: str, written: str) -> None:
    assert add_entry("", entry) == written
    assert len(entries(parse(written))) == 1
    assert add_entry(written, entry) == written


def test_what_is_there_already_is_not_added_again() -> None:
    assert add_entry(MEMORY, "uses zsh, with a\ntheme") == MEMORY
    assert add_entry(MEMORY, "- never  force-push") == MEMORY


def test_nothing_is_added_to_a_code_block_that_is_not_closed() -> None:
    with pytest.raises(SpliceError, match="not closed"):
        add_entry("Words.\n```\ncode\n", "x")
    assert add_entry("- a\n\n```\ncode\n", "x") == "- a\n- x\n\n```\ncode\n"


def test_an_entry_without_text_is_refused() -> None:
    with pytest.raises(UsageError, match="no text"):
        add_entry(MEMORY, " \n\x00")


@pytest.mark.parametrize(
    "old", ["uses zsh, with a theme", "zsh", hash_of("uses zsh,\nwith a theme"), "with a  theme"]
)
def test_an_entry_is_named_by_its_text_a_part_or_its_hash(old: str) -> None:
    assert replace_entry(MEMORY, old, "uses fish") == MEMORY.replace("uses zsh,\n  with a theme", "uses fish")
    assert remove_entry(MEMORY, old) == MEMORY.replace("* uses zsh,\n  with a theme\n", "")


def test_the_whole_text_goes_before_a_part_of_another() -> None:
    assert remove_entry("- npm ci\n- npm\n", "npm") == "- npm ci\n"


def test_the_space_behind_an_entry_and_a_byte_order_mark_stay() -> None:
    assert replace_entry("\ufeff- a  \r\n- b", "a", "x\ny") == "\ufeff- x\r\n  y  \r\n- b"
    assert replace_entry("- a", "a", "x") == "- x"
    assert remove_entry("\ufeff- a\n- b", "a") == "\ufeff- b"


def test_what_another_entry_says_is_not_said_twice() -> None:
    assert replace_entry("- a\n- b\n", "a", "b") == "- b\n"
    assert replace_entry("- a\n- b\n", "a", "- a") == "- a\n- b\n"


@pytest.mark.parametrize(
    ("old", "message"),
    [
        ("lives in Graz", 'no entry says "lives in Graz"; did you mean "lives in Wien"'),
        ("something else entirely", r"\(of 3\)"),
        ("e", '3 entries say "e": .* "lives in Wien"'),
        ("Words of mine.", "no entry"),
    ],
)
def test_what_is_not_exactly_one_entry_is_refused(old: str, message: str) -> None:
    with pytest.raises(SpliceError, match=message):
        remove_entry(MEMORY, old)
    with pytest.raises(SpliceError, match=message):
        replace_entry(MEMORY, old, "x")


def test_a_long_entry_is_quoted_in_part() -> None:
    with pytest.raises(SpliceError, match="x…"):
        remove_entry("- a\n", "x" * 500)


files = st.text(alphabet="-*+# \n\r\t`~ab\u2028\udc80", max_size=60) | st.lists(
    st.sampled_from(["# A", "## Pinned", "- a", "* b", "  c", "", "words", "```", "- ---", "   - d"]),
    max_size=10,
).map("\n".join)
texts = st.text(alphabet="-*+# \n\r\t`~xy\udc80", max_size=30).filter(lambda text: bool(text.strip()))


def raws(text: str) -> list[str]:
    return [block.raw for block in parse(text)]


@given(files, texts)
def test_one_entry_more_and_all_other_blocks_as_they_were(text: str, entry: str) -> None:
    try:
        changed = add_entry(text, entry)
    except SpliceError:
        assert not entries(parse(text + "\n\n- x\n"))[len(entries(parse(text))) :]
        return
    before, after = entries(parse(text)), entries(parse(changed))
    if changed == text:
        return
    (new,) = [block for block in after if identity(block.text) not in {identity(old.text) for old in before}]
    assert len(after) == len(before) + 1
    assert not new.pinned
    assert [block.pinned for block in after if block is not new] == [block.pinned for block in before]
    left = "".join(raw for raw, block in zip(raws(changed), parse(changed), strict=True) if block != new)
    assert left.split() == text.split()
    assert add_entry(changed, entry) == changed
    assert remove_entry(changed, new.hash).split() == text.split()


@given(files, texts)
def test_a_replaced_entry_can_be_put_back(text: str, entry: str) -> None:
    for block in entries(parse(text)):
        try:
            changed = replace_entry(text, block.text, entry)
        except SpliceError:  # there twice
            continue
        untouched = [raw for raw in raws(text) if raw != block.raw]
        assert [raw for raw in raws(changed) if raw in untouched] == untouched
        assert len(entries(parse(changed))) <= len(entries(parse(text)))
