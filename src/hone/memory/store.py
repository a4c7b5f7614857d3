"""The memory files of a home: where they are and what stands in them. Which project is which, `projects` decides."""

from pathlib import Path
from typing import Literal

import msgspec

from hone.errors import HomeError
from hone.files import home_error
from hone.memory.entries import Block, entries, parse
from hone.memory.reading import read_regular

Which = Literal["user", "memory", "project"]

MAX_BYTES = 4_000_000


class MemoryFile(msgspec.Struct, frozen=True):
    """A memory file as read. A file that is not there has no blocks.

    Bytes that are not UTF-8 are kept as lone surrogates, so that they can be written back; never show `raw` as it is.
    """

    which: Which
    path: Path
    blocks: tuple[Block, ...] = ()

    @property
    def entries(self) -> tuple[Block, ...]:
        """Its bullets."""
        return entries(self.blocks)


class MemoryFiles:
    """user.md, memory.md and projects/<slug>/memory.md below `home`."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def path(self, which: Which, project: str | None = None) -> Path:
        """Where a file is or would be. `project` is a slug; it must be given for `project`."""
        if which != "project":
            return self.home / f"{which}.md"
        assert project, "the memory of a project needs its slug"
        return self.home / "projects" / project / "memory.md"

    def read(self, which: Which, project: str | None = None) -> MemoryFile:
        """The file as it is now. Raises HomeError if it is there and cannot be read, or is larger than 4 MB."""
        path = self.path(which, project)
        data = _read(path)
        return MemoryFile(which, path, parse(data.decode("utf-8", "surrogateescape")))

    def read_all(self, project: str | None) -> tuple[MemoryFile, ...]:
        """The files that a session has: user, memory and, in a project, its own."""
        shared = (self.read("user"), self.read("memory"))
        return (*shared, self.read("project", project)) if project else shared


def shown(text: str) -> str:
    """`text` of a block as it may be printed or sent: what was no UTF-8 is a replacement mark."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").removeprefix("\ufeff")


def _read(path: Path) -> bytes:
    try:
        data = read_regular(path, MAX_BYTES + 1)
    except OSError as error:
        raise home_error(path, error) from error
    if len(data) > MAX_BYTES:
        raise HomeError(
            f"{path}: larger than {MAX_BYTES // 1_000_000} MB; move old parts of it to another file"
        )
    return data
