"""A chain of models: the next one is asked when one fails."""

import asyncio

import pytest

from hone.errors import AuthError, BadRequest, ContextTooLong, RateLimited, ServerError
from hone.events import ReasoningDelta, Retrying, TextDelta
from hone.messages import User
from hone.models.base import Request
from hone.models.fallback import FallbackModel
from hone.testing import ScriptedModel

ASK = Request((User("hi"),))


def test_a_failing_model_gives_way_to_the_next_and_it_is_said() -> None:
    shown: list[TextDelta | ReasoningDelta | Retrying] = []
    chain = FallbackModel([ScriptedModel(AuthError("no key"), name="a:1"), ScriptedModel("fine", name="b:2")])

    reply = asyncio.run(chain.complete(ASK, shown.append))

    assert (reply.message.text, reply.model) == ("fine", "b:2")
    assert shown == [Retrying("no key", 0.0, "b:2"), TextDelta("fine")]


def test_the_model_that_answered_is_asked_first_the_next_time() -> None:
    first = ScriptedModel(ServerError("down"), "back again", name="a:1")
    second = ScriptedModel("one", "two", BadRequest("odd"), name="b:2")
    chain = FallbackModel([first, second])

    texts = [asyncio.run(chain.complete(ASK, lambda _: None)).message.text for _ in range(3)]

    assert texts == ["one", "two", "back again"]
    assert chain.name == "a:1"


def test_the_last_error_says_how_many_were_tried() -> None:
    chain = FallbackModel(
        [
            ScriptedModel(ServerError("x"), name="a:1"),
            ScriptedModel(RateLimited("busy", status=429), name="b:2"),
        ]
    )

    with pytest.raises(RateLimited, match=r"busy \(all 2 models of the chain failed: a:1, b:2\)") as caught:
        asyncio.run(chain.complete(ASK, lambda _: None))
    assert caught.value.status == 429


def test_a_request_that_is_too_long_for_one_model_may_fit_the_next() -> None:
    async def ask(*models: ScriptedModel) -> str:
        chain = FallbackModel(models)
        try:
            return (await chain.complete(ASK, lambda _: None)).message.text
        finally:
            await chain.aclose()

    assert asyncio.run(ask(ScriptedModel(ContextTooLong("long")), ScriptedModel("fits"))) == "fits"
    with pytest.raises(ContextTooLong):
        asyncio.run(ask(ScriptedModel(ContextTooLong("long")), ScriptedModel(ContextTooLong("long"))))
