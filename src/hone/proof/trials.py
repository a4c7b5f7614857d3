"""The control arm: before a turn's first request a coin decides whether a skill on trial takes part; after it, what came of it.

One coin for a session and a skill. All that is recorded here is what `hone.proof.record` gives back.
"""

import random
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from hone.clock import Clock
from hone.database import Database, Execute
from hone.events import AnyEvent, Attached, StepFinished, ToolFinished, TurnFinished
from hone.messages import ToolCall
from hone.models.executor import Executor
from hone.proof.families import Families, touched
from hone.proof.values import FIRST_TASKS, Arm
from hone.skills.discover import Library
from hone.skills.read import Skill, version_of

Way = Literal["attached", "late", "asked", "named"]
"""How a skill was loaded: unasked at the start of a turn, or in its middle; by the model; by a person."""

LAST_LOADS = 3
MISFIRES = 2
"""So many misfires in the last so many loads, and a skill is not offered until it is changed."""

_QUARANTINES = """
    SELECT skill, sha256, max(at), session, turn FROM quarantines
    WHERE NOT EXISTS (
        SELECT 1 FROM changes WHERE changes.target = quarantines.target AND changes.status = 'applied'
            AND changes.at > quarantines.at AND changes.op IN ('restore', 'undo')
    ) GROUP BY skill
"""
_EARLIER = """
    SELECT count(*) FROM eligible JOIN tasks ON tasks.session = eligible.session AND tasks.turn = eligible.turn
    WHERE skill = ?1 AND eligible.session != ?2 AND tasks.at > coalesce((
        SELECT max(at) FROM changes WHERE target = ?3 AND status = 'applied' AND op = 'create'
    ), 0)
"""
_DECIDED = """
    SELECT 1 FROM looks WHERE skill = ?1 AND verdict != 'go_on' AND since = coalesce((
        SELECT max(at) FROM changes WHERE target = ?2 AND status = 'applied' AND op = 'create'
    ), 0)
"""
_LAST_LOADS = """
    SELECT misfired FROM loads WHERE skill = ? AND version = ? AND way != 'named'
    ORDER BY at DESC, session DESC, turn DESC LIMIT ?
"""

_TAUGHT = """
    SELECT DISTINCT changes.target FROM changes
    JOIN tasks ON tasks.session = changes.session AND tasks.turn = changes.turn
    LEFT JOIN families ON families.id = tasks.family
    WHERE coalesce(families.alias_of, tasks.family) = ? AND changes.status = 'applied'
        AND changes.op IN ('create', 'revise') AND changes.target LIKE 'skills/%' AND NOT EXISTS (
            SELECT 1 FROM loads WHERE loads.session = changes.session AND loads.turn = changes.turn
                AND changes.target = 'skills/' || loads.skill || '/SKILL.md'
        )
"""


class Candidate(msgspec.Struct, frozen=True):
    """The skill that a request is clearly about. Only one on trial is subject to the coin."""

    skill: str
    score: float
    on_trial: bool
    target: str


class Quarantine(msgspec.Struct, frozen=True):
    """Why a skill is not offered: what it said then, since when, and after which turn."""

    sha256: str
    at: float
    session: str
    turn: int


