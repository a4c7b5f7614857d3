"""What a value in a settings file may be: checks a tree against the types of `settings` and builds them.

The type decides how a plain word reads, not the word: `off` is a word for `learning.mode` and false for a switch.
"""

import functools
import math
from collections.abc import Iterator
from typing import Any

from msgspec import inspect

from hone.config.settings import Settings
from hone.config.yaml_file import Node, Scalar, Sequence, Table, quoted
from hone.errors import ConfigError, nearest

_SCALARS = (inspect.StrType, inspect.IntType, inspect.FloatType, inspect.BoolType, inspect.LiteralType)
_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})


@functools.cache
def settings_type() -> inspect.StructType:
    """The type of the whole file, described once a process."""
    kind = inspect.type_info(Settings)
    assert isinstance(kind, inspect.StructType)
    return kind


def leaves(kind: inspect.StructType, prefix: str = "") -> Iterator[tuple[str, inspect.Type]]:
    """Every dotted key that holds a value of its own, with its type: `learning.mode`, `providers`, …"""
    for field in kind.fields:
        key = f"{prefix}{field.encode_name}"
        if isinstance(field.type, inspect.StructType):
            yield from leaves(field.type, f"{key}.")
        else:
            yield key, field.type


def takes_words(kind: inspect.Type) -> bool:
    """Whether `kind` is a list of words, or may be one."""
    return any(
        isinstance(member, inspect.VarTupleType) and isinstance(member.item_type, inspect.StrType)
        for member in _members(kind)
    )


def takes_scalar(kind: inspect.Type) -> bool:
    """Whether one word, number or text is enough for `kind`."""
    return any(isinstance(member, _SCALARS) for member in _members(kind))


def is_absent(node: Node, kind: inspect.Type) -> bool:
    """Whether nothing stands behind the key, so that it counts as not written. For `limits.steps` nothing is a value."""
    takes_none = any(isinstance(member, (inspect.NoneType, inspect.AnyType)) for member in _members(kind))
    return isinstance(node, Scalar) and node.is_null and not takes_none


def build(node: Node, kind: inspect.Type, key: str = "") -> Any:
    """The value of `node` as `kind`. Raises ConfigError at the first node, in the order of the file, that does not fit."""
    chosen = _member(node, kind)
    match chosen:
        case inspect.StructType() if isinstance(node, Table):
            return _build_struct(node, chosen, key)
        case inspect.VarTupleType() if isinstance(node, Sequence):
            return tuple(build(item, chosen.item_type, f"{key}[{i}]") for i, item in enumerate(node.items))
        case inspect.DictType() if isinstance(node, Table):
            return {
                name: build(item, chosen.value_type, f"{key}.{name}") for name, item in node.items.items()
            }
        case inspect.NoneType():
            return None
        case inspect.AnyType():
            return plain_value(node)
    if isinstance(node, Scalar) and not node.is_null:
        value = _convert(node.text, chosen)
        if value is not None:
            return value
    raise _misfit(node, kind, key)


def plain_value(node: Node) -> Any:
    """`node` where no type says what it is: JSON's values, plain `yes|no|on|off` as words."""
    if isinstance(node, Table):
        return {name: plain_value(item) for name, item in node.items.items()}
    if isinstance(node, Sequence):
        return [plain_value(item) for item in node.items]
    if node.is_null:
        return None
    if not node.plain:
        return node.text
    if node.text.lower() in ("true", "false"):
        return node.text.lower() == "true"
    for number in (inspect.IntType(), inspect.FloatType()):
        if (value := _convert(node.text, number)) is not None:
            return value
    return node.text


def find(dotted: str) -> inspect.Type:
    """The type of a dotted key. Raises ConfigError that names the nearest key."""
    known = dict(leaves(settings_type()))
    if dotted not in known:
        raise ConfigError(f"unknown key {quoted(dotted)}{_instead(dotted, list(known))}")
    return known[dotted]


def _members(kind: inspect.Type) -> tuple[inspect.Type, ...]:
    return kind.types if isinstance(kind, inspect.UnionType) else (kind,)


