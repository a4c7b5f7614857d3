"""Effects on the files of a home: each is carried out once however often it is asked for, and never over other bytes.

Which effects a change has is `hone.changes.plan`'s part; recording them, so that a crash loses nothing, the door's.
"""

import contextlib
import glob
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from hone.changes.change import Effect
from hone.changes.paths import MOST_BYTES, is_kept, walk
from hone.errors import Conflict, HomeError, UsageError
from hone.files import home_error, write_atomic


def read_file(home: Path, path: str) -> bytes | None:
    """The bytes of a path below the home, None if there is no such file.

    Raises HomeError if it is there and cannot be read, and UsageError if hone has no business there.
    """
    place = _place(home, path)
    try:
        handle = os.open(place, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a named pipe must not hang us
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise home_error(place, error) from error
    try:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode):
            raise HomeError(f"{place}: not a regular file: move it away")
        if facts.st_size > MOST_BYTES:
            raise HomeError(
                f"{place}: larger than {MOST_BYTES // 1_000_000} MB; move parts of it to another file"
            )
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(handle)


def carry_out(home: Path, effect: Effect) -> None:
    """Bring the file, or directory, to where `effect` wants it; nothing if it is there already.

    Raises Conflict if it is neither as before nor as after, HomeError if the file system refuses.
    """
    if effect.moved_to is not None:
        _move(_place(home, effect.path), _place(home, effect.moved_to), effect)
        return
    present = read_file(home, effect.path)
    if present == effect.after:
        return
    if present != effect.before:
        raise Conflict(f"{effect.path} was changed by somebody else just now")
    place = _place(home, effect.path)
    if effect.after is None:
        _remove(place, home)
    else:
        _write(place, effect.after)


def take_back(home: Path, effects: Sequence[Effect]) -> None:
    """Reverse those of `effects` that were carried out. A move stands alone and so never needs it. Raises HomeError."""
    for effect in reversed(effects):
        if effect.moved_to is None and read_file(home, effect.path) == effect.after:
            carry_out(home, Effect(effect.path, effect.after, effect.before))


def sweep(home: Path, effects: Sequence[Effect]) -> None:
    """Remove what a process that was killed while it wrote left beside the files of `effects`."""
    for effect in effects:
        place = _place(home, effect.path)
        for left in place.parent.glob(f".{glob.escape(place.name)}.*.tmp"):
            left.unlink(missing_ok=True)


def with_contents(home: Path, effects: Sequence[Effect]) -> Iterator[Effect]:
    """`effects`, and for each directory that will move, what that does to the files in it whose history is kept."""
    for effect in effects:
        yield effect
        if effect.moved_to is None:
            continue
        for path in walk(home, effect.path):
            if not path.endswith("/"):
                data = read_file(home, path)
                yield Effect(path, data, None)
                yield Effect(effect.moved_to + path.removeprefix(effect.path), None, data)


def _place(home: Path, path: str) -> Path:
    if not is_kept(path):
        raise UsageError(f"{path!r} is no place for memory or skills: nothing else is changed here")
    return home / path


def _write(place: Path, data: bytes) -> None:
    """Through a link the file that it leads to is replaced; a file keeps its mode."""
    with _told(place):
        real = place.resolve()
        mode = stat.S_IMODE(real.stat().st_mode) if real.exists() else 0o600
        _make_directory(real.parent)
    write_atomic(real, data, mode=mode)


def _remove(place: Path, home: Path) -> None:
    """The file or the link to it, then the directories that are empty without it."""
    tops = (home, home / "projects", home / "skills", home / "skills/.archive")
    with _told(place):
        place.unlink()
        parent = place.parent
        while parent not in tops and not parent.is_symlink() and not any(parent.iterdir()):
            parent.rmdir()
            parent = parent.parent


def _move(source: Path, target: Path, effect: Effect) -> None:
    gone, arrived = not os.path.lexists(source), os.path.lexists(target)
    if gone and arrived:
        return
    if gone:
        raise Conflict(f"{effect.path} is gone")
    if arrived:
        raise Conflict(f"{effect.moved_to} is there already: move it away")
    if source.is_symlink():
        raise Conflict(f"{effect.path} is a link: move it yourself")
    with _told(source):
        _make_directory(target.parent)
        source.rename(target)


@contextlib.contextmanager
def _told(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise home_error(place, error) from error


def _make_directory(place: Path) -> None:
    """With all that lead there, none of which others may look into."""
    for directory in (*reversed(place.parents), place):
        if not directory.exists():
            directory.mkdir(mode=0o700, exist_ok=True)