class Trials:
    """The tasks of one session. `share` is the chance that it goes without a skill on trial, None: nothing is recorded;
    `named` are the skills that a person asked for by name, `executor` is who may do some of the tasks. Methods raise HomeError.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        rng: random.Random,
        place: tuple[str, str | None],  # session and project
        share: float | None,
    ) -> None:
        self.named: set[str] = set()
        self.executor: Executor | None = None
        self._database = database
        self._clock = clock
        self._rng = rng
        self._session, self._project = place
        self._share = share
        self._library = Library()
        self._families = Families(clock, rng)

    def gave_back(self) -> bool:
        """Whether the executor gave back a task of this session."""
        sql = "SELECT 1 FROM tasks WHERE session = ? AND executor = 'returned'"
        return bool(self._database.rows(sql, (self._session,)))

    def set_aside(self, library: Library) -> frozenset[str]:
        """The skills of `library` that are not offered, because of what they led to; a pinned one is the user's business."""
        self._library = library
        return frozenset(quarantined(self._database, library.skills))

    def withheld(self) -> frozenset[str]:
        """The skills that the session has to do without, by coins that have fallen."""
        select = "SELECT skill FROM coins WHERE session = ? AND arm = 'without'"
        return frozenset(skill for (skill,) in self._database.rows(select, (self._session,)))

    def taught_by_kind(self, request: str) -> frozenset[str]:
        """The files of skills (`skills/NAME/SKILL.md`) that came of earlier tasks of this kind, done without them."""
        with self._database.transaction() as execute:
            family = self._families.nearest(execute, self._project, request)
            rows = execute(_TAUGHT, (family,)).fetchall() if family else ()
        return frozenset(target for (target,) in rows)

    def begin(self, request: str, candidate: Candidate | None) -> bool:
        """Record the task that is about to begin; whether it has to do without the candidate."""
        if self._share is None:
            return False
        with self._database.transaction() as execute:
            (turn,) = execute(
                "SELECT coalesce(max(turn), 0) + 1 FROM turns WHERE session = ?", (self._session,)
            ).fetchone()
            family = self._families.assign(execute, self._project, request)
            task = self._session, turn, self._clock.now(), family
            execute("INSERT OR REPLACE INTO tasks VALUES (?, ?, ?, ?, NULL)", task)
            if candidate is None:
                return False
            eligible = self._session, turn, candidate.skill, candidate.score
            execute("INSERT OR REPLACE INTO eligible VALUES (?, ?, ?, ?)", eligible)
            return self._arm(execute, candidate) == "without"

    def finish(
        self, execute: Execute, finished: TurnFinished, events: Sequence[AnyEvent], misfired: Collection[str]
    ) -> None:
        """Record which skills the turn had, and that some of them led to failures."""
        turn, now = finished.turn, self._clock.now()
        ways = {name: "named" if name in self.named else way for name, way in _ways(events)}
        for name, way in ways.items():
            version = version_of(self._skill(name))
            load = self._session, turn, name, now, way, name in misfired, version
            execute("INSERT OR REPLACE INTO loads VALUES (?, ?, ?, ?, ?, ?, ?)", load)
        for name in misfired:
            if name not in ways:  # it has been in the conversation since an earlier turn
                execute(
                    "UPDATE loads SET misfired = 1 WHERE session = ?1 AND skill = ?2 AND turn = "
                    "(SELECT max(turn) FROM loads WHERE session = ?1 AND skill = ?2)",
                    (self._session, name),
                )
            self._quarantine(execute, name, turn)
        if self.executor is not None and self.executor.use:
            execute(
                "UPDATE tasks SET executor = ? WHERE session = ? AND turn = ?",
                (self.executor.use, self._session, turn),
            )
        family = execute(
            "SELECT family FROM tasks WHERE session = ? AND turn = ?", (self._session, turn)
        ).fetchone()
        if family:
            self._families.learn(execute, family[0], touched(*_worked_on(events)))

    def _arm(self, execute: Execute, candidate: Candidate) -> Arm:
        known = execute(
            "SELECT arm FROM coins WHERE session = ? AND skill = ?", (self._session, candidate.skill)
        ).fetchone()
        if known:
            arm: Arm = known[0]
            return arm
        arm = self._flipped(execute, candidate)
        coin = self._session, candidate.skill, arm, self._share, self._clock.now()
        execute("INSERT INTO coins VALUES (?, ?, ?, ?, ?)", coin)
        return arm

    def _flipped(self, execute: Execute, candidate: Candidate) -> Arm:
        if not candidate.on_trial or not self._share:
            return "always"
        if execute(_DECIDED, (candidate.skill, candidate.target)).fetchone():  # and taken back, or on hold
            return "always"
        (before,) = execute(_EARLIER, (candidate.skill, self._session, candidate.target)).fetchone()
        if before < FIRST_TASKS:
            return "first"
        return "without" if self._rng.random() < self._share else "with"

    def _skill(self, name: str) -> Skill | None:
        return next((each for each in self._library.skills if each.name == name), None)

    def _quarantine(self, execute: Execute, skill: str, turn: int) -> None:
        found = self._skill(skill)
        if found is None or not _may_be_set_aside(found):
            return
        version = version_of(found)
        last = execute(_LAST_LOADS, (skill, version, LAST_LOADS)).fetchall()
        if sum(bad for (bad,) in last) >= MISFIRES:
            row = skill, target_of(found), version, self._clock.now(), self._session, turn
            execute(
                "INSERT INTO quarantines (skill, target, sha256, at, session, turn) VALUES (?, ?, ?, ?, ?, ?)",
                row,
            )


def quarantined(database: Database, skills: Iterable[Skill]) -> Mapping[str, Quarantine]:
    """Which of `skills` are not offered until somebody changes what they say. Raises HomeError."""
    rows = {name: Quarantine(*row) for name, *row in database.rows(_QUARANTINES)}
    if not rows:
        return {}
    return {
        each.name: rows[each.name]
        for each in skills
        if each.name in rows and _may_be_set_aside(each) and version_of(each) == rows[each.name].sha256
    }


def target_of(skill: Skill) -> str:
    """The file of a skill in the home, as changes name it."""
    return f"skills/{Path(skill.directory).name}/SKILL.md"


def _may_be_set_aside(skill: Skill) -> bool:
    """A pinned one is the user's business; what lies elsewhere is others' too."""
    return skill.source == "home" and not skill.pinned


def _ways(events: Sequence[AnyEvent]) -> Iterator[tuple[str, Way]]:
    """The skills that were loaded, each once, the first way that it came."""
    asked: dict[str, ToolCall] = {}
    found: dict[str, Way] = {}
    working = False
    for event in events:
        match event:
            case Attached(kind="skill", name=name):
                found.setdefault(name, "late" if working else "attached")
            case StepFinished():
                working = True
                asked = {call.id: call for call in event.message.tool_calls if call.name == "skill"}
            case ToolFinished(reply=reply) if reply.ok and reply.call_id in asked:
                arguments = msgspec.json.decode(asked[reply.call_id].arguments)
                found.setdefault(str(arguments["name"]), "asked")
            case _:
                pass
    yield from found.items()


def _worked_on(events: Sequence[AnyEvent]) -> tuple[list[str], list[str]]:
    """The commands that were run and the paths that were named."""
    commands: list[str] = []
    paths: list[str] = []
    for event in events:
        if isinstance(event, StepFinished):
            for call in event.message.tool_calls:
                arguments = _arguments(call)
                commands += [text for text in [arguments.get("command")] if isinstance(text, str)]
                paths += [text for text in [arguments.get("path")] if isinstance(text, str)]
    return commands, paths


def _arguments(call: ToolCall) -> dict[str, object]:
    try:
        return msgspec.json.decode(call.arguments, type=dict[str, object])
    except msgspec.DecodeError:  # what a model wrote
        return {}
