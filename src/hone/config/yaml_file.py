"""YAML text as a tree in which every value knows its line. What the values mean is `hone.config.schema`'s part.

Built from parser events, not by a YAML constructor: a plain `off` stays the word that was written, aliases cannot
multiply, and depth and size are limits instead of crashes.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import yaml

from hone.errors import ConfigError

MAX_BYTES = 256 * 1024
_MAX_DEPTH = 24
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")


class _Node(msgspec.Struct, frozen=True, kw_only=True):
    source: str
    line: int = 0  # of the key where there is one, from 1; 0: not from a file
    column: int = 0
    start: int = 0  # characters from the start of the text
    end: int = 0
    flow: bool = False  # written with [] or {}, or inside of such

    @property
    def where(self) -> str:
        """`~/.hone/config.yaml:12`, or the name of a variable or flag."""
        return f"{self.source}:{self.line}" if self.line else self.source


class Scalar(_Node, frozen=True):
    """One word, number or text, as written. `plain`: without quotes."""

    text: str
    plain: bool = True

    @property
    def is_null(self) -> bool:
        """Nothing written, `~` or `null`."""
        return self.plain and self.text.lower() in ("", "~", "null")


class Sequence(_Node, frozen=True):
    """A list."""

    items: tuple["Node", ...]


class Table(_Node, frozen=True):
    """Keys and values, in the order of the file."""

    items: dict[str, "Node"]


Node = Scalar | Sequence | Table


def decode(data: bytes, source: str) -> str:
    """`data` as text, without a byte order mark. Raises ConfigError if it is not UTF-8 or too large."""
    if len(data) > MAX_BYTES:
        raise ConfigError(f"{source}: larger than {MAX_BYTES // 1024} KiB; settings are a small file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{source}:{line}: not UTF-8; save the file with that encoding") from error


def parse(text: str, source: str) -> Table:
    """The keys and values of one YAML document; empty text is an empty table.

    Raises ConfigError, with `source` and the line, for anything else.
    """
    if bad := _CONTROL.search(text):
        line = text.count("\n", 0, bad.start()) + 1
        raise ConfigError(f"{source}:{line}: a control character (U+{ord(bad[0]):04X}); delete it")
    try:
        return _Reader(yaml.parse(text, Loader=_LOADER), source).document()
    except yaml.MarkedYAMLError as error:
        raise ConfigError(_syntax_error(error, text, source)) from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{source}: not YAML: {error}") from error


def at(tree: Table, dotted: str) -> Node | None:
    """The node of a dotted key, None if it is not in `tree`."""
    node: Node | None = tree
    for part in dotted.split("."):
        node = node.items.get(part) if isinstance(node, Table) else None
    return node


class _Reader:
    """A recursive descent over parser events."""

    def __init__(self, events: Iterator[Any], source: str) -> None:
        self._events = events
        self._source = source

    def document(self) -> Table:
        next(self._events)  # the start of the stream
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return Table(source=self._source, items={})
        root = self._node(next(self._events), depth=0)
        next(self._events)  # the end of the document
        if not isinstance(after := next(self._events), yaml.StreamEndEvent):
            self._fail(after, "a second document; keep one, without ---")
        if isinstance(root, Scalar) and root.is_null:
            return Table(source=self._source, items={})
        if not isinstance(root, Table):
            raise ConfigError(f"{root.where}: settings are keys and values, such as learning: {{mode: auto}}")
        return root

    def _node(self, event: Any, depth: int, key: Any = None) -> Node:
        if depth > _MAX_DEPTH:
            self._fail(event, "nested too deeply")
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            self._fail(event, "anchors and aliases (&name, *name) are not read here; write the value out")
        if event.tag is not None:
            self._fail(event, "tags (!name) are not read here; write the value without")
        flow = bool(getattr(event, "flow_style", False))
        place: dict[str, Any] = {
            "source": self._source,
            "line": (key or event).start_mark.line + 1,
            "column": event.start_mark.column,
            "start": event.start_mark.index,
            "flow": flow,
        }
        if isinstance(event, yaml.ScalarEvent):
            return Scalar(text=event.value, plain=event.implicit[0], end=_end(event), **place)
        if isinstance(event, yaml.SequenceStartEvent):
            items, end = self._sequence(depth)
            return Sequence(items=items, end=end, **place)
        table, end = self._table(depth)
        return Table(items=table, end=end, **place)

    def _sequence(self, depth: int) -> tuple[tuple[Node, ...], int]:
        items = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, depth + 1))
        return tuple(items), _end(event)

    def _table(self, depth: int) -> tuple[dict[str, Node], int]:
        items: dict[str, Node] = {}
        while not isinstance(key := next(self._events), yaml.MappingEndEvent):
            if not isinstance(key, yaml.ScalarEvent):
                self._fail(key, "a key must be a word")
            if key.anchor is not None or key.tag is not None:
                self._fail(key, "anchors and tags are not read here; write the key without")
            if key.value in items:
                first = items[key.value].line
                self._fail(key, f"{quoted(key.value)} is there twice (first in line {first}); keep one")
            items[key.value] = self._node(next(self._events), depth + 1, key)
        return items, _end(key)

    def _fail(self, event: Any, message: str) -> None:
        raise ConfigError(f"{self._source}:{event.start_mark.line + 1}: {message}")


def _end(event: Any) -> int:
    end: int = event.end_mark.index
    return end


def quoted(text: str) -> str:
    """`text` in quotes, short and printable, for a message."""
    short = text if len(text) <= 40 else f"{text[:39]}…"
    return '"' + "".join(c if c.isprintable() else "?" for c in short) + '"'


def _syntax_error(error: yaml.MarkedYAMLError, text: str, source: str) -> str:
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return f"{source}: not YAML: {error.problem}"
    lines = text.splitlines()
    line = min(mark.line + 1, max(len(lines), 1))  # the end of the text stands behind its last line
    hint = ""
    if "${" in "".join(lines[max(0, line - 2) : line]):
        hint = '; inside of { } a reference needs quotes: "${NAME}"'
    elif any("\t" in part[: len(part) - len(part.lstrip())] for part in lines[max(0, line - 2) : line]):
        hint = "; indent with spaces, not tabs"
    return f"{source}:{line}: not YAML: {error.problem}{hint}"
