"""The store of a workspace's checkpoints: a git repository of hone's own, below HONE_HOME/checkpoints.

The user's repository is only asked which files there are. Of the workspace's configuration nothing is read, and its
attributes have no effect: no filter, hook or monitor runs, and what comes back is byte for byte what was there.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from hone.checkpoints.survey import Survey, survey
from hone.errors import HoneError
from hone.files import home_error
from hone.git import Git

TOO_SLOW = "it took too long: the workspace is too large, or the machine too busy"
_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.autocrlf=false",
    "core.attributesFile=/dev/null",
    "core.fileMode=true",
    "core.symlinks=true",
    "core.ignoreCase=false",
    "core.precomposeUnicode=false",
    "core.protectHFS=false",  # every name that a file here has is a name
    "core.protectNTFS=false",
    "core.compression=1",
    "core.quotePath=false",
    "gc.auto=0",
)
# In the repository's own info/attributes, which come before those of the workspace.
_ATTRIBUTES = b"* -text !eol !crlf !ident !filter !working-tree-encoding !diff !merge !export-subst\n"
# Without a repository nobody said what is not worth keeping.
_LEFT_OUT_WITHOUT_GIT = (
    b"node_modules/\n.venv/\nvenv/\n__pycache__/\n.tox/\n.nox/\n.mypy_cache/\n.ruff_cache/\n.pytest_cache/\n.gradle/\n"
    b"target/\ndist/\n.next/\n.cache/\n"
)
_NEW_STORE = {
    "HEAD": b"ref: refs/heads/none\n",
    "config": b"[core]\n\trepositoryFormatVersion = 0\n",
    "info/attributes": _ATTRIBUTES,
    "info/exclude": _LEFT_OUT_WITHOUT_GIT,
}
_LISTED = ("--others", "--exclude-standard")
_IGNORED = ("--others", "--ignored", "--exclude-standard", "--directory")
_NOTHING = "0" * 40
_IN_ONE_PACK = ("-c", "core.bigFileThreshold=1")  # the first time: 10,000 files in a fifth of the time
_NUMBER = re.compile(rb"\d+")
_MARK = "160000"
_DAY = 86_400.0
_PRUNE_SECONDS = 20.0
_BETWEEN_LOOKS = 0.02  # seconds, while another process is at work


class Shadow:
    """The checkpoints of the files in `workspace`. `hidden` are files and directories of which no copy may be made.

    Calls block; those that change the store exclude each other, also in other processes.
    """

    def __init__(
        self, home: Path, workspace: Path, environ: Mapping[str, str], hidden: Sequence[Path] = ()
    ) -> None:
        self.workspace = workspace
        name = hashlib.sha256(os.fsencode(workspace)).hexdigest()[:16]
        self.directory = home / "checkpoints" / f"{name}.git"
        self._hidden = hidden
        self._index = self.directory / "files.index"
        self._users_git = Git(workspace, environ)
        given = {name: environ[name] for name in ("PATH", "TMPDIR") if name in environ}
        self._env = given | {
            "HOME": str(self.directory),  # where no settings are
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_INDEX_FILE": str(self._index),
            "LC_ALL": "C",
        }

    @property
    def exists(self) -> bool:
        """Whether a checkpoint was ever taken here; the first one takes longer."""
        return self._index.exists()

    def snapshot(self, seconds: float) -> str:
        """The id of the tree of all files as they are now. Raises HoneError if it cannot be had within `seconds`."""
        deadline = _Deadline(seconds)
        with self._held(deadline):
            try:
                self._prepare()
                return self._tree_of(self._look(deadline), deadline)
            except OSError as error:
                raise home_error(self.directory, error) from error

    def git(self, *arguments: str, stdin: bytes = b"", seconds: float = 30.0) -> bytes:
        """What a git command in the store prints. Raises HoneError if it fails or takes longer."""
        try:
            done = subprocess.run(
                self._command(arguments),
                env=self._env,
                cwd=self.workspace if self.workspace.is_dir() else self.directory,
                capture_output=True,
                input=stdin,
                timeout=max(seconds, 0.001),
            )
        except subprocess.TimeoutExpired:
            raise HoneError(TOO_SLOW) from None
        except OSError as error:
            raise HoneError(f"git cannot be started: {error.strerror}") from error
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip() or f"exit {done.returncode}"
            raise HoneError(f"the store of checkpoints: {said}; if it stays so, remove {self.directory}")
        return done.stdout

    def merge(self, ours: bytes, base: bytes, theirs: bytes) -> bytes | None:
        """Both changes of `base` in one; None where they touch the same lines, or are no text."""
        with tempfile.TemporaryDirectory(prefix="hone-merge-") as directory:
            files = [Path(directory, name) for name in ("ours", "base", "theirs")]
            for file, data in zip(files, (ours, base, theirs), strict=True):
                file.write_bytes(data)
            command = self._command(("merge-file", "-p", *map(str, files)))
            done = subprocess.run(command, env=self._env, cwd=directory, capture_output=True, timeout=30.0)
        return None if done.returncode else done.stdout

    def size(self) -> int:
        """Bytes of all that is stored."""
        return sum(
            file.lstat().st_size for file in (self.directory / "objects").rglob("*") if not file.is_dir()
        )

    def prune(self, kept: Collection[str]) -> bool:
        """Drop what is in none of the `kept` trees and older than a day; False if another process is at work."""
        try:
            with self._held(_Deadline(0.0)):
                newest = (
                    time.time() - _DAY
                )  # the files' own time; a checkpoint is recorded soon after it was taken
                refs = [ref for ref in (self.directory / "refs" / "trees").glob("*") if ref.name not in kept]
                for ref in refs:
                    if ref.stat().st_mtime < newest:
                        self.git("update-ref", "-d", f"refs/trees/{ref.name}")
                self.git("repack", "-adq", seconds=_PRUNE_SECONDS)
                self.git("prune", "--expire=now", seconds=_PRUNE_SECONDS)
                (self.directory / "pruned").touch()
        except HoneError:
            return False  # the next one tries again
        return True

    def pruned_at(self) -> float:
        """When `prune` last ran, in seconds since the epoch; now if there is nothing to prune."""
        try:
            return (self.directory / "pruned").stat().st_mtime
        except OSError:
            return time.time()

    def _prepare(self) -> None:
        if (self.directory / "pruned").exists():
            return
        for name in ("objects", "refs/trees", "info"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        for name, data in _NEW_STORE.items():
            (self.directory / name).write_bytes(data)
        (self.directory / "pruned").touch()  # last: all is there

    def _look(self, deadline: "_Deadline") -> Survey:
        """Ask git which files there are: the user's own repository if there is one, for it knows what is tracked."""
        here = (f"--git-dir={self.directory}", f"--work-tree={self.workspace}", "ls-files", "-z")
        asked = [(*here, *_LISTED), (*here, *_IGNORED)]
        if (self.workspace / ".git").exists():
            asked = [("ls-files", "-z", "--cached", *_LISTED), ("ls-files", "-z", *_IGNORED), *asked]
        for listing, ignoring in zip(asked[::2], asked[1::2], strict=True):
            listed = self._users_git.run(*listing, timeout=deadline.left)
            ignored = self._users_git.run(*ignoring, timeout=deadline.left)
            if listed is not None and ignored is not None:
                break
        else:
            deadline.check()
            raise HoneError("git is not installed, or cannot list the files here")
        return survey(self.workspace, _names(listed), _names(ignored), self._hidden)

    def _tree_of(self, found: Survey, deadline: "_Deadline") -> str:
        """Bring the index to what was found, which reads only files that changed, and write its tree."""
        indexed, files = self._indexed(deadline), set(found.files)
        gone = [path for path in indexed if path not in files and path not in found.marks]
        lines = [f"0 {_NOTHING}\t{path}" for path in gone]
        lines += [
            f"{_MARK} {mark}\t{path}" for path, mark in found.marks.items() if indexed.get(path) != mark
        ]
        update = ("update-index", "-z", "--add", "--remove", "--replace")
        if lines:
            self.git(*update, "--index-info", stdin=_joined(lines), seconds=deadline.left)
        bulk = () if indexed or self._is_old_git() else _IN_ONE_PACK
        self.git(*bulk, *update, "--stdin", stdin=_joined(found.files), seconds=deadline.left)
        tree = self.git("write-tree", seconds=deadline.left).decode().strip()
        self.git("update-ref", f"refs/trees/{tree}", tree, seconds=deadline.left)
        os.utime(self.directory / "refs" / "trees" / tree)
        return tree

    def _is_old_git(self) -> bool:
        """Whether this git would make a pack of each file (before 2.37)."""
        numbers = _NUMBER.findall(self.git("version"))
        return tuple(map(int, numbers[:2])) < (2, 37)

    def _indexed(self, deadline: "_Deadline") -> dict[str, str]:
        """What the index holds: the id of what is at each path."""
        with contextlib.suppress(FileNotFoundError):  # left by a git that was killed; nobody else is at work
            self._index.with_name(f"{self._index.name}.lock").unlink()
        staged = self.git("ls-files", "-z", "--stage", seconds=deadline.left)
        entries = (entry.partition("\t") for entry in _names(os.fsdecode(staged)))
        return {path: about.split(" ")[1] for about, _, path in entries}

    @contextlib.contextmanager
    def _held(self, deadline: "_Deadline") -> Iterator[None]:
        try:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(self.directory / "hone.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise home_error(self.directory, error) from error
        try:
            while not _locked(handle):
                deadline.check()
                time.sleep(_BETWEEN_LOOKS)
            yield
        finally:
            os.close(handle)

    def _command(self, arguments: Sequence[str]) -> list[str]:
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        return ["git", f"--git-dir={self.directory}", f"--work-tree={self.workspace}", *settings, *arguments]


class _Deadline:
    """When there is no more time. Real time: it limits real processes."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds; raises HoneError if there are none."""
        self.check()
        return self._end - time.monotonic()

    def check(self) -> None:
        """Raise HoneError if the time is over."""
        if time.monotonic() >= self._end:
            raise HoneError(TOO_SLOW)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _names(listing: str) -> list[str]:
    return [name for name in listing.split("\0") if name]


def _joined(lines: Collection[str]) -> bytes:
    return os.fsencode("".join(f"{line}\0" for line in lines))
