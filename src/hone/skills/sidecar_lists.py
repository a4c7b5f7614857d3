"""A list in hone.yaml changed item by item, whichever way it is written; all else stays byte for byte. Pure.

The texts are without byte order mark. An edit that would change anything but its item is refused: what comes out is read
again and compared. Every function raises SpliceError for that, and for what is not YAML or no list.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from hone.errors import SpliceError, UsageError
from hone.skills import frontmatter as fm
from hone.skills.scalars import quoted, scalar

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NOTHING = ("", "~", "null", "Null", "NULL")


def list_in(text: str, key: str) -> list[Any]:
    """The items of the list `key`, every scalar as text; none if there is no such field or nothing in it."""
    value = _parsed(text).get(key, "")
    if value in _NOTHING:
        return []
    if not isinstance(value, list):
        raise SpliceError(f"hone.yaml: {key} should be a list")
    return value


def with_item(text: str, key: str, item: str) -> str:
    """`item`, which is YAML on one line, as the last of the list `key`, which is made if absent."""
    before = list_in(text, key)
    root, value = _composed(text, key)
    if value is None:
        result = _with_lines(text, len(text), f"{key}:", f"  - {item}")
    elif before and value.flow_style:
        result = _spliced(text, _end(text, value.value[-1]), f", {item}")
    elif before:
        result = _with_lines(text, _end(text, value.value[-1]), f"{' ' * value.start_mark.column}- {item}")
    elif root.flow_style:
        result = _spliced(text, value.start_mark.index + 1, item)
    else:
        start = len(text[: value.start_mark.index].rstrip(" "))
        emptied = _spliced(text, start, "", value.end_mark.index)
        result = _with_lines(emptied, start, f"  - {item}")
    return _checked(result, _parsed(text) | {key: [*before, _read(item)]})


def without_item(text: str, key: str, place: int) -> str:
    """The list `key` without the item number `place`, from 0."""
    before = list_in(text, key)
    _, sequence = _composed(text, key)
    nodes = sequence.value
    start, end = nodes[place].start_mark.index, _end(text, nodes[place])
    if not sequence.flow_style:
        start = text.rfind("\n", 0, text.rfind("-", 0, start)) + 1
        end = _next_line(text, end)
    elif place + 1 < len(nodes):
        end = nodes[place + 1].start_mark.index
    elif place:
        start = _end(text, nodes[place - 1])
    left = [*before[:place], *before[place + 1 :]]
    return _checked(_spliced(text, start, "", end), _parsed(text) | {key: left})


def with_item_replaced(text: str, key: str, place: int, item: str) -> str:
    """`item`, which is YAML on one line, for the one that is number `place`, from 0, of the list `key`."""
    before = list_in(text, key)
    _, sequence = _composed(text, key)
    node = sequence.value[place]
    result = _spliced(text, node.start_mark.index, item, _end(text, node))
    return _checked(result, _parsed(text) | {key: [*before[:place], _read(item), *before[place + 1 :]]})


def with_field(text: str, key: str, place: int, field: str, value: str) -> str:
    """The item number `place`, from 0, of the list `key`, which is a mapping, with `field` set to `value`, a scalar as written."""
    before = list_in(text, key)
    _, sequence = _composed(text, key)
    node = sequence.value[place]
    found = [each for name, each in node.value if name.value == field]
    if found:
        result = _spliced(text, found[-1].start_mark.index, value, _end(text, found[-1]))
    elif node.flow_style:
        result = _spliced(text, _end(text, node.value[-1][1]), f", {field}: {value}")
    else:
        result = _with_lines(text, _end(text, node), f"{' ' * node.start_mark.column}{field}: {value}")
    changed = before[place] | {field: _read(value)}
    return _checked(result, _parsed(text) | {key: [*before[:place], changed, *before[place + 1 :]]})


def written(fields: Mapping[str, str | Sequence[str]], in_quotes: Sequence[str] = ()) -> str:
    """`fields` as a mapping on one line; the texts of those named `in_quotes` are quoted even if they need not be."""

    def each_of(name: str, value: str | Sequence[str]) -> str:
        if isinstance(value, str):
            return quoted(value) if name in in_quotes else put(value)
        return f"[{', '.join(each_of(name, each) for each in value)}]"

    return "{" + ", ".join(f"{name}: {each_of(name, value)}" for name, value in fields.items()) + "}"


def put(text: str) -> str:
    """`text` as a scalar; a day needs no quotes, for it is read as text."""
    return text if _DATE.fullmatch(text) else scalar(text)


def _composed(text: str, key: str) -> tuple[Any, Any]:
    """The root of the YAML and the value of `key`, None if there is none."""
    root: Any = yaml.compose(text, Loader=_LOADER)
    fields = root.value if isinstance(root, yaml.MappingNode) else []
    values = [value for name, value in fields if name.value == key]
    return root, values[-1] if values else None


def _end(text: str, node: Any) -> int:
    """Where what `node` says ends; blank lines and comments behind a block are not its own."""
    if not isinstance(node, yaml.ScalarNode) and not node.flow_style:
        last = node.value[-1]
        return _end(text, last[1] if isinstance(node, yaml.MappingNode) else last)
    start: int = node.start_mark.index
    return start + len(text[start : node.end_mark.index].rstrip())


def _spliced(text: str, start: int, new: str, end: int | None = None) -> str:
    return text[:start] + new + text[start if end is None else end :]


def _with_lines(text: str, place: int, *lines: str) -> str:
    """`lines` below the line in which `place` is."""
    end = "\r\n" if "\r\n" in text else "\n"
    at = _next_line(text, place) if place < len(text) else place
    gap = end if at and not text[:at].endswith("\n") else ""
    return text[:at] + gap + "".join(f"{line}{end}" for line in lines) + text[at:]


def _next_line(text: str, place: int) -> int:
    return text.find("\n", place) + 1 or len(text)


def _checked(result: str, wanted: Mapping[str, Any]) -> str:
    """`result` if it says what is `wanted`; a list without items may be written as nothing."""
    found = _parsed(result)
    if {**found} != {**wanted} and _without_empty(found) != _without_empty(wanted):
        raise SpliceError(
            "hone.yaml: a list in it cannot be edited: write each of its items on a line of its own"
        )
    return result


def _without_empty(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value not in ("", [])}


def _read(item: str) -> Any:
    return _parsed(f"item: {item}")["item"]


def _parsed(text: str) -> dict[str, Any]:
    try:
        return fm.parse_mapping(text)
    except UsageError as error:
        raise SpliceError(f"hone.yaml: {error}") from error
