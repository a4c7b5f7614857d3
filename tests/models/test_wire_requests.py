"""Requests as they go over the wire."""

import json
from typing import Any

import pytest

from hone.config.settings import ModelEntry
from hone.messages import Assistant, Message, System, ToolCall, ToolReply, User
from hone.models.base import Request
from hone.models.endpoint import Dialect
from hone.models.wire import decode_answer, encode_request

ENTRY = ModelEntry(id="m")


def sent(*messages: Message, entry: ModelEntry = ENTRY) -> list[dict[str, Any]]:
    body = json.loads(encode_request(entry, Request(messages), Dialect()))
    encoded: list[dict[str, Any]] = body["messages"]
    return encoded


def test_a_conversation_with_a_tool_call_is_sent_without_its_reasoning() -> None:
    assert sent(
        System("s"),
        User("u"),
        Assistant("", (ToolCall("c1", "shell", '{"a": 1}'),), "secret thoughts"),
        ToolReply("c1", "shell", "out"),
        Assistant("done"),
    ) == [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "u"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "shell", "arguments": '{"a": 1}'}}
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "out"},
        {"role": "assistant", "content": "done"},
    ]


@pytest.mark.parametrize("temperature", [None, 0.0, 0.7])
def test_a_temperature_is_sent_only_if_the_settings_give_one(temperature: float | None) -> None:
    entry = ModelEntry(id="m", temperature=temperature)
    body = json.loads(encode_request(entry, Request((User("u"),)), Dialect()))
    assert body.get("temperature") == temperature


@pytest.mark.parametrize("arguments", ["{a", "[1]", "", "3"])
def test_arguments_that_are_no_object_are_sent_back_as_valid_json(arguments: str) -> None:
    (message,) = sent(Assistant("", (ToolCall("c1", "no such tool!", arguments),)))

    function = message["tool_calls"][0]["function"]
    assert function["name"] == "no_such_tool_"
    assert json.loads(function["arguments"]) == {"malformed": arguments}


@pytest.mark.parametrize(
    ("name", "wire_name"), [("read-file_2", "read-file_2"), ("a b/é", "a_b__"), ("x" * 70, "x" * 64)]
)
def test_a_call_s_name_is_sent_in_the_characters_that_servers_take(name: str, wire_name: str) -> None:
    (message,) = sent(Assistant("", (ToolCall("c1", name, "{}"),)))

    assert message["tool_calls"][0]["function"]["name"] == wire_name


def test_a_message_that_says_nothing_is_left_out() -> None:
    assert sent(User("u"), Assistant("", (), "only thoughts")) == [{"role": "user", "content": "u"}]


def test_the_system_message_and_the_last_one_are_marked_for_the_cache() -> None:
    entry = ModelEntry(id="m", cache_control=True)

    system, first, last = sent(System("s"), User("a"), User("b"), entry=entry)

    mark = {"cache_control": {"type": "ephemeral"}}
    assert system["content"] == [{"type": "text", "text": "s", **mark}]
    assert first["content"] == "a"
    assert last["content"] == [{"type": "text", "text": "b", **mark}]


def test_text_that_is_empty_is_not_marked() -> None:
    assert sent(User(""), entry=ModelEntry(id="m", cache_control=True)) == [{"role": "user", "content": ""}]


def test_text_that_is_no_unicode_is_sent_with_a_mark_in_its_place() -> None:
    assert sent(User("name \udcff \\udcff 😀"))[0]["content"] == "name \ufffd \\udcff 😀"


@pytest.mark.parametrize(
    ("escaped", "text"), [(r"\ud83d\ude00", "😀"), (r"a\ud83d", "a\ufffd"), (r"\ude00b", "\ufffdb")]
)
def test_half_a_character_in_an_answer_is_replaced(escaped: str, text: str) -> None:
    chunk = decode_answer('{"choices": [{"delta": {"content": "' + escaped + '"}}]}')

    assert chunk.choices
    assert chunk.choices[0].delta
    assert chunk.choices[0].delta.content == text
