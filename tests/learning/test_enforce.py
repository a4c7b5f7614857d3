"""A gotcha that was read twice and not heeded is given a tripwire, through the door, once."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.changes.homes import CREATE, DEPLOY, Home, opened
from tests.learning.test_repeated import AGAIN, HEALTH, WRONG, loaded
from tests.learning.traces import Did, finished, trace

from hone.changes.change import (
    AddGotcha,
    Change,
    Gotcha,
    Outcome,
    Pin,
    ReplaceGotcha,
    RetireTripwire,
)
from hone.clock import SystemClock
from hone.events import TurnStarted
from hone.history.rows import SessionInfo
from hone.history.store import History
from hone.learning.enforce import changes_for
from hone.skills.read import Skill, read_skill
from hone.skills.tripwires import Condition

SKILL = f"""---
name: deploy
description: Deploys the shop.
---

# Deploy

## Steps

1. Ask for its health.

## Gotchas

- {HEALTH}
"""


class Shop:
    """A home with a skill whose tasks are recorded as they were done."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.history = History(home.database, str, SystemClock())
        home.write(DEPLOY, SKILL)
        home.write("skills/deploy/hone.yaml", "v: 1\nstatus: proven\n")
        home.door.scan()

    def task(self, session: str, *did: Did, reads: bool = True, ends: bool = True) -> None:
        """A turn of `session`, which may begin with the skill."""
        if session not in {each.id for each in self.history.sessions()}:
            self.history.open_session(
                SessionInfo(id=session, cwd="/w", workspace="/w", origin="run", system_prompt="be good")
            )
        first, *rest = trace(*((loaded(HEALTH),) if reads else ()), *did)
        assert isinstance(first.event, TurnStarted)
        turn = self.history.start_turn(session, first.event)
        for each in rest:
            self.history.append(session, turn, each.step, each.event)
        if reads:
            with self.home.database.transaction() as execute:
                execute(
                    "INSERT INTO loads (session, turn, skill, at, way, misfired, version) "
                    "VALUES (?, ?, 'deploy', 0, 'attached', 0, '')",
                    (session, turn),
                )
        if ends:
            self.history.finish_turn(session, turn, finished(rest, turn=turn))

    @property
    def skill(self) -> Skill:
        skill = read_skill(self.home.path / "skills" / "deploy")
        assert isinstance(skill, Skill)
        return skill

    def proposed(self) -> list[Change]:
        return [change for change, _ in changes_for(self.history, self.home.database, self.skill)]

    def enforce(self) -> list[Outcome]:
        """What the background does after a review."""
        found = changes_for(self.history, self.home.database, self.skill)
        return [self.home.door.submit(change, facts) for change, facts in found]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with opened(tmp_path / "home") as home:
        yield Shop(home)


def test_a_mistake_made_in_two_turns_that_had_the_skill_gives_its_gotcha_a_tripwire(shop: Shop) -> None:
    shop.task("s1", *WRONG)
    assert shop.proposed() == []
    shop.task("s2", *AGAIN)

    (outcome,) = shop.enforce()

    assert outcome.status == "applied"
    assert shop.home.text(DEPLOY) == SKILL
    (wire,) = shop.skill.tripwires
    assert (wire.tool, wire.has, wire.lacks, wire.say) == ("shell", ("/health",), ("/healthz",), HEALTH)
    assert wire.evidence == outcome.change.evidence
    assert (outcome.change.session, outcome.change.turn, outcome.change.trust) == ("s2", 1, "workspace")
    assert outcome.change.note == (
        "the mistake was made again in 2 turns that had read of it: session s2 turn 1, session s1 turn 1"
    )
    shop.home.check()


def test_it_is_proposed_once_whatever_becomes_of_it(shop: Shop) -> None:
    shop.task("s1", *WRONG)
    shop.task("s2", *AGAIN)
    (outcome,) = shop.enforce()
    assert shop.enforce() == []

    shop.home.door.undo(outcome.change.id)

    assert shop.skill.tripwires == ()
    assert shop.enforce() == []


def test_a_retired_tripwire_does_not_come_back(shop: Shop) -> None:
    shop.task("s1", *WRONG)
    shop.task("s2", *AGAIN)
    shop.enforce()

    shop.home.submit(DEPLOY, RetireTripwire("t1"))

    assert shop.enforce() == []


def test_one_that_the_user_took_out_by_hand_does_not_come_back(shop: Shop) -> None:
    shop.home.write(DEPLOY, SKILL.replace(f"- {HEALTH}\n", ""))
    wire = Condition("shell", ("/health",), ("/healthz",), say=HEALTH)
    shop.home.submit(DEPLOY, AddGotcha(HEALTH, (), wire), origin="user")
    shop.home.write("skills/deploy/hone.yaml", "v: 1\nstatus: proven\n")
    shop.task("s1", *WRONG)
    shop.task("s2", *AGAIN)

    assert shop.proposed() == []


def test_what_was_decided_about_another_gotcha_does_not_count(shop: Shop) -> None:
    other = Gotcha("Say `make release`", (), Condition("shell", ("make publish",), say="Say `make release`"))
    created = msgspec.structs.replace(CREATE, gotchas=(other, Gotcha(HEALTH)))
    (shop.home.path / DEPLOY).unlink()
    shop.home.submit(DEPLOY, created)
    shop.task("s1", *WRONG)
    shop.task("s2", *AGAIN)

    assert [each.ops[0].text for each in shop.proposed() if isinstance(each.ops[0], ReplaceGotcha)] == [
        HEALTH
    ]


def test_a_tripwire_that_would_have_stopped_what_worked_is_left_out_by_the_gate(shop: Shop) -> None:
    shop.task("s0", "curl -sf localhost:7070/health", reads=False)  # another service, where it is right
    shop.task("s1", *WRONG)
    shop.task("s2", *AGAIN)

    (outcome,) = shop.enforce()

    assert (outcome.status, shop.skill.tripwires) == ("unchanged", ())


def test_later_turns_of_a_session_count_and_those_before_it_was_loaded_do_not(shop: Shop) -> None:
    shop.task("s1", *WRONG, reads=False)
    shop.task("s1", "ls")
    shop.task("s1", *WRONG, reads=False)
    assert shop.proposed() == []
    shop.task("s1", *AGAIN, reads=False, ends=False)
    assert shop.proposed() == []
    shop.task("s1", *AGAIN, reads=False)

    (change,) = shop.proposed()

    assert (change.session, change.turn) == ("s1", 5)


def test_skills_that_are_the_users_to_change_are_left_alone(shop: Shop) -> None:
    shop.task("s1", *WRONG)
    shop.task("s2", *AGAIN)
    shop.home.submit(DEPLOY, Pin(), origin="user")

    assert shop.proposed() == []


def test_a_skill_that_is_gone_gets_nothing(shop: Shop) -> None:
    shop.task("s1", *WRONG)
    shop.task("s2", *AGAIN)
    skill = shop.skill
    (shop.home.path / DEPLOY).unlink()

    assert changes_for(shop.history, shop.home.database, skill) == ()


def test_only_the_newest_turns_count(shop: Shop) -> None:
    shop.task("s1", *WRONG)
    for number in range(2, 31):
        shop.task(f"s{number}", "ls")
    shop.task("s31", *AGAIN)

    assert shop.proposed() == []
