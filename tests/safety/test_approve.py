"""The approver: who is asked, what is remembered, and what happens where nobody can be asked or nothing confines."""

import asyncio
from pathlib import Path

import pytest

from hone.config.settings import ApprovalMode
from hone.errors import NoSandbox
from hone.safety.approve import Answer, Approver, Decision, Intent, Question
from hone.safety.grants import Grants
from hone.safety.paths import PathPolicy


class Person:
    """Gives the same answer to every question and remembers them."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.questions: list[Question] = []

    async def ask(self, question: Question) -> Answer:
        self.questions.append(question)
        return self.answer


class Desk:
    def __init__(
        self,
        home: Path,
        mode: ApprovalMode = "auto",
        person: Person | None = None,
        problem: str | None = None,
    ) -> None:
        home.mkdir(exist_ok=True)
        workspace = home / "ws"
        workspace.mkdir(exist_ok=True)
        self.problem = problem
        self.tries = 0
        policy = PathPolicy(workspace=workspace)
        self.approver = Approver(mode, policy, Grants(home), person.ask if person else None, self._probe)

    def _probe(self) -> str | None:
        self.tries += 1
        return self.problem

    def decide(self, kind: str, subject: str) -> Decision:
        intent = Intent(kind, subject)  # type: ignore[arg-type]
        return asyncio.run(self.approver.decide("shell", intent))


def test_auto_asks_where_somebody_is_and_confines_where_nobody_is(tmp_path: Path) -> None:
    assert Desk(tmp_path, person=Person("no")).approver.mode == "ask"
    assert Desk(tmp_path).approver.mode == "sandbox"
    assert Desk(tmp_path, "yes").approver.mode == "yes"


def test_without_anybody_to_ask_a_question_is_a_refusal_that_says_what_to_do(tmp_path: Path) -> None:
    decision = Desk(tmp_path, "ask").decide("run", "rm x")
    assert not decision.allowed
    assert not decision.asked
    assert decision.reason == (
        "not approved: runs a command; no terminal to ask on; run with --approvals yes or choose another way"
    )


def test_a_destructive_command_in_the_sandbox_is_refused_if_nobody_can_be_asked(tmp_path: Path) -> None:
    decision = Desk(tmp_path).decide("run", "git push --force")
    assert not decision.allowed
    assert "rewrites" in decision.reason


def test_a_destructive_command_in_the_sandbox_is_asked_if_somebody_is_there(tmp_path: Path) -> None:
    person = Person("once")
    assert Desk(tmp_path, "sandbox", person).decide("run", "git push --force") == Decision(
        True, True, "approved by the user"
    )
    assert [question.patterns for question in person.questions] == [()]


def test_a_no_is_a_refusal(tmp_path: Path) -> None:
    decision = Desk(tmp_path, person=Person("no")).decide("run", "rm x")
    assert (decision.allowed, decision.asked) == (False, True)
    assert "said no" in decision.reason


def test_what_the_policy_refuses_is_not_asked(tmp_path: Path) -> None:
    person = Person("once")
    decision = Desk(tmp_path, person=person).decide("write", "/etc/passwd")
    assert not decision.allowed
    assert person.questions == []


@pytest.mark.parametrize(("answer", "asked"), [("once", 2), ("session", 1), ("project", 1)])
def test_what_was_allowed_for_always_is_not_asked_again(tmp_path: Path, answer: Answer, asked: int) -> None:
    person = Person(answer)
    desk = Desk(tmp_path, person=person)
    assert desk.decide("run", "npm test").allowed
    assert desk.decide("run", "npm test -- --watch").allowed
    assert len(person.questions) == asked


@pytest.mark.parametrize(("answer", "allowed"), [("session", False), ("project", True)])
def test_only_what_was_allowed_for_the_project_outlives_the_session(
    tmp_path: Path, answer: Answer, allowed: bool
) -> None:
    Desk(tmp_path, person=Person(answer)).decide("run", "npm test")
    assert Desk(tmp_path, "ask").decide("run", "npm test").allowed is allowed


def test_every_command_of_a_chain_must_be_covered(tmp_path: Path) -> None:
    person = Person("session")
    desk = Desk(tmp_path, person=person)
    desk.decide("run", "npm test")
    person.answer = "no"
    assert desk.decide("run", "npm test && ls").allowed
    assert not desk.decide("run", "npm test && rm -r x").allowed
    assert not desk.decide("run", "npm test; git push --force").allowed
    assert not desk.decide("run", "npm test $(touch x)").allowed
    assert not desk.decide("run", "npm test > out").allowed


def test_a_grant_that_cannot_be_stored_counts_for_the_session(tmp_path: Path) -> None:
    (tmp_path / "grants.yaml").write_text("[")
    person = Person("project")
    desk = Desk(tmp_path, person=person)
    assert "this session only" in desk.decide("run", "npm test").reason
    assert desk.decide("run", "npm test").reason == "allowed before: npm test"
    assert (tmp_path / "grants.yaml").read_text() == "["


@pytest.mark.parametrize("kind", ["run", "write", "fetch"])
def test_without_a_sandbox_the_first_call_that_needs_one_says_what_to_do(tmp_path: Path, kind: str) -> None:
    desk = Desk(tmp_path, problem="bwrap not found")
    message = (
        r"no sandbox here \(bwrap not found\): install bubblewrap, "
        r"or pass --approvals yes if this machine is disposable"
    )
    with pytest.raises(NoSandbox, match=message):
        desk.decide(kind, "x")


def test_without_a_sandbox_reading_goes_on(tmp_path: Path) -> None:
    desk = Desk(tmp_path, problem="bwrap not found")
    assert desk.decide("read", str(tmp_path / "ws/a")).allowed
    assert desk.decide("free", "").allowed
    assert desk.tries == 0


def test_the_sandbox_is_tried_once_and_only_where_it_is_needed(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert desk.decide("run", "make").allowed
    assert desk.decide("run", "make").allowed
    assert desk.tries == 1
    confident = Desk(tmp_path, "yes", problem="bwrap not found")
    assert confident.decide("run", "make").allowed
    assert confident.tries == 0
