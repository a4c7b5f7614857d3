"""The record of sessions: what was asked, every event in order, how each turn ended and what it cost.

Events become the messages of a resumed session in `hone.history.resume`; finding something said is `hone.history.search`.
"""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from hone.clock import Clock, local_date
from hone.database import Database, Execute, damaged
from hone.errors import NotFound, UsageError
from hone.events import (
    PASSING,
    AnyEvent,
    Attached,
    Compacted,
    Outcome,
    StepFinished,
    TurnFinished,
    TurnStarted,
)
from hone.git import GitState
from hone.history.rows import (
    SELECT_EVENT,
    SELECT_EXTERNAL_TEXTS,
    SELECT_EXTERNAL_WINDOWS,
    SELECT_LAST_UNSEEN,
    SELECT_SAID,
    SELECT_SESSION,
    SELECT_SUMMARIES,
    SELECT_TURN,
    Recorded,
    SessionInfo,
    SessionRow,
    SessionSummary,
    TurnRow,
    recorded,
    session_row,
    session_summary,
    turn_row,
)
from hone.history.search import Hit, Scope, search
from hone.history.words import index_words, message_of
from hone.messages import Trust, Usage, least_trusted

TITLE_CHARACTERS = 80
_MAX_WINDOWS = 2_000
_RECALLED = 10

Kept = TypeVar("Kept", bound=msgspec.Struct)

_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"

_VERBATIM_KEYS = frozenset(("type", "role", "kind", "status", "decision", "trust", "origin", "id", "call_id"))
"""Fields that hone or the protocol writes: redacting an id or a tag would break the event, not protect anybody."""


