"""Which skills fit a request: all of the library by name, description and body, best first, and whether one clearly fits.

No model takes part. The order is `hone.skills.relevance`, the words are `hone.skills.terms`, what is stored is
`hone.skills.search_index`. HONE_HOME/.cache/skills.db is disposable: damaged, of another version or in a home that
cannot be written, everything still works.
"""

import contextlib
import os
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TypeVar

import msgspec

from hone.skills.discover import Library
from hone.skills.read import Skill
from hone.skills.relevance import (
    REQUEST_TERMS,
    Request,
    Scored,
    clearly_fits,
    relevance,
    relevance_of_body,
    request_of,
)
from hone.skills.search_index import SearchIndex, Totals
from hone.skills.terms import terms_of

AT_START = 100
"""How many skills a start reads anew; one takes a millisecond or two. The others follow when nobody waits."""

RANKED = 3_000
"""How many skills a request ranks at most: ranking costs about 1 µs each, and a word that is in more tells little."""

CANDIDATES = 30
"""How many of these are judged by their cards, at 50 µs each."""

READ = 15
"""How many of these are judged by the text of their bodies too."""

_Result = TypeVar("_Result")


class Found(msgspec.Struct, frozen=True):
    """A skill that a request may be about. `score` compares skills of one search only.

    `confident`: the request is clearly about it; never more than one, and then the first.
    """

    skill: Skill
    score: float
    confident: bool = False


def clear_match(found: Sequence[Found]) -> Skill | None:
    """The skill that the request is clearly about, if there is one."""
    return next((each.skill for each in found if each.confident), None)


class Retrieval:
    """The skills of one library, ready to be searched: `open`, then `refresh`, then `search`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._index = _open(path)
        self._library = Library()
        self._skills: dict[int, Skill] = {}

    @classmethod
    def open(cls, home: Path) -> "Retrieval":
        """The retrieval of the home directory `home`. Nothing is found before `refresh`."""
        return cls(home / ".cache" / "skills.db")

    def close(self) -> None:
        """Close the index."""
        self._index.close()

    def refresh(self, library: Library, limit: int | None = None) -> int:
        """Search in `library` from now on: its loadable skills, also those on trial. Returns how many are not yet indexed.

        Only skills that were changed since are read, of these the `limit` newest. Without a limit the index is also
        rid of skills that are gone.
        """
        self._library = library
        return self._mended(lambda: self._refresh(limit))

    def search(self, text: str, project: str | None = None, limit: int = 10) -> tuple[Found, ...]:
        """The skills with words of `text`, best first: those for all projects and for `project` (a slug)."""
        return self._mended(lambda: self._search(text, project, limit))

    def _refresh(self, limit: int | None) -> int:
        usable = self._library.loadable
        stamps = self._index.stamps()
        stale = [skill for skill in usable if stamps.get(skill.directory, (0, -1))[1] != skill.changed]
        if stale:
            stale.sort(key=lambda skill: skill.changed, reverse=True)
            with _unless_busy():
                self._index.put(stale[:limit])
            stamps = self._index.stamps()
        if limit is None:
            known = {skill.directory for skill in usable}
            gone = [
                number
                for directory, (number, _) in stamps.items()
                if directory not in known and _is_gone(directory)
            ]
            with _unless_busy():
                self._index.remove(gone)
        self._skills = {stamps[skill.directory][0]: skill for skill in usable if skill.directory in stamps}
        return sum(stamps.get(skill.directory, (0, -1))[1] != skill.changed for skill in stale)

    def _search(self, text: str, project: str | None, limit: int) -> tuple[Found, ...]:
        terms = terms_of(text)
        totals = self._index.totals()
        frequencies = self._index.frequencies(tuple(dict.fromkeys(terms))[:REQUEST_TERMS])
        request = request_of(text, terms, frequencies, totals.skills)
        scopes = ("all", f"project:{project}")
        usable = (number for number in self._candidates(request, frequencies) if number in self._skills)
        in_scope = (number for number in usable if self._skills[number].scope in scopes)
        chosen = list(islice(dict.fromkeys(in_scope), CANDIDATES))
        scored = self._scored(request, chosen, totals)
        named = {each.skill.id for each in scored if _is_named(text, self._skills[each.skill.id].name)}
        scored.sort(key=lambda each: each.skill.id not in named)
        second = scored[1].score if len(scored) > 1 else 0.0
        return tuple(
            Found(
                self._skills[each.skill.id],
                each.score,
                confident=place == 0 and (each.skill.id in named or clearly_fits(request, each, second)),
            )
            for place, each in enumerate(scored[:limit])
        )

    def _scored(self, request: Request, ids: Sequence[int], totals: Totals) -> list[Scored]:
        """Best first. How words stand together in a body is looked at only where it can change the first places."""
        scored = [Scored(card, relevance(request, card, totals)) for card in self._index.cards(ids)]
        scored.sort(key=self._order)
        bodies = self._index.bodies([each.skill.id for each in scored[:READ]])
        better = [
            Scored(each.skill, each.score + relevance_of_body(request, bodies[each.skill.id]))
            for each in scored[:READ]
        ]
        return sorted([*better, *scored[READ:]], key=self._order)

    def _order(self, scored: Scored) -> tuple[float, str]:
        return -scored.score, self._skills[scored.skill.id].name

    def _candidates(self, request: Request, frequencies: Mapping[str, int]) -> Iterator[int]:
        """Ids of the skills that have the rarest words of the request, the likeliest first."""
        chosen: list[str] = []
        total = 0
        for term in request.rarity:
            total += frequencies[term]
            if total > RANKED:
                break
            chosen.append(term)
        if chosen:
            yield from self._index.ranked(chosen)
        elif request.rarity:
            rarest = next(iter(request.rarity))
            yield from self._index.named(rarest)
            yield from self._index.having(rarest)

    def _mended(self, work: Callable[[], _Result]) -> _Result:
        """The result of `work`; if the index fails, from a new one, and if that fails too, from one in memory."""
        for renew in (_renewed, _in_memory):
            try:
                return work()
            except sqlite3.Error as error:
                self._index.close()
                self._index = renew(self._path, error)
                self._refresh(AT_START)
        return work()


def _is_named(text: str, name: str) -> bool:
    """Whether a text has the name itself, hyphens and all."""
    return "-" in name and re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text.lower()) is not None


def _open(path: Path) -> SearchIndex:
    try:
        return SearchIndex(path)
    except (sqlite3.Error, OSError) as error:
        return _renewed(path, error)


def _renewed(path: Path, error: Exception) -> SearchIndex:
    """A new index in place of a damaged one; where it was not damage, one in memory."""
    if not _is_damage(error):
        return SearchIndex(None)
    try:
        for ending in ("", "-wal", "-shm"):
            path.with_name(f"{path.name}{ending}").unlink(missing_ok=True)
        return SearchIndex(path)
    except (sqlite3.Error, OSError):
        return SearchIndex(None)


def _in_memory(_path: Path, _error: Exception) -> SearchIndex:
    return SearchIndex(None)


def _is_damage(error: Exception) -> bool:
    """An operational error is a lock, a full disk or a missing permission, unless it misses one of our tables."""
    if isinstance(error, sqlite3.OperationalError):
        return "no such" in str(error)
    return isinstance(error, sqlite3.DatabaseError)


def _is_gone(directory: str) -> bool:
    return not os.path.lexists(Path(directory, "SKILL.md"))


@contextlib.contextmanager
def _unless_busy() -> Iterator[None]:
    """Leave writing to the process that is at it."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
