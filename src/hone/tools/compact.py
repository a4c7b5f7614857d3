"""The tools as a small model is offered them: fewer, in fewer words, without the arguments that it does not miss.

Only what is offered differs: a call of a tool or an argument that is left out here runs all the same.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from hone.messages import ToolSpec

_LEFT_OUT = frozenset(("find", "web_fetch"))  # the shell does their work, in commands that every model knows

_SHORT: dict[str, tuple[str, tuple[str, ...]]] = {
    "shell": ("Run a command with bash.", ("command",)),
    "read": ("Read a text file.", ("path", "offset")),
    "write": ("Create or replace a whole file.", ("path", "content")),
    "edit": ("Replace the text old, which is in the file once, with new.", ("path", "old", "new")),
    "recall": ("Search past sessions and memory by words.", ("query",)),
    "remember": ("Keep a lasting fact, in one sentence, for later sessions.", ("text",)),
}
"""A description, and the arguments that are offered."""


def compact(tools: Iterable[ToolSpec]) -> tuple[ToolSpec, ...]:
    """hone's own tools, fewer and shorter; those of others as they are."""
    return tuple(_short(tool) for tool in tools if tool.name not in _LEFT_OUT)


def _short(tool: ToolSpec) -> ToolSpec:
    description, names = _SHORT.get(tool.name, ("", ()))
    properties: dict[str, Any] = tool.parameters.get("properties", {})
    if not description or not properties.keys() >= set(names):  # somebody else's tool
        return tool
    offered = {name: _bare(properties[name]) for name in names}
    needed = [name for name in tool.parameters.get("required", names[:1]) if name in offered]
    parameters = {"type": "object", "properties": offered, "required": needed}
    return msgspec.structs.replace(tool, description=description, parameters=parameters)


def _bare(schema: dict[str, Any]) -> dict[str, Any]:
    """The type alone: what the argument is for, its name says."""
    return {"type": schema["type"]} if "type" in schema else schema