class History:
    """The sessions of one home. `redact` sees every text before it is written; times come from `clock`.

    Calls are short and made on the event loop's thread. What has returned is safe from a kill of the process.
    Every method raises HomeError if state.db cannot be read or written.
    """

    def __init__(self, database: Database, redact: Callable[[str], str], clock: Clock) -> None:
        self._database = database
        self._redact = redact
        self._clock = clock

    @classmethod
    def open(cls, path: Path, redact: Callable[[str], str], clock: Clock) -> "History":
        """Open state.db at `path`, created if absent."""
        return cls(Database.open(path), redact, clock)

    @classmethod
    def open_for_reading(cls, path: Path, clock: Clock) -> "History":
        """Open without creating anything, also in a read-only home; no file is an empty history."""
        return cls(Database.open_for_reading(path), lambda text: text, clock)

    def check(self) -> None:
        """Read the whole file. Raises HomeError, with what to do, if it is damaged."""
        ((found, *_),) = self._database.rows("PRAGMA quick_check(1)")
        if found != "ok":
            raise damaged(self._database.path, " ".join(found.split()))

    def close(self) -> None:
        """Release the file."""
        self._database.close()

    def open_session(self, info: SessionInfo) -> None:
        """Record a new session."""
        info = self._safe(info)
        now = self._clock.now()
        tools = msgspec.json.encode(info.tools).decode()
        with self._database.transaction() as execute:
            execute(
                """
                INSERT INTO sessions
                    (id, created, updated, title, cwd, workspace, project, origin, system_prompt, tools)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                (
                    *(info.id, now, now, info.title, info.cwd, info.workspace, info.project),
                    *(info.origin, info.system_prompt, tools),
                ),
            )

    def start_turn(self, session: str, started: TurnStarted) -> int:
        """Record a new turn and its first event together; the number of the turn, from 1."""
        started = self._safe(started)
        now = self._clock.now()
        with self._database.transaction() as execute:
            (turn,) = execute(
                "SELECT coalesce(max(turn), 0) + 1 FROM turns WHERE session = ?", (session,)
            ).fetchone()
            execute(
                "INSERT INTO turns (session, turn, started, text) VALUES (?, ?, ?, ?)",
                (session, turn, now, started.text),
            )
            execute(
                "UPDATE sessions SET updated = ?, title = CASE title WHEN '' THEN ? ELSE title END WHERE id = ?",
                (now, _title(started.text), session),
            )
            self._insert(execute, session, turn, 0, started)
        assert isinstance(turn, int)
        return turn

    def append(self, session: str, turn: int, step: int, event: AnyEvent) -> int | None:
        """Record an event; its number within the session, or None for a passing one, which is not recorded."""
        if isinstance(event, PASSING):
            return None
        event = self._safe(event)
        with self._database.transaction() as execute:
            return self._insert(execute, session, turn, step, event)

    def finish_turn(
        self,
        session: str,
        turn: int,
        finished: TurnFinished,
        also: Callable[[Execute], None] = lambda _execute: None,
    ) -> int:
        """Record the end of a turn and its sums together; the event's number. A resumed turn ends once more.

        `also` writes what must be recorded with it or not at all (the nudge).
        """
        finished = self._safe(finished)
        now = self._clock.now()
        usage = finished.usage
        with self._database.transaction() as execute:
            execute(
                """
                UPDATE turns SET finished = ?, status = ?, answer = ?, reason = ?, steps = ?, tool_calls = ?, errors = ?,
                    input = ?, cached = ?, output = ?, reasoning = ?, cost_usd = ?, wall_s = ?, skills = ?,
                    model = (SELECT model FROM steps WHERE steps.session = turns.session AND steps.turn = turns.turn
                             AND role != 'routine' ORDER BY event DESC LIMIT 1)
                WHERE session = ? AND turn = ?
                """,
                (
                    *(now, finished.status, finished.answer, finished.reason),
                    *(finished.steps, finished.tool_calls, finished.errors),
                    *(usage.input, usage.cached, usage.output, usage.reasoning, usage.cost_usd),
                    *(finished.seconds, msgspec.json.encode(finished.skills).decode(), session, turn),
                ),
            )
            execute("UPDATE sessions SET updated = ? WHERE id = ?", (now, session))
            also(execute)
            return self._insert(execute, session, turn, finished.steps, finished)

    def set_git_state(self, session: str, turn: int, state: GitState) -> None:
        """Record the working tree as it was when the turn started."""
        with self._database.transaction() as execute:
            execute(
                "UPDATE turns SET git_head = ?, git_dirty = ? WHERE session = ? AND turn = ?",
                (state.head, state.dirty, session, turn),
            )

    def set_outcome(self, session: str, turn: int, outcome: Outcome, source: str) -> None:
        """Record whether a turn did its job and who or what says so. Raises NotFound if there is no such turn."""
        with self._database.transaction() as execute:
            changed = execute(
                "UPDATE turns SET outcome = ?, outcome_source = ? WHERE session = ? AND turn = ?",
                (outcome, self._redact(source), session, turn),
            )
            if not changed.rowcount:
                raise NotFound("turn", f"{session}/{turn}", ())

    def session(self, id_or_prefix: str) -> SessionRow:
        """The session with this id, or the only one whose id begins so.

        Raises NotFound if there is none, UsageError if there are several.
        """
        rows = self._database.records(
            session_row,
            f"{SELECT_SESSION} WHERE substr(id, 1, length(?1)) = ?1 AND ?1 != '' ORDER BY id != ?1, updated DESC LIMIT 6",
            (id_or_prefix,),
        )
        if not rows:
            raise NotFound("session", id_or_prefix, (known.id for known in self.sessions(limit=1_000)))
        if len(rows) > 1 and rows[0].id != id_or_prefix:
            names = ", ".join(row.id for row in rows[:5]) + (", …" if len(rows) > 5 else "")
            raise UsageError(f"several sessions begin with {id_or_prefix!r}: {names}; give more of the id")
        return rows[0]

    def latest_session(self, workspace: str | None = None) -> SessionRow | None:
        """The session that was active last, in `workspace` if given."""
        order = "ORDER BY updated DESC, rowid DESC LIMIT 1"
        rows = self._database.records(
            session_row,
            f"{SELECT_SESSION} WHERE ?1 IS NULL OR workspace = ?1 {order}",
            (workspace and writable(workspace),),
        )
        return rows[0] if rows else None

    def sessions(self, limit: int = 50) -> tuple[SessionSummary, ...]:
        """The sessions, the one that was active last first."""
        return tuple(self._database.records(session_summary, SELECT_SUMMARIES, (limit,)))

    def turns(self, session: str) -> tuple[TurnRow, ...]:
        """The turns of a session in order."""
        return tuple(
            self._database.records(turn_row, f"{SELECT_TURN} WHERE session = ? ORDER BY turn", (session,))
        )

    def events(self, session: str, turn: int | None = None) -> tuple[Recorded, ...]:
        """The events of a session, or of one turn of it, in order."""
        where = "session = ?" if turn is None else "session = ? AND turn = ?"
        given = (session,) if turn is None else (session, turn)
        return tuple(self._database.records(recorded, f"{SELECT_EVENT} WHERE {where} ORDER BY id", given))

    def trust(self, session: str) -> Trust:
        """The least trust of all that a session has seen."""
        found = self._database.rows("SELECT DISTINCT trust FROM events WHERE session = ?", (session,))
        return least_trusted(*(level for (level,) in found))

    def external_windows(self, workspace: str) -> tuple[tuple[float, float], ...]:
        """When commands and tools with external output ran in `workspace`, as (start, end): the newest 2,000, newest first."""
        return tuple(self._database.rows(SELECT_EXTERNAL_WINDOWS, (writable(workspace), _MAX_WINDOWS)))

    def external_texts(self, session: str) -> tuple[str, ...]:
        """What other hosts said in a session, as far as tools gave it back, oldest first."""
        return tuple(text for (text,) in self._database.rows(SELECT_EXTERNAL_TEXTS, (session,)))

    def said(self, session: str) -> tuple[str, ...]:
        """What the user said in the last turn of a session: the request, and then what was said during the work."""
        records = self._database.records(recorded, SELECT_SAID, (session,))
        events = (record.event for record in records)
        return tuple(event.text for event in events if isinstance(event, TurnStarted | Attached))

    def last_usage(self, session: str) -> Usage | None:
        """What the last reply in a session cost; None if there is none, or the conversation was compacted since."""
        select = "SELECT role, input, cached, output, reasoning, cost_usd FROM steps"
        rows = self._database.rows(f"{select} WHERE session = ? ORDER BY event DESC LIMIT 1", (session,))
        return next((Usage(*usage) for role, *usage in rows if role != "routine"), None)

    def recall(self, query: str, session: str) -> tuple[Hit, ...]:
        """What fits `query` best of all that the model in `session` does not see: other sessions, and what was compacted."""
        rows = self._database.rows(SELECT_LAST_UNSEEN, (session,))
        since = rows[0][0] + 1 if rows else 0
        return search(self._database, query, Scope(exclude=session, since=since), _RECALLED)

    def search(
        self,
        query: str,
        *,
        session: str | None = None,
        project: str | None = None,
        exclude: str | None = None,
        limit: int = 10,
    ) -> tuple[Hit, ...]:
        """The messages that fit `query` best, of one session or project if given, never of the session `exclude`."""
        scope = Scope(session=session, project=project, exclude=exclude)
        return search(self._database, query, scope, limit)

    def _insert(self, execute: Execute, session: str, turn: int, step: int, event: AnyEvent) -> int:
        (number,) = execute(
            "SELECT coalesce(max(id), 0) + 1 FROM events WHERE session = ?", (session,)
        ).fetchone()
        trust = getattr(event, "trust", None) or _trust_so_far(execute, session, turn)
        said = message_of(event)
        position = execute(
            "INSERT INTO events (session, id, turn, step, at, type, trust, role, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(session, number, turn, step, self._clock.now(), event.__struct_config__.tag, trust),
                *(said and said.role, msgspec.json.encode(event).decode()),
            ),
        ).lastrowid
        if isinstance(event, StepFinished | Compacted):
            usage, role = event.usage, event.role if isinstance(event, StepFinished) else "routine"
            tokens = (usage.input, usage.cached, usage.output, usage.reasoning)
            execute(
                "INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (session, turn, step, number, event.model, event.seconds, *tokens, usage.cost_usd, role),
            )
        if said:
            execute(
                "INSERT INTO message_words (rowid, words) VALUES (?, ?)", (position, index_words(said.text))
            )
        assert isinstance(number, int)
        return number

    def _safe(self, value: Kept) -> Kept:
        return msgspec.convert(self._redacted(msgspec.to_builtins(value)), type(value))

    def _redacted(self, value: Any, key: str = "") -> Any:
        match value:
            case str():
                return writable(value if key in _VERBATIM_KEYS else self._redact(value))
            case dict():
                return {name: self._redacted(item, name) for name, item in value.items()}
            case list() | tuple():
                return [self._redacted(item, key) for item in value]
            case _:
                return value


def new_session_id(clock: Clock, rng: random.Random) -> str:
    """An id for a new session, such as `20261122-k3f2ab`: the user's date and 30 random bits."""
    return f"{local_date(clock):%Y%m%d}-{''.join(rng.choices(_BASE32, k=6))}"


def writable(text: str) -> str:
    """`text` with what UTF-8 cannot hold (lone surrogates, from bytes that were no text) written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def _title(text: str) -> str:
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return first if len(first) <= TITLE_CHARACTERS else first[: TITLE_CHARACTERS - 1].rstrip() + "…"


def _trust_so_far(execute: Execute, session: str, turn: int) -> str:
    """What the model had seen when it caused an event that has no trust of its own (a call that starts)."""
    found = execute(
        "SELECT trust FROM events WHERE session = ? AND turn = ? AND type = 'step_finished' ORDER BY id DESC LIMIT 1",
        (session, turn),
    ).fetchone()
    return str(found[0]) if found else "user"
