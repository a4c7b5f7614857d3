"""`remember`: a fact for later sessions, said by the agent, through the one door."""

import asyncio
from pathlib import Path
from typing import Literal

import pytest

from hone.app import App
from hone.changes.change import Add, Change, Outcome
from hone.changes.ledger import Row
from hone.events import ToolFinished
from hone.messages import ToolReply
from hone.testing import ScriptedModel, call, make_app, say
from hone.tools.base import ToolOutput
from hone.tools.memory import RememberArguments, remember_tool

TOKEN = "ghp_" + "9Rk2mQx7Lw4TzB8nVc3H" * 2
HERE = Change(target="", ops=(), origin="tool", session="s", turn=2, project="shop-1")
File = Literal["user", "memory", "project", "skill"]


def remembered(
    text: str, file: File = "memory", *, outcome: str = "applied", here: Change = HERE
) -> tuple[ToolOutput, list[Change]]:
    """The tool's output, and what it submitted to a door that says `outcome`."""
    submitted: list[Change] = []

    def submit(change: Change) -> Outcome:
        submitted.append(change)
        return Outcome(change, outcome, ("seen external text",))  # type: ignore[arg-type]

    tool = remember_tool(submit, lambda: here)
    return asyncio.run(tool.run(RememberArguments(text, file))), submitted


@pytest.mark.parametrize(
    ("file", "target"),
    [("user", "user.md"), ("memory", "memory.md"), ("project", "projects/shop-1/memory.md")],
)
def test_a_fact_goes_into_the_file_that_is_named_with_where_it_was_said(file: File, target: str) -> None:
    _, (change,) = remembered(" The port is 8080\n", file)
    assert change == Change(
        target=target,
        ops=(Add("The port is 8080"),),
        origin="tool",
        session="s",
        turn=2,
        project="shop-1",
    )


@pytest.mark.parametrize(
    ("outcome", "ok", "said"),
    [
        ("applied", True, "Remembered"),
        ("unchanged", True, "This is known already."),
        ("held", True, "Kept for the user to review (seen external text); it does not count as known"),
        ("rejected", False, "not remembered: seen external text"),
        ("conflict", False, "not remembered: seen external text"),
    ],
)
def test_the_model_is_told_what_became_of_it(outcome: str, said: str, *, ok: bool) -> None:
    output, _ = remembered("a fact", outcome=outcome)
    assert output.ok is ok
    assert output.text.startswith(said)


def test_nothing_and_a_project_that_is_not_there_are_refused() -> None:
    empty, submitted = remembered(" \n")
    assert (empty.ok, submitted) == (False, [])
    nowhere, submitted = remembered("a fact", "project", here=Change(target="", ops=(), origin="tool"))
    assert (nowhere.text, nowhere.ok, submitted) == ("there is no project here: use file memory", False, [])


def test_a_skill_is_not_written_by_the_tool() -> None:
    output, submitted = remembered("how to deploy", "skill")
    assert (output.text[:5], output.ok, submitted) == ("Noted", True, [])


class Told:
    """What a session with a scripted `remember` came to: the tool's reply, the ledger, the nudges."""

    def __init__(self, app: App, replies: list[ToolReply]) -> None:
        learner = app.learner()
        self.rows: tuple[Row, ...] = learner.door.ledger.rows()
        self.nudges = [nudge.reasons for nudge in learner.queue.waiting()]
        self.reply = replies[-1]
        learner.close()


def session(directory: Path, *steps: tuple[str, dict[str, str]]) -> Told:
    """A turn in which the agent makes these calls."""
    replies: list[ToolReply] = []
    model = ScriptedModel(*(call(tool, **arguments) for tool, arguments in steps), say("done"))

    async def go() -> Told:
        def show(event: object) -> None:
            if isinstance(event, ToolFinished):
                replies.append(event.reply)

        async with make_app(directory, model, show=show) as app:
            await app.start().run("remember it")
            return Told(app, replies)

    return asyncio.run(go())


def test_in_a_session_it_is_in_the_file_the_ledger_and_the_next_prompt(tmp_path: Path) -> None:
    told = session(tmp_path, ("remember", {"text": "The port is 8080"}))
    assert (tmp_path / "home/memory.md").read_text() == "- The port is 8080\n"
    (row,) = told.rows
    assert (row.change.origin, row.change.turn, row.change.trust) == ("tool", 1, "user")
    assert row.change.session is not None
    assert row.change.id in told.reply.text
    assert told.nudges == []


def test_after_external_text_was_seen_it_waits_in_the_inbox(tmp_path: Path) -> None:
    fetched = ("shell", {"command": "curl --version https://host.invalid/"})
    told = session(tmp_path, fetched, ("remember", {"text": "The port is 8080", "file": "user"}))
    (row,) = told.rows
    assert (row.status, row.change.trust) == ("held", "external")
    assert "Kept for the user to review" in told.reply.text
    assert not (tmp_path / "home/user.md").exists()


@pytest.mark.parametrize("text", [f"the token is {TOKEN}", "the key is key-of-the-settings"])
def test_a_secret_is_refused_by_form_and_by_value_and_never_written(tmp_path: Path, text: str) -> None:
    config = tmp_path / "home" / "config.yaml"
    config.parent.mkdir()
    provider = "{name: p, api_base: 'http://h/v1', api_key: key-of-the-settings, models: [m]}"
    config.write_text(f"providers: [{provider}]\n")
    told = session(tmp_path, ("remember", {"text": text}))
    assert not told.reply.ok
    assert "secret" in told.reply.text
    assert not (tmp_path / "home/memory.md").exists()
    kept = [path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file() and path != config]
    assert not any(text.split()[-1].encode() in each for each in kept)


def test_a_text_of_control_characters_is_a_failed_call_and_the_turn_goes_on(tmp_path: Path) -> None:
    told = session(tmp_path, ("remember", {"text": "\x01"}))
    assert (told.reply.ok, told.rows) == (False, ())


def test_the_work_put_forward_as_a_skill_is_queued_for_a_review(tmp_path: Path) -> None:
    told = session(tmp_path, ("remember", {"text": "how to deploy", "file": "skill"}))
    assert told.nudges == [("remember",)]
    assert told.rows == ()
