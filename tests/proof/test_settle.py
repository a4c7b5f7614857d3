"""Looks that are due, what follows from them, and the receipts: on a database filled with tasks whose outcome is known."""

import asyncio
import contextlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.changes.test_door_crowd import together

from hone.changes.change import Archive, Change, Create, SetStatus
from hone.changes.door import Door
from hone.database import Database, Execute
from hone.events import Attached, TurnFinished, TurnStarted
from hone.git import Git
from hone.given import Given, set_up
from hone.history.rows import SessionInfo
from hone.history.store import History
from hone.learner import Learner
from hone.messages import Usage
from hone.proof.receipts import Receipt, receipts
from hone.proof.record import family_tasks, tasks_of
from hone.proof.settle import settle
from hone.proof.trials import Candidate, Trials
from hone.skills.discover import Library
from hone.skills.home_cache import read_home
from hone.skills.read import Skill
from hone.testing import FakeClock

NAME = "deploy-shop"
REQUEST = "Deploy the shop to staging."


class Home:
    """A home with one learned skill on trial, and turns as they are recorded. The coin falls as its seed wills."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = FakeClock()
        self.database = Database.open(path / "state.db")
        self.history = History(self.database, str, self.clock)
        git = Git(path, {"PATH": "/nowhere", "HOME": str(path)})
        self.door = Door(path, self.database, git, self.clock, random.Random(1))
        self.rng = random.Random(7)
        self.number = 0

    def learn(self) -> None:
        create = Create(
            title="Deploy the shop",
            description="Deploy the shop to staging.",
            when_to_use="Always.",
            steps=("Run `./deploy`.",),
        )
        change = Change(
            target=f"skills/{NAME}/SKILL.md",
            ops=(create,),
            origin="review",
            trust="workspace",
            model="p:writer",
        )
        assert self.door.submit(change).status == "applied"
        self.clock.advance(1)

    def skills(self) -> list[Skill]:
        return [each for each in read_home(self.path) if isinstance(each, Skill)]

    def task(
        self, calls: tuple[int, int], *, misfired: bool = False, share: float = 0.5, again: bool = False
    ) -> bool:
        """A task that takes so many calls with the skill, and so many without; whether it had the skill.

        Each is of a session of its own, unless it comes `again` in the last one.
        """
        self.number += not again
        session = f"s{self.number}"
        if not again:
            self.history.open_session(
                SessionInfo(id=session, cwd="/", workspace="/", origin="run", system_prompt="")
            )
        trials = Trials(self.database, self.clock, self.rng, (session, "shop"), share)
        library = Library(tuple(self.skills()))
        aside = trials.set_aside(library)
        candidate = Candidate(NAME, 3.0, library.skills[0].status == "trial", f"skills/{NAME}/SKILL.md")
        has_it = not trials.begin(REQUEST, None if aside else candidate) and not aside
        turn = self.history.start_turn(session, TurnStarted(REQUEST))
        took = calls[0] if has_it else calls[1]
        finished = TurnFinished(
            turn,
            "answered",
            "ok",
            "",
            took + 1,
            took,
            took // 4,
            Usage(1_000 * took, 0, 10),
            float(took),
            (NAME,) if has_it else (),
        )

        events = (Attached("skill", NAME, "", "workspace"),) if has_it else ()

        def also(execute: Execute) -> None:
            trials.finish(execute, finished, events, {NAME} if misfired and has_it else ())

        self.history.finish_turn(session, turn, finished, also)
        self.clock.advance(60)
        return has_it

    def settle(self) -> list[Change]:
        changes = settle(self.database, self.skills(), self.clock)
        for change in changes:
            self.door.submit(change)
        return list(changes)

    def receipt(self) -> Receipt:
        (found,) = receipts(self.database, self.path)
        return found


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path)
    made.learn()
    yield made
    made.database.close()


def status_of(home: Home) -> str:
    return next((each.status for each in home.skills()), "gone")


def test_a_skill_that_saves_calls_is_proven_at_a_look_and_stays_so(home: Home) -> None:
    for _ in range(16 + 3):
        home.task((2, 9))
    (change,) = home.settle()
    assert change.ops == (SetStatus("proven"),)
    assert "after 16 tasks it saves" in change.note
    assert status_of(home) == "proven"
    assert home.settle() == []
    receipt = home.receipt()
    assert (receipt.status, receipt.verdict, receipt.next_look) == ("proven", "proven", None)


def test_the_first_look_that_decides_is_the_last_one(home: Home) -> None:
    for _ in range(16 + 3):
        home.task((2, 9))
    for _ in range(20):
        home.task((9, 2))
    (change,) = home.settle()
    assert change.ops == (SetStatus("proven"),)
    assert [each.tasks for each in home.receipt().looks] == [16]


def test_before_the_first_look_nothing_is_decided(home: Home) -> None:
    for _ in range(15 + 3):
        home.task((2, 9))
    assert home.settle() == []
    assert home.receipt().verdict == "go_on"


def test_a_skill_that_costs_calls_is_archived(home: Home) -> None:
    for _ in range(16 + 3):
        home.task((9, 2))
    (change,) = home.settle()
    assert change.ops == (Archive(),)
    assert status_of(home) == "gone"
    assert (home.path / "skills" / ".archive" / NAME / "SKILL.md").is_file()
    assert home.receipt().status == "retired"


def test_a_skill_that_changes_nothing_is_undecided_after_the_last_look(home: Home) -> None:
    for _ in range(128 + 3):
        home.task((5, 5))
    (change,) = home.settle()
    assert change.ops == (SetStatus("undecided"),)
    assert [each.tasks for each in home.receipt().looks] == [16, 32, 64, 128]
    assert home.receipt().verdict == "undecided"


def test_a_change_that_was_refused_or_taken_back_is_not_proposed_again(home: Home) -> None:
    for _ in range(16 + 3):
        home.task((2, 9))
    home.settle()
    row = home.door.ledger.rows(1)[0]
    assert home.door.undo(row.change.id).status == "applied"
    assert status_of(home) == "trial"
    assert home.settle() == []


def test_what_was_taken_back_is_not_decided_again_and_no_task_goes_without_the_skill_for_it(
    home: Home,
) -> None:
    for _ in range(16 + 3):
        home.task((2, 9))
    home.settle()
    assert home.door.undo(home.door.ledger.rows(1)[0].change.id).status == "applied"
    assert all(home.task((2, 9)) for _ in range(20))
    assert home.settle() == []
    receipt = home.receipt()
    assert ([each.tasks for each in receipt.looks], receipt.status, receipt.next_look) == (
        [16],
        "trial",
        None,
    )
    assert receipt.always == 20


def test_of_a_session_one_task_counts_for_there_was_one_coin(home: Home) -> None:
    for _ in range(5 + 3):
        home.task((2, 9))
        for _ in range(4):
            home.task((2, 9), again=True)
    assert home.settle() == []
    receipt = home.receipt()
    assert (receipt.with_skill + receipt.without, receipt.first) == (5 + 2, 5)
    assert receipt.later == 7 * 4
    assert receipt.eligible == 8 * 5


def test_a_change_says_of_which_tasks_it_came(home: Home) -> None:
    for _ in range(16 + 3):
        home.task((2, 9))
    (change,) = home.settle()
    assert change.note == "after 16 tasks it saves calls (sessions s4 to s19)"


def test_a_pinned_skill_is_left_alone(home: Home) -> None:
    for _ in range(16 + 3):
        home.task((9, 2))
    sidecar = home.path / "skills" / NAME / "hone.yaml"
    sidecar.write_text(sidecar.read_text().replace("pinned: false", "pinned: true"))
    assert home.settle() == []


def test_where_all_have_the_skill_nothing_is_proven(home: Home) -> None:
    for _ in range(40):
        assert home.task((2, 9), share=0.0)
    assert home.settle() == []
    receipt = home.receipt()
    assert (receipt.always, receipt.verdict) == (40, "observed")
    assert receipt.saved_tokens is None


def test_a_skill_in_quarantine_that_a_review_left_as_it_is_is_archived(home: Home) -> None:
    for _ in range(2):
        assert home.task((4, 4), misfired=True)
    assert home.receipt().quarantined
    assert home.settle() == []  # it may still be revised
    with home.database.transaction() as execute:
        execute(
            "INSERT INTO nudges (session, first_turn, turn, created, reasons, not_before, state, finished) VALUES ('s2', 1, 1, 0, '[\"misfire\"]', 0, 'done', ?)",
            (home.clock.now(),),
        )
    (change,) = home.settle()
    assert change.ops == (Archive(),)
    assert "a review did not mend it" in change.note


def test_a_receipt_says_what_learning_cost_and_when_it_pays(home: Home) -> None:
    for _ in range(64 + 3):
        home.task((2, 9))
    with home.database.transaction() as execute:
        execute(
            "INSERT INTO learning_spend (at, nudge, purpose, model, input, cached, output, reasoning, cost_usd) VALUES (0, 5, 'review', 'm', 10000, 0, 2000, 0, NULL)"
        )
        execute("UPDATE changes SET nudge = 5, ordinal = 1 WHERE op = 'create'")
    receipt = home.receipt()
    assert (receipt.cost.requests, receipt.cost.tokens, receipt.cost.cost_usd) == (1, 12_000, None)
    assert receipt.written_by == "p:writer"
    tokens = next(each for each in receipt.savings if each.measure == "tokens")
    assert tokens.saved == pytest.approx(7_000, rel=0.01)
    assert tokens.low < tokens.saved < tokens.high
    assert receipt.break_even == 2
    assert receipt.net_tokens == pytest.approx(receipt.saved_tokens - 12_000)  # type: ignore[operator]


def test_before_and_after_are_observed(home: Home) -> None:
    (tasks,) = [family_tasks(home.database)]
    assert tasks == ()
    home.clock.advance(-10_000)
    for _ in range(4):
        home.task((9, 9), share=0.0)
    home.clock.advance(20_000)
    for _ in range(4):
        home.task((3, 3), share=0.0)
    calls = next(each for each in home.receipt().observed if each.measure == "calls")
    assert (calls.without, calls.with_skill, calls.tasks_without, calls.tasks_with) == (9, 3, 4, 4)
    assert len(home.receipt().families) == 1


def test_tasks_that_did_not_end_by_themselves_do_not_count(home: Home) -> None:
    for status in ("answered", "gave_up", "provider", "interrupted", "refused"):
        home.task((2, 9))
        with home.database.transaction() as execute:
            execute("UPDATE turns SET status = ? WHERE session = ?", (status, f"s{home.number}"))
    assert len(tasks_of(home.database, NAME)) == 2


def test_processes_that_settle_at_once_archive_a_skill_once(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.learn()
    for _ in range(16 + 3):
        home.task((9, 2))
    home.database.close()
    environ = {"PATH": "/nowhere", "HOME": str(tmp_path), "HONE_HOME": str(home.path)}

    def look_after(number: int) -> None:
        given = Given(environ, tmp_path, home.clock, random.Random(number))
        setup = asyncio.run(set_up(given, {}, needs_model=False))
        with contextlib.closing(Database.open(home.path / "state.db")) as database:
            Learner(setup, database).look_after()

    together(8, look_after)

    with contextlib.closing(Database.open(home.path / "state.db")) as database:
        rows = Door(home.path, database, Git(home.path, environ), home.clock, random.Random(1)).ledger.rows()
    assert [(row.op, row.status) for row in rows] == [("archive", "applied"), ("create", "applied")]
    assert [*(home.path / "inbox").glob("*")] == []
