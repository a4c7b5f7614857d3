"""A project's files and commands as pins look at them: only below the workspace, only regular files, never a secret's content."""

import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Literal

from hone.errors import UsageError
from hone.late import late
from hone.skills.facts.digest import digest_of_file
from hone.skills.facts.manifests import read_manifest

LARGEST = 1_000_000  # bytes of a file that is hashed
LARGEST_MANIFEST = 65_536
_PROGRAM_FOLDERS = ("node_modules/.bin", ".venv/bin", "venv/bin", "vendor/bin", "bin")
Kind = Literal["file", "directory", "other", "outside"]
_SECRET = late(
    r"\.env(?:\..*)?|.*\.(?:pem|key|p12|pfx|jks|keystore|kdbx|asc|gpg)|id_[a-z0-9_]+"
    r"|\.(?:netrc|npmrc|pypirc|pgpass|htpasswd)|.*(?:credential|secret|token|passw).*",
    re.IGNORECASE,
)


class ProjectFiles:
    """What is in `workspace` and on `search_path` now; each manifest is read once."""

    def __init__(self, workspace: Path, search_path: str) -> None:
        self._root = Path(os.path.realpath(workspace))
        self._search_path = search_path
        self._manifests: dict[str, Mapping[str, str]] = {}

    def within(self, path: str) -> str | None:
        """`path` relative to the workspace, without `.` parts; None if it is no path of a file in it."""
        if path.startswith("/"):
            path = os.path.relpath(path, self._root) if path.startswith(f"{self._root}/") else ".."
        parts = [part for part in path.split("/") if part not in ("", ".")]
        if not parts or ".." in parts or parts[0] == ".git" or not path.isprintable():
            return None
        return "/".join(parts)

    def kind(self, target: str) -> Kind | None:
        """What is at `target`, links followed; None if nothing is. What leads out of the workspace is not looked at."""
        try:
            path = self._real(target)
            if path is None:
                return "outside"
            mode = path.stat().st_mode
        except (OSError, ValueError):
            return None
        if stat.S_ISDIR(mode):
            return "directory"
        return "file" if stat.S_ISREG(mode) else "other"

    def content(self, target: str) -> str | None:
        """The `sha256:…` of the file as far as its words count; None if it cannot be said: too large, unreadable, or it
        looks like a secret."""
        data = self._content(target)
        return None if data is None else digest_of_file(target, data)

    def holds(self, target: str, digest: str) -> bool | None:
        """Whether the file is the one of that `sha256:…`, be it of its words or of its bytes; None as for `content`."""
        data = self._content(target)
        if data is None:
            return None
        return digest in (digest_of_file(target, data), f"sha256:{hashlib.sha256(data).hexdigest()}")

    def _content(self, target: str) -> bytes | None:
        if _SECRET.fullmatch(PurePosixPath(target).name):
            return None
        return self._read(target, LARGEST)

    def manifest(self, target: str) -> Mapping[str, str] | None:
        """What the manifest says, by key; None if it is absent, too large or not readable as a file.

        Raises UsageError if it cannot be understood.
        """
        if target not in self._manifests:
            text = self.manifest_text(target)
            if text is None:
                return None
            self._manifests[target] = read_manifest(target, text)
        return self._manifests[target]

    def manifest_text(self, target: str) -> str | None:
        """The manifest as it is; None if it is absent, too large or not readable. Raises UsageError if it is not UTF-8."""
        data = self._read(target, LARGEST_MANIFEST)
        try:
            return None if data is None else data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise UsageError(f"{target}: not UTF-8") from error

    def has_command(self, name: str) -> bool:
        """Whether a program of that name is on the search path, or among those that the project brings."""
        return any(os.path.isfile(path) and os.access(path, os.X_OK) for path in self._programs(name))  # noqa: PTH113 - a Path for each directory takes ten times as long

    def _programs(self, name: str) -> Iterator[str]:
        if name.isprintable() and "/" not in name:
            yield from (
                f"{directory}/{name}"
                for directory in self._search_path.split(":")
                if directory.startswith("/")
            )
            yield from (f"{self._root}/{folder}/{name}" for folder in _PROGRAM_FOLDERS)

    def _real(self, target: str) -> Path | None:
        path = Path(os.path.realpath(self._root / target))
        return path if path.is_relative_to(self._root) else None

    def _read(self, target: str, largest: int) -> bytes | None:
        try:
            path = self._real(target)
            return None if path is None else _read_regular(path, largest)
        except (OSError, ValueError):  # absent, or not for us to read
            return None


def _read_regular(path: Path, largest: int) -> bytes | None:
    handle = os.open(
        path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW
    )  # a pipe must not hang us
    try:
        facts = os.fstat(handle)
        return os.read(handle, largest) if stat.S_ISREG(facts.st_mode) and facts.st_size <= largest else None
    finally:
        os.close(handle)
