"""Tools made of typed functions, and the schemas that types become."""

import asyncio
from typing import Annotated, Literal

import msgspec
import pytest

from hone.errors import UsageError
from hone.tools.base import ToolOutput, json_schema, tool_from_function


class Inner(msgspec.Struct):
    """A part."""

    size: int


class Outer(msgspec.Struct):
    """Arguments."""

    path: Annotated[str, msgspec.Meta(description="where")]
    title: str = ""
    parts: list[Inner] = []
    colour: Literal["red", "blue"] = "red"


def test_a_schema_has_no_titles_and_no_references() -> None:
    schema = json_schema(Outer)
    assert schema["type"] == "object"
    assert schema["required"] == ["path"]
    assert schema["properties"]["path"] == {"type": "string", "description": "where"}
    assert schema["properties"]["title"] == {"type": "string", "default": ""}  # the property, not the keyword
    assert schema["properties"]["parts"]["items"]["properties"] == {"size": {"type": "integer"}}
    assert "$ref" not in msgspec.json.encode(schema).decode()


def test_a_typed_function_becomes_a_tool() -> None:
    def add(a: int, b: int = 1) -> int:
        """Add two numbers."""
        return a + b

    tool = tool_from_function(add)
    assert (tool.name, tool.description) == ("add", "Add two numbers.")
    assert tool.spec.parameters["required"] == ["a"]
    output = asyncio.run(tool.run(msgspec.convert({"a": 2}, tool.arguments)))
    assert output == ToolOutput("3")


def test_an_async_function_is_awaited_and_text_stays_as_it_is() -> None:
    async def greet(name: str) -> str:
        return f"hello {name}"

    tool = tool_from_function(greet)
    assert asyncio.run(tool.run(msgspec.convert({"name": "you"}, tool.arguments))) == ToolOutput("hello you")


def test_functions_that_cannot_be_tools_are_refused_with_the_reason() -> None:
    def untyped(a):  # type: ignore[no-untyped-def]
        return a

    def starred(*values: int) -> int:
        return sum(values)

    with pytest.raises(UsageError, match="parameter 'a' has no type annotation"):
        tool_from_function(untyped)
    with pytest.raises(UsageError, match="ordinary named parameter"):
        tool_from_function(starred)
    with pytest.raises(UsageError, match="give the function a name"):
        tool_from_function(lambda: 1)
