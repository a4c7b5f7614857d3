"""What a trusted project's `.hone/config.yaml` may set: roles among the user's own models, learning and limits (what
loosens them is said), and stricter approvals. Where data goes and what runs outside the sandbox is the user's alone:
providers (an `api_base` beside the user's `${KEY}` would carry the key away), mcp, search and web."""

from collections.abc import Iterator
from typing import Any

from hone.config.settings import Settings
from hone.config.yaml_file import Node, Scalar, Table

_MAY_SET = frozenset({"roles", "learning", "limits", "approvals"})
_CAPS = (
    ("learning", "daily_tokens"),
    ("learning", "daily_usd"),
    ("limits", "steps"),
    ("limits", "tokens"),
    ("limits", "usd"),
    ("limits", "seconds"),
)
_LEARNING = ("off", "hold", "auto")  # from careful to free


def permitted(project: Table, user: Settings) -> tuple[Table, tuple[str, ...]]:
    """The part of `project` that counts over the user's own settings, and one notice for each part that does not.

    Unknown sections are kept, so that the check against the types refuses them by name.
    """
    items: dict[str, Node] = {}
    notices = []
    for name, item in project.items.items():
        if name in _USER_ONLY:
            notices.append(f"{item.where}: {name} is ignored; only the user's own config.yaml may set it")
        elif name == "approvals" and isinstance(item, Table):
            kept = {key: value for key, value in item.items.items() if not _loosens(key, value, user)}
            notices += [
                f"{value.where}: approvals.{key} is ignored; a project may only make approvals stricter"
                for key, value in item.items.items()
                if key not in kept
            ]
            items[name] = Table(source=item.source, line=item.line, items=kept)
        else:
            items[name] = item
    return Table(source=project.source, items=items), tuple(notices)


def loosened(before: Settings, after: Settings) -> Iterator[str]:
    """`learning.daily_tokens from 300000 to 900000`, for each cap that is higher in `after`, and for freer learning."""
    for section, name in _CAPS:
        old, new = (_value(settings, section, name) for settings in (before, after))
        if old is not None and (new is None or new > old):
            yield f"{section}.{name} from {old} to {'no limit' if new is None else new}"
    if _LEARNING.index(after.learning.mode) > _LEARNING.index(before.learning.mode):
        yield f"learning.mode from {before.learning.mode} to {after.learning.mode}"


_USER_ONLY = frozenset(Settings.__struct_fields__) - _MAY_SET


def _loosens(key: str, value: Node, user: Settings) -> bool:
    if not isinstance(value, Scalar) or value.is_null:
        return False
    if key == "mode":
        return value.text == "yes" or (user.approvals.mode == "ask" and value.text != "ask")
    return key == "network" and not user.approvals.network


def _value(settings: Settings, section: str, name: str) -> Any:
    return getattr(getattr(settings, section), name)
