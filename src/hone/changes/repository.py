"""The git repository of a home: one commit for each change, made from the ledger's bytes, whatever the files say by now.

git is a convenience: where it is absent or broken, nothing else fails, and what it lacks is committed later.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from hone.git import Git
from hone.skills.read import one_line

EXCLUDE = """\
# hone keeps the history of these files and of no others.
/*
!/user.md
!/memory.md
!/projects/
/projects/*
!/projects/*/
/projects/*/*
!/projects/*/memory.md
!/skills/
/skills/**
!/skills/**/
!/skills/*/**/*.md
!/skills/*/**/hone.yaml
/skills/**/.*
!/skills/.archive/
node_modules/
"""
HONE = "hone <hone@localhost>"
USER = "user <user@localhost>"

_LOOKED_BACK = (
    50  # commits on top of ours that a person may have made before we come to know that ours were made
)
_TIMEOUT = 300.0  # seconds, for a library of ten thousand skills; one change takes 10 ms
_MOST_ARGUMENTS = 500
_HERE = ("--git-dir=.git", "--work-tree=.")  # never the repository that the home may lie in
_ID_TRAILER = "Change-Id"
_ID = f"%(trailers:key={_ID_TRAILER},valueonly)"


class Commit(msgspec.Struct, frozen=True):
    """A change as git will have it. `at` is in seconds since the epoch; a file without bytes is removed."""

    id: str
    subject: str
    author: str
    at: float
    trailers: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, bytes | None], ...]


class Repository:
    """`.git` of the home, made at first need. One process at a time may call `record`."""

    def __init__(self, home: Path, git: Git) -> None:
        self._home = home
        self._git = git

    def exists(self) -> bool:
        """Whether there is anything by the name of `.git`."""
        return os.path.lexists(self._home / ".git")

    def record(self, commits: Sequence[Commit]) -> bool:
        """Whether HEAD now has all of `commits`, on top of what it had, and the index agrees on their files.

        A commit that is there already, because a process was killed before it could say so, is not made again. What the
        user staged or committed stays.
        """
        if not (self.exists() or self._make()):
            return False
        told = self._run("rev-list", f"--max-count={_LOOKED_BACK}", f"--format={_ID}", "HEAD")
        done = set((told or "").split())
        last = max((place for place, commit in enumerate(commits, 1) if commit.id in done), default=0)
        stream = b"".join(_stream(commits[last:], self._home, has_parent=told is not None))
        if commits[last:] and self._run("fast-import", "--quiet", "--done", stdin=stream) is None:
            return False
        return self._update_index(sorted({path for commit in commits for path, _ in commit.files}))

    def _make(self) -> bool:
        """Make `.git`, whole or not at all; a repository around the home is none of ours."""
        new = self._home / ".cache" / "new-repository"
        shutil.rmtree(new, ignore_errors=True)
        if self._git.run("init", "--quiet", "--initial-branch=main", "--template=", str(new)) is None:
            return False
        try:
            (new / ".git/info").mkdir(exist_ok=True)
            (new / ".git/info/exclude").write_text(EXCLUDE)
            (new / ".git").rename(self._home / ".git")
            new.rmdir()
        except OSError:
            return False  # no room or no permission: as without git
        return True

    def _update_index(self, paths: Sequence[str]) -> bool:
        """What HEAD has of these files goes into the index; the files themselves are not looked at."""
        few = paths if len(paths) <= _MOST_ARGUMENTS else ()
        told = self._run("ls-tree", "-r", "-z", "HEAD", "--", *few)
        if told is None:
            return False
        wanted = set(paths)
        there = {path: line for line in told.split("\0") if (path := line.partition("\t")[2]) in wanted}
        lines = (there.get(path, f"0 {'0' * 40}\t{path}") for path in paths)
        data = "".join(f"{line}\0" for line in lines).encode("utf-8", "surrogateescape")
        return self._run("update-index", "-z", "--index-info", stdin=data) is not None

    def _run(self, *arguments: str, stdin: bytes = b"") -> str | None:
        return self._git.run(*_HERE, *arguments, timeout=_TIMEOUT, stdin=stdin)


def _stream(commits: Sequence[Commit], home: Path, *, has_parent: bool) -> Iterator[bytes]:
    """What `git fast-import` reads; the branch that is checked out moves at the end, if nobody else moved it meanwhile."""
    for number, commit in enumerate(commits):
        when = f"{int(commit.at)} +0000"
        message = _message(commit).encode()
        yield f"commit HEAD\nauthor {commit.author} {when}\ncommitter {HONE} {when}\n".encode()
        yield b"data %d\n%s\n" % (len(message), message)
        if has_parent and number == 0:
            yield b"from HEAD^0\n"
        for path, data in commit.files:
            yield _file(home, path, data)
    yield b"done\n"


def _message(commit: Commit) -> str:
    trailers = "".join(f"{name}: {one_line(value)}\n" for name, value in commit.trailers if value)
    return f"{one_line(commit.subject)}\n\n{_ID_TRAILER}: {commit.id}\n{trailers}"


def _file(home: Path, path: str, data: bytes | None) -> bytes:
    """One line and the bytes. What a link leads to is not in the repository; the link is, as git has it."""
    name = path.encode()
    if data is None:
        return b"D %s\n" % name
    place = home / path
    if any(parent.is_symlink() for parent in place.parents if parent.is_relative_to(home) and parent != home):
        return b""
    mode = b"100644"
    if place.is_symlink():
        mode, data = b"120000", os.fsencode(place.readlink())
    elif os.access(place, os.X_OK):
        mode = b"100755"
    return b"M %s inline %s\ndata %d\n%s\n" % (mode, name, len(data), data)
