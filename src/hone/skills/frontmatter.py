"""SKILL.md and hone.yaml as text: where the frontmatter ends, and its YAML as plain mappings of strings.

Every scalar stays the text that was written (`yes`, `1.0` and dates are words here), as the Agent Skills format has it.
What the fields must be is `spec`'s part (strict) and `read`'s (lenient).
"""

import json
import re
from itertools import pairwise
from typing import Any

import msgspec
import yaml

from hone.errors import UsageError

MAX_YAML = 65_536  # characters; no frontmatter in use comes near
_MAX_DEPTH = 20
_TOO_SHORT_TO_HARM = 2_000  # characters, thus levels
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # PyYAML may have been built without libyaml
_FENCE = re.compile(r"^---[ \t]*\r?$", re.MULTILINE)
_NOT_PLAIN = (
    '"',
    "'",
    "[",
    "{",
    "|",
    ">",
)  # what a value begins with that is quoted, a list, or has its own lines
_KEY_LINE = re.compile(r"^[A-Za-z][\w-]*[ \t]*:(?=\s|$)", re.MULTILINE)


class Document(msgspec.Struct, frozen=True):
    """A SKILL.md in two parts; `frontmatter` is None if the text does not begin with a line `---`."""

    frontmatter: str | None
    body: str


def split(text: str) -> Document:
    """The two parts of `text`; only a line of its own is a delimiter. Raises UsageError if the second one is missing."""
    opening = _FENCE.match(text)
    if opening is None:
        return Document(None, text)
    closing = _FENCE.search(text, opening.end())
    if closing is None:
        raise UsageError("the frontmatter is not closed: add a line --- after it")
    return Document(text[opening.end() + 1 : closing.start()], text[closing.end() + 1 :])


def parse_mapping(text: str) -> dict[str, Any]:
    """The YAML mapping in `text`, scalars as strings. Raises UsageError if it is not one, is too large or too deep."""
    if len(text) > MAX_YAML:
        raise UsageError(f"the YAML is longer than {MAX_YAML:,} characters: shorten it")
    try:
        if len(text) > _TOO_SHORT_TO_HARM:
            _bound_depth(text)
        value = yaml.load(text, Loader=_LOADER)  # noqa: S506 - the base loader builds nothing but str, list and dict
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UsageError(f"not valid YAML: {_one_line(error)}") from error
    if value is None or value == "":
        return {}
    if not isinstance(value, dict):
        raise UsageError("the YAML must be fields, one `key: value` a line")
    return {str(key): item for key, item in value.items()}


def parse_mapping_leniently(text: str) -> tuple[dict[str, Any], bool]:
    """`parse_mapping`; where that fails, the text of a field that holds an unquoted colon is taken as it stands.

    The flag says whether this was needed. Raises UsageError for whatever else is no YAML.
    """
    try:
        return parse_mapping(text), False
    except UsageError:
        if len(text) > MAX_YAML:
            raise
        return parse_mapping(_quote_colons(text)), True


def _quote_colons(text: str) -> str:
    starts = [match.start() for match in _KEY_LINE.finditer(text)]
    parts = [text[: starts[0]]] if starts else [text]
    for start, end in pairwise([*starts, len(text)]):
        field = text[start:end]
        key, _, value = field.partition(":")
        if _has_unquoted_colon(" ".join(value.split())) and not _is_yaml(field):
            field = f"{key.strip()}: {json.dumps(' '.join(value.split()), ensure_ascii=False)}\n"
        parts.append(field)
    return "".join(parts)


def _has_unquoted_colon(value: str) -> bool:
    return not value.startswith(_NOT_PLAIN) and bool(re.search(r":(?:\s|$)", value))


def _is_yaml(field: str) -> bool:
    try:
        parse_mapping(field)
    except UsageError:
        return False
    return True


def _bound_depth(text: str) -> None:
    """The composer recurses in C once a level; tens of thousands of brackets must not end the process."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _MAX_DEPTH:
                raise UsageError(f"the YAML is nested deeper than {_MAX_DEPTH} levels")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _one_line(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    return f"{problem} (line {mark.line + 1} of the frontmatter)" if mark else str(problem)
