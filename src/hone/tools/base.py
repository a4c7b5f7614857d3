"""What a tool is: a name, a description, an argument type and a coroutine function. Its JSON Schema comes from the type.

Tools of hone and tools that a user writes (`tool_from_function`) are the same thing. `hone.tools.execute` runs them.
"""

import asyncio
import inspect
import re
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, get_type_hints

import msgspec

from hone.errors import UsageError
from hone.messages import ToolSpec, Trust
from hone.safety.approve import Intent


class ToolOutput(msgspec.Struct, frozen=True):
    """What a call gave back, for the model. A failure is an output with `ok` false and a text that says what to do."""

    text: str
    ok: bool = True
    exit_code: int | None = None
    trust: Trust = "workspace"


class Tool(msgspec.Struct, frozen=True):
    """A tool. `run` takes a value of `arguments` and never raises for what the model did wrong.

    `schema` is for tools that others describe, whose `arguments` are a `dict`; else it comes from the type.

    `parallel` calls change nothing and may run at the same time as each other. `intent` is what the approvals look at.
    `trust` is the most that its results can be trusted: `external` for what others run, such as MCP servers.
    """

    name: str
    description: str
    arguments: type[Any]
    run: Callable[[Any], Coroutine[Any, Any, ToolOutput]]
    parallel: bool = False
    intent: Callable[[Any], Intent] = lambda _: Intent("free")
    trust: Trust = "user"
    schema: dict[str, Any] | None = None

    @property
    def spec(self) -> ToolSpec:
        """The tool as the model sees it."""
        schema = json_schema(self.arguments) if self.schema is None else self.schema
        return ToolSpec(self.name, self.description, schema)


def json_schema(arguments: type[msgspec.Struct]) -> dict[str, Any]:
    """The JSON Schema of an argument type, without the titles and references that only cost tokens."""
    (schema,), definitions = msgspec.json.schema_components([arguments], ref_template="#/$defs/{name}")
    inlined = _inline(schema, definitions)
    assert isinstance(inlined, dict)
    inlined.pop("description", None)
    if not inlined.get("required"):
        inlined.pop("required", None)  # an empty list is invalid in older drafts, and some endpoints say so
    return inlined


def tool_from_function(function: Callable[..., Any]) -> Tool:
    """A tool made of a typed function, sync or async: its name, its docstring and its annotated parameters.

    A sync function runs in a thread of its own, so that limits and Ctrl-C are heeded meanwhile. The result is shown to the model as text (a string as it is, anything else as JSON). An exception of the function
    becomes a failed tool call. Raises UsageError if a parameter has no type or the name does not suit the protocol.
    """
    name = function.__name__
    if not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_-]{0,63}", name):
        raise UsageError(
            f"tool {name!r}: the name must be letters, digits, _ or -, at most 64; give the function a name"
        )
    hints = get_type_hints(function, include_extras=True)
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise UsageError(
                f"tool {name!r}: parameter {parameter.name!r} must be an ordinary named parameter"
            )
        if parameter.name not in hints:
            raise UsageError(f"tool {name!r}: parameter {parameter.name!r} has no type annotation; add one")
        annotated = hints[parameter.name]
        default = () if parameter.default is parameter.empty else (parameter.default,)
        fields.append((parameter.name, annotated, *default))
    arguments = msgspec.defstruct(name, fields, kw_only=True, frozen=True)

    async def run(values: Any) -> ToolOutput:
        given = {field: getattr(values, field) for field in arguments.__struct_fields__}
        if inspect.iscoroutinefunction(function):
            result = await function(**given)
        else:
            result = await asyncio.to_thread(function, **given)
        return ToolOutput(result if isinstance(result, str) else msgspec.json.encode(result).decode())

    return Tool(name, inspect.getdoc(function) or name, arguments, run)


def described(annotation: Any, description: str) -> Any:
    """`annotation` with a description for the model."""
    return Annotated[annotation, msgspec.Meta(description=description)]


def _inline(node: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_inline(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _inline(definitions[node["$ref"].rsplit("/", 1)[-1]], definitions)
    kept = {key: value for key, value in node.items() if not (key == "title" and isinstance(value, str))}
    return {key: _inline(value, definitions) for key, value in kept.items()}
