"""Files that a crash cannot halve: atomic writes and an inter-process lock."""

import contextlib
import errno
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hone.errors import HomeError


def write_atomic(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Replace `path` with `data` so that a reader sees the old bytes or the new ones, also after a power cut.

    Raises HomeError when the file system refuses (full, read-only, no permission); `path` is then as it was.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(mode)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise home_error(path, error) from error


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on `path` (created if absent) against every other process that uses this function."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise home_error(path, error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


class Claims:
    """Names that one process at a time may hold. The system gives a name back when its holder ends, however it ends.

    Each name is one byte of the lock file at `path`, at a place that its hash gives. The process that holds a name may
    take it again.
    """

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise home_error(path, error) from error

    def take(self, name: str) -> bool:
        """Whether the name is now held by this process."""
        place = int.from_bytes(hashlib.sha256(name.encode()).digest()[:6])
        try:
            fcntl.lockf(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
        except (BlockingIOError, PermissionError):
            return False
        return True

    def close(self) -> None:
        """Give everything back."""
        os.close(self._handle)


def read_text(path: Path) -> str | None:
    """The text of `path`, None if there is no such file. Bytes that are not UTF-8 are replaced, a BOM is dropped.

    Raises HomeError if the file is there and cannot be read.
    """
    try:
        return path.read_bytes().decode("utf-8-sig", errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise home_error(path, error) from error


def home_error(path: Path, error: OSError) -> HomeError:
    """`error` as one line that names the path and what to do."""
    advice = {
        errno.ENOSPC: "the disk is full: free some space and try again",
        errno.EDQUOT: "the disk quota is used up: free some space and try again",
        errno.EROFS: "the file system is read-only: set HONE_HOME to a writable directory",
        errno.EACCES: "no permission: fix the owner or the mode, or set HONE_HOME to a directory of yours",
        errno.EPERM: "not permitted: fix the owner or the mode, or set HONE_HOME to a directory of yours",
        errno.ENOTDIR: "a part of the path is a file: move it, or set HONE_HOME to another directory",
        errno.EEXIST: "a part of the path is a file: move it, or set HONE_HOME to another directory",
    }.get(error.errno or 0, error.strerror or str(error))
    return HomeError(f"{path}: {advice}")
