"""Receipts: for each skill what it saved, by what evidence, and what it cost to learn. Read from the record; nothing is decided here."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from hone.database import Database
from hone.proof.pooling import observed, savings_of_all
from hone.proof.record import FamilyTask, family_tasks, tasks_of
from hone.proof.replays import Replayed, replayed
from hone.proof.trials import quarantined
from hone.proof.values import LOOKS, Look, Saving, Task
from hone.skills.home_cache import read_home
from hone.skills.read import Skill

_COSTS = """
    SELECT changes.target, count(*), sum((input + output) * 1.0 / shares.count), total(cost_usd / shares.count),
        count(cost_usd) = count(*)
    FROM learning_spend
    JOIN (SELECT DISTINCT nudge, target FROM changes WHERE nudge IS NOT NULL) AS changes ON changes.nudge = learning_spend.nudge
    JOIN (SELECT nudge, count(DISTINCT target) AS count FROM changes WHERE nudge IS NOT NULL GROUP BY nudge) AS shares
        ON shares.nudge = learning_spend.nudge
    WHERE purpose != 'reserved' GROUP BY 1
"""
_LEARNED = (
    "SELECT DISTINCT target FROM changes WHERE op = 'create' AND origin != 'user' AND status = 'applied'"
)
_CREATED = "SELECT target, max(at) FROM changes WHERE op = 'create' AND status = 'applied' GROUP BY 1"
_WRITERS = """
    SELECT target, json_extract(data, '$.model') FROM changes
    WHERE op IN ('create', 'revise') AND status = 'applied' AND json_extract(data, '$.model') IS NOT NULL ORDER BY position
"""
_LOADS = "SELECT skill, count(*), sum(misfired) FROM loads GROUP BY 1"
_LOOKS = "SELECT data FROM looks WHERE skill = ? AND since = ? ORDER BY tasks"
_decode_look = msgspec.json.Decoder(Look).decode


class Cost(msgspec.Struct, frozen=True):
    """What it took to write and revise a skill, its share of reviews that wrote more; `cost_usd` None: a price is not known."""

    requests: int = 0
    tokens: int = 0
    cost_usd: float | None = 0.0


class ExecutorUse(msgspec.Struct, frozen=True):
    """How many tasks with the skill went to the role `executor`, and how many of them it gave back."""

    tasks: int = 0
    returned: int = 0


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a skill. `since` is when it was created (seconds since the epoch, 0: not known).

    Of the `eligible` tasks the `first` and `always` are no part of the analysis, nor those of sessions where it was
    `named`, nor the `later` ones of a session with a coin. `savings` are by assignment, `observed` before and after. `verdict` is a look's, `observed` without one.
    `break_even`: the tasks after which learning has paid; None: it never will, or too little is known.
    """

    skill: str
    status: str
    since: float
    written_by: str | None
    used_by: dict[str, int]
    families: tuple[str, ...]
    loads: int
    misfires: int
    quarantined: bool
    eligible: int
    first: int
    with_skill: int
    without: int
    always: int
    named: int
    later: int
    savings: tuple[Saving, ...]
    observed: tuple[Saving, ...]
    looks: tuple[Look, ...]
    next_look: int | None
    verdict: str
    cost: Cost
    saved_tokens: float | None
    net_tokens: float | None
    break_even: int | None
    executor: ExecutorUse
    replay: Replayed | None


def receipts(database: Database, home: Path) -> tuple[Receipt, ...]:
    """A receipt for each skill of the home, and for each that was used and is gone. Raises HomeError."""
    return _Books(database, home).receipts()


def created(database: Database) -> Mapping[str, float]:
    """When each skill was created by a change, by its name."""
    return {_name(target): at for target, at in database.rows(_CREATED)}


def learned(database: Database) -> frozenset[str]:
    """The names of the skills that hone wrote."""
    return frozenset(_name(target) for (target,) in database.rows(_LEARNED))


def looks_at(database: Database, skill: str, since: float) -> tuple[Look, ...]:
    """The looks that were made at a skill since it was created, in order."""
    return tuple(database.records(lambda row: _decode_look(row[0]), _LOOKS, (skill, since)))


