"""The ledger, for writing: what the door records before, while and after it changes files.

Only who holds the door's lock may call this. Each method is one transaction.
"""

import hashlib
import random
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from hone.changes.change import AnyOp, Change, Effect, Verdict, Write
from hone.changes.ledger import SELECT, Row, row_of
from hone.clock import Clock, iso
from hone.database import Database, Execute

_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
_TOLD_AT_ONCE = ("user", "tool")
_NOTHING_TO_COMMIT = ("proposed", "held", "rejected")

_UNCOMMITTED = "WHERE c.committed = 0 AND c.status IN ('applied', 'undone') ORDER BY c.position"
_AFTER = """
    SELECT e.path, a.data FROM effects e LEFT JOIN versions a ON a.sha256 = e.after
    WHERE e.change = ? AND e.moved_to IS NULL ORDER BY e.ordinal
"""
_PUT = """
    INSERT INTO changes (position, id, at, target, op, origin, status, session, turn, nudge, ordinal, trust, summary, data,
        undoes, committed, announced)
    VALUES ((SELECT coalesce(max(position), 0) + 1 FROM changes), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET position = excluded.position, at = excluded.at, status = excluded.status,
        summary = excluded.summary, data = excluded.data, committed = excluded.committed
"""
_SEE = "INSERT OR REPLACE INTO files (path, sha256, mtime_ns, size) VALUES (?, ?, ?, ?)"


