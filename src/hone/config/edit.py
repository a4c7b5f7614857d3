"""Changing one setting in the user's YAML file: every other byte, comment and line stays as it was."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from hone.config import schema
from hone.config.yaml_file import Node, Scalar, Sequence, Table, at, decode, parse, quoted
from hone.errors import ConfigError
from hone.files import home_error, write_atomic

_BOM = b"\xef\xbb\xbf"
_PLAIN = re.compile(r"[A-Za-z0-9_./$][A-Za-z0-9_./$@+-]*(?::[A-Za-z0-9_./$@+-]+)*")
_INDENT = 2


def set_value(path: Path, dotted_key: str, text: str) -> None:
    """Set `dotted_key` to `text` in the file at `path` (made with mode 0600 if absent). A list is words with commas.

    Raises ConfigError if the key or the value is not valid, if the file is not valid before or after, or if it is
    written in a way that cannot be changed safely; the file is then untouched. HomeError: it cannot be read or written.
    """
    kind = schema.find(dotted_key)
    if not (schema.takes_scalar(kind) or schema.takes_words(kind)):
        raise ConfigError(f"{dotted_key} is more than one value; edit {path} by hand")
    value = _value(dotted_key, text, kind)
    path = path.resolve()  # a symlink stays one
    old = _read(path)
    before = decode(old, str(path))
    tree = parse(before, str(path))
    schema.build(tree, schema.settings_type())
    after = _Splice(before, tree, path).put(dotted_key.split("."), value)
    _check(tree, after, dotted_key, value, path)
    data = after.encode()
    write_atomic(path, _BOM + data if old.startswith(_BOM) else data)


def write_scalar(text: str) -> str:
    """`text` as YAML on one line, quoted where it could be read as something else."""
    if _PLAIN.fullmatch(text) and text.lower() not in ("null", "true", "false"):
        return text
    dumped: str = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=len(text) * 12 + 80)
    return dumped.rstrip("\n")


def _value(key: str, text: str, kind: Any) -> Node:
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ConfigError(f"{key}: the value is not valid text")
    node: Node = Scalar(source="hone config set", text=text, plain=text.lower() == "none")
    if schema.takes_words(kind) and ("," in text or not schema.takes_scalar(kind)):
        words = (word.strip() for word in text.split(","))
        items = tuple(Scalar(source="hone config set", text=word, plain=False) for word in words if word)
        node = Sequence(source="hone config set", items=items, flow=True)
    schema.build(node, kind, key)
    return node


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise home_error(path, error) from error


class _Splice:
    """One place in a text, found by the marks of its tree."""

    def __init__(self, text: str, tree: Table, path: Path) -> None:
        self._text = text
        self._tree = tree
        self._path = path
        self._newline = "\r\n" if "\r\n" in text else "\n"

    def put(self, keys: list[str], value: Node) -> str:
        """The text with `value` at `keys`, replaced where it stands or added at the end of its section."""
        table, depth = self._tree, 0
        while isinstance(inner := table.items.get(keys[depth]), Table):
            table, depth = inner, depth + 1
        if inner is None:
            return self._add(table, keys[depth:], value)
        if isinstance(inner, Scalar) and inner.start == inner.end:
            return self._fill(table, inner, keys[depth:], value)
        return self._replace(inner, keys, value)

    def _replace(self, old: Node, keys: list[str], value: Node) -> str:
        written = self._text[old.start : old.end]
        if "\n" in written or (isinstance(old, Sequence) and not old.flow):
            raise ConfigError(
                f"{self._path}:{old.line}: {'.'.join(keys)} stands on several lines; edit it by hand"
            )
        return self._text[: old.start] + _inline(value) + self._text[old.end :]

    def _fill(self, table: Table, empty: Scalar, keys: list[str], value: Node) -> str:
        """A value for `key:` with nothing behind it; below that line if it is a section."""
        if len(keys) == 1 or table.flow:
            lead = "" if self._text[empty.start - 1].isspace() else " "
            return self._insert(empty.start, lead + _inline(_wrap(keys[1:], value)))
        block = self._block(keys[1:], value, table.column + _INDENT)
        return self._insert(self._line_end(empty.start), block)

    def _add(self, table: Table, keys: list[str], value: Node) -> str:
        if table.flow:
            separator = ", " if table.items else ""
            last = max((item.end for item in table.items.values()), default=table.start + 1)
            return self._insert(last, f"{separator}{keys[0]}: {_inline(_wrap(keys[1:], value))}")
        if table is self._tree:
            end = len(self._text)
            return self._insert(end, self._block(keys, value, table.column, fresh=True))
        return self._insert(self._line_end(self._last(table)), self._block(keys, value, table.column))

    def _block(self, keys: list[str], value: Node, column: int, *, fresh: bool = False) -> str:
        """`keys` as nested lines; `fresh`: at the end of the file, where the last line may lack its newline."""
        lines = [" " * (column + i * _INDENT) + f"{key}:" for i, key in enumerate(keys)]
        block = self._newline.join(lines) + f" {_inline(value)}"
        if not fresh:
            return self._newline + block
        lead = self._newline if self._text and not self._text.endswith("\n") else ""
        return lead + block + self._newline

    def _insert(self, place: int, text: str) -> str:
        return self._text[:place] + text + self._text[place:]

    def _last(self, node: Node) -> int:
        """Where the last written character of `node` stands; block ends lie behind the comments that follow."""
        if isinstance(node, Scalar) or node.flow:
            written = self._text[: node.end].rstrip()
            return max(len(written), node.start)
        children = list(node.items.values()) if isinstance(node, Table) else node.items
        return self._last(children[-1])

    def _line_end(self, place: int) -> int:
        found = re.compile(r"\r?\n|$").search(self._text, place)
        assert found is not None
        return found.start()


def _inline(value: Node) -> str:
    if isinstance(value, Scalar):
        return value.text if value.plain else write_scalar(value.text)
    if isinstance(value, Sequence):
        return f"[{', '.join(_inline(item) for item in value.items)}]"
    return "{" + ", ".join(f"{key}: {_inline(item)}" for key, item in value.items.items()) + "}"


def _wrap(keys: list[str], value: Node) -> Node:
    for key in reversed(keys):
        value = Table(source=value.source, items={key: value}, flow=True)
    return value


def _check(before: Table, text: str, dotted_key: str, value: Node, path: Path) -> None:
    """Refuse a splice that did anything but set the one key."""
    try:
        after = parse(text, str(path))
        schema.build(after, schema.settings_type())
    except ConfigError as error:
        raise _by_hand(path, dotted_key) from error
    expected = _with(_bare(before), dotted_key.split("."), _bare(value))
    if _bare(after) != expected or at(after, dotted_key) is None:
        raise _by_hand(path, dotted_key)


def _by_hand(path: Path, dotted_key: str) -> ConfigError:
    return ConfigError(f"{path}: {quoted(dotted_key)} cannot be changed safely in this file; edit it by hand")


def _bare(node: Node) -> Any:
    """The values of `node` without places and quotes."""
    if isinstance(node, Table):
        return {key: _bare(item) for key, item in node.items.items()}
    if isinstance(node, Sequence):
        return [_bare(item) for item in node.items]
    return None if node.is_null else node.text


def _with(values: Mapping[str, Any] | None, keys: list[str], value: Any) -> dict[str, Any]:
    rest = value if len(keys) == 1 else _with((values or {}).get(keys[0]), keys[1:], value)
    return {**(values or {}), keys[0]: rest}
