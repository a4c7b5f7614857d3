"""Tools as text: how they are described, and how calls are found in what a model wrote."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.messages import Assistant, Message, System, ToolCall, ToolReply, ToolSpec, User
from hone.models.text_tools import as_text, read_calls

NAMES = ("shell", "read")
PWD = '{"name": "shell", "arguments": {"command": "pwd"}}'
CALLED = [("shell", {"command": "pwd"})]


def found(text: str) -> tuple[str, list[tuple[str, object]]]:
    rest, calls = read_calls(text, NAMES)
    assert [call.id for call in calls] == [f"call_{n}" for n in range(1, len(calls) + 1)]
    return rest, [(call.name, json.loads(call.arguments)) for call in calls]


@pytest.mark.parametrize(
    ("text", "rest", "calls"),
    [
        (f"```json\n{PWD}\n```", "", CALLED),
        (f"```json\n{PWD}\n``` ", "", CALLED),
        (f"```\n{PWD}\n```", "", CALLED),
        (f"```JSON {PWD} ```", "", CALLED),
        (f"```tool_call\n{PWD}\n```", "", CALLED),
        (f"```json\n{PWD}", "", CALLED),
        (f"```json\n[{PWD}, {PWD}]\n```", "", CALLED * 2),
        (f"```json\n{PWD}\n{PWD}\n```", "", CALLED * 2),
        (f"Let me look.\n\n```json\n{PWD}\n```", "Let me look.", CALLED),
        (f"a\n```json\n{PWD}\n```\nb\n```json\n{PWD}\n```\nc", "a\n\nb\n\nc", CALLED * 2),
        (PWD, "", CALLED),
        (f" {PWD}\n{PWD} ", "", CALLED * 2),
        (f"[{PWD}]", "", CALLED),
        (PWD.replace("arguments", "parameters"), "", CALLED),
        ('{"type": "function", "function": ' + PWD + "}", "", CALLED),
        ('{"name": "shell", "arguments": "{\\"command\\": \\"pwd\\"}"}', "", CALLED),
        (f"<tool_call>\n{PWD}\n</tool_call>", "", CALLED),
        (f"<tool_call>{PWD}</tool_call><tool_call>{PWD}</tool_call>", "", CALLED * 2),
        (f"<tool_call>\n{PWD}\n{PWD}\n</tool_call>", "", CALLED * 2),
        (f"<tool_call>\n```json\n{PWD}\n```\n</tool_call>", "", CALLED),
        (f"ok <tool_call>\n{PWD}", "ok", CALLED),
        (f"<tools>\n{PWD}\n</tools>", "", CALLED),
        (f"Now:\n<tool_response>\n{PWD}\n</tool_response>", "Now:", CALLED),
        ("{" + PWD + "}", "", CALLED),
        ("{" + PWD, "", CALLED),
        ("{" + PWD + "}}\n{" + PWD + "}", "", CALLED * 2),
        ("```json\n{" + PWD + "}\n```", "", CALLED),
        ("<tool_call>\n{" + PWD + "}\n</tool_call>", "", CALLED),
        ('<function=shell>{"command": "pwd"}</function>', "", CALLED),
        ('<tool_call><function=shell>{"command": "pwd"}</function></tool_call>', None, CALLED),
        ('```json\n{"name": "shell", "arguments": {"command": "pwd",},}\n```', "", CALLED),
        ('{"name": "shell", "arguments": {"command": "a\nb"}}', "", [("shell", {"command": "a\nb"})]),
        (f"[TOOL_CALLS] [{PWD}]", "", CALLED),
        (f"I look.[TOOL_CALLS][{PWD}]</s>", "I look.", CALLED),
        (f"<|python_tag|>{PWD}<|eom_id|>", "", CALLED),
        ('{"tool": "shell", "args": {"command": "pwd"}}', "", CALLED),
        ('```json\n{"tool": "shell", "arguments": {"command": "pwd"}}\n```', "", CALLED),
        ('```json\n{"tool_calls": [' + PWD + "]}\n```", "", CALLED),
        (
            '{"name": "shell", "arguments": {"command": "echo \\"```\\" }, ]"}}',
            "",
            [("shell", {"command": 'echo "```" }, ]'})],
        ),
        (
            '```json\n{"name": "read", "arguments": {"path": "```json\\n{}\\n```"}}\n```',
            "",
            [("read", {"path": "```json\n{}\n```"})],
        ),
        (f"{PWD}\n```\n/home/me\n```", "", CALLED),
        (
            r'{"name": "shell", "arguments": {"command": "find . -exec cat {} \;"}}',
            "",
            [("shell", {"command": r"find . -exec cat {} \;"})],
        ),
    ],
)
def test_a_call_is_found(text: str, rest: str | None, calls: list[tuple[str, object]]) -> None:
    remaining, read = found(text)

    assert read == calls
    assert rest is None or remaining == rest


@pytest.mark.parametrize(
    "text",
    [
        "plain text",
        'use {"a": 1} here',
        f"call it so: {PWD}",
        f"{PWD} is a call",
        '```json\n{"name": "left-pad", "version": "1.0"}\n```',
        '```json\n{"name": "other", "arguments": {}}\n```',
        '{"name": "other", "arguments": {}}',
        '{"tool": "other", "args": {}}',
        '{"tool": ["shell"], "args": {}}',
        '```json\n{"tool_calls": []}\n```',
        '<tools>\n{"name": "other", "arguments": {}}\n</tools>',
        "<|python_tag|>print({})",
        '```json\n{"name": "shell"}\n```',
        '```json\n{"name": "shell", "arguments": [1]}\n```',
        '```json\n{"name": "shell", "arguments": "words"}\n```',
        "{{" + PWD + "}}",
        "{{ user.name }}",
        "<tools></tools>",
        '<tool_response>\n{"port": 80}\n</tool_response>',
        f'```json\n[{PWD}, {{"a": 1}}]\n```',
        "```python\nprint({})\n```",
        "<tool_call>{nothing}</tool_call>",
        "<tool_call>[1]</tool_call>",
        "write <function=shell> and then {the arguments}",
        "```json\n{ never closed",
        "<function=shell>" + " " * 20_000 + "x {",
        "<tool_call>{" + " " * 20_000 + "x",
        '{"a": ' * 2000,
        "{" * 5000 + "}" * 5000,
    ],
)
def test_text_that_is_no_call_is_left_alone(text: str) -> None:
    assert found(text) == (text, [])


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ('<tool_call>{"name": "shell", "arguments": {"command": "a" b}}</tool_call>', '{"command": "a" b}'),
        ('```json\n{"name": "shell", "arguments": {"command": "a" b}}\n```', '{"command": "a" b}'),
        ('```json\n{"name": "shell", "arguments": {"command": "unfin', '{"command": "unfin'),
        ("<function=shell>command: pwd</function>{}", "command: pwd"),
        ("<function=shell>command: pwd</function>", "command: pwd"),
        ("<function=shell>[1]</function>", "[1]"),
        ("<function=shell>\n<parameter=command>\nunfin", "<parameter=command>\nunfin"),
    ],
)
def test_a_clear_call_with_broken_arguments_is_handed_on_as_it_is(text: str, arguments: str) -> None:
    _, calls = read_calls(text, NAMES)

    assert calls == (ToolCall("call_1", "shell", arguments),)


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ('<tool_call>{"name": "bash", "arguments": {"command": "ls"}}</tool_call>', {"command": "ls"}),
        ('<tool_call>{"name": "bash"}</tool_call>', {}),
        ('<function=bash>{"command": "ls"}</function>', {"command": "ls"}),
        ("<function=bash>\n<parameter=command>\nls\n</parameter>\n</function>", {"command": "ls"}),
        ('[TOOL_CALLS] [{"name": "bash", "arguments": {}}]', {}),
        ('<|python_tag|>{"name": "bash", "parameters": {}}', {}),
    ],
)
def test_a_call_in_tags_is_a_call_even_of_a_tool_that_is_not_offered(
    text: str, arguments: dict[str, object]
) -> None:
    assert found(text) == ("", [("bash", arguments)])


def test_a_broken_call_in_tags_is_handed_on_even_of_a_tool_that_is_not_offered() -> None:
    _, calls = read_calls('<tool_call>{"name": "bash", "arguments": {"command": "a" b}}</tool_call>', NAMES)

    assert calls == (ToolCall("call_1", "bash", '{"command": "a" b}'),)


@pytest.mark.parametrize(
    ("inner", "arguments"),
    [
        ("<parameter=command>\nls\n</parameter>\n", {"command": "ls"}),
        ("<parameter=command>ls</parameter>", {"command": "ls"}),
        ("<parameter=command>\n\n a\nb\n\n</parameter>\n", {"command": "\n a\nb\n"}),
        ("<parameter=a>\n10\n</parameter>\n<parameter=b>\n\n</parameter>\n", {"a": "10", "b": ""}),
        ("<parameter=text>\n</function>\n</parameter>\n", {"text": "</function>"}),
        ("", {}),
    ],
)
@pytest.mark.parametrize(
    ("before", "after"), [("<tool_call>\n", "</function>\n</tool_call>"), ("", "</function>"), ("", "")]
)
def test_arguments_in_parameter_tags_are_text(
    before: str, after: str, inner: str, arguments: dict[str, str]
) -> None:
    text = f"Look:\n{before}<function=shell>\n{inner}{after}"

    assert found(text) == (("Look:", [("shell", arguments)]) if inner or after else (text, []))


def test_several_calls_with_parameter_tags_are_all_found() -> None:
    one = "<function=shell>\n<parameter=command>\npwd\n</parameter>\n</function>\n"

    assert found(f"<tool_call>\n{one}</tool_call>\n" * 2) == ("", CALLED * 2)
    assert found(f"<tool_call>\n{one}{one}</tool_call>") == ("", CALLED * 2)


@given(st.text(alphabet='{}[]"\\:,` \nnamerguts<>_=/calfionhj', max_size=120))
def test_any_text_is_read_without_an_error(text: str) -> None:
    rest, calls = read_calls(text, NAMES)

    assert calls or rest == text


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=30) | st.integers(), max_size=3))
def test_what_is_written_as_a_call_is_read_back(arguments: dict[str, object]) -> None:
    written = as_text([Assistant("", (ToolCall("x", "shell", json.dumps(arguments)),))], ())[0]

    assert isinstance(written, Assistant)
    assert found(written.text) == ("", [("shell", arguments)])


def test_tools_are_described_in_the_system_message_and_results_come_from_the_user() -> None:
    tool = ToolSpec(
        "shell",
        "Run a command.",
        {
            "type": "object",
            "properties": {
                "command": {"type": "string", "description": "what to run"},
                "mode": {"enum": ["fast", "slow"]},
                "seconds": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                "paths": {"type": "array", "items": {"type": "string"}},
            },
            "required": ["command"],
        },
    )
    messages: list[Message] = [
        System("be brief"),
        User("where?"),
        Assistant("look", (ToolCall("c1", "shell", '{"command": "pwd"}'),)),
        ToolReply("c1", "shell", "/tmp"),
        User("and now?"),
    ]

    system, *rest = as_text(messages, [tool])

    assert isinstance(system, System)
    assert system.text.startswith("be brief\n\n# Tools\n")
    assert system.text.endswith(
        '- shell(command: string, mode?: "fast" | "slow", seconds?: integer | null, paths?: [string]): Run a command.\n'
        "  command: what to run"
    )
    assert rest == [
        User("where?"),
        Assistant('look\n<tool_call>\n{"name": "shell", "arguments": {"command": "pwd"}}\n</tool_call>'),
        User('<tool_response name="shell">\n/tmp\n</tool_response>\n\nand now?'),
    ]


def test_a_conversation_without_a_system_message_gets_one_for_its_tools() -> None:
    written = as_text([User("hi")], [ToolSpec("shell", "Run.", {})])

    assert [type(message) for message in written] == [System, User]
    assert as_text([System("s")], ()) == [System("s")]
