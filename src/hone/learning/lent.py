"""What a review is lent to read: the texts of skills, the bytes of files below the home, and which words are files of a project."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from hone.errors import UsageError
from hone.skills.discover import Library
from hone.skills.read import read_file


class Texts(Mapping[str, str]):
    """The SKILL.md of each skill of a library by name, read when it is asked for."""

    def __init__(self, library: Library) -> None:
        self._paths = {skill.name: skill.path for skill in library.loadable}

    def __getitem__(self, name: str) -> str:
        try:
            return read_file(self._paths[name])[0]
        except UsageError as error:  # it went or broke since it was listed
            raise KeyError(name) from error

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


def bytes_below(home: Path, path: str) -> bytes | None:
    """The bytes of the file `path` below `home`, None if there is none."""
    try:
        return (home / path).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


def is_file_of(repository: Path | None, word: str) -> bool:
    """Whether `word` is a path within the repository."""
    if repository is None or not word.strip("./"):
        return False
    try:
        path = (repository / word).resolve()
        return path.is_relative_to(repository.resolve()) and path.is_file()
    except (OSError, ValueError):  # no path at all
        return False
