"""Who wrote each line of a file."""

import pytest

from hone.changes.blame import blame
from hone.changes.change import Add, Change, Origin
from hone.changes.ledger import Row


def row(name: str, origin: Origin = "review", undoes: str | None = None) -> Row:
    change = Change(target="user.md", ops=(Add("x"),), origin=origin, id=name)
    return Row(
        change=change, at=0.0, op="undo" if undoes else "add", status="applied", summary="", undoes=undoes
    )


A, B, C = row("ca"), row("cb"), row("cc", "user")
BACK = row("cd", "user", undoes="cb")

Versions = list[tuple[Row | None, bytes | None]]


@pytest.mark.parametrize(
    ("versions", "present", "writers"),
    [
        ([], b"- a\n", [None]),
        ([(A, b"- a\n")], b"- a\n", [A]),
        ([(A, b"- a\n")], b"- a\n- mine\n", [A, None]),
        ([(None, b"- old\n"), (A, b"- old\n- a\n")], b"- old\n- a\n", [None, A]),
        ([(A, b"- a\n- b\n"), (C, b"- b\n- c\n")], b"- b\n- c\n", [A, C]),
        ([(A, b"- a\n- b\n"), (C, b"- a\n- B\n")], b"- a\n- B\n", [A, C]),
        ([(A, b"- a\n"), (C, None), (B, b"- b\n")], b"- b\n", [B]),
        ([(A, b"- a"), (B, b"- a\r\n- b\r\n")], b"- a\r\n- b\r\n", [A, B]),
        ([(A, b"- a\n")], b"", []),
    ],
)
def test_each_line_has_the_change_that_wrote_it(
    versions: Versions, present: bytes, writers: list[Row | None]
) -> None:
    assert [line.by for line in blame(versions, present)] == writers


def test_a_line_that_an_undo_brought_back_is_its_writers_again() -> None:
    versions: Versions = [(A, b"- a\n- x\n"), (B, b"- a\n- y\n"), (BACK, b"- a\n- x\n")]
    assert [line.by for line in blame(versions, b"- a\n- x\n")] == [A, A]


def test_a_line_that_only_reads_like_one_that_went_is_its_new_writers() -> None:
    versions: Versions = [(A, b"- a\n- x\n"), (C, b"- a\n"), (B, b"- a\n- x\n")]
    assert [line.by for line in blame(versions, b"- a\n- x\n")] == [A, B]


def test_what_an_undo_could_not_restore_from_a_known_version_is_the_undos() -> None:
    versions: Versions = [(BACK, b"- a\n")]
    assert [line.by for line in blame(versions, b"- a\n")] == [BACK]


def test_lines_are_numbered_from_one_and_read_even_if_they_are_no_text() -> None:
    told = [(line.line, line.text) for line in blame([], b"- a\r\n\n- \xff")]
    assert told == [(1, "- a"), (2, ""), (3, "- \ufffd")]
