"""The inbox: a file for each change that waits for the user's word. While it waits the file says what the change is."""

from pathlib import Path
from typing import Literal

import msgspec

from hone.changes.change import Change
from hone.errors import NotFound, UsageError
from hone.files import home_error, write_atomic


class _Waiting(Change, frozen=True, kw_only=True):
    v: Literal[1]


def read_inbox(home: Path) -> tuple[Change, ...]:
    """The changes that wait, oldest first. Raises UsageError that names a file which is no change."""
    found = [_read(_path(home, change_id)) for change_id in ids(home)]
    return tuple(sorted(found, key=lambda change: (change.created, change.id)))


def ids(home: Path) -> list[str]:
    """The ids of those that wait."""
    return sorted(path.stem for path in (home / "inbox").glob("[!.]*.json"))


def find_waiting(home: Path, prefix: str) -> Change:
    """The one that waits whose id begins so. Raises NotFound, UsageError if there are several."""
    known = ids(home)
    found = [each for each in known if prefix.strip() and each.startswith(prefix.strip().lower())]
    if not found:
        raise NotFound("change in the inbox", prefix, known)
    if len(found) > 1:
        raise UsageError(f"{prefix!r} is the beginning of several changes: {', '.join(found[:5])}")
    return _read(_path(home, found[0]))


def put(home: Path, change: Change) -> None:
    """Write the file of a change that has its id. Raises HomeError."""
    data = {"v": 1} | msgspec.to_builtins(change)
    try:
        text = msgspec.json.format(msgspec.json.encode(data), indent=2)
    except UnicodeEncodeError as error:
        raise UsageError(f"{change.target}: the text is not UTF-8 and cannot wait in the inbox") from error
    write_atomic(_path(home, change.id), text + b"\n")


def remove(home: Path, change_id: str) -> None:
    """Nothing waits under this id any more. Raises HomeError."""
    path = _path(home, change_id)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise home_error(path, error) from error


def _path(home: Path, change_id: str) -> Path:
    return home / "inbox" / f"{change_id}.json"


def _read(path: Path) -> Change:
    try:
        waiting = msgspec.json.decode(path.read_bytes(), type=_Waiting)
    except msgspec.DecodeError as error:
        raise UsageError(f"{path}: not a change ({error}): mend the file or delete it") from error
    except OSError as error:
        raise home_error(path, error) from error
    if not waiting.ops:
        raise UsageError(f"{path}: not a change (no ops): mend the file or delete it")
    fields = {name: getattr(waiting, name) for name in Change.__struct_fields__}
    return Change(**fields | {"id": path.stem})
