"""The inbox: a file for each change that waits for the user's word. While it waits the file says what the change is."""

import os
from pathlib import Path
from typing import Any, Literal

import msgspec

from hone.changes.change import Change, as_json
from hone.changes.paths import check_target
from hone.errors import NotFound, UsageError
from hone.files import home_error, write_atomic


class Inbox(msgspec.Struct, frozen=True):
    """The changes that wait, oldest first, and a line for each file that is no change."""

    waiting: tuple[Change, ...]
    problems: tuple[str, ...]


class _Waiting(Change, frozen=True, kw_only=True):
    v: Literal[1]


def read_inbox(home: Path) -> Inbox:
    """All that is in the inbox. One bad file hides no other. Raises HomeError if the directory cannot be listed."""
    waiting, problems = [], []
    for change_id in ids(home):
        try:
            waiting.append(read(home, change_id))
        except UsageError as error:
            problems.append(str(error))
    return Inbox(tuple(sorted(waiting, key=_age)), tuple(problems))


def ids(home: Path) -> list[str]:
    """The ids of those that wait. Raises HomeError if the directory cannot be listed."""
    place = home / "inbox"
    try:
        names = os.listdir(place)  # noqa: PTH208 - `glob` would call a directory that it may not list empty
    except FileNotFoundError:
        return []
    except OSError as error:
        raise home_error(place, error) from error
    return sorted(name[:-5] for name in names if name.endswith(".json") and not name.startswith("."))


def find(home: Path, prefix: str) -> str:
    """The id of the one that waits whose id begins so. Raises NotFound, UsageError if there are several."""
    known, begins = ids(home), prefix.strip()
    found = [each for each in known if begins and each.startswith((begins, begins.lower()))]
    if begins in found:
        return begins
    if not found:
        raise NotFound("change in the inbox", prefix, known)
    if len(found) > 1:
        raise UsageError(f"{prefix!r} is the beginning of several changes: {', '.join(found[:5])}")
    return found[0]


def read(home: Path, change_id: str) -> Change:
    """The change that waits under this id. Raises UsageError that names the file if it is no change."""
    path = _path(home, change_id)
    try:
        waiting = msgspec.json.decode(path.read_bytes(), type=_Waiting)
        check_target(waiting.target)
    except (msgspec.DecodeError, UsageError) as error:
        raise _no_change(path, str(error)) from error
    except OSError as error:
        raise home_error(path, error) from error
    if not (waiting.ops and change_id.isprintable()):
        raise _no_change(path, "no ops" if not waiting.ops else "its name is no text")
    fields = {name: getattr(waiting, name) for name in Change.__struct_fields__}
    return Change(**fields | {"id": change_id})


def as_file(change: Change) -> dict[str, Any]:
    """What is in the file of a change that waits, as plain JSON values."""
    fields: dict[str, Any] = as_json(change)
    return {"v": 1} | fields


def put(home: Path, change: Change) -> None:
    """Write the file of a change that has its id. Raises HomeError."""
    try:
        text = msgspec.json.format(msgspec.json.encode(as_file(change)), indent=2)
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


def _no_change(path: Path, why: str) -> UsageError:
    return UsageError(
        f"{path}: not a change ({why}): mend the file, or drop it: hone inbox reject {path.stem}"
    )


def _age(change: Change) -> tuple[str, int, int, str]:
    """The changes of one review may be of one moment."""
    return change.created, change.nudge or 0, change.ordinal or 0, change.id
