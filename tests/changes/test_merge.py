"""Taking an edit back from a file that went on: what comes out, what is a conflict, and what always holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.changes.merge import reverse
from hone.errors import Conflict

SKILL = b"# Deploy\n\n## Steps\n\n1. build\n2. push\n\n## Gotchas\n\n- wait\n"


@pytest.mark.parametrize(
    ("after", "before", "present", "result"),
    [
        (b"- a\n", None, b"- a\n", None),
        (None, b"- a\n", None, b"- a\n"),
        (b"- a\n- b\n", b"- a\n", b"- a\n- b\n- c\n", b"- a\n- c\n"),
        (b"- a\n", b"", b"- a\n- b\n- c\n", b"- b\n- c\n"),
        (b"- A\n- b\n", b"- a\n- b\n", b"- A\n- B\n", b"- a\n- B\n"),
        (b"- a\n- B\n", b"- a\n- b\n", b"- B\n", b"- b\n"),
        (b"- a\n- c\n", b"- a\n- b\n- c\n", b"- a\n- c\n- d\n", b"- a\n- b\n- c\n- d\n"),
        (b"- a\n", b"- a\n- b\n", b"- a\n- c\n", b"- a\n- b\n- c\n"),
        (b"- b\n", b"- a\n- b\n", b"# Facts\n- b\n- c\n", b"# Facts\n- a\n- b\n- c\n"),
        (b"- c\n", b"- a\n- c\n", b"- b\n- c\n", b"- b\n- a\n- c\n"),
        (b"", b"- a\n", b"- b\n", b"- a\n- b\n"),
        (b"- a\n- b\n- c\n", b"- a\n- c\n", b"- b\n", b""),
        (b"- a\n\n- b\n\n", b"- a\n\n", b"- a\n\n- b\n\n- c\n", b"- a\n\n- c\n"),
        (b"- a\r\n- b\r\n", b"- a\r\n", b"- a\r\n- b\r\n- c\r\n", b"- a\r\n- c\r\n"),
        (b"- a\n- b", b"- a", b"- a\n- b\n- c\n", b"- a\n- c\n"),
        (b"- a\n- b\n", b"- a", b"- 0\n- a\n- b\n", b"- 0\n- a"),
        (b"- a\r\n- b\r\n", b"- a\r\n- b", b"- 0\r\n- a\r\n- b\r\n", b"- 0\r\n- a\r\n- b"),
        (
            SKILL.replace(b"- wait\n", b"- wait\n- retry\n"),
            SKILL,
            SKILL.replace(b"- wait\n", b"- wait 5 s\n- retry\n"),
            SKILL.replace(b"- wait\n", b"- wait 5 s\n"),
        ),
        (
            SKILL.replace(b"2. push\n", b"2. push it\n"),
            SKILL,
            SKILL.replace(b"2. push\n", b"2. push it\n3. look\n"),
            SKILL.replace(b"2. push\n", b"2. push\n3. look\n"),
        ),
        (
            SKILL + b"\n## Notes\n\n- n\n",
            SKILL,
            b"# Deploy it\n" + SKILL[9:] + b"\n## Notes\n\n- n\n",
            b"# Deploy it\n" + SKILL[9:],
        ),
        (
            SKILL.replace(b"# Deploy\n", b"# Ship\n"),
            SKILL,
            SKILL.replace(b"# Deploy\n", b"# Ship\nnow\n"),
            SKILL.replace(b"# Deploy\n", b"# Deploy\nnow\n"),
        ),
    ],
)
def test_an_edit_is_taken_back_where_its_lines_stand(
    after: bytes | None, before: bytes | None, present: bytes | None, result: bytes | None
) -> None:
    assert reverse(after, before, present) == result


@pytest.mark.parametrize(
    ("after", "before", "present", "reason"),
    [
        (b"- a\n", b"", b"", "as it was before"),
        (b"- a\n", None, None, "as it was before"),
        (b"- a\n", None, b"- b\n", "made by this change"),
        (None, b"- a\n", b"- b\n", "there again"),
        (b"- a\n- b\n", b"- a\n", None, "gone"),
        (b"- a\n- b\n", b"- a\n", b"- a\n- b!\n", "“- b” was edited since"),
        (b"- a\n- b\n", b"- a\n", b"- c\n", "was edited since"),
        (b"- a\n- b\n- c\n", b"- a\n", b"- a\n- b\n- x\n- c\n", "“- b” was edited"),
        (b"- a\n", b"- a\n- b\n", b"- 0\n- a\n- b\n", "“- b” stands there again"),
        (b"- a\n- c\n", b"- a\n- b\n- c\n", b"- x\n", "“- b” was edited since"),
        (b"- a\n", b"- a\n- b\n", b"- x\n", "what is around it"),
        (b"a\n\nb\n", b"a\nb\n", b"x\n\ny\n\nz\n", "a blank line"),
        (b"a\n\nc\n", b"a\n\nb\nc\n", b"x\n\ny\n", "“b”"),
        (
            SKILL + b"\n## Notes\n\n- n\n",
            SKILL,
            SKILL + b"\n## Notes\n\n- n\n- m\n",
            "“## Notes” was edited since, or what is around it",
        ),
        (b"- a\n- " + b"b" * 80 + b"\n", b"- a\n", b"- a\n", "as it was before"),
        (b"- a\n- " + b"b" * 80 + b"\x1b\n", b"- a\n", b"- a\n- c\n", "“- " + "b" * 57 + "…” was edited"),
    ],
)
def test_what_was_edited_since_or_has_no_clear_place_is_a_conflict(
    after: bytes | None, before: bytes | None, present: bytes | None, reason: str
) -> None:
    with pytest.raises(Conflict, match=reason):
        reverse(after, before, present)


LINES = st.lists(st.sampled_from(["", "# H", "- a", "- b", "- c", "x"]), max_size=8)
FILES = st.builds(
    lambda lines, end, last: (end.join(lines) + last).encode(),
    LINES,
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "\n"]),
)


@given(FILES | st.none(), FILES | st.none())
def test_an_edit_that_was_the_last_is_taken_back_byte_for_byte(
    after: bytes | None, before: bytes | None
) -> None:
    assert reverse(after, before, after) == before


@given(FILES, FILES, st.lists(st.tuples(st.integers(0, 8), st.integers(0, 99)), min_size=1, max_size=4))
def test_no_line_that_was_added_since_is_lost(
    after: bytes, before: bytes, additions: list[tuple[int, int]]
) -> None:
    lines = after.splitlines(keepends=True)
    for at, number in additions:
        lines.insert(at, b"new %d\n" % number)
    try:
        result = reverse(after, before, b"".join(lines))
    except Conflict:
        return
    assert result is not None
    for _, number in additions:
        assert b"new %d" % number in result


ENTRIES = st.lists(st.integers(0, 999), min_size=1, max_size=6, unique=True)


@given(ENTRIES, st.data())
def test_entries_added_one_below_the_other_can_be_taken_back_in_any_order(
    numbers: list[int], data: st.DataObject
) -> None:
    versions = [b"- first\n"]
    for number in numbers:
        versions.append(versions[-1] + b"- entry %d\n" % number)
    present: bytes | None = versions[-1]
    for place in data.draw(st.permutations(range(len(numbers)))):
        present = reverse(versions[place + 1], versions[place], present)
    assert present == versions[0]


@given(st.lists(st.sampled_from("sSdi"), min_size=2, max_size=8), st.data())
def test_edits_of_different_lines_are_taken_back_in_any_order(kinds: list[str], data: st.DataObject) -> None:
    """Lines that are replaced, deleted or get one inserted below, each with one between them that stays."""
    versions = [b"".join(b"keep %d\nline %d\n" % (n, n) for n in range(len(kinds))) + b"end\n"]
    for number, kind in enumerate(kinds):
        line = b"line %d\n" % number
        other = {"d": b"", "i": line + b"below %d\n" % number}.get(kind, b"other %d\n" % number)
        versions.append(versions[-1].replace(line, other))
    present: bytes | None = versions[-1]
    for place in data.draw(st.permutations(range(len(kinds)))):
        present = reverse(versions[place + 1], versions[place], present)
    assert present == versions[0]
