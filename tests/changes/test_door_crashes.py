"""kill -9 at every boundary of every act of the door: the next process finishes it, each effect exactly once."""

import contextlib
import itertools
import os
import random
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import msgspec
import pytest
from tests.changes.homes import CREATE, DEPLOY, Home, opened

from hone.changes import apply, inbox
from hone.changes.change import Add, Archive, Change, Effect, Remove, ReplaceGotcha, Verdict
from hone.changes.journal import Journal
from hone.clock import SystemClock
from hone.database import Database
from hone.git import Git

FRESH = Change(target="memory.md", ops=(Add("The api is at /v2"),), origin="review")
REVIEW = (
    Verdict("accept", msgspec.structs.replace(FRESH, target=DEPLOY, ops=(CREATE,))),
    Verdict("accept", FRESH),
    Verdict("hold", msgspec.structs.replace(FRESH, ops=(Add("The api is at /v3"),)), ("why not",)),
    Verdict("accept", msgspec.structs.replace(FRESH, ops=(Remove("nothing like it"),))),
)
MOMENTS = 60
"""More than any act has: an act that is never killed ends the search."""


@contextlib.contextmanager
def killed_at(number: int) -> Iterator[None]:
    """SIGKILL before or after the act's step of that number: a transaction, a file, a run of git."""
    moments = itertools.count(1)

    def die() -> None:
        if next(moments) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    def mortal(step: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **named: Any) -> Any:
            die()
            result = step(*arguments, **named)
            die()
            return result

        return run

    transaction = Database.transaction

    @contextlib.contextmanager
    def mortal_transaction(self: Database) -> Iterator[Any]:
        die()
        with transaction(self) as execute:
            yield execute
        die()

    with contextlib.ExitStack() as patches:
        patches.enter_context(mock.patch.object(Database, "transaction", mortal_transaction))
        for owner, name in (
            *((apply, name) for name in ("_write", "_remove", "_move")),
            *((inbox, name) for name in ("put", "remove")),
            (Git, "run"),
        ):
            patches.enter_context(mock.patch.object(owner, name, mortal(getattr(owner, name))))
        yield


def survives(path: Path, act: Callable[[Home], object], number: int) -> bool:
    """Whether `act`, in a process of its own that dies at moment `number`, gets to its end."""
    child = os.fork()
    if child == 0:
        status = 1
        with contextlib.suppress(BaseException), killed_at(number), opened(path) as home:
            act(home)
            status = 0
        os._exit(status)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return False
    assert os.WEXITSTATUS(status) == 0
    return True


def at_every_moment(
    tmp_path: Path, prepare: Callable[[Home], object], act: Callable[[Home], object]
) -> Iterator[Home]:
    """The home after each death and `settle` in a new process, and at last after no death."""
    for number in range(1, MOMENTS):
        path = tmp_path / str(number)
        with opened(path) as home:
            prepare(home)
        whole = survives(path, act, number)
        with opened(path) as home:
            home.door.settle()
            home.door.scan()
            home.door.commit()
            yield home
            home.check()
        if whole:
            assert number > 8
            return
    raise AssertionError("the act has more moments than MOMENTS")


@pytest.mark.slow
def test_a_review_is_carried_out_once(tmp_path: Path) -> None:
    def act(home: Home) -> None:
        home.door.propose(1, REVIEW)
        home.door.settle()

    for home in at_every_moment(tmp_path, lambda _: None, act):
        if home.door.proposed(1):  # else it died before it had proposed: the nudge is reviewed again
            assert sorted(home.statuses()) == [
                ("add", "applied"),
                ("add", "held"),
                ("create", "applied"),
                ("remove", "held"),
            ]
            assert home.text("memory.md") == "- The api is at /v2\n"
            assert home.text("skills/deploy/hone.yaml").startswith("v: 1\nstatus: trial")
            assert len(inbox.read_inbox(home.path).waiting) == 2


@pytest.mark.slow
def test_an_undo_is_done_or_not(tmp_path: Path) -> None:
    def act(home: Home) -> None:
        home.door.undo(home.door.ledger.rows()[0].change.id)

    for home in at_every_moment(tmp_path, Home.deploy, act):
        undone = home.statuses()[-1] == ("undo", "applied")
        assert home.statuses()[0] == ("create", "undone" if undone else "applied")
        assert (home.path / DEPLOY).exists() is not undone


