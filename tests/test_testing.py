"""The public test kit does what its users rely on."""

import asyncio
import http.client
import json

import pytest

from hone.errors import ServerError
from hone.events import TextDelta
from hone.messages import Assistant, ToolCall, Usage, User
from hone.models.base import Reply, Request
from hone.testing import FakeClock, ScriptedModel, WireServer, call, in_order, say, together

ASK = Request((User("hi"),))


def test_a_scripted_model_plays_its_replies_in_order_and_keeps_the_requests() -> None:
    model = ScriptedModel(together(call("shell", command="ls"), call("shell", command="pwd")))
    model.enqueue(lambda request: f"{len(request.messages)} message", call("read", path="x"))

    replies = [asyncio.run(model.complete(ASK, lambda _: None)) for _ in range(3)]

    assert [[each.id for each in reply.message.tool_calls] for reply in replies] == [
        ["call_1", "call_2"],
        [],
        ["call_3"],
    ]
    assert replies[1].message.text == "1 message"
    assert model.requests == [ASK, ASK, ASK]


def test_a_scripted_model_shows_its_text_raises_errors_and_says_when_the_script_is_over() -> None:
    shown: list[object] = []
    whole = Reply(Assistant("x", (ToolCall("own", "t", "{}"),)), Usage(input=5), "length", "m")
    model = ScriptedModel(whole, ServerError("down"), name="p:m")

    assert asyncio.run(model.complete(ASK, shown.append)) == whole
    with pytest.raises(ServerError):
        asyncio.run(model.complete(ASK, shown.append))
    with pytest.raises(AssertionError, match="p:m was asked 3 times"):
        asyncio.run(model.complete(ASK, shown.append))
    asyncio.run(model.aclose())
    assert shown == [TextDelta("x")]


def test_a_fake_clock_moves_only_when_slept_on_or_told_to() -> None:
    clock = FakeClock(now=100.0)

    clock.advance(5)
    asyncio.run(clock.sleep(3600))

    assert (clock.now(), clock.monotonic(), clock.slept) == (3705.0, 3605.0, [3600])


def fetched(server: WireServer, method: str, path: str, body: object = None) -> tuple[int, bytes]:
    host = server.base_url.removeprefix("http://").removesuffix("/v1")
    connection = http.client.HTTPConnection(host, timeout=5)
    connection.request(method, path, json.dumps(body))
    response = connection.getresponse()
    answer = (response.status, response.read())
    connection.close()
    return answer


def test_a_wire_server_lists_its_models_and_knows_no_other_paths() -> None:
    with WireServer(in_order("x"), models=["a", "b"]) as server:
        code, body = fetched(server, "GET", "/v1/models")
        assert code == 200
        assert [model["id"] for model in json.loads(body)["data"]] == ["a", "b"]
        assert fetched(server, "GET", "/")[0] == 404
        assert fetched(server, "POST", "/v1/other")[0] == 404
        assert server.requests == []


def test_a_wire_server_streams_only_when_asked_to() -> None:
    async def ask() -> tuple[bytes, bytes]:
        async with WireServer(in_order(say("hello"))) as server:
            path = "/v1/chat/completions"
            streamed = await asyncio.to_thread(fetched, server, "POST", path, {"stream": True})
            whole = await asyncio.to_thread(fetched, server, "POST", path, {})
            return streamed[1], whole[1]

    streamed, whole = asyncio.run(ask())

    assert streamed.endswith(b"data: [DONE]\n\n")
    assert json.loads(whole)["choices"][0]["message"]["content"] == "hello"
