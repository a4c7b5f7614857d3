"""Replies put together from pieces."""

import asyncio
import itertools
import json
import random
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hone.config.settings import ModelEntry
from hone.errors import ProviderError
from hone.events import ReasoningDelta, Retrying, TextDelta
from hone.messages import Assistant, ToolCall, ToolSpec, User
from hone.models.base import Reply, Request
from hone.models.chat import ChatModel, Endpoint
from hone.models.draft import Draft, split_thinking, with_fresh_ids
from hone.models.text_tools import parse_json
from hone.models.wire import decode_answer
from hone.testing import FakeClock, as_stream, call, say, together


def replied(*deltas: dict[str, Any], offered: tuple[str, ...] = ("shell",)) -> tuple[Assistant, str, str]:
    """(message, shown text, shown reasoning) of a stream of these deltas."""
    draft = Draft(offered)
    shown = []
    for delta in deltas:
        shown += draft.add(decode_answer(json.dumps({"choices": [{"delta": delta}]})))
    message, _, rest = draft.close()
    events = shown + rest
    texts = "".join(event.text for event in events if isinstance(event, TextDelta))
    return message, texts, "".join(event.text for event in events if isinstance(event, ReasoningDelta))


def piece(index: int | None = None, **function: Any) -> dict[str, Any]:
    part: dict[str, Any] = {} if index is None else {"index": index}
    identity = function.pop("id", None)
    return {"tool_calls": [{**part, **({"id": identity} if identity else {}), "function": function}]}


@pytest.mark.parametrize(
    ("pieces", "calls"),
    [
        pytest.param(
            [
                piece(0, id="a", name="shell", arguments=""),
                piece(0, arguments='{"x"'),
                piece(0, arguments=":1}"),
            ],
            [("a", "shell", '{"x":1}')],
            id="in pieces",
        ),
        pytest.param(
            [
                piece(0, id="a", name="one", arguments="{"),
                piece(1, id="b", name="two", arguments="{"),
                piece(0, arguments="}"),
                piece(1, arguments=" }"),
            ],
            [("a", "one", "{}"), ("b", "two", "{ }")],
            id="interleaved",
        ),
        pytest.param(
            [piece(id="a", name="one", arguments="{}"), piece(id="b", name="two", arguments="{}")],
            [("a", "one", "{}"), ("b", "two", "{}")],
            id="no index, whole",
        ),
        pytest.param(
            [piece(name="one", arguments="{"), piece(arguments="}"), piece(name="one", arguments="{}")],
            [("", "one", "{}"), ("", "one", "{}")],
            id="neither index nor id",
        ),
        pytest.param(
            [piece(id="a", name="one", arguments="{"), piece(id="a", arguments="}")],
            [("a", "one", "{}")],
            id="by id",
        ),
        pytest.param(
            [piece(0, id="a", name="one", arguments="{}"), piece(0, id="b", name="two", arguments="{}")],
            [("a", "one", "{}"), ("b", "two", "{}")],
            id="all numbered 0, with ids",
        ),
        pytest.param(
            [piece(0, name="one", arguments="{}"), piece(0, name="one", arguments="{}")],
            [("", "one", "{}"), ("", "one", "{}")],
            id="all numbered 0, without ids",
        ),
        pytest.param(
            [piece(0, name="one", arguments='{"a"'), piece(0, name="one", arguments=":1}")],
            [("", "one", '{"a":1}')],
            id="name in every piece",
        ),
        pytest.param([piece(0, name="one")], [("", "one", "{}")], id="no arguments"),
        pytest.param(
            [piece(0, name="one", arguments={"a": "ü"})],
            [("", "one", '{"a":"ü"}')],
            id="arguments as an object",
        ),
        pytest.param(
            [piece(0, name="one", arguments="{a")], [("", "one", "{a")], id="arguments that are no JSON"
        ),
    ],
)
def test_tool_calls_are_put_together(pieces: list[dict[str, Any]], calls: list[tuple[str, str, str]]) -> None:
    message, _, _ = replied(*pieces)

    assert [(each.id, each.name, each.arguments) for each in message.tool_calls] == calls


@pytest.mark.parametrize(
    ("deltas", "message", "text"),
    [
        ([{"reasoning_content": "r"}, {"content": "t"}], Assistant("t", (), "r"), "t"),
        ([{"reasoning": "r"}, {"content": "t"}], Assistant("t", (), "r"), "t"),
        ([{"content": [{"type": "text", "text": "t"}, {"type": "image"}]}], Assistant("t"), "t"),
        ([{"refusal": "no"}], Assistant("no"), "no"),
        (
            [{"content": "<th"}, {"content": "ink>r</th"}, {"content": "ink>\n\nt"}],
            Assistant("t", (), "r"),
            "t",
        ),
        (
            [{"content": "<thinking>r</think>"}, {"content": " s</thin"}, {"content": "king>t"}],
            Assistant("t", (), "r</think> s"),
            "t",
        ),
        ([{"content": "<think>a </b> c"}], Assistant("", (), "a </b> c"), ""),
        ([{"content": "<thi"}, {"content": "s>"}], Assistant("<this>"), "<this>"),
        ([{"content": "say <think>x</think>"}], Assistant("say <think>x</think>"), "say <think>x</think>"),
        (
            [{"content": "<think>r</think>"}, {"content": " \n"}, {"content": "t"}],
            Assistant("t", (), "r"),
            "t",
        ),
        ([{"content": "  "}, {"content": "t"}], Assistant("  t"), "  t"),
        ([{"content": "```js"}, {"content": 'on\n{"a": 1}\n```'}], Assistant('```json\n{"a": 1}\n```'), None),
        ([{"content": "`"}, {"content": "ls` lists"}], Assistant("`ls` lists"), "`ls` lists"),
        ([{"content": "{"}], Assistant("{"), "{"),
    ],
)
def test_reasoning_is_told_from_text_and_everything_said_is_shown(
    deltas: list[dict[str, Any]], message: Assistant, text: str | None
) -> None:
    whole, shown, reasoned = replied(*deltas)

    assert whole == message
    assert shown == (message.text if text is None else text)
    assert reasoned == message.reasoning


