"""Families: which recorded tasks are of one kind. A request joins the nearest family of its project, or begins a new one.

A family is what its requests have in common, and knows the commands and manifests that its tasks touched. Ids never change;
two families that turn out to be one are joined by an alias.
"""

import random
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

import msgspec

from hone.clock import Clock
from hone.database import Database, Execute
from hone.proof.wish import ALIKE, deed_of, likeness, wish_of

_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
_TITLE = 80  # characters
_CANDIDATES = 12  # families that are compared term by term
_SCANNED = 300  # rows of the index for one request
_TOUCHED = 0.3  # what a command tells that the request names, beside a word that requests name
_JOINABLE, _SAME_WORK = 0.5, 0.8  # how alike requests and touched things of two families must be to be one
_ENOUGH = 2  # tasks of each
_MOST_TOUCHED = 12
_MANIFESTS = frozenset(
    """
    package.json pyproject.toml setup.py requirements.txt makefile justfile cargo.toml go.mod dockerfile compose.yaml
    docker-compose.yml pom.xml build.gradle gemfile composer.json cmakelists.txt tox.ini noxfile.py changelog.md readme.md
    """.split()  # noqa: SIM905 - a list literal would be a page of quotes
)
_ASSIGNMENT = re.compile(r"\w+=")
_VERB = re.compile(r"[a-z][a-z:-]{1,24}")

_NEAR = """
    SELECT family, sum(weight) FROM (
        SELECT family, weight FROM family_terms WHERE project = ? AND term = ? AND kind = ? LIMIT ?
    ) GROUP BY family
"""
_SPREAD = "SELECT count(*) FROM (SELECT 1 FROM family_terms WHERE project = ? AND term = ? AND kind = 'request' LIMIT ?)"
_TERMS = "SELECT term, kind, weight FROM family_terms WHERE family = ?"
_AGES = "SELECT id, created FROM families WHERE id IN (?, ?) AND tasks >= ? AND alias_of IS NULL"
_ADD = """
    INSERT INTO family_terms VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT DO UPDATE SET weight = weight + ?5
"""


class Family(msgspec.Struct, frozen=True):
    """Tasks that recur. `title` is the first request in a line; `alias_of` is the family that it turned out to be."""

    id: str
    project: str
    title: str
    tasks: int
    alias_of: str | None


class _Centroid(msgspec.Struct, frozen=True):
    """What a family's requests have in common, what they begin with, and what its tasks touched."""

    request: Mapping[str, float]
    deed: Mapping[str, float]
    touched: Mapping[str, float]


class Families:
    """The families of one home. Calls are made within a transaction of the caller's."""

    def __init__(self, clock: Clock, rng: random.Random) -> None:
        self._clock = clock
        self._rng = rng
        self._looked_up: tuple[str, str, str | None] | None = None

    def nearest(self, execute: Execute, project: str | None, request: str) -> str | None:
        """The id of the family of `request` in `project` (a slug), by its words alone; None if it is the first of its kind."""
        place = project or ""
        if self._looked_up is None or self._looked_up[:2] != (place, request):
            self._looked_up = place, request, _nearest(execute, place, wish_of(request))
        return self._looked_up[2]

    def assign(self, execute: Execute, project: str | None, request: str) -> str:
        """That family, which has one task more from now on; a new one if there is none."""
        wish, place = wish_of(request), project or ""
        family = self.nearest(execute, project, request) or self._new(execute, place, request)
        self._looked_up = None
        execute("UPDATE families SET tasks = tasks + 1 WHERE id = ?", (family,))
        for term, worth in wish.items():
            execute(_ADD, (place, term, family, "request", worth))
        execute(_ADD, (place, deed_of(wish), family, "deed", 1.0))
        return family

    def learn(self, execute: Execute, family: str, things: Sequence[str]) -> None:
        """A task of `family` has `touched` these things. Two families that do the same work to the same things become one."""
        found = execute(
            "SELECT coalesce(alias_of, id), project FROM families WHERE id = ?", (family,)
        ).fetchone()
        if not found or not things:
            return
        root, project = found
        for thing in things:
            execute(_ADD, (project, thing, root, "touched", 1.0))
        if twin := _twin(execute, root, project):
            _join(execute, *twin)

    def _new(self, execute: Execute, project: str, request: str) -> str:
        family = "f" + "".join(self._rng.choices(_BASE32, k=6))
        line = " ".join(request.split())
        title = line if len(line) <= _TITLE else f"{line[: _TITLE - 1].rstrip()}…"
        execute(
            "INSERT INTO families VALUES (?, ?, ?, ?, 0, NULL)", (family, project, self._clock.now(), title)
        )
        return family


