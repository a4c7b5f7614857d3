"""What the user allowed for always, which folders are trusted, and which texts: for this session in memory, for good in
grants.yaml.

The file is the user's to edit; what cannot be read in it allows nothing and is said in `problems`.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from hone.errors import HomeError
from hone.files import locked, read_text, write_atomic
from hone.safety.patterns import covers

_HEADER = "# What hone may do without asking, folder by folder. Delete a line to be asked again.\n"


class Grants:
    """The grants in `home`/grants.yaml and those of this session. `problems` are one line each, for the user."""

    def __init__(self, home: Path) -> None:
        self._path = home / "grants.yaml"
        self._session: set[tuple[str, str]] = set()
        self.problems: list[str] = []
        self._content = self._read()

    def allows(self, project: Path, pattern: str) -> bool:
        """Whether `pattern` is covered by what was allowed in `project`."""
        granted = [text for folder, text in self._session if folder == str(project)]
        return any(covers(text, pattern) for text in (*granted, *_allowed(_folders(self._content), project)))

    def add(self, project: Path, patterns: Iterable[str], *, always: bool) -> None:
        """Allow `patterns` in `project` for this session or for good. Raises HomeError if they cannot be stored;
        they are then allowed for this session."""
        patterns = list(patterns)
        self._session |= {(str(project), pattern) for pattern in patterns}
        if always:
            self._update(project, patterns, {})

    def folder_trusted(self, path: Path) -> bool | None:
        """What the user said about trusting the folder; None if nobody asked."""
        answer = _folders(self._content).get(str(path), {}).get("trusted")
        return answer if isinstance(answer, bool) else None

    def trust_folder(self, path: Path, yes: bool) -> None:
        """Remember the user's answer. Raises HomeError if it cannot be stored."""
        self._update(path, (), {"trusted": yes})

    def allows_text(self, sha256: str) -> bool:
        """Whether the user said that a skill with these very bytes is fine, whatever the guard finds in it."""
        return sha256 in _texts(self._content)

    def allow_text(self, sha256: str, what: str) -> None:
        """Remember that these bytes are fine; `what` names them for people. Raises HomeError if it cannot be stored."""
        with self._stored() as content:
            content["texts"] = _texts(content) | {sha256: what}

    def _update(self, folder: Path, allow: Iterable[str], values: dict[str, Any]) -> None:
        with self._stored() as content:
            folders = _folders(content)
            known = _allowed(folders, folder)
            allowed = [*known, *(text for text in allow if text not in known)]
            entry = folders.get(str(folder), {}) | ({"allow": allowed} if allowed else {}) | values
            content["folders"] = folders | {str(folder): entry}

    @contextmanager
    def _stored(self) -> Iterator[dict[str, Any]]:
        """The file's content, to be changed; it is written at the end."""
        with locked(self._path.with_name(".grants.lock")):
            self.problems.clear()
            self._content = self._read()  # another session, or the user, may have written
            if self.problems:
                raise HomeError(f"{self.problems[0]}; it was left as it is: mend or delete it")
            content = dict(self._content)
            yield content
            text = _HEADER + yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
            write_atomic(self._path, text.encode())
            self._content = content

    def _read(self) -> dict[str, Any]:
        try:
            content = yaml.safe_load(read_text(self._path) or "")
        except (yaml.YAMLError, ValueError, RecursionError, HomeError) as error:
            place = getattr(error, "problem_mark", None)
            at = f"{self._path}:{place.line + 1}" if place else str(self._path)
            self.problems.append(f"{at}: cannot be read, so nothing in it counts")
            return {}
        if content is None:
            return {}
        folders = (
            content.get("folders", {} if "texts" in content else None) if isinstance(content, dict) else None
        )
        if not isinstance(folders, dict):
            self.problems.append(f"{self._path}: there should be `folders:` with a path and its grants each")
            return {}
        for name, entry in folders.items():
            if not (isinstance(name, str) and isinstance(entry, dict)):
                self.problems.append(f"{self._path}: the entry {name!r} is not understood")
        if not isinstance(content.get("texts", {}), dict):
            self.problems.append(f"{self._path}: `texts:` should be a hash and a name each")
        return dict(content)


def _folders(content: dict[str, Any]) -> dict[str, dict[str, Any]]:
    folders = content.get("folders", {})
    return {n: e for n, e in folders.items() if isinstance(n, str) and isinstance(e, dict)}


def _texts(content: dict[str, Any]) -> dict[str, Any]:
    texts = content.get("texts")
    return texts if isinstance(texts, dict) else {}


def _allowed(folders: dict[str, dict[str, Any]], project: Path) -> list[str]:
    listed = folders.get(str(project), {}).get("allow")
    return [text for text in listed if isinstance(text, str)] if isinstance(listed, list) else []
