"""What is found out about a model by asking it."""

import asyncio
import json
import random
import re
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from hone.clock import SystemClock
from hone.config.settings import ModelEntry
from hone.errors import ProviderError
from hone.messages import Assistant
from hone.models.endpoint import Endpoint
from hone.models.probe import Probe, Probed, chosen, probe, why_compact
from hone.models.window import find_window
from hone.testing import Fault, WireReply, WireServer, as_json, as_stream, call, say, status

COUNTED = "1, 2,\n3, 4,\n5"


def asked(respond: Callable[[dict[str, Any]], WireReply]) -> tuple[Probe, list[Probed]]:
    told: list[Probed] = []
    with WireServer(respond) as server:
        endpoint = Endpoint("p", server.base_url, "key", ModelEntry(id="wire-model"))
        found = asyncio.run(probe(endpoint, SystemClock(), random.Random(7), told.append))
        assert found.requests == len(server.requests)
        assert {each["authorization"] for each in server.headers} == {"Bearer key"}
    return found, told


def code_in(request: dict[str, Any]) -> str:
    (code,) = re.findall(r"\d{4}", request["messages"][-1]["content"])
    return str(code)


def held(request: dict[str, Any]) -> str:
    schema = request["response_format"]["json_schema"]["schema"]
    if "anyOf" in schema:
        return json.dumps({"tool": "note", "arguments": {"code": code_in(request)}})
    return json.dumps({"code": schema["properties"]["code"]["enum"][0]})


def everything(request: dict[str, Any]) -> WireReply:
    if "response_format" in request:
        return say(held(request))
    if "tools" in request:
        return call("note", code=code_in(request))
    if "Use the tool" in request["messages"][-1]["content"]:
        arguments = {"code": code_in(request)}
        return say(f"<tool_call>{json.dumps({'name': 'note', 'arguments': arguments})}</tool_call>")
    return say(COUNTED)


def findings(found: Probe) -> dict[str, str]:
    return {check.name: check.finding for check in found.checks}


def test_a_model_that_can_do_everything_is_offered_tools_by_the_protocol() -> None:
    found, told = asked(everything)

    assert findings(found) == {
        "answers": "works",
        "streaming": "works",
        "native tool calls": "works",
        "calls as text": "works",
        "JSON schema": "works",
        "context": "unknown",
    }
    assert told == list(found.checks)
    assert found.values["tools"] == "native"
    assert "context" not in found.values
    assert found.usage.input == 10 * found.requests


def test_calls_that_come_as_text_where_native_ones_were_asked_for_do_not_count_as_native() -> None:
    def respond(request: dict[str, Any]) -> WireReply:
        if "tools" in request:
            arguments = {"code": code_in(request)}
            return say("```json\n" + json.dumps({"name": "note", "arguments": arguments}) + "\n```")
        return everything(request)

    assert asked(respond)[0].values["tools"] == "schema"


def test_what_an_endpoint_refuses_or_answers_badly_is_a_finding() -> None:
    def respond(request: dict[str, Any]) -> WireReply:
        if "tools" in request:
            return status(400, "tools are not supported")
        if "response_format" in request:
            return Fault(chunks=(b"<html>",))
        return as_json(COUNTED) if request.get("stream") else Fault(chunks=(b'{"choices": []}',))

    found, _ = asked(respond)

    assert found.values["tools"] == "text"
    assert {check.name: check.text for check in found.checks}["native tool calls"] == "refused (400)"
    assert findings(found)["streaming"] == "fails"


def test_a_form_that_is_not_heeded_does_not_count_although_the_words_lead_to_calls() -> None:
    def respond(request: dict[str, Any]) -> WireReply:
        if "response_format" in request and "Say hello" in request["messages"][-1]["content"]:
            return say("Hello!")
        return everything(request) if "tools" not in request else say("I cannot.")

    assert asked(respond)[0].values["tools"] == "text"


