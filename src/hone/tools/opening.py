"""Opening files by paths that were judged before, without following a link that was put there since.

A command in the sandbox can swap a directory for a link between the judgement and the opening, and the tools run outside
of it. So each part of the path, which is resolved already, is opened from the one before, and a link ends it.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

_PATH_ONLY = getattr(os, "O_PATH", None)  # Linux; elsewhere there is no sandbox to defend against


@contextlib.contextmanager
def directory(path: Path, *, create: bool = False) -> Iterator[int]:
    """A descriptor of the directory at `path`, made with its parents if asked. Raises OSError, also for a link."""
    if _PATH_ONLY is None:
        if create:
            path.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    else:
        handle = _descend(path, _PATH_ONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, create=create)
    try:
        yield handle
    finally:
        os.close(handle)


def read_file(path: Path, limit: int) -> tuple[bytes, int]:
    """At most `limit` bytes of the file at `path`, and its size. Raises OSError, also for a link or no ordinary file."""
    with directory(path.parent) as parent:
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(path.name, flags, dir_fd=parent)
    try:
        now = _ordinary(os.fstat(handle))
        with os.fdopen(handle, "rb", closefd=False) as file:
            data = file.read(limit)
        return data, max(now.st_size, len(data))
    finally:
        os.close(handle)


def entries(path: Path) -> list[tuple[str, bool]]:
    """What is in the directory at `path`: names, and whether each is a directory. Raises OSError, also for a link."""
    with directory(path) as outer:
        handle = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=outer)
    try:
        with os.scandir(handle) as found:
            return sorted((entry.name, entry.is_dir()) for entry in found)
    finally:
        os.close(handle)


def replace_file(path: Path, data: bytes) -> None:
    """Put `data` in the place of the file at `path` at once, creating directories; an existing file keeps its mode.

    Raises OSError (IsADirectoryError, and PermissionError for a file that may not be written); the file is then as it was.
    """
    temporary = f".hone-{os.urandom(6).hex()}.tmp"
    with directory(path.parent, create=True) as parent:
        mode = _mode_to_keep(path.name, parent)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(temporary, flags, 0o666 if mode is None else 0o600, dir_fd=parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                if mode is not None:
                    os.fchmod(file.fileno(), mode)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path.name, src_dir_fd=parent, dst_dir_fd=parent)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary, dir_fd=parent)
            raise


def _mode_to_keep(name: str, parent: int) -> int | None:
    try:
        mode = _ordinary(os.stat(name, dir_fd=parent, follow_symlinks=False)).st_mode
        os.close(os.open(name, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent))
    except FileNotFoundError:
        return None
    return stat.S_IMODE(mode)


def _ordinary(found: os.stat_result) -> os.stat_result:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is no ordinary file (a pipe, a socket or a device); use the shell")
    return found


def _descend(path: Path, flags: int, *, create: bool) -> int:
    handle = os.open("/", flags)
    for part in path.parts[1:]:
        try:
            try:
                inner = os.open(part, flags, dir_fd=handle)
            except FileNotFoundError:
                if not create:
                    raise
                os.mkdir(part, dir_fd=handle)
                inner = os.open(part, flags, dir_fd=handle)
        finally:
            os.close(handle)
        handle = inner
    return handle
