"""Which files of a workspace a checkpoint keeps, and what it only notes: pure but for looking at the files.

What is not kept is noted where it stands, by a mark. So a file that was there and not kept is never taken for one that
was not there.
"""

import fnmatch
import hashlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path

import msgspec

from hone.errors import HoneError

MOST_BYTES_OF_A_FILE = 5_000_000
MOST_BYTES = 50_000_000
MOST_FILES = 20_000

# A mark is the id of a commit that is not there, as git has it for a submodule; its first digit says what is not kept.
_IGNORED, _REPOSITORY, _LARGE, _KEY, _UNREADABLE = "12345"
WHY = {
    _REPOSITORY: "it is a repository of its own",
    _LARGE: f"it has more than {MOST_BYTES_OF_A_FILE // 1_000_000} MB",
    _KEY: "it may hold keys",
    _UNREADABLE: "it cannot be read",
}
IGNORED = _IGNORED * 40
_KEYS = (
    *(".env", ".env.*", ".envrc", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx"),
    *(".netrc", "_netrc", ".npmrc", ".pypirc", ".pgpass", ".git-credentials", ".htpasswd", ".dockercfg"),
)
_OFTEN_KEYS = ("id_*", "credentials*", "secrets.*", ".env*")
_SOURCE = (
    *(
        ".py",
        ".pyi",
        ".js",
        ".jsx",
        ".ts",
        ".tsx",
        ".go",
        ".rs",
        ".java",
        ".kt",
        ".rb",
        ".php",
        ".c",
        ".h",
        ".cc",
    ),
    *(
        ".cpp",
        ".hpp",
        ".cs",
        ".swift",
        ".scala",
        ".sh",
        ".sql",
        ".html",
        ".css",
        ".vue",
        ".svelte",
        ".md",
        ".rst",
    ),
)


class Survey(msgspec.Struct, frozen=True):
    """The files to keep, and the marks for the rest, by their paths in the workspace."""

    files: tuple[str, ...]
    marks: dict[str, str]


def survey(
    workspace: Path, listed: Iterable[str], ignored: Iterable[str], hidden: Iterable[Path] = ()
) -> Survey:
    """What becomes of the paths that git `listed` and of those that it says are `ignored`, with `/` behind directories.

    `hidden` are files and directories of which no copy may be made. Raises HoneError if there is too much to keep.
    """
    closed = tuple(
        path.relative_to(workspace).as_posix() for path in hidden if path.is_relative_to(workspace)
    )
    files: dict[str, None] = {}
    marks = {path.rstrip("/"): IGNORED for path in ignored}
    plain = _PlainDirectories(workspace)
    total = 0
    for path in listed:
        if top := next((top for top in closed if path == top or path.startswith(f"{top}/")), None):
            marks[top] = IGNORED
            continue
        found = plain.file(path.rstrip("/"))
        if found is None:
            continue
        if mark := _mark(workspace, path.rstrip("/"), found):
            marks[path.rstrip("/")] = mark
            continue
        files[path] = None
        total += found.st_size
        if len(files) > MOST_FILES:
            raise HoneError(f"the workspace has more than {MOST_FILES:,} files")
        if total > MOST_BYTES:
            raise HoneError(f"the workspace has more than {MOST_BYTES // 1_000_000} MB")
    return Survey(tuple(files), marks)


def may_hold_keys(name: str) -> bool:
    """Whether a file of this name is likely to hold a key; code that deals with keys is not."""
    name = name.casefold()
    if any(fnmatch.fnmatchcase(name, pattern) for pattern in _KEYS):
        return True
    return not name.endswith(_SOURCE) and any(fnmatch.fnmatchcase(name, pattern) for pattern in _OFTEN_KEYS)


class _PlainDirectories:
    """Looks at files without following a link: an index may name files behind what is a link by now."""

    def __init__(self, workspace: Path) -> None:
        self._workspace = str(workspace)
        self._known = {"": True}

    def file(self, path: str) -> os.stat_result | None:
        """What is at `path`; None if nothing is there that could be kept."""
        if not self._plain(path.rpartition("/")[0]):
            return None
        try:
            found = os.lstat(f"{self._workspace}/{path}")
        except (OSError, ValueError):  # gone, or out of reach
            return None
        kinds = (stat.S_ISREG, stat.S_ISLNK, stat.S_ISDIR)
        return found if any(is_one(found.st_mode) for is_one in kinds) else None

    def _plain(self, directory: str) -> bool:
        if directory not in self._known:
            above, _, name = directory.rpartition("/")
            at = f"{self._workspace}/{directory}"
            self._known[directory] = (
                self._plain(above) and name not in ("", "..") and os.path.isdir(at) and not os.path.islink(at)  # noqa: PTH112, PTH114 - for each of thousands of directories
            )
        return self._known[directory]


def _mark(workspace: Path, path: str, found: os.stat_result) -> str | None:
    """The mark for what is not kept; None for a file that is. Where there is a reason to look again, the mark differs."""
    if stat.S_ISDIR(found.st_mode):
        return _REPOSITORY * 40
    if stat.S_ISLNK(found.st_mode):
        return None
    if may_hold_keys(path.rpartition("/")[2]):
        kind = _KEY
    elif found.st_size > MOST_BYTES_OF_A_FILE:
        kind = _LARGE
    elif not os.access(f"{workspace}/{path}", os.R_OK):
        kind = _UNREADABLE
    else:
        return None
    state = hashlib.sha256(f"{found.st_size} {found.st_mtime_ns} {found.st_ino}".encode())
    return kind + state.hexdigest()[:39]