@pytest.mark.slow
def test_an_archived_skill_is_in_one_place(tmp_path: Path) -> None:
    for home in at_every_moment(
        tmp_path, Home.deploy, lambda home: home.submit(DEPLOY, Archive(), origin="user")
    ):
        archived = home.statuses()[-1] == ("archive", "applied")
        assert (home.path / "skills/deploy").exists() is not archived
        assert (home.path / "skills/.archive/deploy").exists() is archived


@pytest.mark.slow
def test_an_accepted_change_is_made_or_waits(tmp_path: Path) -> None:
    def prepare(home: Home) -> None:
        home.mode = "hold"
        home.new_door(home.database).submit(FRESH)

    for home in at_every_moment(tmp_path, prepare, lambda home: home.door.accept("c")):
        waiting = inbox.read_inbox(home.path).waiting
        assert (home.path / "memory.md").exists() is not bool(waiting)
        assert home.statuses() == [("add", "held" if waiting else "applied")]


@pytest.mark.slow
def test_hand_edits_are_recorded_once(tmp_path: Path) -> None:
    def prepare(home: Home) -> None:
        home.deploy()
        with (home.path / DEPLOY).open("a") as file:
            file.write("- Mine\n")

    def act(home: Home) -> None:
        home.submit(
            DEPLOY, ReplaceGotcha("The health check is at /healthz", "It is at /health"), origin="user"
        )

    for home in at_every_moment(tmp_path, prepare, act):
        assert home.statuses()[:2] == [("create", "applied"), ("write", "applied")]
        assert home.text(DEPLOY).endswith("- Mine\n")


def test_a_file_that_others_wrote_meanwhile_stays_and_the_change_waits(home: Home) -> None:
    home.remember("The api is at /v1")
    journal = Journal(home.database, SystemClock(), random.Random())
    row = home.door.ledger.rows()[0]
    waiting = journal.new(row)
    effects = home.door.ledger.effects(row.change.id)
    journal.begin(
        waiting, [msgspec.structs.replace(each, before=each.after, after=b"- new\n") for each in effects]
    )
    home.write("memory.md", "- mine\n")
    home.write(".memory.md.abc.tmp", "half of it")
    (outcome,) = home.door.settle()
    assert (outcome.status, outcome.reasons) == ("held", ("memory.md was changed by somebody else just now",))
    assert home.text("memory.md") == "- mine\n"
    assert home.statuses() == [("add", "applied"), ("write", "applied"), ("add", "held")]
    home.check()


def test_an_undo_that_others_came_before_is_given_up(home: Home) -> None:
    made = home.remember("The api is at /v1")
    journal = Journal(home.database, SystemClock(), random.Random())
    row = msgspec.structs.replace(home.door.ledger.rows()[0], op="undo", undoes=made)
    (effect,) = home.door.ledger.effects(made)
    journal.begin(journal.new(row), [msgspec.structs.replace(effect, before=effect.after, after=None)])
    home.write("memory.md", "- mine\n")
    (outcome,) = home.door.settle()
    assert outcome.status == "conflict"
    assert home.statuses() == [("add", "applied"), ("write", "applied"), ("undo", "rejected")]
    home.check()


@pytest.mark.parametrize("there", ["both", "none"])
def test_a_move_that_others_came_before_is_a_conflict(home: Home, there: str) -> None:
    home.deploy()
    journal = Journal(home.database, SystemClock(), random.Random())
    row = journal.new(msgspec.structs.replace(home.door.ledger.rows()[0], op="archive"))
    moved = Effect("skills/deploy", moved_to="skills/.archive/deploy")
    journal.begin(row, tuple(apply.with_contents(home.path, (moved,))))
    if there == "both":
        home.write("skills/.archive/deploy/SKILL.md", "other")
    else:
        (home.path / "skills/deploy").rename(home.path / "skills/release")
    (outcome,) = home.door.settle()
    assert outcome.status == "held"
    home.door.scan()
    home.check()


def test_a_move_that_was_made_is_not_made_again(home: Home) -> None:
    home.deploy()
    moved = Effect("skills/deploy", moved_to="skills/.archive/deploy")
    for _ in range(2):
        apply.carry_out(home.path, moved)
    assert (home.path / "skills/.archive/deploy/SKILL.md").exists()