class Seen(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A file or directory as it was last seen: mtime in ns and size."""

    mtime_ns: int
    size: int


NOT_SEEN = Seen(0, -1)
"""Of a file that is there and must be looked at again: its time tells nothing, it was written just now."""


class _Proposal(msgspec.Struct, frozen=True):
    decision: str = "accept"


class Journal:
    """The changes of one home. Every method raises HomeError if state.db cannot be written."""

    def __init__(self, database: Database, clock: Clock, rng: random.Random) -> None:
        self._database = database
        self._clock = clock
        self._rng = rng

    def new(self, row: Row, taken: Iterable[str] = ()) -> Row:
        """`row` as of now, under an id that neither the ledger nor `taken` has."""
        now = self._clock.now()
        used = set(taken)
        while True:
            change_id = "c" + "".join(self._rng.choices(_BASE32, k=6))
            if change_id not in used and not self.find(change_id):
                change = msgspec.structs.replace(row.change, id=change_id, created=iso(now))
                return msgspec.structs.replace(row, change=change, at=now)

    def find(self, change_id: str) -> Row | None:
        """The row of exactly this id."""
        found = self._database.records(row_of, f"{SELECT} WHERE c.id = ?", (change_id,))
        return found[0] if found else None

    def begin(self, row: Row, effects: Sequence[Effect]) -> None:
        """The change is about to be made: `applying`, with the bytes before and after, as the newest of all."""
        with self._database.transaction() as execute:
            self._put(execute, msgspec.structs.replace(row, status="applying"), effects)

    def finish(self, row: Row) -> None:
        """The files are as the change wants them. What it takes back is undone, what that one took back is there again."""
        with self._database.transaction() as execute:
            execute("UPDATE changes SET status = 'applied' WHERE id = ?", (row.change.id,))
            undoes, status = row.undoes, "undone"
            while undoes:
                execute("UPDATE changes SET status = ? WHERE id = ?", (status, undoes))
                ((undoes,),) = execute("SELECT undoes FROM changes WHERE id = ?", (undoes,))
                status = "applied" if status == "undone" else "undone"
            paths = execute(
                "SELECT path, after FROM effects WHERE change = ? AND moved_to IS NULL ORDER BY ordinal",
                (row.change.id,),
            ).fetchall()
            _see(execute, {path: (sha256, NOT_SEEN if sha256 else None) for path, sha256 in paths})

    def record(
        self,
        made: Sequence[tuple[Row, Sequence[Effect]]],
        seen: Mapping[str, tuple[bytes | None, Seen | None]],
    ) -> None:
        """Edits that a person made: the files are as they are, the ledger learns of it."""
        with self._database.transaction() as execute:
            for row, effects in made:
                self._put(execute, row, effects)
            _see(execute, {path: (sha256_of(data), stamp) for path, (data, stamp) in seen.items()})

    def set_aside(self, row: Row) -> None:
        """The change is not made: held or rejected, as `row` says. It has no effects."""
        with self._database.transaction() as execute:
            self._put(execute, row, ())

    def propose(self, nudge: int, proposals: Sequence[tuple[Row, Verdict]]) -> None:
        """All changes of a review with the verdicts on them, in order; nothing if the nudge has changes already."""
        with self._database.transaction() as execute:
            if execute("SELECT 1 FROM changes WHERE nudge = ?", (nudge,)).fetchone():
                return
            for ordinal, (row, verdict) in enumerate(proposals):
                change = msgspec.structs.replace(row.change, nudge=nudge, ordinal=ordinal)
                self._put(execute, msgspec.structs.replace(row, change=change), (), verdict.decision)

    def has_proposals(self, nudge: int) -> bool:
        """Whether the changes of a review were recorded, whatever became of them."""
        return bool(self._database.rows("SELECT 1 FROM changes WHERE nudge = ? LIMIT 1", (nudge,)))

    def proposals(self, nudge: int | None = None) -> list[tuple[Row, str]]:
        """The changes that wait to be carried out, in order, each with the gate's decision."""
        sql = (
            f"{SELECT} WHERE c.status = 'proposed' AND (? IS NULL OR c.nudge = ?) ORDER BY c.nudge, c.ordinal"
        )
        records = self._database.rows(sql, (nudge, nudge))
        return [
            (row_of(record), msgspec.json.decode(record[-1], type=_Proposal).decision) for record in records
        ]

    def unfinished(self) -> list[Row]:
        """The changes that a process began to make and did not finish."""
        return self._database.records(row_of, f"{SELECT} WHERE c.status = 'applying' ORDER BY c.position")

    def known(self) -> dict[str, Seen]:
        """Every file as last seen; a directory of a skill has `/` at the end of its path."""
        return {
            path: Seen(time, size)
            for path, time, size in self._database.rows("SELECT path, mtime_ns, size FROM files")
        }

    def paths_below(self, directory: str) -> list[str]:
        """The known files in a directory and those below it."""
        sql = "SELECT path FROM files WHERE path > ? AND path < ? AND sha256 IS NOT NULL"
        return [
            path for (path,) in self._database.rows(sql, (f"{directory}/", f"{directory}0"))
        ]  # 0 follows /

    def sha256(self, path: str) -> str | None:
        """The hash of the bytes that a file is known to have; None: there was no such file."""
        found = self._database.rows("SELECT sha256 FROM files WHERE path = ?", (path,))
        return found[0][0] if found else None

    def version(self, sha256: str | None) -> bytes | None:
        """The bytes of that hash."""
        found = self._database.rows("SELECT data FROM versions WHERE sha256 = ?", (sha256,))
        return found[0][0] if found else None

    def last_version(self, path: str) -> bytes | None:
        """The bytes that a file is known to have; None: there was no such file."""
        return self.version(self.sha256(path))

    def has_uncommitted(self) -> bool:
        """Whether git lacks a change."""
        return bool(self._database.rows(f"{SELECT} {_UNCOMMITTED} LIMIT 1"))

    def uncommitted(self) -> list[Row]:
        """The changes that git lacks, oldest first."""
        return self._database.records(row_of, f"{SELECT} {_UNCOMMITTED}")

    def after(self, change_id: str) -> list[tuple[str, bytes | None]]:
        """Every file that the change touched, with its bytes then."""
        return [(path, data) for path, data in self._database.rows(_AFTER, (change_id,))]

    def mark_committed(self, rows: Iterable[Row]) -> None:
        """git has these."""
        with self._database.transaction() as execute:
            for row in rows:
                execute("UPDATE changes SET committed = 1 WHERE id = ?", (row.change.id,))

    def forget_commits(self) -> None:
        """git has nothing any more."""
        with self._database.transaction() as execute:
            execute(
                "UPDATE changes SET committed = 0 WHERE status IN ('applied', 'undone') AND committed = 1"
            )

    def _put(
        self, execute: Execute, row: Row, effects: Sequence[Effect], decision: str | None = None
    ) -> None:
        change = row.change
        data = msgspec.to_builtins(_printable(change)) | ({"decision": decision} if decision else {})
        execute(
            _PUT,
            (
                *(change.id, self._clock.now(), change.target, row.op, change.origin, row.status),
                *(change.session, change.turn, change.nudge, change.ordinal, change.trust, row.summary),
                *(msgspec.json.encode(data).decode(), row.undoes),
                *(row.status in _NOTHING_TO_COMMIT, change.origin in _TOLD_AT_ONCE),
            ),
        )
        execute("DELETE FROM effects WHERE change = ?", (change.id,))
        for ordinal, effect in enumerate(effects):
            hashes = tuple(_keep(execute, data) for data in (effect.before, effect.after))
            execute(
                "INSERT INTO effects (change, ordinal, path, before, after, moved_to) VALUES (?, ?, ?, ?, ?, ?)",
                (change.id, ordinal, effect.path, *hashes, effect.moved_to),
            )


def _keep(execute: Execute, data: bytes | None) -> str | None:
    sha256 = sha256_of(data)
    if sha256:
        execute("INSERT OR IGNORE INTO versions (sha256, data) VALUES (?, ?)", (sha256, data))
    return sha256


def _see(execute: Execute, seen: Mapping[str, tuple[str | None, Seen | None]]) -> None:
    for path, (sha256, stamp) in seen.items():
        if stamp is None:
            execute("DELETE FROM files WHERE path = ?", (path,))
        else:
            execute(_SEE, (path, sha256, stamp.mtime_ns, stamp.size))


def is_change_id(text: str) -> bool:
    """Whether `text` is of the form that the ledger gives."""
    return len(text) == 7 and text[0] == "c" and set(text[1:]) <= set(_BASE32)


def sha256_of(data: bytes | None) -> str | None:
    """The hash that names these bytes; None for no file."""
    return None if data is None else hashlib.sha256(data).hexdigest()


def _printable(change: Change) -> Change:
    """`change` as JSON can hold it: what is no UTF-8 in a whole file is a mark here, the bytes are in its effects."""
    return msgspec.structs.replace(change, ops=tuple(map(_printable_op, change.ops)))


def _printable_op(op: AnyOp) -> AnyOp:
    if not isinstance(op, Write) or op.text is None:
        return op
    return Write(op.text.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
