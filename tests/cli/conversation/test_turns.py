"""Turns of a conversation in a real pseudo-terminal: asked, answered, steered, stopped, left."""

import signal

import pytest
from tests.cli.conversation.talking import CTRL_C, CTRL_D, Model, Talk, talk
from tests.cli.driving import SECONDS, Hone

from hone.clock import SystemClock
from hone.history.store import History
from hone.testing import WireServer


def outcomes(hone: Hone) -> list[tuple[int, str]]:
    """Of all sessions, oldest first: how many turns they have, and the outcome of the last."""
    history = History.open_for_reading(hone.home / "state.db", SystemClock())
    try:
        turns = [history.turns(session.id) for session in reversed(history.sessions())]
        return [(len(each), each[-1].outcome if each else "none") for each in turns]
    finally:
        history.close()


def test_a_conversation_has_answers_and_an_end_and_all_of_it_is_kept(terminal: Talk, wired: Hone) -> None:
    terminal.sees("hone · wire:wire-model · /help")
    terminal.types("hello", "you said hello")
    terminal.types("again", "you said again")
    assert terminal.leaves() == 0
    assert outcomes(wired) == [(2, "unknown")]


def test_what_is_said_while_it_works_is_heard_at_the_next_step(
    hone: Hone, model: Model, server: WireServer
) -> None:
    begun = talk(hone.use(server), "--approvals", "yes")
    begun.presses("wait\r")
    assert model.asked.wait(SECONDS)
    begun.types("use the other file", "heard at the next step")
    model.go.set()
    begun.sees("you said use the other file")
    said = [message["content"] for message in server.requests[-1]["messages"] if message["role"] == "user"]
    assert said[-1] == "use the other file"
    assert begun.leaves() == 0
    assert outcomes(hone) == [(1, "unknown")]


def test_what_came_too_late_to_be_heard_becomes_the_next_turn(
    terminal: Talk, model: Model, wired: Hone
) -> None:
    terminal.presses("late\r")
    assert model.asked.wait(SECONDS)
    terminal.types("and one more thing", "heard at the next step")
    model.go.set()
    terminal.sees("an answer without a call")
    terminal.sees("you said and one more thing")
    assert terminal.leaves() == 0
    assert outcomes(wired) == [(2, "unknown")]


def test_ctrl_c_stops_a_turn_once_and_the_conversation_goes_on(
    terminal: Talk, model: Model, wired: Hone
) -> None:
    terminal.presses("hang\r", "thinking")
    assert model.asked.wait(SECONDS)
    terminal.presses(CTRL_C, "stopped")
    terminal.types("hello", "you said hello")
    assert terminal.leaves() == 0
    assert outcomes(wired) == [(2, "unknown")]


def test_ctrl_c_twice_leaves_a_turn_that_is_under_way(terminal: Talk, model: Model, wired: Hone) -> None:
    terminal.presses("hang\r", "thinking")
    assert model.asked.wait(SECONDS)
    terminal.spawned.send(CTRL_C + CTRL_C)
    assert terminal.ends_with() == 0
    assert outcomes(wired) == [(1, "unknown")]


def test_ctrl_c_drops_what_was_typed_then_warns_then_leaves(terminal: Talk) -> None:
    terminal.presses("half a li", "half a li")
    terminal.presses(CTRL_C)
    terminal.misses("half a li")
    terminal.presses(CTRL_C, "Ctrl-C once more leaves")
    terminal.spawned.send(CTRL_C)
    assert terminal.ends_with() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_in_order_even_in_the_middle_of_a_turn(
    terminal: Talk, model: Model, wired: Hone, number: signal.Signals
) -> None:
    terminal.presses("hang\r", "thinking")
    assert model.asked.wait(SECONDS)
    terminal.spawned.kill(number)
    assert terminal.ends_with() == 0
    assert outcomes(wired) == [(1, "unknown")]


def test_a_refusing_endpoint_is_one_line_and_the_conversation_goes_on(terminal: Talk) -> None:
    terminal.types("fail", "answered 401: bad key; check api_key")
    terminal.types("hello", "you said hello")
    terminal.types("/quit", "")
    assert terminal.ends_with() == 0


def test_an_endpoint_that_is_down_is_said_and_need_not_be_waited_for(hone: Hone) -> None:
    begun = talk(hone.use("http://127.0.0.1:1/v1"))
    begun.presses("hello\r", "asking")  # it is tried again, and said so
    begun.presses(CTRL_C, "stopped")
    assert begun.leaves() == 0


def test_an_answer_cannot_drive_the_terminal(terminal: Talk) -> None:
    terminal.types("hello", "you said hello")
    terminal.prompts()
    terminal.sees("hone · wire:wire-model")


def test_without_a_model_the_conversation_does_not_begin(hone: Hone) -> None:
    begun = Talk(hone.use("http://127.0.0.1:1/v1").at_terminal("--model", "nope:m"))
    begun.sees("hone: no provider named 'nope'")
    assert begun.ends_with() == 2


def test_without_a_terminal_it_is_one_line(wired: Hone) -> None:
    assert wired().is_usage_error()
    assert wired.shell("hone </dev/null").is_usage_error()


def test_leaving_with_ctrl_d_keeps_what_was_said(terminal: Talk, wired: Hone) -> None:
    terminal.types("hello", "you said hello")
    terminal.prompts()
    terminal.spawned.send(CTRL_D)
    assert terminal.ends_with() == 0
    assert outcomes(wired) == [(1, "unknown")]
