"""A gotcha that is read and not heeded gets a tripwire: proposals made by plain code, in the background.

Which mistakes were repeated is `hone.learning.repeated`'s part; the gate has the last word, as on every change.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from hone.changes.change import AddGotcha, AnyOp, Change, Create, Facts, Gotcha, ReplaceGotcha, Tried
from hone.changes.ledger import Ledger
from hone.changes.sidecars import hash_of_gotcha
from hone.database import Database
from hone.errors import UsageError
from hone.history.store import History
from hone.history.tripped import recent_turns
from hone.learning.repeated import Repetition, TurnRecord, repeated, told_by
from hone.learning.tried import facts_of
from hone.messages import least_trusted
from hone.skills.read import Skill, read_file

_TURNS = 30
"""So many turns are looked at, the newest that had the skill."""

_NEWEST = """
    SELECT turns.session, turns.turn FROM turns
    JOIN (SELECT session, min(turn) AS first FROM loads WHERE skill = ? GROUP BY session) AS loaded
        ON loaded.session = turns.session AND loaded.first <= turns.turn
    WHERE turns.status IS NOT NULL
    ORDER BY turns.started DESC, turns.session DESC, turns.turn DESC LIMIT ?
"""


def changes_for(history: History, database: Database, skill: Skill) -> tuple[tuple[Change, Facts], ...]:
    """A change for each gotcha of `skill` whose mistake was made in two turns that had read it, and what the gate may know.

    None where a tripwire for that gotcha was ever proposed: what was decided about it stands. Only for skills of the home
    that are neither pinned nor retired. Raises HomeError.
    """
    if skill.source != "home" or skill.pinned or skill.status == "retired":
        return ()
    turns = _turns(history, database, skill.name)
    if len(turns) < 2:
        return ()
    try:
        found = repeated(turns, skill, read_file(skill.path)[0])
    except UsageError:  # it went or broke: nothing can be added to it
        return ()
    target = f"skills/{Path(skill.directory).name}/SKILL.md"
    decided = set(_decided(Ledger(database), target)) if found else set()
    changes = (_change(each, target) for each in found if hash_of_gotcha(each.gotcha) not in decided)
    return tuple((change, _facts(history, database, change)) for change in changes)


def _turns(history: History, database: Database, skill: str) -> tuple[TurnRecord, ...]:
    """The turns that had the skill, newest first."""
    told: dict[str, str] = {}
    records: list[TurnRecord] = []
    for session, turn in reversed(database.rows(_NEWEST, (skill, _TURNS))):
        record = TurnRecord(session, turn, history.events(session, turn), told.get(session, ""))
        told[session] = told_by(record, skill)
        records.append(record)
    return tuple(reversed(records))


def _decided(ledger: Ledger, target: str) -> Iterator[str]:
    """The hashes of the gotchas for which a tripwire was ever proposed, whatever became of it."""
    for row in ledger.rows(target=target):
        for op in row.change.ops:
            for gotcha in _carried_by(op):
                if gotcha.tripwire is not None:
                    yield hash_of_gotcha(gotcha.text)


def _carried_by(op: AnyOp) -> Sequence[Gotcha | AddGotcha | ReplaceGotcha]:
    match op:
        case Create(gotchas=gotchas):
            return gotchas
        case AddGotcha() | ReplaceGotcha():
            return (op,)
        case _:
            return ()


def _change(found: Repetition, target: str) -> Change:
    """The gotcha stays word for word; only hone.yaml changes."""
    newest = found.mistakes[0]
    evidence = newest.episode.events
    op = ReplaceGotcha(found.gotcha, found.gotcha, evidence, found.condition)
    turns = dict.fromkeys(f"session {each.session} turn {each.turn}" for each in found.mistakes)
    return Change(
        target=target,
        ops=(op,),
        origin="review",
        evidence=evidence,
        trust=least_trusted("workspace", *(each.trust for each in found.mistakes)),
        session=newest.session,
        turn=newest.turn,
        note=f"the mistake was made again in {len(turns)} turns that had read of it: {', '.join(turns)}",
    )


def _facts(history: History, database: Database, change: Change) -> Facts:
    """What was done in the turn of the newest mistake, and in the turns of its workspace."""
    assert change.session is not None
    turns = recent_turns(database, history.session(change.session).workspace)
    worked = [tuple(Tried(*msgspec.structs.astuple(each)) for each in turn) for turn in turns]
    return facts_of(history.events(change.session, change.turn), worked)
