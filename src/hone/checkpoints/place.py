"""Files of a workspace as values: read and written without ever following a link."""

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

import msgspec

from hone.errors import HoneError

LINK = 0o120000
_EXECUTABLE = 0o100755
_PLAIN = 0o100644


class File(msgspec.Struct, frozen=True):
    """A file as git sees it: a mode (plain, executable, link) and its bytes; of a link, where it leads."""

    mode: int
    data: bytes

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return self.mode == LINK


def read(root: Path, path: str) -> File | None:
    """The file at `path` below `root`, None if none is there. Raises HoneError if it cannot be read."""
    at = root / path
    if barrier(root, path) is not None:
        return None
    try:
        found = at.lstat()
        if stat.S_ISLNK(found.st_mode):
            return File(LINK, os.fsencode(at.readlink()))
        if stat.S_ISREG(found.st_mode):
            return File(_EXECUTABLE if found.st_mode & 0o100 else _PLAIN, at.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise HoneError(f"{path} cannot be read: {error.strerror}") from error
    return None


def barrier(root: Path, path: str) -> str | None:
    """The first of the directories above `path` that is there and is none: a file or a link."""
    above = ""
    for name in path.split("/")[:-1]:
        above = f"{above}/{name}" if above else name
        try:
            found = (root / above).lstat()
        except OSError:
            return None
        if not stat.S_ISDIR(found.st_mode):
            return above
    return None


def files_below(root: Path, path: str) -> Iterator[str]:
    """The files in the directory that stands at `path`; none if there is no directory."""
    if (root / path).is_symlink():
        return
    for directory, folders, names in os.walk(root / path):
        links = [name for name in folders if Path(directory, name).is_symlink()]
        for name in (*names, *links):
            yield os.path.relpath(Path(directory, name), root)


def write(root: Path, path: str, file: File) -> None:
    """Put `file` at `path` in place of what is there, at once. Permissions stay, but for the right to execute.

    Raises OSError. Directories above it are made.
    """
    at = root / path
    if barrier(root, path) is not None:
        raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    at.parent.mkdir(parents=True, exist_ok=True)
    temporary = at.with_name(f".hone-{secrets.token_hex(6)}.tmp")
    try:
        if file.is_link:
            temporary.symlink_to(os.fsdecode(file.data))
        else:
            executable = file.mode == _EXECUTABLE
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            with os.fdopen(os.open(temporary, flags, 0o777 if executable else 0o666), "wb") as handle:
                handle.write(file.data)
                handle.flush()
                os.fsync(handle.fileno())
            _keep_permissions(at, temporary, executable=executable)
        with contextlib.suppress(OSError):
            at.rmdir()  # an empty directory where the file was
        temporary.replace(at)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def remove(root: Path, path: str) -> None:
    """Remove the file at `path`, and the directories above it that are empty then. Raises OSError."""
    if barrier(root, path) is not None:
        return
    (root / path).unlink(missing_ok=True)
    for directory in (root / path).parents:
        if directory == root:
            return
        try:
            directory.rmdir()
        except OSError:  # not empty, or not ours to remove
            return


def _keep_permissions(old: Path, new: Path, *, executable: bool) -> None:
    try:
        found = old.lstat()
    except OSError:
        return
    if stat.S_ISREG(found.st_mode):
        bits = stat.S_IMODE(found.st_mode) & 0o777
        readable = (bits & 0o444) >> 2
        new.chmod(bits | readable if executable else bits & ~0o111)
