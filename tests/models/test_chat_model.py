"""The model client against a real HTTP server: what comes over the wire, and what becomes of it."""

import asyncio
import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from hone.config.settings import ModelEntry, Price
from hone.errors import (
    AuthError,
    BadRequest,
    ConnectionFailed,
    ContextTooLong,
    ModelNotFound,
    NotChatCompletions,
    ProviderError,
    RateLimited,
    ServerError,
)
from hone.events import ReasoningDelta, Retrying, TextDelta
from hone.messages import Assistant, System, ToolCall, ToolSpec, Usage, User
from hone.models.base import Reply, Request
from hone.models.chat import ChatModel, Endpoint
from hone.testing import (
    FakeClock,
    Fault,
    WireReply,
    WireServer,
    as_json,
    as_stream,
    call,
    cut,
    hang,
    in_order,
    say,
    status,
    together,
)

ASK = Request((System("be brief"), User("hi")), (ToolSpec("shell", "Run a command.", {"type": "object"}),))
ENTRY = ModelEntry(id="m")
SSE = {"content-type": "text/event-stream"}


class Asked:
    """What a request to a wire server gave: the reply or the error, what was shown, and the requests that arrived."""

    def __init__(
        self,
        respond: Callable[[dict[str, Any]], WireReply],
        *,
        entry: ModelEntry = ENTRY,
        request: Request = ASK,
        idle_timeout: float = 20.0,
        times: int = 1,
    ) -> None:
        self.clock = FakeClock()
        self.shown: list[TextDelta | ReasoningDelta | Retrying] = []
        self.error: ProviderError | None = None
        self._reply: Reply | None = None
        with WireServer(respond) as server:
            endpoint = Endpoint("wire", server.base_url, "sk-key", entry, idle_timeout=idle_timeout)
            model = ChatModel(endpoint, self.clock, random.Random(1))
            try:
                self._reply = asyncio.run(self._ask(model, request, times))
            except ProviderError as error:
                self.error = error
        self.requests = server.requests
        self.headers = server.headers
        self.connections = server.connections

    async def _ask(self, model: ChatModel, request: Request, times: int) -> Reply:
        try:
            for _ in range(times):
                reply = await model.complete(request, self.shown.append)
        finally:
            await model.aclose()
        return reply

    @property
    def reply(self) -> Reply:
        assert self._reply is not None, self.error
        return self._reply

    @property
    def retries(self) -> list[Retrying]:
        return [event for event in self.shown if isinstance(event, Retrying)]


def events(*bodies: dict[str, Any] | str) -> Fault:
    """A stream of these events and nothing else."""
    texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
    return Fault(headers=SSE, chunks=tuple(f"data: {text}\n\n".encode() for text in texts))


