"""hone.yaml as text: a new one, and its top-level fields set in place. What the fields mean, `read` knows."""

from collections.abc import Mapping
from typing import Any

from hone.errors import SpliceError, UsageError
from hone.skills import frontmatter as fm
from hone.skills.outline import MARK
from hone.skills.read import YES
from hone.skills.scalars import scalar, set_field


def new_sidecar(status: str = "trial", scope: str = "all") -> str:
    """The hone.yaml of a new skill."""
    return set_fields("", {"v": 1, "status": status, "pinned": False, "scope": scope})


def read_sidecar_fields(text: str) -> dict[str, Any]:
    """The fields of a hone.yaml, every scalar as the text that was written. Raises SpliceError if it is not YAML."""
    try:
        return fm.parse_mapping(text.removeprefix(MARK))
    except UsageError as error:
        raise SpliceError(f"hone.yaml: {error}") from error


def is_pinned(text: str) -> bool:
    """Whether a hone.yaml says that its skill is to stay as it is; one that cannot be read says nothing."""
    try:
        fields = read_sidecar_fields(text)
    except SpliceError:
        return False
    return str(fields.get("pinned", "")).casefold() in YES


def set_fields(text: str, fields: Mapping[str, str | bool | int]) -> str:
    """The hone.yaml `text` with these fields, new ones last; comments, order and other fields stay byte for byte.

    A field that says so already keeps its spelling. Raises SpliceError if `text` is not YAML, or a field of it is a
    list or mapping.
    """
    read_sidecar_fields(text)
    mark = MARK if text.startswith(MARK) else ""
    text = text.removeprefix(MARK)
    for key, value in fields.items():
        text = set_field(text, key, scalar(value))
    return mark + text
