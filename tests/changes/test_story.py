"""Any story of changes, hand edits, crashes and undos: files, ledger and git agree, and all of it can be reversed."""

import contextlib
import itertools
import os
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from hone.changes import door, inbox
from hone.changes.change import (
    Add,
    AddGotcha,
    AddStep,
    AnyOp,
    Archive,
    Change,
    Create,
    Effect,
    Gotcha,
    Origin,
    Pin,
    Remove,
    RemoveGotcha,
    RemoveStep,
    Replace,
    ReplaceGotcha,
    ReplaceStep,
    Restore,
    SetDescription,
    Unpin,
)
from hone.changes.door import Door
from hone.changes.journal import Journal
from hone.changes.repository import Repository
from hone.database import Database
from hone.git import Git
from hone.testing import FakeClock

MEMORY = st.sampled_from(["user.md", "memory.md", "projects/shop/memory.md"])
SKILLS = st.sampled_from(["skills/deploy/SKILL.md"] * 2 + ["skills/release/SKILL.md"])
ARCHIVED = st.just("skills/.archive/deploy/SKILL.md")
TEXTS = st.builds("`/srv/{}` listens on port {}".format, st.sampled_from("abc"), st.sampled_from([80, 443]))
ORIGINS = st.sampled_from(["user", "user", "review"])

STEPS_OF_CREATE = ("Run `make build`", "Run `make ship`")
CREATE = Create(
    title="Ship",
    description="Ships the shop to a server. Use it when asked to ship.",
    when_to_use="When the shop is to be shipped.",
    steps=STEPS_OF_CREATE,
    gotchas=(Gotcha("`/srv/a` listens on port 80"), Gotcha("`/srv/b` listens on port 443")),
)
ADDITIONS = st.builds(Add, TEXTS)
REVISIONS = st.one_of(
    st.builds(AddStep, TEXTS, st.sampled_from([None, 1, 2])),
    st.builds(ReplaceStep, st.sampled_from(STEPS_OF_CREATE), TEXTS),
    st.builds(RemoveStep, st.sampled_from(STEPS_OF_CREATE)),
    st.builds(SetDescription, TEXTS),
    st.builds(AddGotcha, TEXTS),
    st.builds(ReplaceGotcha, TEXTS, TEXTS),
    st.builds(RemoveGotcha, TEXTS),
)
EDITS = st.one_of(st.builds(Replace, TEXTS, TEXTS), st.builds(Remove, TEXTS))
WHOLE = st.sampled_from([CREATE, Archive(), Restore(), Pin(), Unpin()])
CHANGES: st.SearchStrategy[tuple[str, AnyOp]] = st.one_of(
    st.tuples(MEMORY, ADDITIONS),
    st.tuples(MEMORY, ADDITIONS),
    st.tuples(MEMORY, EDITS),
    st.tuples(SKILLS, REVISIONS),
    st.tuples(SKILLS, REVISIONS),
    st.tuples(SKILLS, WHOLE),
)


STEPS = (
    (Journal, "begin"),
    (Journal, "finish"),
    (Journal, "set_aside"),
    (Journal, "record"),
    (Journal, "mark_committed"),
    (Repository, "record"),
    (door, "carry_out"),
    (inbox, "put"),
    (inbox, "remove"),
)
"""All that leaves a trace: a process may die before and after each."""


class Killed(BaseException):
    """Stands for SIGKILL: nothing may handle it."""


@contextlib.contextmanager
def killed_at(number: int) -> Iterator[None]:
    """Ends what runs inside at that moment before or after a step, counted from 1, if it comes to it."""
    moments = itertools.count(1)

    def mortal(step: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any) -> Any:
            if next(moments) == number:
                raise Killed
            result = step(*arguments)
            if next(moments) == number:
                raise Killed
            return result

        return run

    with contextlib.ExitStack() as patches, contextlib.suppress(Killed):
        for owner, name in STEPS:
            patches.enter_context(mock.patch.object(owner, name, mortal(getattr(owner, name))))
        yield


