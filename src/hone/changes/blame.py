"""Who wrote each line of a file: the changes that made its versions, read in order. Pure."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

import msgspec

from hone.changes.ledger import Row


class Blamed(msgspec.Struct, frozen=True):
    """A line of a file, from 1, without its end. `by` is the change that wrote it; None: no change that is known."""

    line: int
    text: str
    by: Row | None


def blame(versions: Sequence[tuple[Row | None, bytes | None]], present: bytes) -> tuple[Blamed, ...]:
    """The lines of `present`, each with the change of `versions` (oldest first) that wrote it.

    A line that an undo brought back is again its writer's, with its writer's trust.
    """
    lines: list[bytes] = []
    writers: list[Row | None] = []
    gone: dict[bytes, Row | None] = {}  # the last writer of each line that a change took out
    for row, data in (*versions, (None, present)):
        now = _lines(data)
        writers = list(_writers(row, (lines, writers), now, gone))
        lines = now
    texts = [line.decode("utf-8", "replace") for line in lines]
    return tuple(Blamed(n, *told) for n, told in enumerate(zip(texts, writers, strict=True), 1))


def _writers(
    row: Row | None,
    previous: tuple[list[bytes], list[Row | None]],
    now: Sequence[bytes],
    gone: dict[bytes, Row | None],
) -> Iterator[Row | None]:
    lines, writers = previous
    for tag, start, end, new, new_end in SequenceMatcher(None, lines, now, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from writers[start:end]
            continue
        gone |= zip(lines[start:end], writers[start:end], strict=True)
        for line in now[new:new_end]:
            yield gone.get(line, row) if row and row.undoes else row


def _lines(data: bytes | None) -> list[bytes]:
    return (data or b"").splitlines()
