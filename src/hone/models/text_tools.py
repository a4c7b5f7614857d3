"""Tools for models without tool calling: the tools in the prompt, calls and results as text, and calls read from text.

Calls are also read from the text of models that do have tool calling: small ones often write them out.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from hone.late import late
from hone.messages import Assistant, Message, System, ToolCall, ToolReply, ToolSpec, User

CALL_STARTS = (
    *("<tool_call>", "<tools>", "<tool_response>", "<function=", "[TOOL_CALLS]", "<|python_tag|>"),
    *("```json", "```tool", "{"),
)
"""How a reply begins that may be a call and nothing else."""

_HOW_TO = """\
# Tools

To use a tool, write one or more blocks like this, nothing after them, and wait for the results:
<tool_call>
{"name": "NAME", "arguments": {"ARGUMENT": "VALUE"}}
</tool_call>
When the work is done, answer without a block.
"""

_OPENING = late(
    r"(?:<tool_call>\s*)?<function=(?P<function>[\w.-]+)>\s*"
    r"|(?P<explicit><tool_call>|\[TOOL_CALLS\]|<\|python_tag\|>)\s*(?:```\w*\s*)?"
    # small models take the tags of the list of tools and of results for that of a call
    r"|<(?:tools|tool_response)>\s*(?:```\w*\s*)?"
    r"|(?P<fence>```)(?:json\w?|tool_?\w*)?\s*(?=[{\[])",
    re.IGNORECASE,
)
_END = r"(?:</(?:tool_call|tools|tool_response|function)>|</s>|<\|eo[mt]_id\|>)"
_CLOSING_TAG = late(rf"(?:```\s*+)?{_END}(?:\s*+{_END})*+", re.IGNORECASE)
_PARAMETER = late(r"\s*<parameter=(?P<name>[^>\s]+)>\n?(?P<value>.*?)\n?</parameter>", re.DOTALL)
_CLOSING_FENCE = late("```")
_BREAK = late(r"[ \t]*\r?\n")
_BETWEEN = late(r"[\s,;]*")
_JSON_TOKEN = late(r'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)
_TRAILING_COMMA = late(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])', re.DOTALL)
_ESCAPE = late(r"\\(?P<valid>[\"\\/bfnrtu])?")
_BROKEN_CALL = late(r'\s*\{\s*"name"\s*:\s*"(?P<name>[^"]+)"\s*,\s*"(?:arguments|parameters)"\s*:')


def as_text(messages: Sequence[Message], tools: Sequence[ToolSpec]) -> list[Message]:
    """The conversation with `tools` described in its System message, and every call and result written as text."""
    described = _HOW_TO + describe(tools) if tools else ""
    return write_out(messages, described, _written_step)


def write_out(
    messages: Sequence[Message], described: str, written: Callable[[Assistant], str]
) -> list[Message]:
    """The conversation as text: `described` ends its System message, `written` gives the text of a step."""
    plain: list[Message] = []
    if described and not any(isinstance(message, System) for message in messages):
        plain.append(System(described))
    for message in messages:
        match message:
            case System(text):
                plain.append(System(f"{text}\n\n{described}" if described else text))
            case Assistant():
                plain.append(Assistant(written(message)))
            case ToolReply(_, name, text):
                _append_user(plain, f'<tool_response name="{name}">\n{text}\n</tool_response>')
            case User(text):
                _append_user(plain, text)
    return plain


def describe(tools: Sequence[ToolSpec]) -> str:
    """The tools as a list: one line each, and one for each argument that needs words."""
    return "\n".join(_described(tool) for tool in tools)


def parse_json(text: str) -> Any:
    """The value of JSON text, forgiving line breaks and the escapes of a shell within strings, and trailing commas.

    None if it is no JSON.
    """
    plain = _TRAILING_COMMA.sub(r"\1", text)
    for candidate in (text, plain, _ESCAPE.sub(_doubled, plain)):
        try:
            return json.loads(candidate, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _doubled(escape: re.Match[str]) -> str:
    return escape[0] if escape["valid"] else r"\\"


def read_calls(text: str, offered: Sequence[str]) -> tuple[str, tuple[ToolCall, ...]]:
    """(`text` without the tool calls in it, the calls). Without any, `text` is unchanged.

    A call is a JSON object of a name and its arguments, in a fence, in tags, or alone, or `<function=…>` with JSON or
    `<parameter=…>` tags, whose values are text. Only names in `offered` make a call of JSON in a fence or alone, which
    may be an answer; tags that nothing else has leave no doubt. Arguments that are no JSON are handed on as they are
    where a tag or the form of the object leaves no doubt either.
    """
    if "{" not in text and "<function=" not in text:
        return text, ()
    found = _alone(text, offered)
    if found:
        return "", _numbered(found)
    kept: list[str] = []
    position = 0
    for opening in _OPENING.finditer(text):
        if opening.start() < position:
            continue
        calls, end = _calls_in_block(text, opening, offered)
        if calls:
            found += calls
            kept.append(text[position : opening.start()])
            position = end
    if not found:
        return text, ()
    return "".join([*kept, text[position:]]).strip(), _numbered(found)


_Call = tuple[str, str]  # name, arguments
_Names = Sequence[str] | None  # of the tools that may be called; None: any


def _numbered(calls: list[_Call]) -> tuple[ToolCall, ...]:
    return tuple(ToolCall(f"call_{n}", name, arguments) for n, (name, arguments) in enumerate(calls, start=1))


def _alone(text: str, offered: Sequence[str]) -> list[_Call]:
    if not text.lstrip().startswith(("{", "[")):
        return []
    values, end = _values(text, 0)
    # on lines of its own behind a call stands a result that the model made up
    follows = text[end:].strip() and not _BREAK.match(text, end)
    return [] if follows else _all_calls(values, offered)


def _calls_in_block(text: str, opening: re.Match[str], offered: Sequence[str]) -> tuple[list[_Call], int]:
    if opening["function"]:
        return _function_call(text, opening)
    names = None if opening["explicit"] else offered
    closing = _CLOSING_FENCE if opening["fence"] else _CLOSING_TAG
    values, end = _values(text, opening.end())
    if closed := closing.match(text, _past_blanks(text, end)):
        end = closed.end()
    elif text[end:].strip() and not opening["fence"]:
        values = []  # what follows is neither the end of the block nor of the text: the JSON is broken
    if values:
        return _all_calls(values, names), end
    return _broken_call(text, opening.end(), closing, names)


def _function_call(text: str, opening: re.Match[str]) -> tuple[list[_Call], int]:
    """The call of a `<function=…>` tag; none if what follows is neither arguments nor closed, as in a mere mention."""
    name, start = opening["function"], opening.end()
    arguments, end = _tagged_arguments(text, start)
    if closed := _CLOSING_TAG.match(text, _past_blanks(text, end)):
        return [(name, _dumped(arguments))], closed.end()
    if arguments and not text[end:].strip():
        return [(name, _dumped(arguments))], end
    if not text.startswith(("{", "<parameter="), start) and not _CLOSING_TAG.search(text, start):
        return [], start
    raw, end = _raw_block(text, start, _CLOSING_TAG)
    return [(name, raw)], end


def _tagged_arguments(text: str, start: int) -> tuple[dict[str, Any], int]:
    """The arguments at `start`, as `<parameter=…>` tags or one JSON object, and where they end; none: at `start`."""
    values, end = _values(text, start)
    if len(values) == 1 and isinstance(values[0], dict):
        return values[0], end
    arguments: dict[str, Any] = {}
    end = start
    while parameter := _PARAMETER.match(text, end):
        arguments[parameter["name"]] = parameter["value"]
        end = parameter.end()
    return arguments, end


def _broken_call(text: str, start: int, closing: re.Pattern[str], names: _Names) -> tuple[list[_Call], int]:
    head = _BROKEN_CALL.match(text, start)
    if head is None or not _allowed(head["name"], names):
        return [], start
    raw, end = _raw_block(text, head.end(), closing)
    return [(head["name"], raw.removesuffix("}").rstrip())], end


def _raw_block(text: str, start: int, closing: re.Pattern[str]) -> tuple[str, int]:
    closed = closing.search(text, start)
    raw = text[start : closed.start()] if closed else text[start:]
    return raw.strip(), closed.end() if closed else len(text)


def _past_blanks(text: str, position: int) -> int:
    return len(text) - len(text[position:].lstrip())


def _all_calls(values: Sequence[Any], names: _Names) -> list[_Call]:
    """The calls that `values` are; none unless every one of them is a call."""
    flat = list(_flattened(values))
    calls = [call for value in flat if (call := _as_call(value, names))]
    return calls if len(calls) == len(flat) else []


def _flattened(values: Sequence[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list):
            yield from value
        elif isinstance(value, dict) and isinstance(value.get("tool_calls"), list):
            yield from value["tool_calls"]
        else:
            yield value


def _as_call(value: Any, names: _Names) -> _Call | None:
    if isinstance(value, dict) and isinstance(value.get("function"), dict):
        value = value["function"]
    if not isinstance(value, dict):
        return None
    name = value.get("name", value.get("tool"))
    if not isinstance(name, str) or not _allowed(name, names):
        return None
    nothing: dict[str, Any] | None = {} if names is None else None
    arguments = next((value[key] for key in ("arguments", "parameters", "args") if key in value), nothing)
    if isinstance(arguments, str):
        arguments = parse_json(arguments)
    return (name, _dumped(arguments)) if isinstance(arguments, dict) else None


def _allowed(name: str, names: _Names) -> bool:
    return bool(name) and (names is None or name in names)


def _values(text: str, start: int) -> tuple[list[Any], int]:
    """The JSON objects and arrays that follow each other from `start`, and where the last one ends."""
    values: list[Any] = []
    position = end = start
    while True:
        between = _BETWEEN.match(text, position)
        position = between.end() if between else position
        if not text.startswith(("{", "["), position):
            return values, end
        doubled = text.startswith("{{", position)  # a template's own escaping, which models copy; never JSON
        position += doubled
        extent = _extent(text, position)
        value = parse_json(text[position:extent]) if extent else None
        if value is None:
            return values, end
        values.append(value)
        while doubled and text.startswith("}", extent):
            extent += 1
        position = end = extent


def _extent(text: str, start: int) -> int:
    """Where the bracket that opens at `start` is closed; 0 if it is not."""
    depth = 0
    for token in _JSON_TOKEN.finditer(text, start):
        if token[0] in "{[":
            depth += 1
        elif token[0] in "}]":
            depth -= 1
            if depth == 0:
                return token.end()
    return 0


def _dumped(arguments: dict[str, Any]) -> str:
    return json.dumps(arguments, ensure_ascii=False).encode("utf-8", "replace").decode()


def _append_user(written: list[Message], text: str) -> None:
    """Add to the last User message if there is one: many chat templates want the roles to alternate."""
    if written and isinstance(written[-1], User):
        text = f"{written.pop().text}\n\n{text}"
    written.append(User(text))


def _written_step(step: Assistant) -> str:
    return "\n".join([*([step.text] if step.text else ()), *map(_written_call, step.tool_calls)])


def _written_call(call: ToolCall) -> str:
    return f'<tool_call>\n{{"name": {json.dumps(call.name)}, "arguments": {call.arguments}}}\n</tool_call>'


def _described(tool: ToolSpec) -> str:
    required = tool.parameters.get("required", ())
    properties: dict[str, Any] = tool.parameters.get("properties", {})
    arguments = ", ".join(
        f"{name}{'' if name in required else '?'}: {_type_of(schema)}" for name, schema in properties.items()
    )
    lines = [f"- {tool.name}({arguments}): {tool.description}"]
    for name, schema in properties.items():
        if description := schema.get("description"):
            lines.append(f"  {name}: {description}")
    return "\n".join(lines)


def _type_of(schema: dict[str, Any]) -> str:
    if choices := schema.get("enum"):
        return " | ".join(json.dumps(choice) for choice in choices)
    if alternatives := schema.get("anyOf"):
        return " | ".join(_type_of(each) for each in alternatives)
    if schema.get("type") == "array":
        return f"[{_type_of(schema.get('items', {}))}]"
    return str(schema.get("type", "any"))