def test_two_of_three_calls_are_enough() -> None:
    wrong = [True, False, False]

    def respond(request: dict[str, Any]) -> WireReply:
        if "tools" in request and request["tools"] and wrong.pop(0):
            return call("note", code="0")
        return everything(request)

    found, _ = asked(respond)

    assert found.checks[2].text == "2 of 3 right"
    assert found.tools == "native"


def test_a_model_that_does_not_answer_at_all_is_an_error() -> None:
    with pytest.raises(ProviderError):
        asked(lambda _request: status(404, "no such model"))


@pytest.mark.parametrize(
    ("native", "schema", "tools"),
    [("works", "works", "native"), ("fails", "works", "schema"), ("fails", "fails", "text")],
)
def test_the_best_way_that_works_is_chosen(native: Any, schema: Any, tools: str) -> None:
    assert chosen(native, schema) == tools


@pytest.mark.parametrize(
    ("window", "speed", "why"),
    [
        (8_192, 90.0, "the window has 8,192 tokens"),
        (32_768, 12.4, "it writes 12 tokens a second"),
        (32_768, 90.0, ""),
        (None, 0.0, ""),
    ],
)
def test_a_small_window_and_a_slow_model_get_the_compact_prompt(
    window: int | None, speed: float, why: str
) -> None:
    assert why_compact(window, speed) == why


@pytest.mark.parametrize(
    ("path", "body", "window"),
    [
        ("/v1/models", {"data": [{"id": "m", "max_model_len": 4096}]}, 4096),
        ("/v1/models", {"data": [{"id": "n", "max_model_len": 4096}]}, None),
        ("/v1/models", {"data": [{"id": "m", "context_length": "much"}, 3]}, None),
        ("/v1/models", {"data": [{"id": "m", "meta": {"n_ctx": 8192, "n_ctx_train": 32768}}]}, 8192),
        ("/v1/models", [], None),
        ("/api/ps", {"models": [{"name": "m", "context_length": 4096}]}, 4096),
        ("/api/v0/models", {"data": [{"id": "m", "loaded_context_length": 2048}]}, 2048),
        ("/props", {"default_generation_settings": {"n_ctx": 8192}}, 8192),
        ("/props", {"default_generation_settings": None}, None),
        ("/nowhere", {}, None),
    ],
)
def test_the_window_is_read_from_the_listings_of_servers(path: str, body: object, window: int | None) -> None:
    def listing(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == path:
            return httpx2.Response(200, json=body)
        if request.url.path == "/api/ps":
            raise httpx2.ConnectError("refused")
        return httpx2.Response(404)

    async def found() -> int | None:
        async with httpx2.AsyncClient(transport=httpx2.MockTransport(listing)) as client:
            return await find_window(client, Endpoint("p", "http://h/v1", "", ModelEntry(id="m")))

    assert asyncio.run(found()) == window


def test_reasoning_before_a_call_and_content_in_parts_do_not_hide_it() -> None:
    def respond(request: dict[str, Any]) -> WireReply:
        if request.get("stream") or "tools" in request or "response_format" in request:
            return everything(request)
        reply = everything(request)
        assert isinstance(reply, Assistant)
        parts = [{"type": "text", "text": "<think>hm</think>"}, {"type": "text", "text": reply.text}]
        body = {"choices": [{"message": {"content": parts}}]}
        return Fault(headers={"content-type": "application/json"}, chunks=(json.dumps(body).encode(),))

    assert findings(asked(respond)[0])["calls as text"] == "works"


@pytest.mark.parametrize("code", [401, 429, 500, 503])
def test_from_an_outage_in_the_middle_nothing_follows(code: int) -> None:
    def failing(request: dict[str, Any]) -> WireReply:
        return say(COUNTED) if request.get("stream") else status(code, {"error": {"message": "not now"}})

    with pytest.raises(ProviderError, match="not now"):
        asked(failing)


def test_a_server_that_always_streams_is_understood() -> None:
    def streaming(request: dict[str, Any]) -> WireReply:
        reply = everything(request)
        assert isinstance(reply, Assistant)
        return as_stream(reply)

    found, _ = asked(streaming)
    assert (found.tools, findings(found)["native tool calls"]) == ("native", "works")
