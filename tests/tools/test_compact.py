"""The tools as small models are offered them."""

from hone.messages import ToolSpec
from hone.tools.compact import compact


def test_an_argument_is_its_name_and_type() -> None:
    read = ToolSpec(
        "read",
        "Read a text file, or list a directory.",
        {
            "type": "object",
            "properties": {
                "path": {"type": "string"},
                "offset": {"type": "integer", "description": "first line, from 1", "default": 1},
                "limit": {"type": "integer", "default": 2000},
            },
            "required": ["path"],
        },
    )
    (short,) = compact([read])
    assert short.parameters == {
        "type": "object",
        "properties": {"path": {"type": "string"}, "offset": {"type": "integer"}},
        "required": ["path"],
    }


def test_tools_of_others_stay_as_they_are_whatever_they_are_called() -> None:
    theirs = (
        ToolSpec("weather", "Say the weather.", {"type": "object", "properties": {}}),
        ToolSpec("read", "Read a sensor.", {"type": "object", "properties": {"sensor": {"type": "string"}}}),
        ToolSpec("recall", "Call back.", {"type": "object"}),
    )
    assert compact(theirs) == theirs


def test_an_argument_may_be_of_any_type() -> None:
    (short,) = compact([ToolSpec("recall", "Search.", {"type": "object", "properties": {"query": {}}})])
    assert short.parameters["properties"] == {"query": {}}
    assert short.parameters["required"] == ["query"]