def delta(finish: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": finish}]}


def test_a_streamed_answer_is_shown_in_pieces_and_returned_whole() -> None:
    asked = Asked(in_order(say("hello\nworld", reasoning="hm")))

    assert asked.shown == [ReasoningDelta("hm"), TextDelta("hello\n"), TextDelta("world")]
    assert asked.reply == Reply(
        Assistant("hello\nworld", reasoning="hm"), Usage(input=10, output=3), "stop", "wire:m"
    )


def test_the_request_carries_key_model_messages_and_tools_and_asks_for_usage() -> None:
    asked = Asked(in_order("ok"), entry=ModelEntry(id="m", max_output=50))

    assert asked.requests == [
        {
            "model": "m",
            "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}],
            "stream": True,
            "tools": [
                {
                    "type": "function",
                    "function": {
                        "name": "shell",
                        "description": "Run a command.",
                        "parameters": {"type": "object"},
                    },
                }
            ],
            "stream_options": {"include_usage": True},
            "max_tokens": 50,
        }
    ]
    assert asked.headers[0]["authorization"] == "Bearer sk-key"


def test_several_tool_calls_come_whole_and_with_an_id_each() -> None:
    asked = Asked(in_order(together(say("look"), call("shell", command="ls"), call("shell", command="pwd"))))

    assert asked.reply.finish == "tool_calls"
    assert asked.reply.message == Assistant(
        "look",
        (
            ToolCall("call_1", "shell", '{"command": "ls"}'),
            ToolCall("call_2", "shell", '{"command": "pwd"}'),
        ),
    )


def test_a_connection_is_used_again() -> None:
    asked = Asked(in_order("one", "two", "three"), times=3)

    assert asked.reply.message.text == "three"
    assert asked.connections == 1


def test_a_model_can_be_used_on_one_event_loop_after_another() -> None:
    with WireServer(in_order("one", "two")) as server:
        model = ChatModel(
            Endpoint("wire", server.base_url, "", ModelEntry(id="m")), FakeClock(), random.Random(1)
        )

        async def ask() -> str:
            reply = await model.complete(ASK, lambda _: None)
            await model.aclose()
            return reply.message.text

        assert [asyncio.run(ask()), asyncio.run(ask())] == ["one", "two"]
        assert "authorization" not in server.headers[0]


def test_a_server_that_ignores_stream_is_read_whole() -> None:
    asked = Asked(in_order(as_json(together(say("x", reasoning="r"), call("shell", command="ls")))))

    assert asked.reply.message.tool_calls == (ToolCall("call_1", "shell", '{"command": "ls"}'),)
    assert asked.shown[-1] == TextDelta("x")


def test_a_stream_with_another_content_type_is_understood() -> None:
    stream = as_stream("hello")

    asked = Asked(in_order(Fault(headers={"content-type": "text/plain"}, chunks=stream.chunks)))

    assert asked.reply.message.text == "hello"


@pytest.mark.parametrize("lead", [b"", b"\n \n"])
def test_a_whole_answer_labelled_as_a_stream_is_understood(lead: bytes) -> None:
    body = b"".join(as_json("hello").chunks)

    asked = Asked(in_order(Fault(headers=SSE, chunks=(lead, body[:9], body[9:]))))

    assert asked.reply.message.text == "hello"
    assert asked.shown == [TextDelta("hello")]


def test_a_stream_is_utf8_whatever_its_header_says() -> None:
    event = json.dumps(delta("stop", content="größe"), ensure_ascii=False).encode()
    headers = {"content-type": "text/event-stream; charset=latin-1"}

    asked = Asked(in_order(Fault(headers=headers, chunks=(b"data: " + event + b"\n\n",))))

    assert asked.reply.message.text == "größe"


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 9, "completion_tokens": 2}, Usage(9, 0, 2)),
        (
            {
                "prompt_tokens": 9,
                "completion_tokens": 5,
                "prompt_tokens_details": {"cached_tokens": 4},
                "completion_tokens_details": {"reasoning_tokens": 3},
                "cost": 0.25,
            },
            Usage(9, 4, 5, 3, 0.25),
        ),
        (
            {"prompt_tokens": 9, "completion_tokens": 2, "prompt_cache_hit_tokens": 5},
            Usage(9, 5, 2),
        ),
        (
            {
                "input_tokens": 2,
                "output_tokens": 3,
                "cache_read_input_tokens": 5,
                "cache_creation_input_tokens": 1,
            },
            Usage(8, 5, 3),
        ),
        ({"prompt_tokens": None, "completion_tokens": "many"}, Usage(13, 0, 1)),
        ([1], Usage(13, 0, 1)),
        ("\ud800", Usage(13, 0, 1)),
        (None, Usage(13, 0, 1)),
    ],
)
def test_usage_is_read_in_every_spelling_and_else_estimated(usage: Any, expected: Usage) -> None:
    request = Request((System("x" * 40), User("y" * 12)))

    asked = Asked(in_order(events(delta(content="hey"), {**delta("stop"), "usage": usage})), request=request)

    assert asked.reply.usage == expected


def test_the_price_of_the_entry_gives_the_cost_unless_the_endpoint_reports_it() -> None:
    entry = ModelEntry(id="m", price=Price(input=1.0, output=2.0))

    priced = Asked(
        in_order(as_stream("x", {"prompt_tokens": 1_000_000, "completion_tokens": 1})), entry=entry
    )
    reported = Asked(in_order(as_stream("x", {"prompt_tokens": 9, "cost": 0.5})), entry=entry)

    assert priced.reply.usage.cost_usd == pytest.approx(1.000002)
    assert reported.reply.usage.cost_usd == 0.5


def test_answers_that_were_billed_and_discarded_count() -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 4}
    empty = as_stream("", usage)
    broken = events({**delta(content="half"), "usage": usage}, {"error": {"message": "overloaded"}})
    entry = ModelEntry(id="m", price=Price(input=1e6, output=1e6))

    asked = Asked(in_order(empty, status(500), broken, as_stream("fine", usage)), entry=entry)

    assert asked.reply.usage == Usage(input=30, output=12, cost_usd=42.0)
    assert "repeatedly" not in asked.retries[0].reason


@pytest.mark.parametrize(
    ("finish", "expected"),
    [
        ("stop", "stop"),
        ("end_turn", "stop"),
        ("tool_calls", "stop"),
        ("length", "length"),
        ("max_tokens", "length"),
        ("MAX_TOKENS", "length"),
        ("model_length", "length"),
    ],
)
def test_odd_reasons_for_finishing_become_known_ones(finish: str, expected: str) -> None:
    assert Asked(in_order(events(delta(finish, content="x")))).reply.finish == expected


