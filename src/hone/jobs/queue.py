"""The queue of nudges in state.db: one process at a time works on a nudge, and a process that is gone on none.

Who works holds a name of its own as a claim (`hone.files.Claims`), which the system takes back when the process ends.
What is done with a nudge is the business of `hone.learning`.
"""

import os
import random
from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from hone.clock import Clock
from hone.database import Database, Execute, Row
from hone.files import Claims
from hone.jobs.nudge import Nudge, Reason

LEASE_SECONDS = 600.0
"""How long a lease of another host is respected without being renewed."""

RETRY_SECONDS = (60.0, 300.0, 1_800.0, 7_200.0)
"""The waits after a review's own failures; one more failure and the nudge is given up."""

Fault = Literal["provider", "review"]
"""Why a review failed: the endpoint gave no usable answer, or the answers were of no use."""

_RESULT_CHARACTERS = 300

_SELECT = """
    SELECT id, session, first_turn, turn, reasons, not_before, created, attempts, state, result FROM nudges
"""


class Attempt(msgspec.Struct, frozen=True):
    """A review that came to an end at `at` (seconds since the epoch); `failure` is None if it succeeded."""

    at: float
    failure: Fault | None


class Counts(msgspec.Struct, frozen=True):
    """How many nudges are due, wait for a later time (held, or to be tried again), are worked on, done, or given up."""

    due: int = 0
    later: int = 0
    at_work: int = 0
    done: int = 0
    given_up: int = 0


