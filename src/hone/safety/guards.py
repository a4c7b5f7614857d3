"""What of a workspace would run or count outside the sandbox later: git's hooks and configuration, hone's own settings.

Each is covered by a mount, which can be neither written, moved nor removed. What a command could put where nothing is
gets a stand-in for as long as sessions run: a mount needs something to lie on.
"""

import errno
import fcntl
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from hone.git import Git

_READ_BY_GIT = ("hooks", "config", "config.worktree", "commondir", "gitdir")
_SAME_DIRECTORY = (
    b".\n"  # as the content of `commondir`: this directory, which is what git takes without the file
)
_WORKTREE_ELSEWHERE = re.compile(rb"(?i)\b(worktree|bare)\s*=\s*+(?!false)")
_MAX_MODULES = 1000
_WAITS = 50  # of 10 ms each, for a session that is just ending


class Guard(msgspec.Struct, frozen=True):
    """A path that a mount covers. `writable`: only so that it cannot be moved away with what is guarded below it."""

    path: Path
    writable: bool = False


def guards(workspace: Path, environ: Mapping[str, str]) -> Iterator[Guard]:
    """What to cover in `workspace`, outer before inner. Raises OSError if it cannot be looked at."""
    own = workspace / ".git"
    if own.is_file():
        yield Guard(own)
    repository = _repository(workspace)
    if repository is not None:
        if repository != workspace:
            yield Guard(repository, writable=True)
        for directory in (repository, *_inner(repository)):
            yield from _below(repository, directory)
            yield from (Guard(directory / name) for name in _READ_BY_GIT if (directory / name).exists())
            yield from _included(workspace, directory / "config", environ)
    if (workspace / ".hone").exists():
        yield Guard(workspace / ".hone")


def stand_in(workspace: Path, *, trusted: bool) -> Callable[[], None]:
    """Put stand-ins where a command could plant something; the result takes them away again.

    Sessions in the same workspace share them: the last to end removes them, also those that a killed one left.
    `.hone` gets one only in a folder that is `trusted`, as it counts nowhere else. Raises OSError.
    """
    lock = _share(workspace)
    try:
        for path, content in _stand_ins(workspace, trusted=trusted):
            _put(path, content)
    except OSError:
        os.close(lock)
        raise

    def release() -> None:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # another session needs them still
            return
        else:
            for path, content in _stand_ins(workspace, trusted=True):
                _take_away(path, content)
        finally:
            os.close(lock)

    return release


def _share(workspace: Path) -> int:
    lock = os.open(workspace, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for _ in range(_WAITS):
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            time.sleep(0.01)
        except OSError:  # a file system without locks: what is put stays
            break
    return lock


def _stand_ins(workspace: Path, *, trusted: bool) -> Iterator[tuple[Path, bytes | None]]:
    """Where they stand, and the content of a file; None for a directory."""
    if trusted:
        yield workspace / ".hone", None
    repository = _repository(workspace)
    if repository is None:
        return
    for directory in (repository, *_inner(repository)):
        yield directory / "hooks", None
        yield directory / "config.worktree", b""
        # With it git takes no worktree from the configuration; a module's is also known from its .git file.
        if directory != repository or not _WORKTREE_ELSEWHERE.search(_bytes(directory / "config")):
            yield directory / "commondir", _SAME_DIRECTORY


def _put(path: Path, content: bytes | None) -> None:
    try:
        if content is None:
            path.mkdir()
        else:
            with path.open("xb") as file:
                file.write(content)
    except FileExistsError:
        return
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise
        # Who may not create it here cannot in the sandbox either.


def _take_away(path: Path, content: bytes | None) -> None:
    with suppress(OSError):  # not there, or the user put something into it meanwhile
        if content is None:
            path.rmdir()
        elif path.is_file() and path.read_bytes() == content:
            path.unlink()


def _repository(workspace: Path) -> Path | None:
    """The directory of the repository that `workspace` belongs to, itself if it is a bare one."""
    own = workspace / ".git"
    if own.is_file():
        return _shared(workspace)
    if own.is_dir():
        return own
    bare = (workspace / "HEAD").is_file() and all((workspace / name).is_dir() for name in ("objects", "refs"))
    return workspace if bare else None


def _shared(worktree: Path) -> Path | None:
    """The repository that a linked worktree belongs to, if that one knows the worktree, else None."""
    said = (worktree / ".git").read_text(encoding="utf-8", errors="replace").strip()
    own = Path(os.path.realpath(worktree / said.removeprefix("gitdir: ")))
    if own.parent.name != "worktrees" or not (own / "gitdir").is_file():
        return None
    back = (own / "gitdir").read_text(encoding="utf-8", errors="replace").strip()
    return own.parent.parent if Path(os.path.realpath(back)) == worktree / ".git" else None


def _inner(repository: Path) -> Iterator[Path]:
    yield from _modules(repository)
    worktrees = repository / "worktrees"
    if worktrees.is_dir():
        yield from (each for each in sorted(worktrees.iterdir()) if each.is_dir())


def _modules(repository: Path) -> Iterator[Path]:
    """The repositories of submodules, whose names may hold slashes and which may have submodules themselves."""
    found = 0
    for top, below, files in os.walk(repository / "modules"):
        if "HEAD" in files and "config" in files:
            below[:] = [name for name in below if name == "modules"]
            found += 1
            yield Path(top)
        if found >= _MAX_MODULES:
            return


def _below(repository: Path, directory: Path) -> Iterator[Guard]:
    """What leads from `repository` to `directory`, which could be moved away with it."""
    inner = [
        each
        for each in (directory, *directory.parents)
        if each != repository and each.is_relative_to(repository)
    ]
    yield from (Guard(each, writable=True) for each in reversed(inner))


def _included(workspace: Path, config: Path, environ: Mapping[str, str]) -> Iterator[Guard]:
    """Files of the workspace that `config` includes."""
    if b"include" not in _bytes(config).lower():
        return
    wanted = r"^include(if\..*)?\.path$"
    said = Git(workspace, environ).run("config", "-z", "-f", str(config), "--get-regexp", wanted, timeout=2)
    for entry in (said or "").split("\0"):
        path = Path(os.path.normpath(config.parent / entry.partition("\n")[2]))
        if path.is_file() and path.is_relative_to(workspace):
            yield Guard(path)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