def every(database: Database) -> tuple[Family, ...]:
    """All families, the oldest first. Raises HomeError."""
    rows = database.rows("SELECT id, project, title, tasks, alias_of FROM families ORDER BY created, id")
    return tuple(Family(*row) for row in rows)


def touched(commands: Iterable[str], paths: Iterable[str]) -> tuple[str, ...]:
    """What work was done to: of each command its program and verb (`npm run`), of each path a manifest's name."""
    named = [each for command in commands for each in _programs(command)]
    named += [name for path in paths if (name := PurePosixPath(path).name.lower()) in _MANIFESTS]
    return tuple(dict.fromkeys(named))[:_MOST_TOUCHED]


def _nearest(execute: Execute, project: str, wish: Mapping[str, float]) -> str | None:
    """The family that is most like `wish`, if one is enough: the likeliest by their shared words are compared whole."""
    spread = {term: execute(_SPREAD, (project, term, _SCANNED)).fetchone()[0] for term in wish}
    shared: dict[str, float] = {}
    scanned = 0
    for term in sorted(wish, key=lambda each: spread[each]):  # the rarest tell most
        if not spread[term] or scanned >= _SCANNED:
            continue
        scanned += spread[term]
        for family, _ in execute(_NEAR, (project, term, "request", _SCANNED)):
            shared[family] = shared.get(family, 0.0) + wish[term] / (1 + spread[term]) ** 0.5
    best, found = ALIKE, None
    for family in sorted(shared, key=lambda each: (-shared[each], each))[:_CANDIDATES]:
        score = _score(wish, _centroid(execute, family))
        if score >= best:
            best, found = score, family
    return found


def _score(wish: Mapping[str, float], centroid: _Centroid) -> float:
    """How alike a request and a family are; a little more if the request names what the family's tasks touched."""
    alike = likeness(wish, centroid.request)
    is_other_deed = deed_of(wish) not in centroid.request and not any(each in wish for each in centroid.deed)
    if not alike or is_other_deed:
        return 0.0
    named = sum(worth for term, worth in wish.items() if _names(term, centroid.touched))
    return alike + _TOUCHED * named / sum(wish.values())


def _names(term: str, things: Mapping[str, float]) -> bool:
    return any(term in thing.split() for thing in things)


def _centroid(execute: Execute, family: str) -> _Centroid:
    terms: dict[str, dict[str, float]] = {"request": {}, "deed": {}, "touched": {}}
    for term, kind, worth in execute(_TERMS, (family,)):
        terms[kind][term] = worth
    return _Centroid(**terms)


def _twin(execute: Execute, family: str, project: str) -> tuple[str, str] | None:
    """Another family that turns out to be this one: the older first."""
    mine = _centroid(execute, family)
    near: dict[str, float] = {}
    for thing in mine.touched:
        for other, worth in execute(_NEAR, (project, thing, "touched", _SCANNED)):
            near[other] = near.get(other, 0.0) + worth
    near.pop(family, None)
    for other in sorted(near, key=lambda each: (-near[each], each))[:3]:
        theirs = _centroid(execute, other)
        ages = dict(execute(_AGES, (family, other, _ENOUGH)).fetchall())
        is_same = likeness(mine.touched, theirs.touched) >= _SAME_WORK
        if len(ages) == 2 and is_same and likeness(mine.request, theirs.request) >= _JOINABLE:
            first, second = sorted(ages, key=lambda name: (ages[name], name))
            return first, second
    return None


def _join(execute: Execute, older: str, newer: str) -> None:
    execute("UPDATE families SET alias_of = ? WHERE id = ? OR alias_of = ?", (older, newer, newer))
    execute(
        "UPDATE families SET tasks = tasks + (SELECT tasks FROM families WHERE id = ?) WHERE id = ?",
        (newer, older),
    )
    for project, term, kind, worth in execute(
        "SELECT project, term, kind, weight FROM family_terms WHERE family = ?", (newer,)
    ).fetchall():
        execute(_ADD, (project, term, older, kind, worth))
    execute("DELETE FROM family_terms WHERE family = ?", (newer,))


def _programs(command: str) -> Iterator[str]:
    for part in re.split(r"&&|\|\||[;|\n]", command)[:_MOST_TOUCHED]:
        try:
            words = shlex.split(part)
        except ValueError:  # half a quotation
            words = part.split()
        while words and (_ASSIGNMENT.match(words[0]) or words[0] in ("sudo", "env", "time", "exec")):
            del words[0]
        if words:
            verb = words[1] if len(words) > 1 and _VERB.fullmatch(words[1]) else ""
            yield f"{PurePosixPath(words[0]).name.lower()} {verb}".strip()
