"""The decision for one file, as a table."""

import pytest

from hone.checkpoints.place import File
from hone.checkpoints.reverse import reversed_file
from hone.errors import Conflict


def f(text: str, mode: int = 0o100644) -> File:
    return File(mode, text.encode())


A, B, C = f("a"), f("b"), f("c")
LINK = f("x", 0o120000)


def merge(ours: bytes, base: bytes, theirs: bytes) -> bytes | None:
    return None if ours == b"c" else b"%b-%b-%b" % (ours, base, theirs)


@pytest.mark.parametrize(
    ("before", "after", "now", "expected"),
    [
        (A, B, B, A),
        (None, B, B, None),
        (A, None, None, A),
        (A, B, A, A),
        (None, B, None, None),
        (A, B, f("d"), f("d-b-a")),
        (A, B, f("b", 0o100755), f("a", 0o100755)),
        (A, f("b", 0o100755), f("d", 0o100755), f("d-b-a")),
        (A, f("a", 0o100755), f("d", 0o100755), f("d")),
        (LINK, A, A, LINK),
        (A, LINK, LINK, A),
    ],
)
def test_a_change_is_taken_back_and_what_came_after_it_stays(
    before: File | None, after: File | None, now: File | None, expected: File | None
) -> None:
    assert reversed_file(before, after, now, merge) == expected


@pytest.mark.parametrize(
    ("before", "after", "now", "said"),
    [
        (A, B, C, "in the same place"),
        (A, B, None, "removed since"),
        (A, None, C, "made again since"),
        (None, B, C, "since it was made"),
        (LINK, B, C, "a link"),
        (A, B, LINK, "a link"),
    ],
)
def test_what_meets_a_later_change_is_a_conflict(
    before: File | None, after: File | None, now: File | None, said: str
) -> None:
    with pytest.raises(Conflict, match=said):
        reversed_file(before, after, now, merge)
