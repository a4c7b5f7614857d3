"""The ledger, for reading: every change that was made, proposed or refused, what it did, and which versions a file had.

What the door writes into it is `hone.changes.journal`'s part.
"""

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

import msgspec

from hone.changes.change import Change, Effect, Status
from hone.database import Database
from hone.database import Row as Record
from hone.errors import NotFound, UsageError
from hone.history.store import writable

SELECT = "SELECT c.id, c.at, c.op, c.status, c.summary, c.undoes, c.data FROM changes c"
COLUMNS = 7

_NEWEST = 2**62  # above every position

_EFFECTS = """
    SELECT e.path, b.data, a.data, e.moved_to FROM effects e
    LEFT JOIN versions b ON b.sha256 = e.before LEFT JOIN versions a ON a.sha256 = e.after
    WHERE e.change = ? ORDER BY e.ordinal
"""
_TAUGHT = """
    SELECT c.target FROM changes c JOIN turns t ON t.session = c.session AND t.turn = c.turn
    WHERE c.status = 'applied' AND c.op = 'create' AND trim(t.text) = ?
"""
_VERSIONS = f"""
    {SELECT.replace(" FROM changes c", "")}, c.position, a.data, m.path, m.moved_to
    FROM effects e JOIN changes c ON c.id = e.change
    LEFT JOIN versions a ON a.sha256 = e.after
    LEFT JOIN effects m ON m.change = e.change AND substr(e.path, 1, length(m.moved_to) + 1) = m.moved_to || '/'
    WHERE e.path = ? AND c.position < ? AND c.status <> 'applying' ORDER BY c.position DESC
"""


class Row(msgspec.Struct, frozen=True):
    """A change in the ledger. `at` is when it was made, or proposed (seconds since the epoch).

    `op` is the change's, or `undo`; then `undoes` is the id of the change that it took back, and `change.ops` are that one's.
    """

    change: Change
    at: float
    op: str
    status: Status
    summary: str
    undoes: str | None = None

    @property
    def announcement(self) -> str:
        """What a review changed, for its user, with the command that says more or takes it back."""
        if self.status == "held":
            why = "; ".join(self.change.reasons)
            return f"on hold: {self.summary} · {why} · hone inbox show {self.change.id}"
        return f"✎ {self.summary} · hone undo {self.change.id}"


class Ledger:
    """The changes of one home. Every method raises HomeError if state.db cannot be read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def rows(
        self,
        limit: int | None = None,
        target: str | None = None,
        status: Status | None = None,
        nudge: int | None = None,
    ) -> tuple[Row, ...]:
        """The changes, newest first."""
        wanted = {"c.target": target, "c.status": status, "c.nudge": nudge}
        given = {column: value for column, value in wanted.items() if value is not None}
        where = f"WHERE {' AND '.join(f'{column} = ?' for column in given)}" if given else ""
        bound = -1 if limit is None else limit
        sql = f"{SELECT} {where} ORDER BY c.position DESC LIMIT ?"
        return tuple(self._database.records(row_of, sql, (*given.values(), bound)))

    def get(self, id_or_prefix: str) -> Row:
        """The change of that id, or of the only one that begins so. Raises NotFound, UsageError if there are several."""
        prefix = writable(id_or_prefix).strip().lower()
        sql = f"{SELECT} WHERE substr(c.id, 1, ?) = ? ORDER BY c.position DESC LIMIT 6"
        found = self._database.records(row_of, sql, (len(prefix), prefix)) if prefix else []
        if not found:
            raise NotFound("change", id_or_prefix, [row.change.id for row in self.rows(limit=200)])
        if len(found) > 1:
            several = ", ".join(row.change.id for row in found[:5])
            raise UsageError(f"{id_or_prefix!r} is the beginning of several changes: {several}")
        return found[0]

    def effects(self, change_id: str) -> tuple[Effect, ...]:
        """What the change did, in order. A directory that moved is one effect, whatever is in it."""
        return outermost(Effect(*record) for record in self._database.rows(_EFFECTS, (change_id,)))

    def history_of(self, path: str) -> tuple[tuple[Row, bytes | None], ...]:
        """The versions of a file, oldest first, each with the change that made it; None: the file was gone.

        The versions that it had in another place, before its directory moved, are among them.
        """
        return tuple(reversed(list(self._versions(path))))

    def stood_before(self, change_id: str, path: str) -> bool:
        """Whether a file was there just before that change was made, as far as is known."""
        ((position,),) = self._database.rows("SELECT position FROM changes WHERE id = ?", (change_id,))
        assert isinstance(position, int)
        _, data = next(self._versions(path, position), (None, None))
        return data is not None

    def taught_by(self, request: str) -> frozenset[str]:
        """The names of skills that were learned from a request of these very words."""
        records = self._database.rows(_TAUGHT, (request.strip(),))
        return frozenset(name for (target,) in records if (name := PurePosixPath(target).parent.name))

    def newest(self) -> int:
        """A number that grows with every change."""
        ((position,),) = self._database.rows("SELECT coalesce(max(position), 0) FROM changes")
        assert isinstance(position, int)
        return position

    def unannounced(self) -> tuple[Row, ...]:
        """What learning did or put into the inbox and the user was not told yet, oldest first."""
        sql = f"{SELECT} WHERE c.announced = 0 AND c.status IN ('applied', 'held') ORDER BY c.position"
        return tuple(self._database.records(row_of, sql))

    def mark_announced(self, change_ids: Iterable[str]) -> None:
        """The user was told of these."""
        with self._database.transaction() as execute:
            for change_id in change_ids:
                execute("UPDATE changes SET announced = 1 WHERE id = ?", (change_id,))

    def _versions(self, path: str, before: int = _NEWEST) -> Iterator[tuple[Row, bytes | None]]:
        """Newest first, those of positions below `before`. A move is no version: where it brought the file from, its
        history goes on.
        """
        while True:
            records = self._database.records(lambda record: record, _VERSIONS, (path, before))
            for record in records:
                position, data, origin, place = record[COLUMNS:]
                if place is not None and data is not None:
                    path, before = origin + path.removeprefix(place), position
                    break
                yield row_of(record), data
            else:
                return


def row_of(record: Record) -> Row:
    """A row of `SELECT`; columns after those are left alone."""
    change_id, at, op, status, summary, undoes, data = record[:COLUMNS]
    change = msgspec.json.decode(data, type=Change)
    return Row(msgspec.structs.replace(change, id=change_id), at, op, status, summary, undoes)


def outermost(effects: Iterable[Effect]) -> tuple[Effect, ...]:
    """`effects` without those on files that a move of their directory carries along."""
    every = tuple(effects)
    moved = tuple(
        f"{place}/" for effect in every if effect.moved_to for place in (effect.path, effect.moved_to)
    )
    return tuple(effect for effect in every if not effect.path.startswith(moved)) if moved else every
