"""`hone` without a command, at a real pseudo-terminal; and `hone run` there."""

import re
import threading
from collections.abc import Iterator
from typing import Any

import pexpect
import pytest
from tests.cli.driving import SECONDS, Hone

from hone.clock import SystemClock
from hone.history.store import History
from hone.testing import WireReply, WireServer, call, hang, say, status

_STYLE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


class Model:
    """It does what it is told: `run COMMAND` and `ask` are calls, `hang` is silence, all else is said back."""

    def __init__(self) -> None:
        self.silent = threading.Event()

    def __call__(self, request: dict[str, Any]) -> WireReply:
        last = request["messages"][-1]
        if last["role"] == "tool":
            return say(f"result: {last['content']}")
        said: str = last["content"]
        if said.startswith("run "):
            return call("shell", command=said.removeprefix("run "))
        if said == "hidden":
            return call("shell", command="touch a\x1b[2K; touch \u202eb\ntouch c")
        if said == "write":
            content = "a\x1b[2K\n" + "\n" * 18 + "é" * 300 + "\nunseen\nunseen"
            return call("write", path="new", content=content)
        if said == "edit":
            return call("edit", path="new", old="", new="added")
        if said == "ask":
            return call("ask", question="Which port?\x1b[2J")
        if said == "hang":
            self.silent.set()
            return hang()
        if said == "fail":
            return status(401, {"error": {"message": "bad key"}})
        return say(f"you said {said}\x1b[2J\n\n")


class Terminal:
    """A conversation: what is typed, and what is then on the screen (styles left out)."""

    def __init__(self, spawned: "pexpect.spawn[str]") -> None:
        self.spawned = spawned

    def sees(self, text: str) -> str:
        """Wait for `text`; what was printed before it."""
        self.spawned.expect_exact(text)
        before = self.spawned.before
        assert isinstance(before, str)
        return _STYLE.sub("", before)

    def types(self, line: str, then: str) -> str:
        """Type a line and wait for `then`; what was printed before it."""
        self.spawned.sendline(line)
        return self.sees(then)

    def leaves(self) -> int:
        """Press Ctrl-D at the next prompt; the exit code."""
        self.sees("›")
        self.spawned.sendeof()
        return self.ends_with()

    def ends_with(self) -> int:
        """Wait for the end; the exit code."""
        self.spawned.expect(pexpect.EOF)
        self.spawned.close()
        code = self.spawned.exitstatus
        assert isinstance(code, int)
        return code


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def wired(hone: Hone, model: Model) -> Iterator[Hone]:
    with WireServer(model) as server:
        yield hone.use(server)


@pytest.fixture
def terminal(wired: Hone) -> Iterator[Terminal]:
    spawned = wired.at_terminal()
    talk = Terminal(spawned)
    talk.sees("hone · wire:wire-model · /help")
    talk.sees("›")
    yield talk
    spawned.close(force=True)


def outcomes(hone: Hone) -> list[tuple[int, str]]:
    """Of all sessions, oldest first: how many turns they have, and the outcome of the last."""
    history = History.open_for_reading(hone.home / "state.db", SystemClock())
    try:
        turns = [history.turns(session.id) for session in reversed(history.sessions())]
        return [(len(each), each[-1].outcome) for each in turns]
    finally:
        history.close()


def test_a_conversation_has_answers_commands_and_an_end(terminal: Terminal, wired: Hone) -> None:
    terminal.types("/good", "nothing to judge yet")
    terminal.types("hello", "you said hello")
    terminal.types("/good", "recorded: good")
    terminal.types("/bda", "no command /bda")
    terminal.sees("/help   this list")
    terminal.types("/help", "Ctrl-C stops the answer")
    terminal.types("/new", "›")
    terminal.types("again", "you said again")
    terminal.types("once more", "you said once more")
    terminal.types("/bad", "recorded: bad")
    assert terminal.leaves() == 0
    assert outcomes(wired) == [(1, "good"), (2, "bad")]


def test_ctrl_c_stops_an_answer_or_drops_a_line_and_the_conversation_goes_on(
    terminal: Terminal, model: Model, wired: Hone
) -> None:
    terminal.spawned.sendline("hang")
    terminal.sees("thinking")
    assert model.silent.wait(SECONDS)
    terminal.spawned.sendintr()
    terminal.sees("stopped")
    terminal.sees("›")
    terminal.spawned.send("half a li")
    terminal.sees("half a li")
    terminal.spawned.sendintr()
    terminal.sees("›")
    terminal.types("hello", "you said hello")
    assert terminal.leaves() == 0
    assert outcomes(wired) == [(2, "unknown")]


