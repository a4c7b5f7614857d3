"""The full-text index of skills in HONE_HOME/.cache/skills.db: kept up to date, and asked for what may fit a request.

It is disposable. What a skill that may fit is worth is decided in `hone.skills.retrieve`.
"""

import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import msgspec

from hone.errors import UsageError
from hone.skills.read import Skill, read_body
from hone.skills.terms import terms_of

VERSION = 1  # of the tables, of `terms_of` and of how much of a body is read

BODY_CHARACTERS = 12_000
"""How much of a body is searched: what a skill is about stands near its beginning, and the rest costs time."""

_BATCH = 500  # skills a transaction
_BUSY_SECONDS = 0.2
_TABLES = """
    CREATE TABLE skills (
        id INTEGER PRIMARY KEY, directory TEXT NOT NULL UNIQUE, changed INTEGER NOT NULL,
        name INTEGER NOT NULL, description INTEGER NOT NULL, body INTEGER NOT NULL
    );
    CREATE TABLE cards (id INTEGER PRIMARY KEY, card BLOB NOT NULL);
    CREATE VIRTUAL TABLE words USING fts5 (
        name, description, body, tokenize = 'unicode61 remove_diacritics 0'
    );
    CREATE VIRTUAL TABLE vocabulary USING fts5vocab (words, row);
    CREATE TABLE frequencies (term TEXT PRIMARY KEY, skills INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE totals (skills, name, description, body, changed);
    INSERT INTO totals VALUES (0, 0, 0, 0, 0);
"""

_SENTENCE_END = re.compile(r"(?<=[.;!?])\s+")
_EXCLUSION = re.compile(r"\b(?:do not|don't|never|not to be) use\b|\bnot (?:meant )?for\b", re.IGNORECASE)
_SELECT_FREQUENCY = "SELECT term, doc FROM vocabulary WHERE term = ?"


class Totals(msgspec.Struct, frozen=True):
    """How many skills there are, and how many terms a name, a description and a body have on average."""

    skills: int
    name: float
    description: float
    body: float


