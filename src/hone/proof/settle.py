"""What follows from the record: looks at skills on trial that are due, and what they change; skills in quarantine that nobody mended.

Plain code, in the background. The changes go through the one door, as everybody's do.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from hone.changes.change import AnyOp, Archive, Change, SetStatus
from hone.clock import Clock
from hone.database import Database
from hone.proof.receipts import created, learned, looks_at
from hone.proof.record import tasks_of
from hone.proof.rule import due, look
from hone.proof.trials import LAST_LOADS, MISFIRES, Quarantine, quarantined, target_of
from hone.proof.values import Look, Measure, Task
from hone.skills.read import Skill

_WITH_COIN = """
    SELECT eligible.skill, count(*) FROM eligible
    JOIN coins ON coins.session = eligible.session AND coins.skill = eligible.skill
    WHERE coins.arm IN ('with', 'without') GROUP BY 1
"""
_EARLIER = "SELECT count(*) FROM quarantines WHERE skill = ? AND at < ? AND at > ?"
_REVIEWED = "SELECT 1 FROM nudges WHERE session = ?1 AND first_turn <= ?2 AND turn >= ?2 AND state = 'done' AND finished >= ?3"
_PROPOSED = "SELECT 1 FROM changes WHERE target = ? AND op = ? AND at >= ?"
_MISFIRED = f"{MISFIRES} of its last {LAST_LOADS} uses led to failures"


def settle(database: Database, skills: Iterable[Skill], clock: Clock) -> tuple[Change, ...]:
    """Make the looks that are due, each once, and return the changes that follow. Raises HomeError.

    Only skills in the home that are not pinned are changed: the others are the user's.
    """
    ours = {each.name: each for each in skills if each.source == "home" and not each.pinned}
    return (*_looked_at(database, ours, clock), *_given_up(database, ours))


def _looked_at(database: Database, skills: Mapping[str, Skill], clock: Clock) -> Iterator[Change]:
    for name, count in database.rows(_WITH_COIN):
        skill = skills.get(name)
        if skill is None or skill.status != "trial" or not due(count, ()):
            continue
        since = created(database).get(name, 0.0)
        tasks = [each for each in tasks_of(database, name, since) if each.is_judged]
        looked = looks_at(database, name, since)
        for number in due(len(tasks), [each.tasks for each in looked]):
            if looked and looked[-1].verdict != "go_on":
                break  # what was decided is not asked again, whoever took it back, and however many tasks came meanwhile
            looked = (*looked, msgspec.structs.replace(look(tasks, number), at=clock.now()))
            _record(database, (name, since), looked[-1])
        last = looked[-1] if looked else None
        if last and (op := _consequence(last)) and not _proposed(database, skill, op, last.at):
            yield _change(skill, op, _said(last) + _where(tasks[: last.tasks]))


def _consequence(found: Look) -> AnyOp | None:
    match found.verdict:
        case "proven":
            return SetStatus("proven")
        case "undecided":
            return SetStatus("undecided")
        case "harmful":
            return Archive()
        case _:
            return None


def _where(tasks: Sequence[Task]) -> str:
    """Of which sessions it came; of none if they were taken out of the record since."""
    return f" (sessions {tasks[0].session} to {tasks[-1].session})" if tasks else ""


def _said(found: Look) -> str:
    match found.verdict:
        case "proven":
            return f"after {found.tasks} tasks it saves {_named(found.better)}"
        case "harmful":
            return f"after {found.tasks} tasks it makes {_named(found.worse)} worse"
        case _:
            return f"after {found.tasks} tasks nobody can say whether it helps"


def _named(chances: Mapping[Measure, float]) -> str:
    return min(chances, key=lambda measure: chances[measure], default="work")


def _given_up(database: Database, skills: Mapping[str, Skill]) -> Iterator[Change]:
    """Skills in quarantine that were revised before in vain, or that a review left as they are.

    What a person wrote, and did not put on trial, stays in quarantine, and in its place.
    """
    made, ours = created(database), learned(database)
    for name, since in quarantined(database, skills.values()).items():
        skill = skills[name]
        is_learned = skill.status == "trial" or name in ours
        if not is_learned or _proposed(database, skill, Archive(), since.at):
            continue
        ((earlier,),) = database.rows(_EARLIER, (name, since.at, made.get(name, 0.0)))
        if earlier:
            yield _change(skill, Archive(), f"{_MISFIRED}, again after it was revised ({_after(since)})")
        elif database.rows(_REVIEWED, (since.session, since.turn, since.at)):
            yield _change(skill, Archive(), f"{_MISFIRED}, and a review did not mend it ({_after(since)})")


def _after(since: Quarantine) -> str:
    return f"the last in session {since.session}"


def _proposed(database: Database, skill: Skill, op: AnyOp, since: float) -> bool:
    """Whether that was proposed already: whatever became of it, it stands."""
    return bool(database.rows(_PROPOSED, (target_of(skill), op.__struct_config__.tag, since)))


def _change(skill: Skill, op: AnyOp, note: str) -> Change:
    return Change(target=target_of(skill), ops=(op,), origin="review", trust="workspace", note=note)


def _record(database: Database, which: tuple[str, float], found: Look) -> None:
    data = msgspec.json.encode(found).decode()
    with database.transaction() as execute:
        execute(
            "INSERT OR IGNORE INTO looks VALUES (?, ?, ?, ?, ?, ?)",
            (*which, found.tasks, found.at, found.verdict, data),
        )