def _member(node: Node, kind: inspect.Type) -> inspect.Type:
    """The member of a union that has the shape of `node`; the first one if none has."""
    members = _members(kind)
    if isinstance(node, Scalar) and len(members) > 1:
        nothing = node.is_null or (node.plain and node.text.lower() == "none")
        wanted: tuple[type[inspect.Type], ...] = (inspect.NoneType,) if nothing else _SCALARS
    else:
        wanted = (
            (inspect.VarTupleType,) if isinstance(node, Sequence) else (inspect.StructType, inspect.DictType)
        )
    return next((member for member in members if isinstance(member, wanted)), members[0])


def _build_struct(table: Table, kind: inspect.StructType, key: str) -> Any:
    fields = {field.encode_name: field for field in kind.fields}
    values = {}
    for name, item in table.items.items():
        if name not in fields:
            inside = f" in {key}" if key else ""
            raise ConfigError(
                f"{item.where}: unknown key {quoted(name)}{inside}{_instead(name, list(fields))}"
            )
        if not is_absent(item, fields[name].type):
            values[name] = build(item, fields[name].type, f"{key}.{name}" if key else name)
    for field in kind.fields:
        if field.required and field.encode_name not in values:
            raise ConfigError(f"{table.where}: {key} has no {field.encode_name}; add {field.encode_name}: …")
    return kind.cls(**values)


def _convert(text: str, kind: inspect.Type) -> Any:
    """`text` as `kind`, None if it cannot be."""
    match kind:
        case inspect.StrType():
            return text
        case inspect.LiteralType():
            return text if text in kind.values else None
        case inspect.BoolType():
            return True if text.lower() in _TRUE else False if text.lower() in _FALSE else None
        case inspect.IntType() | inspect.FloatType():
            return _number(text, kind)
    return None


def _number(text: str, kind: inspect.IntType | inspect.FloatType) -> int | float | None:
    try:
        value = int(text) if isinstance(kind, inspect.IntType) else float(text)
    except ValueError:
        return None
    fits = (kind.ge is None or value >= kind.ge) and (kind.le is None or value <= kind.le)
    return value if fits and math.isfinite(value) else None


def _misfit(node: Node, kind: inspect.Type, key: str) -> ConfigError:
    got = {Sequence: "a list", Table: "keys and values"}.get(type(node), "nothing")
    words: list[str] = []
    if isinstance(node, Scalar) and not node.is_null:
        got = quoted(node.text)
        words = [word for member in _members(kind) for word in _words(member)]
    near = nearest(got[1:-1], words)
    expected = _describe(kind, bounds=_convert(got[1:-1], inspect.FloatType()) is not None)
    return ConfigError(f"{node.where}: {key} must be {expected}, not {got}{near}")


def _describe(kind: inspect.Type, *, bounds: bool) -> str:
    match kind:
        case inspect.UnionType():
            none_last = sorted(kind.types, key=lambda member: isinstance(member, inspect.NoneType))
            return " or ".join(_describe(member, bounds=bounds) for member in none_last)
        case inspect.LiteralType():
            *rest, last = _words(kind)
            return f"{', '.join(rest)} or {last}"
        case inspect.IntType() | inspect.FloatType():
            name = "an integer" if isinstance(kind, inspect.IntType) else "a number"
            limits = (("at least", kind.ge), ("at most", kind.le))
            said = " and ".join(f"{word} {limit}" for word, limit in limits if limit is not None)
            return f"{name} of {said}" if bounds and said else name
    names = {
        inspect.StrType: "text",
        inspect.BoolType: "yes or no",
        inspect.NoneType: "none",
        inspect.VarTupleType: "a list",
    }
    return names.get(type(kind), "keys and values")


def _words(kind: inspect.Type) -> list[str]:
    return [str(value) for value in kind.values] if isinstance(kind, inspect.LiteralType) else []


def _instead(name: str, known: list[str]) -> str:
    return nearest(name[:80], known) or f"; known here: {', '.join(known)}"
