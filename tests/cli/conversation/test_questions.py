"""Questions: approvals and what the agent asks, answered in the input line of a conversation, or of `hone run`."""

import re

from tests.cli.conversation.talking import CTRL_C, Talk
from tests.cli.driving import Hone


def test_approvals_are_asked_and_remembered_as_long_as_was_said(terminal: Talk, wired: Hone) -> None:
    terminal.types("run touch no", "or n?")
    terminal.presses("n\r", "the user said no")
    assert not (wired.work / "no").exists()
    terminal.types("run touch once", "or n?")
    terminal.presses("y\r", "exit 0")
    terminal.types("run touch one", "s  yes, and 'touch' always in this session")
    terminal.presses("s\r")
    terminal.until((wired.work / "one").exists, "the command")
    terminal.types("run touch two", "› run touch two")
    terminal.until((wired.work / "two").exists, "the command")
    assert not (wired.home / "grants.yaml").exists()
    terminal.types("run mkdir three", "p  yes, and 'mkdir' always in this project")
    terminal.presses("p\r")
    terminal.until((wired.work / "three").exists, "the command")
    terminal.types("/new", "a new conversation")
    terminal.types("run mkdir four", "› run mkdir four")
    terminal.until((wired.work / "four").exists, "the command")
    assert "- mkdir" in (wired.home / "grants.yaml").read_text()


def test_a_command_is_shown_as_it_is_before_it_is_approved(terminal: Talk) -> None:
    terminal.types("hidden", "or n?")
    assert "    touch a\\x1b[2K; touch \\u202eb\n    touch c\n" in terminal.shown
    terminal.presses("what?\r", "type y or n, as above; Ctrl-C stops the turn")
    terminal.presses("No\r", "the user said no")


def test_a_change_is_shown_before_it_is_approved(terminal: Talk) -> None:
    terminal.types("write", "or n?")
    flat = re.sub(r"\n +", "", terminal.everything)
    assert "a\\x1b[2K" in terminal.everything
    assert "… 100 more characters" in flat
    assert "… 2 more lines" in terminal.everything
    assert "unseen" not in terminal.everything
    terminal.presses("n\r", "the user said no")
    terminal.types("edit", "    + added")
    terminal.sees("or n?")
    terminal.presses("n\r")
    terminal.prompts()


def test_the_agent_can_ask_and_ctrl_c_at_its_question_stops_the_turn(terminal: Talk) -> None:
    terminal.types("ask", "Which port?\\x1b[2J")
    terminal.prompts()
    terminal.presses("8080\r", "result: 8080")
    terminal.prompts()
    terminal.types("ask", "Which port?")
    terminal.presses(CTRL_C, "stopped")
    terminal.types("hello", "you said hello")


def test_an_unanswered_approval_does_not_keep_one_from_leaving(terminal: Talk, wired: Hone) -> None:
    terminal.types("run touch made", "or n?")
    terminal.presses(CTRL_C, "stopped")
    assert terminal.leaves() == 0
    assert not (wired.work / "made").exists()


def test_ctrl_c_stops_a_command_that_was_approved(terminal: Talk, wired: Hone) -> None:
    terminal.types("run touch started; sleep 60", "or n?")
    terminal.presses("y\r")
    terminal.until((wired.work / "started").exists, "the command")
    terminal.presses(CTRL_C, "stopped")
    assert terminal.leaves() == 0


def test_a_run_at_a_terminal_shows_a_spinner_and_asks(wired: Hone) -> None:
    at = Talk(wired.at_terminal("run", "run touch made; sleep 0.5"))
    at.sees("shell: runs a command")
    at.sees("    touch made; sleep 0.5")
    at.sees("or n?")
    at.presses("y\r", "shell touch made; sleep 0.5 0 s")
    at.sees("✓ shell touch made; sleep 0.5")
    at.sees("result: [exit 0]")
    assert at.ends_with() == 0
    assert (wired.work / "made").exists()


def test_ctrl_c_at_a_question_of_a_run_interrupts_it(wired: Hone) -> None:
    at = Talk(wired.at_terminal("run", "run touch made"))
    at.sees("or n?")
    at.presses(CTRL_C, "hone: stopped by the user; hone run --resume")
    assert at.ends_with() == 130
    assert not (wired.work / "made").exists()
