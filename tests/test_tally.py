"""What a turn came to, over all its parts."""

import pytest

from hone.events import AnyEvent, StepFinished, ToolFinished, Tripped, TurnFinished, TurnStarted
from hone.loop import Ending
from hone.messages import Assistant, ToolCall, ToolReply, Usage
from hone.tally import tally


def step(number: int, seconds: float) -> StepFinished:
    return StepFinished(number, Assistant("hm"), Usage(), "m", seconds)


def called(seconds: float) -> ToolFinished:
    return ToolFinished(ToolReply("c", "shell", "ok"), seconds)


def ended(seconds: float) -> TurnFinished:
    return TurnFinished(1, "limit", "", "", 1, 0, 0, Usage(), seconds)


@pytest.mark.parametrize(
    ("events", "last_part", "seconds"),
    [
        ([step(1, 2.0)], 2.5, 2.5),
        ([step(1, 2.0), ended(2.5), step(2, 1.0)], 1.25, 3.75),
        ([step(1, 2.0), ended(2.5), step(2, 1.0), ended(3.75), step(3, 1.0)], 1.0, 4.75),
        ([step(1, 2.0), called(4.0), step(2, 1.0)], 1.0, 7.0),  # killed after the call
        (
            [step(1, 2.0), called(4.0), called(4.0), step(2, 1.0)],
            7.0,
            7.0,
        ),  # two calls side by side, never stopped
        ([step(1, 2.0), ended(2.5), called(4.0), step(2, 1.0)], 1.0, 7.5),
        ([], 0.5, 0.5),
    ],
)
def test_a_turn_that_was_resumed_took_what_all_its_parts_took(
    events: list[AnyEvent], last_part: float, seconds: float
) -> None:
    finished = tally(1, [TurnStarted("go"), *events], Ending("answered", "done"), last_part)
    assert finished.seconds == seconds


FAILED = ToolFinished(ToolReply("c", "shell", "no", ok=False), 1.0)


def tripped(*, passed: bool = False) -> Tripped:
    return Tripped(ToolCall("c", "shell", "{}"), "deploy", "t1", "Not run", passed)


@pytest.mark.parametrize(
    ("events", "calls", "errors"),
    [
        ([step(1, 1.0), FAILED], 1, 1),
        ([step(1, 1.0), tripped(), FAILED], 1, 0),
        ([step(1, 1.0), tripped(), FAILED, step(2, 1.0), FAILED], 2, 1),  # the same id in a later step
        ([step(1, 1.0), tripped(passed=True), FAILED], 1, 1),
    ],
)
def test_a_call_that_was_stopped_is_a_call_and_no_error(
    events: list[AnyEvent], calls: int, errors: int
) -> None:
    finished = tally(1, events, Ending("answered", "done"), 1.0)
    assert (finished.tool_calls, finished.errors) == (calls, errors)
