"""`edit` on real files; its replacement as a property over any text."""

import asyncio
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.safety.approve import Intent
from hone.safety.paths import PathPolicy
from hone.tools.access import FileAccess
from hone.tools.base import ToolOutput
from hone.tools.edit import Edit, Edited, diff, edit_tool, replace
from hone.tools.nearest import nearest_lines


def edit(directory: Path, old: str, new: str, *, every: bool = False, path: str = "f") -> ToolOutput:
    files = FileAccess(PathPolicy(workspace=directory), lambda: directory, {})

    async def run() -> ToolOutput:
        return await edit_tool(files).run(Edit(path, old, new, every))

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("before", "old", "new", "after"),
    [
        (b"a\nb\n", "a", "x", b"x\nb\n"),
        (b"a\nb", "b", "y\nz", b"a\ny\nz"),
        (b"a\r\nb\r\nc", "a\nb", "x\ny", b"x\r\ny\r\nc"),
        (b"a\r\nb\r\n", "b", "x\ny", b"a\r\nx\r\ny\r\n"),
        (b"a\r\nb\r\n", "\nb", "\nc", b"a\r\nc\r\n"),
        (b"a\r\nb\nc\nd", "c", "x\ny", b"a\r\nb\nx\ny\nd"),
        (b"a\r\nb\nc", "a\nb\nc", "x", b"x"),
        (b"\xef\xbb\xbfa", "a", "b", b"\xef\xbb\xbfb"),
        ("aä".encode("utf-16"), "a", "b", "bä".encode("utf-16")),
        (b"\xe9 a \xff", "a", "\xe9", b"\xe9 \xc3\xa9 \xff"),
        (b"a\\1.b", "a\\1.b", "\\g<0>", b"\\g<0>"),
        (b"abc", "b", "", b"ac"),
        (b"", "", "new", b"new"),
    ],
)
def test_only_the_replaced_text_changes(
    tmp_path: Path, before: bytes, old: str, new: str, after: bytes
) -> None:
    (tmp_path / "f").write_bytes(before)
    (tmp_path / "f").chmod(0o640)
    output = edit(tmp_path, old, new)
    assert output.ok
    assert output.text.startswith("edited f (1 replacement)\n")
    assert (tmp_path / "f").read_bytes() == after
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o640


