"""Which project a workspace is: one slug for every clone and worktree of it, found without starting git if possible."""

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from hone.errors import HomeError
from hone.files import write_atomic
from hone.git import Git
from hone.late import late

_UNSAFE = late(r"[^a-z0-9]+")
_SECTION = late(r'^\s*\[remote\s+"origin"\]\s*(?:[#;].*)?$', re.IGNORECASE)
_URL = late(r"^\s*url\s*=\s*(.+?)\s*$", re.IGNORECASE)
_SCP = late(r"^(?:[^/@]+@)?([^/:]+):(?!//)(.+)$")
_WITH_SCHEME = late(r"^[a-z][a-z0-9+.-]*://(?:[^/@]*@)?([^/]*)/*(.*)$", re.IGNORECASE)
_PORT = late(r":\d*$")
_GIT_TIMEOUT = 5.0  # seconds


class _Repository(msgspec.Struct, frozen=True):
    """`common` is the git directory that all worktrees share."""

    root: Path
    common: Path

    @property
    def name(self) -> str:
        return (
            self.common.parent.name if self.common.name == ".git" else self.common.name.removesuffix(".git")
        )


class _Known(msgspec.Struct, frozen=True, array_like=True):
    """A first commit that git was asked for, and the state of the repository's config file at that time."""

    stamp: tuple[int, int]
    first_commit: str


def project_slug(workspace: Path, home: Path, environ: Mapping[str, str]) -> str:
    """`<name>-<8 hex>` for the project in `workspace`, safe as a file name.

    It follows from the address of the remote `origin`, else from the first commit, else from the path. A project that
    has a directory below `home`/projects under one of these keeps it, so that adding a remote loses no memory.
    """
    repository = _repository(workspace)
    projects = _names(home / "projects")
    first = ""
    for name, key in _identities(workspace, repository, home, environ):
        digest = hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:8]
        for existing in projects:
            if existing.endswith(f"-{digest}"):
                return existing
        first = first or f"{_UNSAFE.sub('-', name.lower()).strip('-')[:40].strip('-') or 'project'}-{digest}"
        if not projects:
            break
    return first


def remote_key(url: str, root: Path) -> str:
    """`host/path` of a remote, the same for https, ssh and git@ forms, without user, password, port and `.git`."""
    url = url.strip()
    if match := _WITH_SCHEME.match(url):
        host, path = _PORT.sub("", match[1]), match[2]
    elif (match := _SCP.match(url)) and not url.startswith((".", "/")):
        host, path = match[1], match[2]
    else:
        host, path = "", os.path.normpath(root / url)
    return f"{host.lower()}/{path.strip('/').removesuffix('.git').strip('/')}"


def _identities(
    workspace: Path, repository: _Repository | None, home: Path, environ: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Name and key, best first."""
    if repository:
        origin = _origin(repository.common)
        if origin:
            key = remote_key(origin, repository.root)
            yield key.rpartition("/")[2], f"remote {key}"
        commit = _first_commit(repository, home, environ)
        if commit:
            yield repository.name, f"commit {commit}"
        yield repository.name, f"path {os.path.realpath(repository.common.parent)}"
    else:
        yield workspace.name, f"path {os.path.realpath(workspace)}"


def _names(projects: Path) -> list[str]:
    try:
        return sorted(path.name for path in projects.iterdir() if path.is_dir())
    except OSError:
        return []


def _repository(workspace: Path) -> _Repository | None:
    """The repository whose root is `workspace`. In a worktree or submodule `.git` is a file that says where it is."""
    git = workspace / ".git"
    if git.is_dir():
        return _Repository(workspace, git)
    pointer = _first_line(git)
    if not pointer.startswith("gitdir:") or "\0" in pointer:
        return None
    directory = workspace / pointer.removeprefix("gitdir:").strip()
    common = directory / (_first_line(directory / "commondir") or ".")
    return _Repository(workspace, Path(os.path.realpath(common)))


def _origin(common: Path) -> str:
    inside = False
    for line in _read(common / "config").splitlines():
        if line.lstrip().startswith("["):
            inside = bool(_SECTION.match(line))
        elif inside and (match := _URL.match(line)):
            return match[1].strip('"')
    return ""


def _first_commit(repository: _Repository, home: Path, environ: Mapping[str, str]) -> str:
    """Walks the whole history, so the answer is kept in HONE_HOME/.cache until the repository's config changes."""
    file = home / ".cache" / "projects.msgpack"
    known = _load(file)
    key = str(repository.common).encode("utf-8", "backslashreplace").decode()
    stamp = _stamp(repository.common / "config")
    if key in known and known[key].stamp == stamp:
        return known[key].first_commit
    git = Git(repository.root, environ)
    found = git.run("rev-list", "--first-parent", "--max-parents=0", "HEAD", timeout=_GIT_TIMEOUT) or ""
    if found:
        with contextlib.suppress(
            HomeError
        ):  # a read-only or full home costs time at the next start, nothing else
            write_atomic(file, msgspec.msgpack.encode(known | {key: _Known(stamp, found)}))
    return found


def _load(file: Path) -> dict[str, _Known]:
    try:
        return msgspec.msgpack.decode(file.read_bytes(), type=dict[str, _Known])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return {}


def _stamp(path: Path) -> tuple[int, int]:
    try:
        facts = path.stat()
    except OSError:
        return 0, 0
    return facts.st_mtime_ns, facts.st_ino


def _first_line(path: Path) -> str:
    return next(iter(_read(path).splitlines()), "").strip()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape") if path.is_file() else ""
    except OSError:
        return ""
