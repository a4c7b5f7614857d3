"""Tools for models without tool calling whose endpoint can hold a reply to a JSON Schema: each reply is one step.

A step is one call or the answer. What such an endpoint refuses is `endpoint`'s part; free text is `text_tools`'.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from hone.messages import Assistant, Message, ToolCall, ToolSpec
from hone.models.text_tools import describe, parse_json, read_calls, write_out

_HOW_TO = """\
# Tools

Reply with one JSON object and nothing else, one step at a time. A step that uses a tool:
{"tool": "NAME", "arguments": {"ARGUMENT": "VALUE"}}
Its result comes back, then the next step. The last step, after results show that the work is done:
{"answer": "TEXT"}
"""
# what the grammars of llama.cpp, Ollama and vLLM all know
_KNOWN_EVERYWHERE = ("type", "enum", "required")
_ANSWER_BEGUN = re.compile(r'\s*\{\s*"answer"\s*:\s*"(?P<text>(?:[^"\\]|\\.)*)', re.DOTALL)


def as_schema(
    messages: Sequence[Message], tools: Sequence[ToolSpec]
) -> tuple[list[Message], dict[str, Any] | None]:
    """The conversation with `tools` in its System message, and the `response_format` that allows one step; None without tools."""
    described = _HOW_TO + describe(tools) if tools else ""
    return write_out(messages, described, _written_step), response_format(tools) if tools else None


def response_format(tools: Sequence[ToolSpec]) -> dict[str, Any]:
    """The form of a reply that is one call of `tools` or an answer."""
    steps = [*map(_call_of, tools), _closed({"answer": {"type": "string"}})]
    return {
        "type": "json_schema",
        "json_schema": {"name": "step", "strict": True, "schema": {"anyOf": steps}},
    }


def read_step(text: str, offered: Sequence[str]) -> tuple[str, tuple[ToolCall, ...]]:
    """(the answer, the call) of a reply that `as_schema` constrained; read as free text where it does not fit."""
    step = parse_json(text)
    if isinstance(step, dict) and isinstance(answer := step.get("answer"), str):
        return answer, ()
    if step is None and (begun := _ANSWER_BEGUN.match(text)):  # cut off at a limit
        return parse_json(f'"{begun["text"]}"') or "", ()
    said, calls = read_calls(text, offered)
    return said, calls[:1]


def _written_step(step: Assistant) -> str:
    """A step as the model would have written it. Another model's may hold several calls, or words beside them."""
    if not step.tool_calls:
        return json.dumps({"answer": step.text}, ensure_ascii=False) if step.text else ""
    calls = (
        f'{{"tool": {json.dumps(call.name)}, "arguments": {call.arguments}}}' for call in step.tool_calls
    )
    return "\n".join([*([step.text] if step.text else ()), *calls])


def _call_of(tool: ToolSpec) -> dict[str, Any]:
    return _closed({"tool": {"type": "string", "enum": [tool.name]}, "arguments": _simple(tool.parameters)})


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _simple(schema: Any) -> Any:
    """`schema` without what not every grammar knows: it then allows more, and the tool itself says what is wrong."""
    if not isinstance(schema, Mapping):
        return {}
    kept: dict[str, Any] = {key: schema[key] for key in _KNOWN_EVERYWHERE if key in schema}
    if "const" in schema:
        kept["enum"] = [schema["const"]]
    if "properties" in schema:
        kept["properties"] = {name: _simple(each) for name, each in schema["properties"].items()}
    if alternatives := schema.get("anyOf") or schema.get("oneOf"):
        kept["anyOf"] = [_simple(each) for each in alternatives]
    if "items" in schema:
        kept["items"] = _simple(schema["items"])
    if "additionalProperties" in schema:
        more = schema["additionalProperties"]
        kept["additionalProperties"] = more if isinstance(more, bool) else _simple(more)
    return kept