def test_every_occurrence_is_replaced_when_asked(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("a a\na\n")
    assert edit(tmp_path, "a", "b", every=True).text.startswith("edited f (3 replacements)\n")
    assert (tmp_path / "f").read_text() == "b b\nb\n"


def test_an_empty_old_creates_an_absent_file(tmp_path: Path) -> None:
    assert edit(tmp_path, "", "a\n", path="new/f").text.startswith("created new/f\n")
    assert (tmp_path / "new/f").read_text() == "a\n"


@pytest.mark.parametrize(
    ("before", "old", "new", "said"),
    [
        ("a\n", "a", "a", "old and new are the same"),
        ("a\n", "", "b", "old is empty and the file is not"),
        ("a\nb\na\n", "a", "c", "old occurs 2 times (lines 1, 3)"),
        ("aaa", "aa", "b", "old occurs 2 times (lines 1, 1)"),
        ("a\n" * 9, "a", "b", "old occurs 9 times (lines 1, 2, 3, 4, 5, …)"),
        ("qqq", "zzz zzz", "b", "Nothing in it is similar"),
        ("port = 8081\n", "port = 8080", "port = 8081", "new is there already (line 1)"),
    ],
)
def test_an_edit_that_is_not_clear_changes_nothing_and_says_why(
    tmp_path: Path, before: str, old: str, new: str, said: str
) -> None:
    (tmp_path / "f").write_text(before)
    output = edit(tmp_path, old, new)
    assert not output.ok
    assert said in output.text
    assert (tmp_path / "f").read_text() == before


def test_an_absent_file_and_a_forbidden_one_are_refused(tmp_path: Path) -> None:
    assert edit(tmp_path, "a", "b").text == "f does not exist"
    assert "belongs to git" in edit(tmp_path, "a", "b", path=".git/config").text
    (tmp_path / "f").write_text("a")
    assert "cannot be written in the encoding" in edit(tmp_path, "a", "\ud800").text


@pytest.mark.parametrize(
    ("text", "wanted", "said"),
    [
        (
            "def f():\n\treturn 1\n",
            "    return 1",
            "line 2 is indented by 1 tab, in old by 4 spaces. Line 2:\n\treturn 1",
        ),
        ("a \nb\n", "a\nb", "line 1 ends with 1 space, in old with nothing. Lines 1-2:\na \nb"),
        ("x  = 1\n", "x = 1", "line 1 is spaced differently. Line 1:\nx  = 1"),
        ("x\na = compute(1)\ny\n", "a = compute(2)", "The nearest: Line 2:\na = compute(1)"),
        (
            "start\ncall(one)\nend\nother\ncall(one)\nstop\n",
            "other\ncall(two)\nstop",
            "The nearest: Lines 4-6:\nother\ncall(one)\nstop",
        ),
        ("a\nb\n", "\na\nb\n\n", "empty lines before or after it. Lines 1-2:\na\nb"),
        ("a\n", "  \n", ""),
        ("abc\n", "xyz", ""),
    ],
)
def test_a_miss_shows_the_nearest_lines_and_names_the_difference(text: str, wanted: str, said: str) -> None:
    assert said in nearest_lines(text, wanted)
    assert bool(nearest_lines(text, wanted)) == bool(said)


def test_a_long_line_in_a_miss_is_cut() -> None:
    assert len(nearest_lines("x" * 5000, "x" * 4000 + "y")) < 400


def test_the_diff_has_the_files_line_numbers() -> None:
    before = "".join(f"{number}\n" for number in range(1, 101))
    after = before.replace("50\n", "fifty\n")
    assert diff(before, after) == "@@ -48,5 +48,5 @@\n 48\n 49\n-50\n+fifty\n 51\n 52"


def test_a_large_diff_is_cut() -> None:
    assert diff("a\n" * 3000, "b\n" * 3000).endswith("\n[diff cut]")
    assert len(diff("a", "b" * 100_000)) < 5000


def test_the_approvals_see_a_write(tmp_path: Path) -> None:
    files = FileAccess(PathPolicy(workspace=tmp_path), lambda: tmp_path, {})
    assert edit_tool(files).intent(Edit("f", "", "")) == Intent("write", str(tmp_path / "f"))


_TEXT = st.text(st.sampled_from("ab \n\té漢"), max_size=40)


@given(before=_TEXT, old=_TEXT.filter(bool), after=_TEXT, new=_TEXT)
def test_any_unique_text_is_replaced_as_python_would(before: str, old: str, after: str, new: str) -> None:
    text = before + old + after
    unique = sum(text.startswith(old, at) for at in range(len(text))) == 1
    result = replace(text, old, new)
    if unique and old != new:
        assert result == Edited(text.replace(old, new), 1)
    else:
        assert isinstance(result, str)


@given(before=_TEXT, old=_TEXT.filter(bool), after=_TEXT, new=_TEXT)
def test_a_file_with_windows_line_ends_is_edited_as_if_it_had_none(
    before: str, old: str, after: str, new: str
) -> None:
    text = before + old + after + "\n"
    plain = replace(text, old, new)
    windows = replace(text.replace("\n", "\r\n"), old, new)
    if isinstance(plain, Edited):
        assert windows == Edited(plain.text.replace("\n", "\r\n"), 1)
    else:
        assert isinstance(windows, str)


@given(st.text(max_size=60), st.text(max_size=20), st.text(max_size=20), st.booleans())
def test_no_text_makes_an_edit_fail_in_another_way(text: str, old: str, new: str, every: bool) -> None:
    assert isinstance(replace(text, old, new, every=every), Edited | str)


@given(st.text("ab\n", max_size=60), st.text("ab\n", max_size=60))
def test_a_diff_of_any_two_texts_can_be_made(before: str, after: str) -> None:
    assert (diff(before, after) == "") == (before == after)