class Queue:
    """The nudges of one home. `claims` is the process's only one on its file; without it nothing can be leased.

    Every method raises HomeError if state.db cannot be read or written.
    """

    def __init__(self, database: Database, clock: Clock, claims: Claims | None = None) -> None:
        self._database = database
        self._clock = clock
        self._claims = claims

    def add(self, execute: Execute, nudge: Nudge) -> int:
        """Put a nudge in line inside the caller's transaction; its id.

        The latest nudge of the turns that it covers is taken into it if no review of it began: one stretch of work, the
        reasons of both. A turn that was reviewed before is reviewed anew, as a nudge with another id.
        """
        found = execute(
            """
            SELECT id, first_turn, reasons, state FROM nudges
            WHERE session = ?1 AND (turn = ?3 OR turn BETWEEN ?2 AND ?3 AND state = 'waiting' AND attempts = 0)
            ORDER BY turn DESC LIMIT 1
            """,
            (nudge.session, nudge.first_turn, nudge.turn),
        ).fetchone()
        if found is None:
            return self._insert(execute, nudge)
        nudge_id, first_turn, reasons, state = found
        if state != "waiting":
            return self._renewed(execute, nudge_id, nudge)
        execute(
            """
            UPDATE nudges SET first_turn = ?, turn = ?, reasons = ?, not_before = ?, result = '' WHERE id = ?
            """,
            (
                *(min(first_turn, nudge.first_turn), nudge.turn),
                *(_united(msgspec.json.decode(reasons), nudge.reasons), nudge.not_before, nudge_id),
            ),
        )
        assert isinstance(nudge_id, int)
        return nudge_id

    def release(self, execute: Execute, session: str) -> None:
        """Hold the session's nudges back no longer: what they waited for has come, or will not."""
        now = self._clock.now()
        execute(
            """
            UPDATE nudges SET not_before = ?1
            WHERE session = ?2 AND state = 'waiting' AND not_before > ?1 AND result = ''
            """,
            (now, session),
        )

    def lease(self, owner: str, only: int | None = None) -> Nudge | None:
        """Take the oldest nudge that is due, or the nudge `only` whether due or not; None if there is none to take.

        `owner` is this process's name, from `new_owner`. The lease lasts until the nudge is finished, failed or given
        back, or this process ends.
        """
        assert self._claims is not None, "this queue was opened without claims"
        self._claims.take(owner)
        now = self._clock.now()
        with self._database.transaction() as execute:
            self._free_the_leases_of_the_gone(execute, owner, now)
            found = execute(
                f"""
                {_SELECT} WHERE state = 'waiting' AND lease_owner IS NULL
                    AND CASE WHEN ?1 IS NULL THEN not_before <= ?2 ELSE id = ?1 END
                ORDER BY created, id LIMIT 1
                """,
                (only, now),
            ).fetchone()
            if found is None:
                return None
            nudge = _nudge(found)
            execute(
                "UPDATE nudges SET lease_owner = ?, lease_until = ?, attempts = attempts + 1 WHERE id = ?",
                (owner, now + LEASE_SECONDS, nudge.id),
            )
        return msgspec.structs.replace(nudge, attempts=nudge.attempts + 1)

    def renew(self, nudge_id: int) -> None:
        """Say that the work on a leased nudge goes on."""
        with self._database.transaction() as execute:
            execute(
                "UPDATE nudges SET lease_until = ? WHERE id = ? AND lease_owner IS NOT NULL",
                (self._clock.now() + LEASE_SECONDS, nudge_id),
            )

    def finish(self, nudge_id: int, result: str) -> None:
        """The nudge is done; `result` is one line about what came of it. Said twice, it counts once."""
        with self._database.transaction() as execute:
            if self._settle(execute, nudge_id, "done", result):
                self._note(execute, nudge_id, None)

    def fail(self, nudge_id: int, error: str, fault: Fault) -> None:
        """The review failed, and why.

        A provider's failure leaves the nudge due, however often: when to ask that provider again is the breaker's
        decision (`hone.learning.breaker`). A failure of the review itself makes it wait longer each time, and after the
        fifth it is given up.
        """
        with self._database.transaction() as execute:
            if fault == "provider":
                if self._settle(execute, nudge_id, "waiting", error):
                    self._note(execute, nudge_id, fault)
                return
            ((failures,),) = execute(
                "SELECT count(*) FROM attempts WHERE nudge = ? AND failure = 'review'", (nudge_id,)
            )
            given_up = failures >= len(RETRY_SECONDS)
            if not self._settle(execute, nudge_id, "given_up" if given_up else "waiting", error):
                return
            self._note(execute, nudge_id, fault)
            if not given_up:
                again = self._clock.now() + RETRY_SECONDS[failures]
                execute("UPDATE nudges SET not_before = ? WHERE id = ?", (again, nudge_id))

    def give_back(self, nudge_id: int) -> None:
        """End a lease with nothing done: the nudge is free for anybody at once."""
        with self._database.transaction() as execute:
            execute("UPDATE nudges SET lease_owner = NULL, lease_until = NULL WHERE id = ?", (nudge_id,))

    def postpone(self, until: float, why: str) -> None:
        """Let all that nobody works on wait until then (seconds since the epoch); `why` in one line."""
        with self._database.transaction() as execute:
            execute(
                """
                UPDATE nudges SET not_before = ?1, result = ?2
                WHERE state = 'waiting' AND lease_owner IS NULL AND not_before < ?1
                """,
                (until, _line(why)),
            )

    def take_up(self, until: float) -> None:
        """Let what was postponed until then be due again: the reason may be gone."""
        with self._database.transaction() as execute:
            execute(
                "UPDATE nudges SET not_before = ?, result = '' WHERE state = 'waiting' AND not_before = ?",
                (self._clock.now(), until),
            )

    def waiting(self) -> tuple[Nudge, ...]:
        """All nudges that are not done, those at work among them, oldest first."""
        return self._nudges("WHERE state = 'waiting' ORDER BY created, id")

    def recent(self, limit: int = 10) -> tuple[Nudge, ...]:
        """What was done or given up last, newest first."""
        return self._nudges("WHERE state != 'waiting' ORDER BY finished DESC, id DESC LIMIT ?", limit)

    def attempts(self, limit: int = 20) -> tuple[Attempt, ...]:
        """The reviews that came to an end last, newest first."""
        sql = "SELECT at, failure FROM attempts ORDER BY id DESC LIMIT ?"
        return tuple(self._database.records(lambda row: Attempt(*row), sql, (limit,)))

    def counts(self) -> Counts:
        """How many nudges there are in each state. One whose worker was killed counts as at work until somebody leases."""
        rows = self._database.rows(
            """
            SELECT CASE WHEN state != 'waiting' THEN state WHEN lease_until > ?1 THEN 'at_work'
                        WHEN not_before > ?1 THEN 'later' ELSE 'due' END AS place, count(*)
            FROM nudges GROUP BY place
            """,
            (self._clock.now(),),
        )
        return msgspec.convert(dict(rows), Counts)

    def _insert(self, execute: Execute, nudge: Nudge) -> int:
        nudge_id = execute(
            """
            INSERT INTO nudges (session, first_turn, turn, created, reasons, not_before) VALUES (?, ?, ?, ?, ?, ?)
            """,
            (*(nudge.session, nudge.first_turn, nudge.turn), *self._fresh(nudge)),
        ).lastrowid
        assert nudge_id is not None
        return nudge_id

    def _renewed(self, execute: Execute, nudge_id: int, nudge: Nudge) -> int:
        """The row as a new nudge. Its changes and its cost stay with the old id, which is never given again."""
        ((fresh,),) = execute("SELECT max(id) + 1 FROM nudges")
        execute(
            """
            UPDATE nudges SET id = ?, first_turn = ?, created = ?, reasons = ?, not_before = ?,
                attempts = 0, state = 'waiting', result = '', finished = NULL
            WHERE id = ?
            """,
            (fresh, nudge.first_turn, *self._fresh(nudge), nudge_id),
        )
        assert isinstance(fresh, int)
        return fresh

    def _fresh(self, nudge: Nudge) -> tuple[float, str, float]:
        return nudge.created or self._clock.now(), _united((), nudge.reasons), nudge.not_before

    def _free_the_leases_of_the_gone(self, execute: Execute, owner: str, now: float) -> None:
        held = execute(
            "SELECT lease_owner, max(lease_until) FROM nudges WHERE lease_owner IS NOT NULL AND lease_owner != ? GROUP BY 1",
            (owner,),
        ).fetchall()
        for other, until in held:
            if self._is_gone(other, until, now):
                execute(
                    "UPDATE nudges SET lease_owner = NULL, lease_until = NULL WHERE lease_owner = ?", (other,)
                )

    def _is_gone(self, owner: str, until: float, now: float) -> bool:
        if _host(owner) != _this_host():
            return until <= now
        assert self._claims is not None
        return self._claims.take(
            owner
        )  # a name that can be had has lost its holder; no process takes it again

    def _settle(self, execute: Execute, nudge_id: int, state: str, result: str) -> bool:
        """End the lease in that state. False if the nudge was settled before."""
        finished = None if state == "waiting" else self._clock.now()
        return bool(
            execute(
                """
                UPDATE nudges SET state = ?, result = ?, finished = ?, lease_owner = NULL, lease_until = NULL
                WHERE id = ? AND state = 'waiting'
                """,
                (state, _line(result), finished, nudge_id),
            ).rowcount
        )

    def _note(self, execute: Execute, nudge_id: int, failure: Fault | None) -> None:
        execute(
            "INSERT INTO attempts (at, nudge, failure) VALUES (?, ?, ?)",
            (self._clock.now(), nudge_id, failure),
        )

    def _nudges(self, where: str, *parameters: object) -> tuple[Nudge, ...]:
        return tuple(self._database.records(_nudge, f"{_SELECT} {where}", parameters))


def new_owner(rng: random.Random) -> str:
    """A name for a process that leases: `host:pid:random`. The random part tells it from a later process of that pid."""
    return f"{_this_host()}:{os.getpid()}:{rng.getrandbits(40):010x}"


def _this_host() -> str:
    return os.uname().nodename


def _host(owner: str) -> str:
    return owner.rsplit(":", 2)[0]


def _nudge(row: Row) -> Nudge:
    fields: dict[str, Any] = dict(zip(_COLUMNS, row, strict=True))
    return msgspec.convert(fields | {"reasons": msgspec.json.decode(fields["reasons"])}, Nudge)


_COLUMNS = (
    *("id", "session", "first_turn", "turn", "reasons"),
    *("not_before", "created", "attempts", "state", "result"),
)


def _united(first: Iterable[Reason], second: Iterable[Reason]) -> str:
    return msgspec.json.encode(list(dict.fromkeys([*first, *second]))).decode()


def _line(text: str) -> str:
    """Text as one line that is not too long, and that UTF-8 can hold."""
    line = " ".join(text.encode("utf-8", "backslashreplace").decode().split())
    return line if len(line) <= _RESULT_CHARACTERS else f"{line[: _RESULT_CHARACTERS - 1]}…"
