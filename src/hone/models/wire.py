"""Requests as Chat Completions JSON, and its answers as typed values. `draft` makes a reply of the answers."""

import json
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from hone.config.settings import ModelEntry
from hone.messages import Assistant, Message, System, ToolCall, ToolReply, ToolSpec, Usage, User
from hone.models import constrained, text_tools
from hone.models.base import Request
from hone.models.endpoint import Dialect


class FunctionPart(msgspec.Struct):
    """A tool call's function, whole or a piece; some servers send the arguments as an object."""

    name: str | None = None
    arguments: str | dict[str, Any] | None = None


class CallPart(msgspec.Struct):
    """A tool call, whole or a piece."""

    index: int | None = None
    id: str | None = None
    function: FunctionPart | None = None


class TextPart(msgspec.Struct):
    """Content as parts."""

    text: str | None = None


class MessagePart(msgspec.Struct):
    """A `message`, or a `delta` of one."""

    content: str | list[TextPart] | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: list[CallPart] | None = None


class Choice(msgspec.Struct):
    """The first choice is the reply; no others are asked for."""

    index: int | None = None
    delta: MessagePart | None = None
    message: MessagePart | None = None
    finish_reason: str | None = None


class Chunk(msgspec.Struct):
    """One event of a stream, or a whole answer."""

    choices: list[Choice] | None = None
    usage: msgspec.Raw = msgspec.Raw(b"null")
    error: Any = None
    object: Any = None

    @property
    def is_error(self) -> bool:
        """Whether it says that something failed, in one of the ways in use."""
        return bool(self.error) or self.object == "error"


_CHUNKS = msgspec.json.Decoder(Chunk)
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_MAX_NAME = 64  # characters
_NOT_OF_A_NAME = re.compile(r"[^a-zA-Z0-9_-]")
# an escaped backslash, a pair of surrogates, or what is left: a lone one
_SURROGATE = re.compile(
    r"\\\\|\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|(?P<lone>\\ud[89a-f][0-9a-f]{2})", re.IGNORECASE
)


def encode_request(entry: ModelEntry, request: Request, dialect: Dialect) -> bytes:
    """The request body. Reasoning is not sent back; calls that are not valid are made so, for servers that parse them."""
    messages: Sequence[Message] = request.messages
    tools = request.tools
    response_format: dict[str, Any] | None = None
    if dialect.tools == "text":
        messages, tools = text_tools.as_text(messages, tools), ()
    elif dialect.tools == "schema":
        messages, response_format = constrained.as_schema(messages, tools)
        tools = ()
    messages = [message for message in messages if not _says_nothing(message)]
    encoded = [_encoded(message) for message in (_by_turns(messages) if dialect.alternating else messages)]
    if entry.cache_control:
        _mark_for_cache(encoded)
    body: dict[str, Any] = {"model": entry.id, "messages": encoded, "stream": dialect.stream}
    if tools:
        body["tools"] = [_encoded_tool(tool) for tool in tools]
    if response_format:
        body["response_format"] = response_format
    if dialect.stream and dialect.stream_options:
        body["stream_options"] = {"include_usage": True}
    if entry.temperature is not None:
        body["temperature"] = entry.temperature
    if entry.max_output is not None:
        body[dialect.output_limit] = entry.max_output
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError:  # a file name or output that was no UTF-8 left lone surrogates in a message
        return _without_lone_surrogates(json.dumps(body)).encode()


def decode_answer(data: str | bytes) -> Chunk:
    """A whole answer or a stream's event. Raises ValueError (msgspec's included) or RecursionError."""
    try:
        return _CHUNKS.decode(data)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        text = data if isinstance(data, str) else data.decode()
        return _CHUNKS.decode(_without_lone_surrogates(text))


def decode_usage(raw: msgspec.Raw) -> Usage | None:
    """Tokens as the endpoint counted them, in the spellings in use; None where there is nothing usable."""
    try:
        counts = msgspec.json.decode(raw)
    except (ValueError, RecursionError):
        return None
    if not isinstance(counts, dict):
        return None
    cached = (
        _count(counts, "prompt_tokens_details", "cached_tokens")
        or _count(counts, "cache_read_input_tokens")
        or _count(counts, "prompt_cache_hit_tokens")
    )
    # "input_tokens" is Anthropic's word, and there the cache is counted apart
    apart = cached + _count(counts, "cache_creation_input_tokens")
    asked = _count(counts, "prompt_tokens") or (
        _count(counts, "input_tokens") and _count(counts, "input_tokens") + apart
    )
    output = _count(counts, "completion_tokens") or _count(counts, "output_tokens")
    if not asked and not output:
        return None
    reasoning = _count(counts, "completion_tokens_details", "reasoning_tokens")
    cost = counts.get("cost")
    return Usage(
        input=asked,
        cached=min(cached, asked),
        output=output,
        reasoning=min(reasoning, output),
        cost_usd=float(cost) if isinstance(cost, int | float) and 0 <= cost < 1e9 else None,
    )


def _count(counts: dict[str, Any], *path: str) -> int:
    value: Any = counts
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return int(value) if isinstance(value, int | float) and 0 < value < 1e12 else 0


def _by_turns(messages: Sequence[Message]) -> list[Message]:
    """The messages with those of the user that follow each other made one."""
    merged: list[Message] = []
    for message in messages:
        if isinstance(message, User) and merged and isinstance(before := merged[-1], User):
            merged[-1] = User(f"{before.text}\n\n{message.text}")
        else:
            merged.append(message)
    return merged


def _says_nothing(message: Message) -> bool:
    return isinstance(message, Assistant) and not message.text and not message.tool_calls


def _encoded(message: Message) -> dict[str, Any]:
    match message:
        case System(text):
            return {"role": "system", "content": text}
        case User(text):
            return {"role": "user", "content": text}
        case ToolReply(call_id, _, text):
            return {"role": "tool", "tool_call_id": call_id, "content": text}
        case Assistant(text, calls):
            if not calls:
                return {"role": "assistant", "content": text}
            return {
                "role": "assistant",
                "content": text or None,
                "tool_calls": [_encoded_call(c) for c in calls],
            }


def _encoded_call(call: ToolCall) -> dict[str, Any]:
    name = _NOT_OF_A_NAME.sub("_", call.name)[:_MAX_NAME]
    return {
        "id": call.id,
        "type": "function",
        "function": {"name": name, "arguments": _object(call.arguments)},
    }


def _object(arguments: str) -> str:
    try:
        _OBJECT.decode(arguments)
    except (ValueError, RecursionError):
        return json.dumps({"malformed": arguments})
    return arguments


def _encoded_tool(tool: ToolSpec) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
    }


def _mark_for_cache(encoded: list[dict[str, Any]]) -> None:
    marked = [message for message in encoded if message["role"] == "system"][:1] + encoded[-1:]
    for message in marked:
        text = message["content"]
        if isinstance(text, str) and text:
            part = {"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}
            message["content"] = [part]


def _without_lone_surrogates(text: str) -> str:
    return _SURROGATE.sub(lambda match: r"\ufffd" if match["lone"] else match[0], text)
