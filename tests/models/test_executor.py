"""A turn with a proven skill goes to the executor; two failures in a row, or no answer, bring the main model back."""

import asyncio
from collections.abc import Sequence

import pytest

from hone.errors import ContextTooLong, ProviderError, ServerError
from hone.events import AnyEvent, Attached, Notice, Retrying, StepFinished, StepStarted, ToolFinished, Tripped
from hone.messages import Assistant, ToolCall, ToolReply, Usage, User
from hone.models.base import Request
from hone.models.executor import Executor, failed_twice
from hone.testing import ScriptedModel

ASK = Request((User("deploy"),))
SKILL = Attached("skill", "deploy", "…", "workspace")
FAILED = ToolFinished(ToolReply("c1", "shell", "exit 1", ok=False), 0.1)
WORKED = ToolFinished(ToolReply("c1", "shell", "fine"), 0.1)
STEP = StepFinished(1, Assistant(), Usage(), "m", 0.1)
STOPPED = Tripped(ToolCall("c1", "shell", "{}"), "deploy", "t1", "Not run: …")
PASSED = Tripped(ToolCall("c1", "shell", "{}"), "deploy", "t1", "sent again as it was", passed=True)


class Played:
    """An executor and a main model that answer as they were told to, and the next request of a turn of theirs."""

    def __init__(
        self, *small: str | ProviderError, big: Sequence[str] = ("big",), returned: bool = False
    ) -> None:
        self.main = ScriptedModel(*big, name="big:1")
        small_model = ScriptedModel(*small, name="small:1")
        self.executor = Executor(small_model, lambda: self.main, {"deploy"}.__contains__, returned=returned)

    def asked(self, events: list[AnyEvent]) -> tuple[str, list[AnyEvent]]:
        """The model that answers the next request of the turn of `events`, and what was shown meanwhile."""
        shown: list[AnyEvent] = []
        model = self.executor.worker(events, events.append)
        named = model.name
        reply = asyncio.run(model.complete(ASK, shown.append))
        asyncio.run(model.aclose())
        assert named == reply.model or any(isinstance(each, Retrying) for each in shown)
        return reply.model, shown


@pytest.mark.parametrize(
    ("events", "answers", "use"),
    [
        ([SKILL], "small:1", "kept"),
        ([Attached("skill", "other", "…")], "big:1", None),  # not proven
        ([Attached("steering", "deploy", "…")], "big:1", None),
        ([], "big:1", None),
        ([StepStarted(1, "m"), SKILL], "big:1", None),  # learned in the middle of the work
        ([SKILL, FAILED], "small:1", "kept"),
        ([SKILL, FAILED, WORKED, FAILED], "small:1", "kept"),
        ([SKILL, FAILED, FAILED], "big:1", "returned"),
        ([SKILL, FAILED, FAILED, WORKED], "big:1", "returned"),  # resumed after it was given back
    ],
)
def test_who_answers_is_decided_by_the_events_of_the_turn(
    events: list[AnyEvent], answers: str, use: str | None
) -> None:
    played = Played("small")

    assert played.asked([*events])[0] == answers
    assert played.executor.use == use


@pytest.mark.parametrize(
    ("events", "twice"),
    [
        ([FAILED, FAILED], True),
        ([FAILED, STEP, FAILED], True),
        ([FAILED, STOPPED, FAILED], False),
        ([FAILED, STOPPED, FAILED, STEP, FAILED], True),  # the stopped call counts as neither
        ([FAILED, PASSED, FAILED], True),
        ([FAILED, WORKED, FAILED], False),
        ([FAILED], False),
        ([], False),
    ],
)
def test_two_failures_count_if_nothing_succeeded_in_between(events: Sequence[AnyEvent], twice: bool) -> None:
    assert failed_twice(events) is twice


def test_the_user_is_told_once_that_the_main_model_goes_on() -> None:
    events: list[AnyEvent] = [SKILL, FAILED, FAILED]
    played = Played(big=("one", "two"))
    model = played.executor.worker(events, events.append)
    assert model.name == "big:1"

    for _ in range(2):
        asyncio.run(model.complete(ASK, events.append))
    Played().asked(events)  # as in a process that resumes the turn

    assert [each for each in events if isinstance(each, Notice)] == [
        Notice("executor small:1 failed twice in a row: big:1 goes on")
    ]


@pytest.mark.parametrize("error", [ServerError("down"), ContextTooLong("too long")])
def test_an_executor_that_gives_no_answer_leaves_the_very_request_to_the_main_model(
    error: ProviderError,
) -> None:
    played = Played(error)
    events: list[AnyEvent] = [SKILL]

    answers, shown = played.asked(events)

    assert (answers, played.executor.use, played.main.requests) == ("big:1", "returned", [ASK])
    assert shown[0] == Retrying(str(error), 0.0, "big:1")
    assert events[1:] == [Notice(f"executor small:1 gave no answer ({error}): big:1 goes on")]


def test_the_rest_of_the_session_is_the_main_models() -> None:
    played = Played(ServerError("down"), big=("one", "two"))
    played.asked([SKILL])

    answers, _ = played.asked([SKILL])

    assert (answers, played.executor.use) == ("big:1", None)
    assert Played(returned=True).asked([SKILL])[0] == "big:1"


def test_where_nobody_has_the_role_the_main_model_does_everything() -> None:
    big = ScriptedModel()
    nobody = Executor(None, lambda: big, {"deploy"}.__contains__)

    assert nobody.worker([SKILL], lambda _event: None) is big
    assert nobody.use is None
