"""One field of a YAML mapping set in its place; comments, order, unknown fields stay byte for byte. Pure."""

import json
import re
from typing import Any

import yaml

from hone.errors import SpliceError, UsageError
from hone.skills import frontmatter as fm
from hone.skills.markdown import clean

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_PLAIN = re.compile(r"[A-Za-z][\w./-]*(?::[\w./-]+)*", re.ASCII)
_NO_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
_NOT_YAML = re.compile(r"[\ufeff\ufffe\uffff]")


def scalar(value: str | bool | int) -> str:
    """`value` as YAML on one line: words as they are where every reader takes them for words, else in quotes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    is_plain = _PLAIN.fullmatch(value) and value.lower() not in _NO_WORDS
    return value if is_plain else quoted(value)


def quoted(text: str) -> str:
    """`text` on one line in double quotes, so written that no reader finds `---` in it, which some take for the end."""
    written = json.dumps(" ".join(clean(text).split()), ensure_ascii=False).replace("---", r"--\x2d")
    return _NOT_YAML.sub(lambda match: f"\\u{ord(match[0]):04x}", written)


def set_field(text: str, key: str, value: str) -> str:
    """The YAML `text` with the field `key` set to `value`, a scalar as written; a new field comes last.

    Raises SpliceError if `text` is no mapping, or the field is not one scalar that can be replaced alone.
    """
    try:
        before, _ = fm.parse_mapping_leniently(text)
        wanted = before | fm.parse_mapping(f"{key}: {value}")
        if before.get(key) == wanted[key]:
            return text
        if not isinstance(before.get(key, ""), str):
            raise SpliceError(f"{key} is a list or mapping: write it as `{key}: text` on one line")
        start, end = _span(text, key)
        gap = " " if text[start - 1 : start] == ":" else ""
        result = text[:start] + gap + value + text[end:] if start else _appended(text, f"{key}: {value}")
        after, _ = fm.parse_mapping_leniently(result)
    except UsageError as error:
        raise SpliceError(str(error)) from error
    if after != wanted:
        raise SpliceError(f"{key} cannot be set without another field: write both on lines of their own")
    return result


def _span(text: str, key: str) -> tuple[int, int]:
    """Where the value of `key` is written; zeros if there is no such field."""
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError:  # an unquoted colon, which `parse_mapping_leniently` forgives
        return _span_of_lines(text, key)
    fields = root.value if isinstance(root, yaml.MappingNode) else []
    values = [value for name, value in fields if name.value == key]
    if not values:
        return 0, 0
    start, end = values[-1].start_mark.index, values[-1].end_mark.index
    return start, start + len(text[start:end].rstrip())  # a block of text ends where the next field begins


def _span_of_lines(text: str, key: str) -> tuple[int, int]:
    """The rest of the line of `key` and the indented lines below it."""
    match = re.search(rf"^{re.escape(key)}[ \t]*:[ \t]*([^\n]*(?:\n[ \t]+[^\n]*)*)", text, re.MULTILINE)
    return (match.start(1), match.start(1) + len(match[1].rstrip())) if match else (0, 0)


def _appended(text: str, line: str) -> str:
    end = "\r\n" if "\r\n" in text else "\n"
    return f"{text}{'' if not text or text.endswith(chr(10)) else end}{line}{end}"