def test_ctrl_c_stops_a_command_that_was_approved(terminal: Terminal, wired: Hone) -> None:
    terminal.types("run touch started; sleep 60", "or n?")
    terminal.types("y", "touch started; sleep 60 0 s")
    terminal.spawned.sendintr()
    terminal.sees("stopped")
    terminal.types("hello", "you said hello")


def test_a_provider_that_fails_does_not_end_the_conversation(terminal: Terminal) -> None:
    terminal.types("fail", "answered 401: bad key; check api_key")
    terminal.types("hello", "you said hello")
    terminal.spawned.sendline("/quit")
    assert terminal.ends_with() == 0


def test_approvals_are_asked_and_remembered_as_long_as_was_said(terminal: Terminal, wired: Hone) -> None:
    terminal.types("run touch no", "or n?")
    terminal.types("n", "the user said no")
    assert not (wired.work / "no").exists()
    terminal.types("run touch once", "or n?")
    terminal.types("y", "exit 0")
    terminal.types("run touch one", "s  yes, and 'touch' always in this session")
    terminal.types("s", "exit 0")
    assert "or n?" not in terminal.types("run touch two", "result:")
    assert not (wired.home / "grants.yaml").exists()
    terminal.types("run mkdir three", "p  yes, and 'mkdir' always in this project")
    terminal.types("p", "exit 0")
    terminal.types("/new", "›")
    assert "or n?" not in terminal.types("run mkdir four", "result:")
    assert "- mkdir" in (wired.home / "grants.yaml").read_text()
    assert (wired.work / "four").is_dir()


def test_a_command_is_shown_as_it_is_before_it_is_approved(terminal: Terminal) -> None:
    before = terminal.types("hidden", "or n?")
    assert "    touch a\\x1b[2K; touch \\u202eb\r\n    touch c\r\n" in before
    terminal.types("", "or n?")  # that was no answer: it is asked again
    # what cannot be seen whole is allowed only once
    assert "type y or n, as above; Ctrl-C stops the turn" in terminal.types("what?", "or n?")
    terminal.types("No", "the user said no")


def test_a_change_is_shown_before_it_is_approved(terminal: Terminal) -> None:
    before = terminal.types("write", "or n?")
    assert "/new\r\n\r\n    a\\x1b[2K\r\n" in before
    assert "é" * 200 + "… 100 more characters\r\n    … 2 more lines\r\n" in before.replace("\r\n\r\n", "\r\n")
    assert "unseen" not in before
    terminal.types("n", "the user said no")
    assert "\r\n    + added\r\n" in terminal.types("edit", "or n?")
    terminal.types("n", "the user said no")


def test_the_agent_can_ask_and_ctrl_c_at_its_question_stops_the_turn(terminal: Terminal) -> None:
    terminal.types("ask", "Which port?\\x1b[2J")
    terminal.sees("›")
    terminal.types("8080", "result: 8080")
    terminal.types("ask", "Which port?")
    terminal.sees("›")
    terminal.spawned.sendintr()
    terminal.sees("stopped")
    terminal.types("hello", "you said hello")


def test_an_answer_cannot_drive_the_terminal(terminal: Terminal) -> None:
    terminal.spawned.sendline("hello")
    terminal.spawned.expect_exact("you said hello")
    terminal.spawned.expect_exact("›")
    assert "\x1b[2J" not in str(terminal.spawned.before)


def test_a_run_at_a_terminal_shows_a_spinner_and_asks(wired: Hone) -> None:
    at = Terminal(wired.at_terminal("run", "run touch made; sleep 0.5"))
    at.sees("shell: runs a command")
    at.sees("    touch made; sleep 0.5")
    at.types("y", "shell touch made; sleep 0.5 0 s")
    at.sees("✓ shell touch made; sleep 0.5")
    at.sees("result: [exit 0]")
    assert at.ends_with() == 0
    assert (wired.work / "made").exists()


def test_ctrl_c_at_a_question_of_a_run_interrupts_it(wired: Hone) -> None:
    at = Terminal(wired.at_terminal("run", "run touch made"))
    at.sees("or n?")
    at.spawned.sendintr()
    at.sees("hone: stopped by the user; hone run --resume")
    assert at.ends_with() == 130
    assert not (wired.work / "made").exists()


def test_without_a_model_the_conversation_does_not_begin(hone: Hone) -> None:
    at = Terminal(hone.use("http://127.0.0.1:1/v1").at_terminal("--model", "nope:m"))
    at.sees("hone: no provider named 'nope'")
    assert at.ends_with() == 2
