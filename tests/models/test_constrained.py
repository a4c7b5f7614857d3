"""Steps as JSON that a schema constrains."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.messages import Assistant, Message, System, ToolCall, ToolReply, ToolSpec, User
from hone.models.constrained import as_schema, read_step, response_format

PATH = {
    "type": "object",
    "title": "Read",
    "properties": {"title": {"type": "string", "description": "where", "minLength": 1}},
    "required": ["title"],
}
READ = ToolSpec("read", "Show a file.", PATH)


def test_without_tools_a_reply_is_free() -> None:
    assert as_schema([User("hello")], []) == ([User("hello")], None)


def test_a_reply_is_a_call_of_one_tool_or_the_answer() -> None:
    schema = response_format([READ])["json_schema"]["schema"]

    call, answer = schema["anyOf"]
    assert call["properties"]["tool"] == {"type": "string", "enum": ["read"]}
    assert call["required"] == ["tool", "arguments"]
    assert answer["properties"] == {"answer": {"type": "string"}}
    assert response_format([READ])["json_schema"]["strict"] is True


@pytest.mark.parametrize(
    ("schema", "simple"),
    [
        (PATH, {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}),
        ({"const": 1}, {"enum": [1]}),
        ({"oneOf": [{"type": "null"}, {"minimum": 1}]}, {"anyOf": [{"type": "null"}, {}]}),
        ({"type": "array", "items": {"$ref": "#/$defs/x"}}, {"type": "array", "items": {}}),
        ({"additionalProperties": False}, {"additionalProperties": False}),
        (
            {"additionalProperties": {"type": "string", "format": "uri"}},
            {"additionalProperties": {"type": "string"}},
        ),
        ({"items": True}, {"items": {}}),
    ],
)
def test_of_a_tools_schema_remains_what_every_grammar_knows(
    schema: dict[str, object], simple: dict[str, object]
) -> None:
    form = response_format([ToolSpec("t", "", schema)])

    assert form["json_schema"]["schema"]["anyOf"][0]["properties"]["arguments"] == simple


def test_the_model_sees_its_steps_in_the_form_that_it_is_held_to() -> None:
    conversation: list[Message] = [
        System("Be brief."),
        User("What is in a.txt?"),
        Assistant("", (ToolCall("1", "read", '{"title": "a.txt"}'),)),
        ToolReply("1", "read", "42", ok=True),
        Assistant("It says 42."),
        Assistant(""),
    ]

    (system, asked, call, result, answer, nothing), _ = as_schema(conversation, [READ])

    assert isinstance(system, System)
    assert system.text.startswith("Be brief.\n\n# Tools")
    assert "- read(title: string): Show a file." in system.text
    assert asked == User("What is in a.txt?")
    assert call == Assistant('{"tool": "read", "arguments": {"title": "a.txt"}}')
    assert result == User('<tool_response name="read">\n42\n</tool_response>')
    assert answer == Assistant('{"answer": "It says 42."}')
    assert nothing == Assistant("")


def test_words_beside_the_calls_of_another_model_stay() -> None:
    calls = (ToolCall("1", "read", "{}"), ToolCall("2", "read", "{}"))

    ((_, step), _) = as_schema([Assistant("Looking.", calls)], [READ])

    assert step == Assistant('Looking.\n{"tool": "read", "arguments": {}}\n{"tool": "read", "arguments": {}}')


CALL = (ToolCall("call_1", "read", '{"title": "a"}'),)


@pytest.mark.parametrize(
    ("reply", "step"),
    [
        ('{"answer": "It is 4."}', ("It is 4.", ())),
        ('  {"answer": "two\nlines",}\n', ("two\nlines", ())),
        ('{"tool": "read", "arguments": {"title": "a"}}', ("", CALL)),
        ('{"name": "read", "parameters": {"title": "a"}}', ("", CALL)),
        ('```json\n{"tool": "read", "arguments": {"title": "a"}}\n```', ("", CALL)),
        (
            '{"tool": "read", "arguments": {"title": "a"}}\n{"tool": "read", "arguments": {"title": "b"}}',
            ("", CALL),
        ),
        ('{"answer": "It goes \\"on\\" an', ('It goes "on" an', ())),
        ('{"answer": "It ends in \\', ("It ends in ", ())),
        ('{"answer": 4}', ('{"answer": 4}', ())),
        ('{"tool": "rm", "arguments": {}}', ('{"tool": "rm", "arguments": {}}', ())),
        ("It is 4.", ("It is 4.", ())),
        ("", ("", ())),
    ],
)
def test_a_step_is_read_with_patience(reply: str, step: tuple[str, tuple[ToolCall, ...]]) -> None:
    assert read_step(reply, ["read"]) == step


@given(st.text())
def test_any_answer_comes_back_as_it_was_written(answer: str) -> None:
    assert read_step(json.dumps({"answer": answer}), ["read"]) == (answer, ())


@given(st.text(), st.dictionaries(st.text(), st.text(), max_size=3))
def test_any_text_is_read_and_any_call_comes_back(text: str, arguments: dict[str, str]) -> None:
    read_step('{"answer": "' + text, ["read"])
    _, (call,) = read_step(json.dumps({"tool": "read", "arguments": arguments}), ["read"])

    assert json.loads(call.arguments) == arguments
