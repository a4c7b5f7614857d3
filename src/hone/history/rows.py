"""What the history gives back: sessions, turns, recorded events, and how each is made of a row of the database.

The order of a query's columns and its function below belong together.
"""

from typing import Any, Literal

import msgspec

from hone.events import AnyEvent, Outcome, Status
from hone.messages import ToolSpec, Trust, Usage

Origin = Literal["run", "repl", "api"]


class SessionInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What is fixed when a session begins. Prompt and tools are kept so that a resumed one sends the same prefix."""

    id: str
    cwd: str
    workspace: str
    origin: Origin
    system_prompt: str
    project: str | None = None  # its slug
    tools: tuple[ToolSpec, ...] = ()
    title: str = ""  # empty: the first line of the first message


class SessionRow(SessionInfo, frozen=True, kw_only=True):
    """A recorded session; times are seconds since the epoch."""

    created: float
    updated: float


class SessionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A session in a list. `status` is its last turn's: None if that runs or was killed. `cost_usd` None: not known."""

    id: str
    created: float
    updated: float
    title: str
    cwd: str
    project: str | None
    origin: Origin
    turns: int
    status: Status | None
    cost_usd: float | None


class TurnRow(msgspec.Struct, frozen=True, kw_only=True):
    """One turn and its sums. `finished`, `status` and `wall_s` are None while it runs, or if it was killed."""

    session: str
    turn: int
    started: float
    finished: float | None
    text: str
    status: Status | None
    answer: str
    reason: str
    outcome: Outcome
    outcome_source: str | None
    git_head: str | None
    git_dirty: bool | None
    model: str | None
    steps: int
    tool_calls: int
    errors: int
    usage: Usage
    wall_s: float | None
    skills: tuple[str, ...]


class Recorded(msgspec.Struct, frozen=True):
    """An event with its place: `id` is `e1`, `e2`, … within the session; `step` 0 is before the turn's first step."""

    id: str
    turn: int
    step: int
    at: float
    event: AnyEvent
    trust: Trust = "user"


SELECT_SESSION = (
    "SELECT id, created, updated, title, cwd, workspace, project, origin, system_prompt, tools FROM sessions"
)
SELECT_TURN = """
    SELECT session, turn, started, finished, text, status, answer, reason, outcome, outcome_source, git_head, model,
        steps, tool_calls, errors, wall_s, git_dirty, skills, input, cached, output, reasoning, cost_usd
    FROM turns
"""
_PLAIN_TURN_FIELDS = (
    *(
        "session",
        "turn",
        "started",
        "finished",
        "text",
        "status",
        "answer",
        "reason",
        "outcome",
        "outcome_source",
    ),
    *("git_head", "model", "steps", "tool_calls", "errors", "wall_s"),
)
SELECT_EVENT = "SELECT id, turn, step, at, trust, data FROM events"
# The tools that are left out write no files. A busy machine may record an end late, so that the end less the seconds is after the start; the start was recorded too.
SELECT_EXTERNAL_WINDOWS = """
    SELECT min(at - json_extract(data, '$.seconds'), coalesce((
        SELECT started.at FROM events AS started
        WHERE started.session = events.session AND started.id = events.id - 1 AND started.type = 'tool_started'
    ), at)), at
    FROM events
    WHERE type = 'tool_finished' AND trust = 'external'
        AND json_extract(data, '$.reply.name') NOT IN ('read', 'find', 'web_fetch', 'web_search', 'recall')
        AND (SELECT workspace FROM sessions WHERE id = session) = ?
    ORDER BY at DESC LIMIT ?
"""
SELECT_EXTERNAL_TEXTS = """
    SELECT json_extract(data, '$.reply.text') FROM events
    WHERE session = ? AND type = 'tool_finished' AND trust = 'external' ORDER BY id
"""
# As many messages behind the last compaction as it kept, and the one before these: what came until then, no model sees.
SELECT_LAST_UNSEEN = """
    SELECT id FROM events
    WHERE session = ?1 AND role IS NOT NULL AND id < (SELECT max(id) FROM events WHERE session = ?1 AND type = 'compacted')
    ORDER BY id DESC LIMIT 1 OFFSET coalesce((
        SELECT json_extract(data, '$.kept') FROM events WHERE session = ?1 AND type = 'compacted' ORDER BY id DESC LIMIT 1
    ), 0)
"""
SELECT_SAID = f"""
    {SELECT_EVENT} WHERE session = ?1 AND role = 'user'
        AND turn = (SELECT max(turn) FROM turns WHERE session = ?1) ORDER BY id
"""  # noqa: S608 - only literals of this module
SELECT_SUMMARIES = """
    SELECT id, created, updated, title, cwd, project, origin,
        (SELECT count(*) FROM turns WHERE session = sessions.id),
        (SELECT status FROM turns WHERE session = sessions.id ORDER BY turn DESC LIMIT 1),
        (SELECT CASE count(*) WHEN 0 THEN NULL WHEN count(cost) THEN total(cost) END FROM (
            SELECT CASE WHEN status IS NOT NULL THEN cost_usd ELSE (
                SELECT CASE count(*) WHEN count(cost_usd) THEN total(cost_usd) END
                FROM steps WHERE steps.session = turns.session AND steps.turn = turns.turn) END AS cost
            FROM turns WHERE session = sessions.id AND (status IS NOT NULL OR EXISTS (
                SELECT 1 FROM steps WHERE steps.session = turns.session AND steps.turn = turns.turn))))
    FROM sessions ORDER BY updated DESC, rowid DESC LIMIT ?
"""

_decode_specs = msgspec.json.Decoder(tuple[ToolSpec, ...]).decode
_decode_names = msgspec.json.Decoder(tuple[str, ...]).decode
_decode_event = msgspec.json.Decoder(AnyEvent).decode


def session_row(row: tuple[Any, ...]) -> SessionRow:
    """A session from `SELECT_SESSION`. Raises msgspec.DecodeError, as all these do."""
    names = "id", "created", "updated", "title", "cwd", "workspace", "project", "origin", "system_prompt"
    *plain, tools = row
    return msgspec.convert(dict(zip(names, plain, strict=True)) | {"tools": _decode_specs(tools)}, SessionRow)


def session_summary(row: tuple[Any, ...]) -> SessionSummary:
    """A line of the list from `SELECT_SUMMARIES`."""
    return msgspec.convert(dict(zip(SessionSummary.__struct_fields__, row, strict=True)), SessionSummary)


def turn_row(row: tuple[Any, ...]) -> TurnRow:
    """A turn from `SELECT_TURN`."""
    *plain, dirty, skills = row[: -len(Usage.__struct_fields__)]
    usage = dict(zip(Usage.__struct_fields__, row[-len(Usage.__struct_fields__) :], strict=True))
    fields = dict(zip(_PLAIN_TURN_FIELDS, plain, strict=True))
    fields |= {
        "usage": usage,
        "skills": _decode_names(skills),
        "git_dirty": None if dirty is None else bool(dirty),
    }
    return msgspec.convert(fields, TurnRow)


def recorded(row: tuple[Any, ...]) -> Recorded:
    """An event from `SELECT_EVENT`."""
    number, turn, step, at, trust, data = row
    return Recorded(f"e{number}", turn, step, at, _decode_event(data), trust)
