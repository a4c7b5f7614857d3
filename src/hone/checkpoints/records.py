"""What state.db knows of checkpoints: which trees belong to which turn, and what was taken back."""

import msgspec

from hone.clock import Clock
from hone.database import Database

_CHECKPOINT = "SELECT session, turn, workspace, at, before, after, skipped FROM checkpoints"
_REWIND = "SELECT id, session, turns, paths, whole, before, after, undoes, undoes IS NULL AND id IN (SELECT undoes FROM rewinds) FROM rewinds"
_OLD = "too old: its files are not kept any more"

_decode_turns = msgspec.json.Decoder(tuple[int, ...]).decode
_decode_paths = msgspec.json.Decoder(tuple[str, ...]).decode


class Checkpoint(msgspec.Struct, frozen=True):
    """The files before and after a turn, as ids of trees. `skipped` says why there are none.

    `after` is None until the turn has ended, and if it was killed.
    """

    session: str
    turn: int
    workspace: str
    at: float
    before: str | None
    after: str | None
    skipped: str


class Rewind(msgspec.Struct, frozen=True):
    """Turns that were taken back; `whole`: with all of their files. `undoes`: the rewind that this one takes back."""

    id: int
    session: str
    turns: tuple[int, ...]
    paths: tuple[str, ...]
    whole: bool
    before: str
    after: str
    undoes: int | None
    undone: bool


class Records:
    """The checkpoints of all sessions. Every method raises HomeError if state.db cannot be used."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def present_turn(self, session: str) -> int:
        """The turn that is at work, or was last."""
        ((turn,),) = self._database.rows(
            "SELECT coalesce(max(turn), 0) FROM turns WHERE session = ?", (session,)
        )
        return int(turn)

    def begin(self, session: str, turn: int, workspace: str, before: str | None, skipped: str = "") -> None:
        """Record the files before a turn's first change; of a turn that is resumed the first time counts."""
        with self._database.transaction() as execute:
            execute(
                "INSERT OR IGNORE INTO checkpoints VALUES (?, ?, ?, ?, ?, NULL, ?)",
                (session, turn, workspace, self._clock.now(), before, skipped),
            )

    def end(self, session: str, turn: int, after: str) -> None:
        """Record the files after a turn."""
        with self._database.transaction() as execute:
            execute(
                "UPDATE checkpoints SET after = ? WHERE session = ? AND turn = ? AND before IS NOT NULL",
                (after, session, turn),
            )

    def of_session(self, session: str) -> tuple[Checkpoint, ...]:
        """The checkpoints of a session in order; `after` of a killed turn is what came next in its workspace."""
        rows = self._database.rows(f"{_CHECKPOINT} WHERE session = ? ORDER BY turn", (session,))
        return tuple(self._completed(Checkpoint(*row)) for row in rows)

    def add_rewind(self, rewind: Rewind, workspace: str) -> None:
        """Record what was taken back; its id is given here."""
        turns, paths = (msgspec.json.encode(each).decode() for each in (rewind.turns, rewind.paths))
        with self._database.transaction() as execute:
            execute(
                """
                INSERT INTO rewinds (session, at, workspace, turns, paths, whole, before, after, undoes)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                (
                    *(rewind.session, self._clock.now(), workspace, turns, paths, rewind.whole),
                    *(rewind.before, rewind.after, rewind.undoes),
                ),
            )

    def rewinds(self, session: str) -> tuple[Rewind, ...]:
        """What was taken back in a session, in order."""
        return tuple(self._database.records(_rewind, f"{_REWIND} WHERE session = ? ORDER BY id", (session,)))

    def news(self, session: str) -> tuple[Rewind, ...]:
        """What was taken back since this was last asked."""
        told = self._database.records(
            _rewind, f"{_REWIND} WHERE session = ? AND NOT told ORDER BY id", (session,)
        )
        if told:
            with self._database.transaction() as execute:
                execute("UPDATE rewinds SET told = 1 WHERE session = ? AND id <= ?", (session, told[-1].id))
        return tuple(told)

    def trees(self, workspace: str) -> frozenset[str]:
        """All trees of a workspace that something names."""
        select = "SELECT before, after FROM {} WHERE workspace = ?"
        rows = [
            row
            for table in ("checkpoints", "rewinds")
            for row in self._database.rows(select.format(table), (workspace,))
        ]
        return frozenset(tree for row in rows for tree in row if tree)

    def expire(self, workspace: str, until: float) -> None:
        """Forget the trees of checkpoints that were taken before `until`."""
        with self._database.transaction() as execute:
            execute(
                "UPDATE checkpoints SET before = NULL, after = NULL, skipped = ? WHERE workspace = ? AND at < ? AND before IS NOT NULL",
                (_OLD, workspace, until),
            )
            execute("DELETE FROM rewinds WHERE workspace = ? AND at < ?", (workspace, until))

    def middle(self, workspace: str) -> float:
        """When the half of the checkpoints that are kept had been taken; 0 if there are none."""
        rows = self._database.rows(
            "SELECT at FROM checkpoints WHERE workspace = ? AND before IS NOT NULL ORDER BY at", (workspace,)
        )
        return float(rows[len(rows) // 2][0]) if rows else 0.0

    def _completed(self, checkpoint: Checkpoint) -> Checkpoint:
        if checkpoint.after or not checkpoint.before:
            return checkpoint
        following = self._database.rows(
            """
            SELECT before FROM (
                SELECT at, before FROM checkpoints WHERE workspace = ?1 AND NOT (session = ?3 AND turn = ?4)
                UNION ALL SELECT at, before FROM rewinds WHERE workspace = ?1
            ) WHERE at >= ?2 AND before IS NOT NULL ORDER BY at LIMIT 1
            """,
            (checkpoint.workspace, checkpoint.at, checkpoint.session, checkpoint.turn),
        )
        return msgspec.structs.replace(checkpoint, after=following[0][0] if following else None)


def _rewind(row: tuple[object, ...]) -> Rewind:
    number, session, turns, paths, whole, *rest, undone = row
    lists = _decode_turns(str(turns)), _decode_paths(str(paths))
    values = (number, session, *lists, bool(whole), *rest, bool(undone))
    return msgspec.convert(dict(zip(Rewind.__struct_fields__, values, strict=True)), Rewind)