def test_a_cut_output_without_text_is_a_reply_and_not_asked_again() -> None:
    asked = Asked(in_order(events(delta("length", reasoning_content="hm"))))

    assert (asked.reply.finish, asked.reply.message.text, len(asked.requests)) == ("length", "", 1)


def test_a_stream_that_ends_after_its_finish_reason_is_whole() -> None:
    assert Asked(in_order(cut(events(delta("stop", content="x")), 1))).reply.message.text == "x"


def test_silence_after_done_is_not_waited_for() -> None:
    stream = as_stream("x")

    asked = Asked(in_order(hang(stream, len(stream.chunks))), idle_timeout=20.0)

    assert asked.reply.message.text == "x"


def test_text_that_is_a_call_is_read_as_a_call_and_not_shown() -> None:
    text = '```json\n{"name": "shell", "arguments": {"command": "pwd"}}\n```'

    asked = Asked(in_order(text))

    assert asked.reply.message == Assistant("", (ToolCall("call_1", "shell", '{"command": "pwd"}'),))
    assert asked.reply.finish == "tool_calls"
    assert asked.shown == []


def test_text_tools_put_the_tools_into_the_prompt_and_read_the_calls_from_the_text() -> None:
    reply = 'ok\n<tool_call>\n{"name": "shell", "arguments": {"command": "pwd"}}\n</tool_call>'

    asked = Asked(in_order(reply), entry=ModelEntry(id="m", tools="text"))

    assert "tools" not in asked.requests[0]
    assert "shell" in asked.requests[0]["messages"][0]["content"]
    assert asked.reply.message == Assistant("ok", (ToolCall("call_1", "shell", '{"command": "pwd"}'),))


# -- retries


@pytest.mark.parametrize(
    "fault",
    [
        status(408),
        status(409),
        status(425),
        status(429),
        status(500),
        status(503),
        status(529),
        cut("half an answer\nand more", 2),
        cut(say(""), 0),
        cut(Fault(), 0),
        events({"error": {"message": "overloaded"}}),
        events(delta(content="half"), {"error": {"message": "overloaded", "code": 502}}),
        Fault(headers={"content-type": "application/json"}, chunks=(b'{"error": {"message": "busy"}}',)),
    ],
)
def test_a_passing_fault_is_tried_again_as_a_whole_step(fault: Fault) -> None:
    asked = Asked(in_order(fault, "fine"))

    assert asked.reply.message.text == "fine"
    assert len(asked.retries) == 1
    assert asked.clock.slept == [asked.retries[0].seconds]
    assert asked.shown[-1] == TextDelta("fine")


@pytest.mark.parametrize(
    ("fault", "error", "attempts"),
    [
        (status(500), ServerError, 5),
        (status(429), RateLimited, 5),
        (status(429, {"error": {"message": "no credit", "code": "insufficient_quota"}}), RateLimited, 1),
        (cut("x", 1), ConnectionFailed, 5),
        (status(401), AuthError, 1),
        (status(403), AuthError, 1),
        (status(404), ModelNotFound, 1),
        (status(418), BadRequest, 1),
        (status(307, location="https://elsewhere.example/"), NotChatCompletions, 1),
        (status(400, {"error": {"code": "context_length_exceeded"}}), ContextTooLong, 1),
        (
            status(200, "<!doctype html><title>Welcome</title>", content_type="text/html"),
            NotChatCompletions,
            2,
        ),
        (status(200, '{"hello": 1}', content_type="application/json"), NotChatCompletions, 2),
        (status(200, "", content_type="application/json"), NotChatCompletions, 2),
        (events("no json"), NotChatCompletions, 2),
        (events("[DONE]"), NotChatCompletions, 2),
        (events(delta("tool_calls", tool_calls=[{"index": 0}])), NotChatCompletions, 2),
        (events({"error": {"message": "who are you", "code": 401}}), AuthError, 1),
        (say(""), NotChatCompletions, 3),
        (as_json(say(" ")), NotChatCompletions, 3),
        (events(delta("content_filter")), BadRequest, 1),
    ],
)
def test_a_lasting_fault_ends_in_a_typed_error(
    fault: WireReply, error: type[ProviderError], attempts: int
) -> None:
    asked = Asked(in_order(fault))

    assert type(asked.error) is error or isinstance(asked.error, error)
    assert len(asked.requests) == attempts
    assert "sk-key" not in str(asked.error)
    assert "\n" not in str(asked.error)


def test_an_answer_that_was_filtered_out_is_said_to_be() -> None:
    asked = Asked(in_order(events(delta("content_filter", content=""))))

    assert "content filter withheld the answer" in str(asked.error)


