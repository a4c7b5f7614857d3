"""The Agent Skills format (agentskills.io) as pure checks: what `hone skills lint` says and what hone writes must pass.

Reading is lenient and lives in `read`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec
import yaml

from hone.errors import UsageError
from hone.messages import estimate_tokens
from hone.skills import frontmatter as fm

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MAX_NAME = 64
MAX_DESCRIPTION = 1_024
MAX_COMPATIBILITY = 500
MAX_LINES = 500
MAX_TOKENS = 5_000
FIELDS = frozenset({"name", "description", "license", "compatibility", "metadata", "allowed-tools"})
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class Problem(msgspec.Struct, frozen=True):
    """One rule that a SKILL.md breaks. An error fails the official validator or this format; a warning is advice."""

    level: Literal["error", "warning"]
    message: str


def lint(text: str, directory_name: str) -> tuple[Problem, ...]:
    """Every problem of the SKILL.md `text` in a directory of that name."""
    try:
        document = fm.split(text.removeprefix("\ufeff"))
        if document.frontmatter is None:
            return (_error("no frontmatter: begin with a line ---, name and description, and a line ---"),)
        fields = fm.parse_mapping(document.frontmatter)
    except UsageError as error:
        return (_error(str(error)),)
    return problems(fields, directory_name, text)


def problems(frontmatter: Mapping[str, object], directory_name: str, text: str) -> tuple[Problem, ...]:
    """Every rule broken by these fields, under this directory name, written as `text`."""
    return (
        *_name(frontmatter.get("name"), directory_name),
        *_description(frontmatter.get("description")),
        *_optional(frontmatter),
        *_form(text),
        *_size(text),
    )


def _name(name: object, directory_name: str) -> Iterator[Problem]:
    if not isinstance(name, str) or not name.strip():
        yield _error("name is missing")
        return
    if len(name) > MAX_NAME:
        yield _error(f"name has {len(name)} characters, {MAX_NAME} are allowed")
    if not NAME.fullmatch(name):
        yield _error(f"name {name!r} must be lower-case letters a-z, digits and single hyphens between them")
    if name != directory_name:
        yield _error(f"name {name!r} and directory {directory_name!r} differ")


def _description(description: object) -> Iterator[Problem]:
    if not isinstance(description, str) or not description.strip():
        yield _error("description is missing: say what the skill does and when to use it")
    elif len(description) > MAX_DESCRIPTION:
        yield _error(f"description has {len(description):,} characters, {MAX_DESCRIPTION:,} are allowed")


def _optional(frontmatter: Mapping[str, object]) -> Iterator[Problem]:
    unknown = sorted(frontmatter.keys() - FIELDS)
    if unknown:
        yield _error(f"unknown field {', '.join(unknown)}: own data belongs under metadata")
    for field in ("license", "allowed-tools"):
        if not isinstance(frontmatter.get(field, ""), str):
            yield _error(f"{field} must be one string")
    compatibility = frontmatter.get("compatibility", "any")
    if not isinstance(compatibility, str) or not 1 <= len(compatibility) <= MAX_COMPATIBILITY:
        yield _error(f"compatibility must be 1 to {MAX_COMPATIBILITY} characters")
    metadata = frontmatter.get("metadata", {})
    if not isinstance(metadata, Mapping) or not all(
        isinstance(key, str) and isinstance(value, str) for key, value in metadata.items()
    ):
        yield _error("metadata must map strings to strings")


def _form(text: str) -> Iterator[Problem]:
    """How it is written; the official parser is stricter than YAML and splits at any `---`."""
    if text.startswith("\ufeff"):
        yield _error("the file begins with a byte order mark: save it as UTF-8 without one")
    if "\r" in text:
        yield Problem("warning", "lines end with CR: save it with LF line ends")
    document = fm.split(text.removeprefix("\ufeff"))
    written = document.frontmatter or ""
    if "---" in written:
        yield _error("--- inside the frontmatter: other readers take it for its end")
    try:
        yield from _style(written)
    except yaml.YAMLError:
        yield _error("the frontmatter is not valid YAML")


def _style(written: str) -> Iterator[Problem]:
    events = list(yaml.parse(written, Loader=_LOADER))
    if any(getattr(event, "anchor", None) for event in events):
        yield _error("anchors and aliases are not part of the format")
        return
    if any(getattr(event, "tag", None) for event in events):
        yield _error("YAML tags are not part of the format")
    if any(getattr(event, "flow_style", False) for event in events):
        yield _error("write lists and maps in block style, not in brackets or braces")
    if _has_repeated_key(yaml.compose(written, Loader=_LOADER)):
        yield _error("a field is given twice")


def _has_repeated_key(node: yaml.Node | None) -> bool:
    if isinstance(node, yaml.MappingNode):
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        return len(keys) != len(set(keys)) or any(_has_repeated_key(value) for _, value in node.value)
    if isinstance(node, yaml.SequenceNode):
        return any(_has_repeated_key(item) for item in node.value)
    return False


def _size(text: str) -> Iterator[Problem]:
    lines, tokens = text.count("\n") + 1, estimate_tokens(text)
    if lines > MAX_LINES:
        yield Problem("warning", f"{lines:,} lines: keep it under {MAX_LINES}, move details to references/")
    if tokens > MAX_TOKENS:
        yield Problem("warning", f"about {tokens:,} tokens: keep it under {MAX_TOKENS:,}")


def _error(message: str) -> Problem:
    return Problem("error", message)
