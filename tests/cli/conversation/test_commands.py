"""Commands of a conversation, each at a pseudo-terminal."""

import pytest
from tests.cli.conversation.talking import Talk, talk
from tests.cli.driving import Hone

from hone.testing import WireServer

_SKILL = """\
---
name: bake-bread
description: How to bake a rye bread with a starter.
---
# Bake bread

## When to use
To bake a rye bread.

## Steps
1. Feed the starter.
"""


def put_skill(hone: Hone) -> None:
    folder = hone.home / "skills" / "bake-bread"
    folder.mkdir(parents=True)
    (folder / "SKILL.md").write_text(_SKILL)


@pytest.mark.parametrize(
    ("typed", "then"),
    [
        ("/help", "/rewind"),
        ("/skills", "no skills"),
        ("/memory", "nothing is remembered yet"),
        ("/inbox", "nothing is on hold"),
        ("/good", "there is no answer to judge yet"),
        ("/undo", "nothing was learned yet"),
        ("/resume", "there is no earlier conversation"),
        ("/recall", "/recall WORDS"),
        ("/model", "wire:wire-model"),
        ("/model nope:x", "no provider named 'nope'"),
        ("/nothing", "no command or skill /nothing"),
        ("/thoughts", "nothing was thought aloud"),
        ("/cost", "nothing was spent"),
        ("/rewind", "nothing to take back"),
    ],
)
def test_a_command_before_anything_was_said_is_answered_and_the_conversation_goes_on(
    terminal: Talk, typed: str, then: str
) -> None:
    terminal.types(typed, then)
    terminal.misses("· Ctrl-C stops")
    terminal.prompts()
    terminal.types("hello", "you said hello")


def test_an_answer_is_judged(terminal: Talk) -> None:
    terminal.types("hello", "you said hello")
    terminal.types("/good", "recorded: good")
    terminal.types("/bad", "recorded: bad")


def test_a_new_conversation_knows_nothing_of_the_one_before(terminal: Talk, server: WireServer) -> None:
    terminal.types("hello", "you said hello")
    terminal.types("/new", "a new conversation")
    terminal.types("again", "you said again")
    assert "hello" not in str(server.requests[-1]["messages"][1:])


def test_an_earlier_conversation_is_chosen_by_number_and_gone_on_with(
    terminal: Talk, server: WireServer
) -> None:
    terminal.types("my name is Ada", "you said my name is Ada")
    terminal.types("/new", "a new conversation")
    terminal.types("/resume", "1  ")
    terminal.sees("number, or Enter for none:")
    terminal.presses("1\r")
    terminal.prompts()
    terminal.types("what is it", "you said what is it")
    assert "my name is Ada" in str(server.requests[-1]["messages"])


def test_it_begins_with_an_earlier_conversation_if_it_is_told_to(wired: Hone) -> None:
    assert wired("run", "my name is Ada").code == 0
    begun = talk(wired, "--resume")
    begun.sees("you said my name is Ada")
    assert begun.leaves() == 0


def test_a_skill_is_used_by_its_name(wired: Hone, server: WireServer) -> None:
    put_skill(wired)
    begun = talk(wired)
    begun.types("/bake-bread for six people", "you said")
    begun.prompts()
    sent = str(server.requests[-1]["messages"])
    assert "Feed the starter" in sent
    assert "for six people" in sent
    begun.types("/bake-bred", "no command or skill /bake-bred")
    assert begun.leaves() == 0


def test_thoughts_are_folded_and_shown_on_request(terminal: Talk) -> None:
    terminal.types("think", "∴ thought for")
    assert "then that" not in terminal.shown
    terminal.types("/thoughts", "then that")


def test_what_was_said_in_other_sessions_is_found(terminal: Talk) -> None:
    terminal.types("the harbour is closed", "you said the harbour")
    terminal.types("/new", "a new conversation")
    terminal.types("/recall harbour", "the harbour is closed")


def test_file_edits_are_taken_back(hone: Hone, server: WireServer) -> None:
    begun = talk(hone.use(server), "--approvals", "yes")
    begun.types("run echo new > made.txt", "result:")
    begun.prompts()
    assert (hone.work / "made.txt").exists()
    begun.presses("/rewind\r", "made.txt")
    begun.sees("?")
    begun.presses("y\r")
    begun.until(lambda: not (hone.work / "made.txt").exists(), "the edit to be taken back")
    begun.prompts()
    assert begun.leaves() == 0


def test_commands_that_change_the_conversation_wait_until_a_turn_is_over(terminal: Talk) -> None:
    terminal.presses("hang\r", "thinking")
    terminal.types("/new", "hone is at work")
    terminal.types("/help", "/rewind")
    terminal.presses("\x03", "stopped")


def test_what_happens_is_traced(wired: Hone) -> None:
    begun = talk(wired, "--trace", "trace.jsonl")
    begun.types("hello", "you said hello")
    assert begun.leaves() == 0
    assert '"turn_started"' in (wired.work / "trace.jsonl").read_text()