class Story(RuleBasedStateMachine):
    """A home, and whatever may happen to it. Programs come through the door; the person edits what they like."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp(prefix="hone-story-"))
        self.git = Git(self.home, os.environ)
        self.clock, self.rng = FakeClock(), random.Random(0)
        self.open()

    def open(self) -> None:
        self.database = Database.open(self.home / "state.db")
        self.door = Door(self.home, self.database, self.git, self.clock, self.rng)

    @initialize(messy=st.sampled_from(["", "- first", "\ufeff# Me\r\n\r\n* one\r\n\r\nSome prose\r\n"]))
    def a_beginning(self, messy: str) -> None:
        if messy:
            (self.home / "user.md").write_bytes(messy.encode())
        self.submit(("skills/deploy/SKILL.md", CREATE), "user")

    @rule(change=CHANGES, origin=ORIGINS)
    def a_change(self, change: tuple[str, AnyOp], origin: Origin) -> None:
        self.submit(change, origin)

    @rule(change=CHANGES, origin=ORIGINS, at=st.integers(1, 12))
    def a_change_that_is_killed(self, change: tuple[str, AnyOp], origin: Origin, at: int) -> None:
        with killed_at(at):
            self.submit(change, origin)
        self.database.close()
        self.open()

    @rule(
        file=MEMORY | SKILLS | ARCHIVED,
        at=st.floats(0, 1),
        edit=st.sampled_from(["insert", "change", "delete", "cut", "remove"]),
        text=TEXTS,
    )
    def an_edit_by_hand(self, file: str, at: float, edit: str, text: str) -> None:
        path = self.home / file
        lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
        place = int(at * len(lines))
        match edit:
            case "insert":
                lines.insert(place, f"- {text}\n".encode())
            case "change" if place < len(lines):
                lines[place] = lines[place].rstrip() + b" (mine)\r\n"
            case "delete":
                del lines[place : place + 1]
            case "cut" if lines:
                lines[-1] = lines[-1].rstrip()
            case "remove":
                path.unlink(missing_ok=True)
                return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(lines))

    @rule(data=st.data())
    def an_undo(self, data: st.DataObject) -> None:
        self.door.scan()
        if rows := self.door.ledger.rows():
            row = data.draw(st.sampled_from(rows))
            before = self.files()
            outcome = self.door.undo(row.change.id)
            if outcome.ok:
                self.is_right(self.door.ledger.effects(row.change.id), before)
            else:
                assert (self.files(), self.door.ledger.rows()) == (before, rows)

    @rule(data=st.data(), accept=st.booleans())
    def a_word_on_a_change_on_hold(self, data: st.DataObject, accept: bool) -> None:
        if held := self.door.ledger.rows(status="held"):
            name = data.draw(st.sampled_from(held)).change.id
            _ = self.door.accept(name) if accept else self.door.reject(name)

    @invariant()
    def files_ledger_and_git_agree(self) -> None:
        self.door.settle()
        self.door.scan()
        self.door.commit()
        files = self.files()
        assert self.door.ledger.rows(status="applying") == ()
        for path, data in files.items():
            assert self.door.ledger.history_of(path)[-1][1] == data, path
        tracked = (self.git.run("ls-files") or "").split("\n") if (self.home / ".git").exists() else [""]
        assert sorted(filter(None, tracked)) == sorted(files)
        assert not self.git.run("status", "--porcelain")

    def teardown(self) -> None:
        try:
            self.files_ledger_and_git_agree()
            for row in self.door.ledger.rows():
                if self.door.ledger.get(row.change.id).status == "applied":
                    outcome = self.door.undo(row.change.id)
                    assert outcome.ok, (row, outcome)
            assert self.files() == {}
            self.files_ledger_and_git_agree()
        finally:
            self.database.close()
            shutil.rmtree(self.home)

    def submit(self, change: tuple[str, AnyOp], origin: Origin) -> None:
        target, op = change
        before = self.files()
        outcome = self.door.submit(Change(target=target, ops=(op,), origin=origin))
        if outcome.status != "applied":
            assert self.files() == before

    def files(self) -> dict[str, bytes]:
        """The files that hone keeps, with their bytes."""
        found = [*self.home.glob("*.md"), *self.home.glob("projects/**/*.md"), *self.home.glob("skills/**/*")]
        return {str(path.relative_to(self.home)): path.read_bytes() for path in found if path.is_file()}

    def is_right(self, undone: Sequence[Effect], before: dict[str, bytes]) -> None:
        """Only lines of the change went, only lines that it took away came back."""
        after = self.files()
        for effect in undone:
            if effect.moved_to is None:
                had, has = lines_of(before.get(effect.path)), lines_of(after.get(effect.path))
                assert set(had - has) <= set(lines_of(effect.after))
                assert set(has - had) <= set(lines_of(effect.before))
        if not any(effect.moved_to for effect in undone):
            others = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
            assert others <= {effect.path for effect in undone}


def lines_of(data: bytes | None) -> Counter[bytes]:
    return Counter((data or b"").splitlines())


SETTINGS = settings(
    max_examples=12,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def test_any_story_leaves_files_ledger_and_git_agreed_and_can_be_reversed() -> None:
    run_state_machine_as_test(Story, settings=SETTINGS)


@pytest.mark.slow
def test_any_long_story_too() -> None:
    run_state_machine_as_test(Story, settings=settings(SETTINGS, max_examples=100, stateful_step_count=20))


def test_a_file_that_comes_into_a_known_directory_is_found() -> None:
    story = Story()
    for text in ("made", None, "made again"):
        path = story.home / "skills/deploy/SKILL.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink() if text is None else path.write_text(text)
        assert [row.op for row in story.door.scan()] == ["write"]
    story.teardown()