class _Books:
    """What all receipts are made of, read once."""

    def __init__(self, database: Database, home: Path) -> None:
        self._database = database
        self._skills = {each.name: each for each in read_home(home) if isinstance(each, Skill)}
        self._created = created(database)
        self._loads = {skill: (loads, bad) for skill, loads, bad in database.rows(_LOADS)}
        self._costs = {
            _name(target): Cost(requests, round(tokens), usd if priced else None)
            for target, requests, tokens, usd, priced in database.rows(_COSTS)
        }
        self._writers = {_name(target): str(model) for target, model in database.rows(_WRITERS)}
        self._all = family_tasks(database)
        self._quarantined = quarantined(database, self._skills.values())
        names = [*self._skills, *(name for name in self._loads if name not in self._skills)]
        self._tasks = {name: tasks_of(database, name, self._created.get(name, 0.0)) for name in names}
        self._savings = savings_of_all(self._tasks)
        self._of_family = _grouped(self._all, lambda task: (task.family,))
        self._with = _grouped(self._all, lambda task: task.skills)

    def receipts(self) -> tuple[Receipt, ...]:
        return tuple(map(self._receipt, self._tasks))

    def _receipt(self, name: str) -> Receipt:
        skill, tasks, since = self._skills.get(name), self._tasks[name], self._created.get(name, 0.0)
        arms = Counter(map(_part, tasks))
        loads, misfires = self._loads.get(name, (0, 0))
        with_it = self._with.get(name, [])
        saved = self._savings[name]
        looks = looks_at(self._database, name, since)
        cost = self._costs.get(name, Cost())
        by_coin = next((each for each in saved if each.measure == "tokens"), None)
        in_all = by_coin.saved * len(with_it) if by_coin and arms["without"] else None
        families = dict.fromkeys([*(each.family for each in tasks), *(each.family for each in with_it)])
        judged = arms["with"] + arms["without"]
        return Receipt(
            skill=name,
            status=skill.status if skill else "retired",
            since=since,
            written_by=self._writers.get(name),
            used_by=dict(Counter(each.model for each in with_it if each.model)),
            families=tuple(families),
            loads=loads,
            misfires=misfires,
            quarantined=name in self._quarantined,
            eligible=len(tasks),
            first=arms["first"],
            with_skill=arms["with"],
            without=arms["without"],
            always=arms["always"],
            named=arms["named"],
            later=arms["later"],
            savings=saved,
            observed=self._observed(families, name, since),
            looks=looks,
            next_look=_next_look(skill, looks, judged),
            verdict=looks[-1].verdict if looks else "go_on" if judged else "observed",
            cost=cost,
            saved_tokens=in_all,
            net_tokens=None if in_all is None else in_all - cost.tokens,
            break_even=_break_even(by_coin, cost) if arms["without"] else None,
            executor=ExecutorUse(
                sum(bool(each.executor) for each in with_it),
                sum(each.executor == "returned" for each in with_it),
            ),
            replay=replayed(self._database, name, skill),
        )

    def _observed(self, families: Iterable[str], name: str, since: float) -> tuple[Saving, ...]:
        """What its families' tasks took before it was there, and with it since."""
        of_families = [each for family in families for each in self._of_family.get(family, ())]
        before = [each for each in of_families if each.at < since]
        after = [each for each in of_families if each.at >= since and name in each.skills]
        return observed(list(map(_as_task, before)), list(map(_as_task, after)))


def _part(task: Task) -> str:
    """What it counts as."""
    if task.named:
        return "named"
    return "later" if task.later and task.arm in ("with", "without") else task.arm


def _next_look(skill: Skill | None, looks: Sequence[Look], judged: int) -> int | None:
    """After how many tasks; None if there will be none."""
    is_decided = bool(looks) and looks[-1].verdict != "go_on"
    if skill is None or skill.status != "trial" or is_decided:
        return None
    return next((each for each in LOOKS if each > judged), None)


def _grouped(
    tasks: Iterable[FamilyTask], keys: Callable[[FamilyTask], Iterable[str]]
) -> dict[str, list[FamilyTask]]:
    groups: dict[str, list[FamilyTask]] = {}
    for task in tasks:
        for key in keys(task):
            groups.setdefault(key, []).append(task)
    return groups


def _break_even(saving: Saving | None, cost: Cost) -> int | None:
    if saving is None or saving.saved <= 0:
        return None
    return math.ceil(cost.tokens / saving.saved)


def _as_task(task: FamilyTask) -> Task:
    shared = {name: getattr(task, name) for name in Task.__struct_fields__ if hasattr(task, name)}
    return Task(**shared, arm="always")


def _name(target: str) -> str:
    return target.split("/")[1] if target.startswith("skills/") else ""
