"""A directory for what a session needs while it runs. One that a killed process left behind is removed by the next."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from itertools import islice
from pathlib import Path

_PREFIX = "hone-"
_LOCK = ".lock"
_MOST = 200  # directories looked at in one sweep
_TRIES = 20


class Scratch:
    """A temporary directory, locked as long as its process lives."""

    def __init__(self) -> None:
        self.path, self._lock = _made()

    def close(self) -> None:
        """Remove it, and those beside it whose process is gone."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
        for left in islice(self.path.parent.glob(f"{_PREFIX}*/{_LOCK}"), _MOST):
            handle = _locked(left)
            if handle is not None:
                with contextlib.suppress(OSError):  # left for the next sweep
                    _empty(left)
                os.close(handle)


def _empty(lock: Path) -> None:
    """Remove the directory of `lock`, which goes last: what cannot be removed yet is found by the next sweep."""
    for entry in lock.parent.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        elif entry != lock:
            entry.unlink(missing_ok=True)
    if [*lock.parent.iterdir()] == [lock]:
        shutil.rmtree(lock.parent, ignore_errors=True)


def _made() -> tuple[Path, int | None]:
    """A new directory and its lock. Another process may sweep it before it is locked: then it is made anew."""
    for _ in range(_TRIES):
        path = Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()
        lock = _locked(path / _LOCK, os.O_CREAT)
        if lock is not None and (path / _LOCK).exists():
            return path, lock
        shutil.rmtree(path, ignore_errors=True)
        if lock is not None:
            os.close(lock)
    return Path(
        tempfile.mkdtemp(prefix=_PREFIX)
    ).resolve(), None  # a file system without locks: nobody sweeps it


def _locked(path: Path, flags: int = 0) -> int | None:
    """A handle that holds the lock of `path`; None if it is held elsewhere, gone, or not ours."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | flags, 0o600)
    except OSError:
        return None
    try:
        if os.fstat(handle).st_uid == os.getuid():
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return handle
    except OSError:
        pass  # its process lives
    os.close(handle)
    return None