class Card(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a skill is judged by: its terms in order, each between spaces; of the body, how often each is in it.

    `exclusions` are the terms of what the description says that the skill is not for: they do not count as its own.
    """

    id: int
    name: str
    description: str
    exclusions: str
    body: dict[str, int]
    name_length: int
    description_length: int
    body_length: int


_CARD = msgspec.msgpack.Decoder(Card)


class SearchIndex:
    """An open index. Every method raises sqlite3.Error if the file is damaged or cannot be used."""

    def __init__(self, path: Path | None) -> None:
        """Open the file, which is made if it is not there; None is an index in memory."""
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._connection = sqlite3.connect(path or ":memory:", _BUSY_SECONDS, isolation_level=None)
        try:
            self._set_up()
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def stamps(self) -> dict[str, tuple[int, int]]:
        """Of each skill in the index, by directory, its id and when its file was changed."""
        rows = self._connection.execute("SELECT directory, id, changed FROM skills")
        return {directory: (number, changed) for directory, number, changed in rows}

    def put(self, skills: Iterable[Skill]) -> None:
        """Read these skills and index them as they are now."""
        waiting = iter(skills)
        while batch := list(islice(waiting, _BATCH)):
            self._change(batch, self._put)

    def remove(self, ids: Collection[int]) -> None:
        """Take these skills out of the index."""
        if ids:
            self._change(ids, self._remove)

    def totals(self) -> Totals:
        """As of the last time that a tenth of the skills had changed."""
        row = self._connection.execute("SELECT skills, name, description, body FROM totals").fetchone()
        return Totals(*row)

    def frequencies(self, terms: Collection[str]) -> dict[str, int]:
        """In how many skills each of `terms` is, as of then, or now if it is new; those that are in none are left out."""
        query = f"SELECT term, skills FROM frequencies WHERE term IN ({_places(terms)})"  # noqa: S608 - only question marks
        counts: dict[str, int] = dict(self._connection.execute(query, tuple(terms)).fetchall())
        for term in terms:
            if term not in counts:
                counts |= self._connection.execute(_SELECT_FREQUENCY, (term,)).fetchall()
        return counts

    def ranked(self, terms: Sequence[str]) -> Iterator[int]:
        """Ids of the skills with any of `terms`, those with the rarest and the most of them first."""
        match = " OR ".join(f'"{term}"' for term in terms)
        return self._ids("words MATCH ? ORDER BY bm25(words, 6, 3, 1)", match)

    def named(self, term: str) -> Iterator[int]:
        """Ids of the skills with `term` in the name, newest first."""
        return self._ids("words MATCH ? ORDER BY rowid DESC", f'name : "{term}"')

    def having(self, term: str) -> Iterator[int]:
        """Ids of the skills with `term` anywhere, newest first."""
        return self._ids("words MATCH ? ORDER BY rowid DESC", f'"{term}"')

    def cards(self, ids: Sequence[int]) -> list[Card]:
        """The cards of these skills."""
        query = f"SELECT card FROM cards WHERE id IN ({_places(ids)})"  # noqa: S608 - only question marks
        return [_CARD.decode(card) for (card,) in self._connection.execute(query, tuple(ids)).fetchall()]

    def bodies(self, ids: Sequence[int]) -> dict[int, str]:
        """The terms of the bodies of these skills in order, each between spaces."""
        query = f"SELECT rowid, body FROM words WHERE rowid IN ({_places(ids)})"  # noqa: S608 - only question marks
        return dict(self._connection.execute(query, tuple(ids)).fetchall())

    def _set_up(self) -> None:
        execute = self._connection.execute
        (version,) = execute("PRAGMA user_version").fetchone()
        if version == VERSION:
            return
        execute("PRAGMA journal_mode = WAL")
        execute("BEGIN IMMEDIATE")
        (version,) = execute("PRAGMA user_version").fetchone()
        if version == 0:  # else another process was first, or the file is of another version
            for statement in _TABLES.split(";"):
                execute(statement)
            execute(f"PRAGMA user_version = {VERSION}")
        execute("COMMIT")
        if version not in (0, VERSION):
            raise sqlite3.DatabaseError(f"the index is of version {version}")

    def _change(self, items: Collection[object], change: Callable[..., None]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            change(items)
            self._settle(len(items))
            self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _put(self, skills: Collection[Skill]) -> None:
        execute = self._connection.execute
        for skill in skills:
            known = execute("SELECT id FROM skills WHERE directory = ?", (skill.directory,)).fetchall()
            self._remove([number for (number,) in known])
            description, excluded = without_exclusions(skill.description)
            name, about, body = (terms_of(text) for text in (skill.name, description, _body(skill)))
            lengths = (len(name), len(about), len(body))
            number = execute(
                "INSERT INTO skills (directory, changed, name, description, body) VALUES (?, ?, ?, ?, ?)",
                (skill.directory, skill.changed, *lengths),
            ).lastrowid
            assert number is not None
            heads = (_spaced(name), _spaced(about))
            card = Card(number, *heads, _spaced(terms_of(excluded)), Counter(body), *lengths)
            execute("INSERT INTO cards VALUES (?, ?)", (number, msgspec.msgpack.encode(card)))
            execute(
                "INSERT INTO words (rowid, name, description, body) VALUES (?, ?, ?, ?)",
                (number, *heads, _spaced(body)),
            )

    def _remove(self, ids: Collection[int]) -> None:
        for number in ids:
            self._connection.execute("DELETE FROM words WHERE rowid = ?", (number,))
            self._connection.execute("DELETE FROM cards WHERE id = ?", (number,))
            self._connection.execute("DELETE FROM skills WHERE id = ?", (number,))

    def _settle(self, changed: int) -> None:
        """Count anew once a tenth has changed: counting reads the whole index."""
        execute = self._connection.execute
        execute("UPDATE totals SET changed = changed + ?", (changed,))
        ((waiting, count),) = execute("SELECT changed, (SELECT count(*) FROM skills) FROM totals").fetchall()
        if waiting * 10 < count:
            return
        execute("DELETE FROM frequencies")
        execute("INSERT INTO frequencies SELECT term, doc FROM vocabulary")
        execute(
            "UPDATE totals SET (skills, name, description, body, changed) = "
            "(SELECT count(*), ifnull(avg(name), 0), ifnull(avg(description), 0), ifnull(avg(body), 0), 0 FROM skills)"
        )

    def _ids(self, condition: str, match: str) -> Iterator[int]:
        query = f"SELECT rowid FROM words WHERE {condition}"  # noqa: S608 - only literals of this module
        return (number for (number,) in self._connection.execute(query, (match,)))


def without_exclusions(description: str) -> tuple[str, str]:
    """What a description says that the skill is for, and what it says that it is not for."""
    kept, excluded = [], []
    for sentence in _SENTENCE_END.split(description):
        exclusion = _EXCLUSION.search(sentence)
        border = exclusion.start() if exclusion else len(sentence)
        kept.append(sentence[:border])
        excluded.append(sentence[border:])
    return " ".join(kept), " ".join(excluded)


def _places(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))


def _spaced(terms: Sequence[str]) -> str:
    return f" {' '.join(terms)} "


def _body(skill: Skill) -> str:
    """The body, or nothing where it cannot be read: name and description still find the skill."""
    try:
        return read_body(skill)[:BODY_CHARACTERS]
    except UsageError:
        return ""
