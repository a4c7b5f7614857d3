"""Which recorded tasks can be done again to see whether a skill helps, and in which order. Doing it is `hone.proving`'s part."""

import random
from collections.abc import Collection, Iterable, Iterator, Sequence

import msgspec

from hone.database import Database, Row
from hone.proof.replays import Replay, Side

_RECORDED = """
    WITH marks AS (
        SELECT session, turn FROM eligible WHERE skill = ?1
        UNION SELECT session, turn FROM loads WHERE skill = ?1
        UNION SELECT session, turn FROM changes WHERE target = ?2 AND status = 'applied'
    ), wanted AS (
        SELECT coalesce(alias_of, id) AS id FROM families WHERE id IN (
            SELECT family FROM tasks JOIN marks ON marks.session = tasks.session AND marks.turn = tasks.turn
        )
    ), taught AS (
        SELECT changes.session, coalesce(nudges.first_turn, changes.turn) AS first, changes.turn AS last
        FROM changes LEFT JOIN nudges ON nudges.id = changes.nudge
        WHERE target = ?2 AND status = 'applied' AND changes.session IS NOT NULL
    )
    SELECT turns.session, turns.turn, turns.text, turns.input + turns.output, sessions.cwd, sessions.workspace,
        sessions.project, turns.git_head, checkpoints.before, checkpoints.skipped, checks.command,
        (SELECT json_group_array(DISTINCT json_extract(data, '$.call.name')) FROM events
            WHERE events.session = turns.session AND events.turn = turns.turn AND type = 'tool_started'),
        EXISTS (SELECT 1 FROM taught
            WHERE taught.session = turns.session AND turns.turn BETWEEN taught.first AND taught.last)
    FROM tasks
    JOIN turns ON turns.session = tasks.session AND turns.turn = tasks.turn
    JOIN sessions ON sessions.id = tasks.session
    LEFT JOIN families ON families.id = tasks.family
    LEFT JOIN checkpoints ON checkpoints.session = tasks.session AND checkpoints.turn = tasks.turn
    LEFT JOIN checks ON checks.session = tasks.session AND checks.turn = tasks.turn
    WHERE coalesce(families.alias_of, tasks.family) IN (SELECT id FROM wanted)
        AND turns.status IN ('answered', 'gave_up', 'limit')
    ORDER BY turns.started DESC, turns.session DESC, turns.turn DESC
"""

_decode_names = msgspec.json.Decoder(tuple[str, ...]).decode


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """A task of the skill's families as it was recorded, with what it takes to do it again.

    `head` is the commit that was checked out, `before` the tree of files before its first change and `skipped` why there
    is none, `check` the command that told whether it was done, `tools` what it called. `taught`: the skill came from it.
    """

    session: str
    turn: int
    request: str
    tokens: int
    cwd: str
    workspace: str
    project: str | None = None
    head: str | None = None
    before: str | None = None
    skipped: str | None = None
    check: str | None = None
    tools: tuple[str, ...] = ()
    taught: bool = False

    @property
    def used_the_web(self) -> bool:
        """Whether what it found outside may be different today."""
        return any(name.startswith("web_") for name in self.tools)


class Unfit(msgspec.Struct, frozen=True):
    """A recorded task that cannot be done again, and why."""

    task: Recorded
    reason: str


def recorded(database: Database, skill: str, target: str) -> tuple[Recorded, ...]:
    """The tasks of the families that the skill met or came from, the newest first; `target` is its file. Raises HomeError."""
    return tuple(database.records(_recorded, _RECORDED, (skill, target)))


def why_not(task: Recorded) -> str | None:
    """Why a task cannot be done again, as far as the record tells; None if it can."""
    if task.taught:
        return "the skill was learned from it"
    if task.turn > 1:
        return "it was not the first request of its session: what was said before belongs to it"
    if any(name.startswith("mcp") for name in task.tools):
        return "it used tools of an MCP server, which act outside of the copy"
    if task.before is None:
        return f"no snapshot: {task.skipped}" if task.skipped else "no snapshot: it changed nothing"
    return None


def sorted_out(tasks: Iterable[Recorded]) -> tuple[tuple[Recorded, ...], tuple[Unfit, ...]]:
    """The tasks that can be done again, each request once, and those that cannot."""
    fit: dict[str, Recorded] = {}
    unfit = []
    for task in tasks:
        request = " ".join(task.request.casefold().split())
        reason = why_not(task) or ("the same request as a newer one" if request in fit else None)
        if reason:
            unfit.append(Unfit(task, reason))
        else:
            fit[request] = task
    return tuple(fit.values()), tuple(unfit)


def in_order(
    tasks: Sequence[Recorded], repetitions: int, done: Collection[Replay], rng: random.Random
) -> tuple[tuple[Recorded, Replay], ...]:
    """The replays that are left. Of each pair the side that begins alternates, so that time favours none."""
    first: Side = rng.choice(("with", "without"))
    every: list[tuple[Recorded, Replay]] = []
    for repetition in range(1, repetitions + 1):
        for task in tasks:
            every += [(task, Replay(task.session, task.turn, side, repetition)) for side in _pair(first)]
            first = "without" if first == "with" else "with"
    return tuple(each for each in every if each[1] not in done)


def _pair(first: Side) -> Iterator[Side]:
    yield first
    yield "without" if first == "with" else "with"


def _recorded(row: Row) -> Recorded:
    *fields, tools, taught = row
    names = Recorded.__struct_fields__
    values = (*fields, _decode_names(tools), bool(taught))
    return msgspec.convert(dict(zip(names, values, strict=True)), Recorded)