def test_only_the_first_choice_counts() -> None:
    draft = Draft(())
    draft.add(
        decode_answer('{"choices": [{"index": 1, "delta": {"content": "b"}}, {"delta": {"content": "a"}}]}')
    )

    assert draft.close()[0] == Assistant("a")


WRITTEN_CALLS = [
    "<tool_call>\n<function=shell>\n<parameter=command>\nls\n</parameter>\n<parameter=seconds>\n5\n</parameter>\n</function>\n</tool_call>",
    '<function=shell>{"command": "ls", "seconds": "5"}</function>',
    '<tool_call>{"name": "shell", "arguments": {"command": "ls", "seconds": "5"}}</tool_call>',
    '```json\n{"name": "shell", "arguments": {"command": "ls", "seconds": "5"}}\n```',
    '{"tool": "shell", "arguments": {"command": "ls", "seconds": "5"}}',
]


@pytest.mark.parametrize(("ending", "constrained"), [("length", False), ("length", True), ("safety", False)])
@pytest.mark.parametrize("written", WRITTEN_CALLS)
def test_a_call_that_a_limit_or_a_filter_cut_anywhere_never_looks_like_one_with_less(
    written: str, ending: str, constrained: bool
) -> None:
    for end in range(1, len(written) + 1):
        draft = Draft(["shell"], constrained=constrained)
        choice = {"delta": {"content": written[:end]}, "finish_reason": ending}
        draft.add(decode_answer(json.dumps({"choices": [choice]})))
        for made in draft.close()[0].tool_calls:
            assert parse_json(made.arguments) in (None, {"command": "ls", "seconds": "5"}), written[:end]


@pytest.mark.parametrize("text", ["plain", "<think>never closed", " <think>a</think> b"])
def test_thinking_and_text_lose_nothing_but_tags_and_space(text: str) -> None:
    thought, rest = split_thinking(text)

    assert (thought + rest).replace(" ", "") == text.replace("<think>", "").replace("</think>", "").replace(
        " ", ""
    )


@pytest.mark.parametrize(
    ("ids", "used", "fresh"),
    [
        (["a", "b"], [], ["a", "b"]),
        (["", ""], [], ["call_1", "call_2"]),
        (["a", "a"], [], ["a", "call_1"]),
        (["", "a"], ["a", "call_2"], ["call_3", "call_4"]),
    ],
)
def test_an_id_names_one_call_of_a_conversation(ids: list[str], used: list[str], fresh: list[str]) -> None:
    calls = with_fresh_ids([ToolCall(identity, "x", "{}") for identity in ids], used)

    assert [each.id for each in calls] == fresh


# -- any bytes, any chunking: through the whole client, the server's side being a transport in this process

ASK = Request((User("hi"),), (ToolSpec("shell", "", {"type": "object"}),))


def completed(chunks: list[bytes], content_type: str = "text/event-stream") -> tuple[Reply, str]:
    """The reply to a stream that arrives in these chunks, and the text shown of the last attempt."""

    async def body() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    def respond(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": content_type}, content=body())

    async def ask() -> tuple[Reply, str]:
        model = ChatModel(Endpoint("p", "http://x/v1", "", ModelEntry(id="m")), FakeClock(), random.Random(1))
        model._client = httpx2.AsyncClient(transport=httpx2.MockTransport(respond))
        shown: list[str] = []

        def show(event: TextDelta | ReasoningDelta | Retrying) -> None:
            if isinstance(event, Retrying):
                shown.clear()
            if isinstance(event, TextDelta):
                shown.append(event.text)

        try:
            return await model.complete(ASK, show), "".join(shown)
        finally:
            await model.aclose()

    return asyncio.run(ask())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "delta", "content", "tool_calls", "index", "function", "usage", "error"]
            )
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
EVENT = st.binary(max_size=60) | JSON.map(json.dumps).map(str.encode) | st.just(b"[DONE]")


@settings(max_examples=150, deadline=None)
@given(st.lists(EVENT.map(lambda event: b"data: " + event + b"\n\n") | st.binary(max_size=40), max_size=6))
def test_any_bytes_are_a_reply_or_a_provider_error(chunks: list[bytes]) -> None:
    try:
        completed(chunks)
    except ProviderError as error:
        assert str(error)  # noqa: PT017 - either outcome is right


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=80) | JSON.map(json.dumps).map(str.encode), st.sampled_from(["application/json", ""])
)
def test_any_whole_body_is_a_reply_or_a_provider_error(body: bytes, content_type: str) -> None:
    try:
        completed([body], content_type)
    except ProviderError as error:
        assert str(error)  # noqa: PT017 - either outcome is right


TEXT = '<think>grün</think>\nHere:\n```json\n{"name": "no such"}\n```\n日本語 ende'


@pytest.mark.parametrize(
    "message",
    [
        Assistant(TEXT),
        together(say("ok", reasoning="hm"), call("shell", command="größe"), call("shell", command="b")),
    ],
)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_chunking_of_a_stream_gives_the_same_reply(message: Assistant, data: st.DataObject) -> None:
    stream = b"".join(as_stream(message).chunks)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    bounds = [0, *cuts, len(stream)]

    chunked = completed([stream[a:b] for a, b in itertools.pairwise(bounds)])

    assert chunked == completed([stream])
    assert chunked[1] == chunked[0].message.text