def test_retry_after_is_honoured() -> None:
    assert Asked(in_order(status(429, retry_after="7"), "fine")).clock.slept == [7.0]


def test_retrying_ends_with_its_window() -> None:
    asked = Asked(in_order(status(503, retry_after="3600")))

    assert isinstance(asked.error, ServerError)
    assert asked.clock.slept == [85.0]
    assert len(asked.requests) == 2


def test_silence_before_and_within_an_answer_ends_an_attempt() -> None:
    asked = Asked(in_order(hang(), hang("a\nb", 2), "fine"), idle_timeout=0.1)

    assert asked.reply.message.text == "fine"
    assert [TextDelta("a\n") in asked.shown, len(asked.retries)] == [True, 2]
    assert "silent" in asked.retries[0].reason


def test_a_server_that_is_not_there_is_named() -> None:
    with WireServer(in_order("x")) as server:
        gone = server.base_url
    model = ChatModel(Endpoint("wire", gone, "", ModelEntry(id="m")), FakeClock(), random.Random(1))

    with pytest.raises(ConnectionFailed, match=r"wire \(http://127.0.0.1:\d+/v1\).*check that it runs"):
        asyncio.run(model.complete(ASK, lambda _: None))


def test_an_unusable_proxy_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "nonsense://proxy.example")
    model = ChatModel(Endpoint("wire", "https://x.invalid/v1", "", ENTRY), FakeClock(), random.Random(1))

    with pytest.raises(ConnectionFailed, match="proxy variables"):
        asyncio.run(model.complete(ASK, lambda _: None))


def test_a_query_of_the_address_stays_behind_the_path() -> None:
    async def ask(model: ChatModel) -> str:
        reply = await model.complete(ASK, lambda _: None)
        await model.aclose()
        return reply.message.text

    with WireServer(in_order("fine")) as server:
        endpoint = Endpoint("wire", f"{server.base_url}/?version=1", "", ENTRY)
        assert asyncio.run(ask(ChatModel(endpoint, FakeClock(), random.Random(1)))) == "fine"


@pytest.mark.parametrize("key", ["sk-“quoted”", "two\nlines"])
def test_a_key_that_no_header_can_carry_is_an_error_that_does_not_show_it(key: str) -> None:
    model = ChatModel(
        Endpoint("wire", "https://x.invalid/v1", key, ModelEntry(id="m")), FakeClock(), random.Random(1)
    )

    with pytest.raises(AuthError, match="api_key of provider 'wire'") as caught:
        asyncio.run(model.complete(ASK, lambda _: None))
    assert key not in str(caught.value)


def test_an_endpoint_shows_no_key() -> None:
    endpoint = Endpoint("wire", "https://u:pw@x.example/v1?k=1", "sk-key", ModelEntry(id="m"))

    assert repr(endpoint) == "Endpoint(wire:m at https://x.example/v1)"


# -- what an endpoint does not understand is left out


@pytest.mark.parametrize(
    ("code", "body", "refused", "instead"),
    [
        (400, "Unknown parameter: stream_options", "stream_options", None),
        (
            422,
            '{"detail": [{"loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted"}]}',
            "stream_options",
            None,
        ),
        (400, "'max_tokens' is not supported with this model", "max_tokens", "max_completion_tokens"),
        (400, "m does not support tools", "tools", None),
        (404, "No endpoints found that support tool use.", "tools", None),
        (500, "tools param requires --jinja flag", "tools", None),
    ],
)
def test_a_refused_feature_is_left_out_at_once_and_from_then_on(
    code: int, body: str, refused: str, instead: str | None
) -> None:
    def respond(request: dict[str, Any]) -> WireReply:
        return status(code, body) if refused in request else "fine"

    asked = Asked(respond, entry=ModelEntry(id="m", max_output=9), times=2)

    assert asked.reply.message.text == "fine"
    assert asked.clock.slept == []
    assert [refused in request for request in asked.requests] == [True, False, False]
    assert instead is None or asked.requests[-1][instead] == 9


def test_a_server_that_refuses_to_stream_is_asked_without() -> None:
    def respond(request: dict[str, Any]) -> WireReply:
        return status(400, "stream is not supported") if request["stream"] else "fine"

    asked = Asked(respond)

    assert asked.reply.message.text == "fine"
    assert "stream_options" not in asked.requests[-1]


def test_a_refusal_that_names_nothing_to_leave_out_is_an_error() -> None:
    asked = Asked(in_order(status(400, "max_tokens, stream_options, stream, tools: not supported")))

    assert isinstance(asked.error, BadRequest)
    assert len(asked.requests) == 5
