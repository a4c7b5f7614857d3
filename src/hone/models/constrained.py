"""Tools for models without tool calling whose endpoint can hold a reply to a JSON Schema: each reply is one step."""

from collections.abc import Sequence
from typing import Any

from hone.messages import Message, ToolCall, ToolSpec
from hone.models import text_tools


def as_schema(
    messages: Sequence[Message], tools: Sequence[ToolSpec]
) -> tuple[list[Message], dict[str, Any] | None]:
    """The conversation with `tools` in its System message, and the `response_format` that allows one step; None without tools."""
    return text_tools.as_text(messages, tools), None


def read_step(text: str, offered: Sequence[str]) -> tuple[str, tuple[ToolCall, ...]]:
    """(the answer, the call) of a reply that `as_schema` constrained; read as free text where it does not fit."""
    return text_tools.read_calls(text, offered)
