"""What the record says of tasks: those of a family, and those of a skill with how they were assigned to have it.

A turn counts once it has ended by itself: where the provider failed, no sandbox was to be had or the user stopped it, what
it took says nothing.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from hone.database import Database, Row
from hone.proof.values import Task

_ENDED = "turns.status IN ('answered', 'gave_up', 'limit')"
_TOOK = """
    turns.tool_calls, turns.errors, turns.input + turns.output, coalesce(turns.wall_s, 0), turns.cost_usd,
    CASE turns.outcome WHEN 'good' THEN 1 WHEN 'bad' THEN 0 END, coalesce(turns.model, '')
"""
_TAKEN = ("calls", "errors", "tokens", "seconds", "cost_usd", "success", "model")
_TASKS = f"""
    SELECT eligible.session, eligible.turn, turns.started, coalesce(families.alias_of, tasks.family), coins.arm, {_TOOK},
        loads.way IS NOT NULL, EXISTS (
            SELECT 1 FROM loads AS named WHERE named.session = eligible.session AND named.skill = eligible.skill
                AND named.way = 'named'),
        eligible.turn > (SELECT min(turn) FROM eligible AS all_of WHERE all_of.session = eligible.session
            AND all_of.skill = eligible.skill)
    FROM eligible
    JOIN turns ON turns.session = eligible.session AND turns.turn = eligible.turn
    JOIN coins ON coins.session = eligible.session AND coins.skill = eligible.skill
    JOIN tasks ON tasks.session = eligible.session AND tasks.turn = eligible.turn
    LEFT JOIN families ON families.id = tasks.family
    LEFT JOIN loads ON loads.session = eligible.session AND loads.turn = eligible.turn AND loads.skill = eligible.skill
    WHERE eligible.skill = ? AND turns.started >= ? AND {_ENDED}
    ORDER BY turns.started, eligible.session, eligible.turn
"""  # noqa: S608 - only literals of this module
_FAMILY_TASKS = f"""
    SELECT coalesce(families.alias_of, tasks.family) AS whole, tasks.session, tasks.turn, turns.started, turns.text, {_TOOK},
        turns.skills, coalesce(tasks.executor, '')
    FROM tasks
    JOIN turns ON turns.session = tasks.session AND turns.turn = tasks.turn
    LEFT JOIN families ON families.id = tasks.family
    WHERE {_ENDED} AND (?1 IS NULL OR whole = ?1)
    ORDER BY turns.started, tasks.session, tasks.turn
"""  # noqa: S608 - only literals of this module

_decode_names = msgspec.json.Decoder(tuple[str, ...]).decode


class FamilyTask(msgspec.Struct, frozen=True, kw_only=True):
    """A turn that has ended, as a task of its family; the fields as in `Task`. `skills` were loaded.

    `executor`: kept, returned, or empty where the main model worked.
    """

    family: str
    session: str
    turn: int
    at: float
    request: str
    calls: int
    errors: int
    tokens: int
    seconds: float
    cost_usd: float | None = None
    success: bool | None = None
    model: str = ""
    skills: tuple[str, ...] = ()
    executor: str = ""


def tasks_of(database: Database, skill: str, since: float = 0.0) -> tuple[Task, ...]:
    """The tasks that a skill was eligible for, the oldest first, from `since` (when it was created). Raises HomeError."""
    return tuple(database.records(_task, _TASKS, (skill, since)))


def family_tasks(database: Database, family: str | None = None) -> tuple[FamilyTask, ...]:
    """The tasks of a family, by default of all, the oldest first. Raises HomeError."""
    return tuple(database.records(_family_task, _FAMILY_TASKS, (family,)))


def _task(row: Row) -> Task:
    names = "session", "turn", "at", "family", "arm", *_TAKEN, "loaded", "named", "later"
    return msgspec.convert(_fields(names, row), Task)


def _family_task(row: Row) -> FamilyTask:
    names = "family", "session", "turn", "at", "request", *_TAKEN, "skills", "executor"
    fields = _fields(names, row)
    return msgspec.convert(fields | {"skills": _decode_names(fields["skills"])}, FamilyTask)


def _fields(names: Sequence[str], row: Row) -> dict[str, Any]:
    fields = dict(zip(names, row, strict=True))
    truths = {
        name: bool(fields[name])
        for name in ("success", "loaded", "named", "later")
        if fields.get(name) is not None
    }
    return fields | truths
