"""Reading a file that a user keeps: only a regular one, and never more than a limit."""

import errno
import os
import stat
from pathlib import Path


def read_regular(path: Path, limit: int) -> bytes:
    """The first `limit` bytes of `path`, none if there is no such file. Raises OSError if it is no regular file."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a named pipe must not hang us
    except (FileNotFoundError, NotADirectoryError):
        return b""
    try:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode):
            raise OSError(errno.EINVAL, "not a regular file: move it away", str(path))
        return os.read(handle, min(limit, facts.st_size))
    finally:
        os.close(handle)
