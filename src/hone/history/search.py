"""Finding what was said: full text over the messages of all sessions, best first, each with its neighbours.

No model takes part. How text becomes words is in `hone.history.words`; `hone.tools.history` shows hits to the model.
"""

import msgspec

from hone.database import Database, damaged
from hone.history.rows import SELECT_EVENT, Recorded, recorded
from hone.history.words import Said, Speaker, excerpt, message_of, query_words
from hone.messages import Trust, least_trusted

RANKED = 4_000
"""How many messages a query ranks at most: ranking costs 2 µs each, and a word that is in more tells little."""

SHARING = 50
TO_THE_ONE_AFTER = 0.5
TO_THE_ONE_BEFORE = 0.3
"""How many of the best messages share how much of their score with their neighbours: an answer often stands beside the
words that were asked for. Measured by benchmarks/locomo_recall.py."""

SNIPPET_CHARACTERS = 300
NEIGHBOUR_CHARACTERS = 160


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Where to search: one session, one project (its slug), everywhere but in one session from event `since` on."""

    session: str | None = None
    project: str | None = None
    exclude: str | None = None
    since: int = 0


class Excerpt(msgspec.Struct, frozen=True):
    """A shortened message and the event it comes from."""

    event: str
    role: Speaker
    text: str


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was found. `trust` is the least of all the text shown; `score` compares hits of one search only."""

    session: str
    turn: int
    event: str
    role: Speaker
    at: float
    text: str
    before: Excerpt | None
    after: Excerpt | None
    trust: Trust
    score: float


def search(database: Database, query: str, scope: Scope, limit: int) -> tuple[Hit, ...]:
    """The best hits first: messages with all words of `query`, then those with the rarest and the most of them.

    If no message has all words, the query describes rather than quotes: then the messages next to a good one count too.
    Where even the rarest word is so common that it ranks nothing, the newest messages come first.
    """
    counted = _counted(database, query_words(query))
    words = [word for count, word in counted if count]
    if not words:
        return ()
    if min(count for count, _ in counted if count) > RANKED:
        newest = _matches(database, " AND ".join(words), scope, "position DESC", limit)
        return tuple(_hit(database, query, position, 0.0) for position in newest)
    everything = len(words) == len(counted)
    complete = _matches(database, " AND ".join(words), scope, "rank", limit) if everything else {}
    scores = dict(complete)
    if len(complete) < limit and len(counted) > 1:
        scores = (
            _matches(database, " OR ".join(_affordable(counted)), scope, "rank", max(limit, SHARING))
            | complete
        )
    if not complete:
        scores = _shared_with_neighbours(database, scores)
    best = sorted(
        scores, key=lambda position: (position in complete, scores[position], position), reverse=True
    )
    return tuple(_hit(database, query, position, scores[position]) for position in best[:limit])


def _counted(database: Database, words: tuple[str, ...]) -> list[tuple[int, str]]:
    """The words, rarest first, with how many messages have them; a word that none has may be the start of others."""
    counted = []
    for word in words:
        variants = (word,) if word.endswith("*") else (word, f"{word}*")
        counts = ((_count(database, variant), variant) for variant in variants)
        counted.append(next((pair for pair in counts if pair[0]), (0, word)))
    return sorted(counted)


def _count(database: Database, match: str) -> int:
    ((count,),) = database.rows(
        "SELECT count(*) FROM (SELECT 1 FROM message_words WHERE message_words MATCH ? LIMIT ?)",
        (match, RANKED + 1),
    )
    assert isinstance(count, int)
    return count


def _affordable(counted: list[tuple[int, str]]) -> list[str]:
    """The rarest words that together are in at most `RANKED` messages."""
    chosen: list[str] = []
    total = 0
    for count, word in counted:
        total += count
        if count and (total <= RANKED or not chosen):
            chosen.append(word)
    return chosen


def _matches(database: Database, match: str, scope: Scope, order: str, limit: int) -> dict[int, float]:
    """Positions of the messages that `match`, in order, with their scores."""
    conditions: dict[str, tuple[str | int | None, ...]] = {
        "events.session = ?": (scope.session,),
        "NOT (events.session = ? AND events.id >= ?)": (scope.exclude, scope.since),
        "events.session IN (SELECT id FROM sessions WHERE project = ?)": (scope.project,),
    }
    asked = {condition: values for condition, values in conditions.items() if values[0] is not None}
    parameters = [value for values in asked.values() for value in values]
    join = "JOIN events ON events.position = message_words.rowid" if asked else ""
    where = " AND ".join(["message_words MATCH ?", *asked])
    query = f"SELECT message_words.rowid AS position, rank FROM message_words {join} WHERE {where} ORDER BY {order} LIMIT ?"  # noqa: S608 - only literals of this module
    found = database.rows(query, (match, *parameters, limit))
    return {position: -(rank or 0.0) for position, rank in found}


def _shared_with_neighbours(database: Database, scores: dict[int, float]) -> dict[int, float]:
    """`scores` where the best messages give a part of theirs to the one after and, less, to the one before."""
    best = list(scores)[:SHARING]
    shared = dict(scores)
    for position, before, after in _neighbours(database, best):
        for neighbour, part in ((before, TO_THE_ONE_BEFORE), (after, TO_THE_ONE_AFTER)):
            if neighbour is not None:
                shared[neighbour] = shared.get(neighbour, 0.0) + part * scores[position]
    return shared


def _neighbours(database: Database, positions: list[int]) -> list[tuple[int, int | None, int | None]]:
    """For each position those of the messages before and after it in its session."""
    asked = ", ".join("?" * len(positions))
    return database.rows(f"{_SELECT_NEIGHBOURS} WHERE position IN ({asked})", tuple(positions))


_SELECT_NEIGHBOURS = """
    SELECT position,
        (SELECT position FROM events
         WHERE session = here.session AND id < here.id AND role IS NOT NULL ORDER BY id DESC LIMIT 1),
        (SELECT position FROM events
         WHERE session = here.session AND id > here.id AND role IS NOT NULL ORDER BY id LIMIT 1)
    FROM events AS here
"""


def _hit(database: Database, query: str, position: int, score: float) -> Hit:
    record, said = _message(database, position)
    ((_, *beside),) = _neighbours(database, [position])
    before, after = (_message(database, place) if place else None for place in beside)
    ((session,),) = database.rows("SELECT session FROM events WHERE position = ?", (position,))
    return Hit(
        session=session,
        turn=record.turn,
        event=record.id,
        role=said.role,
        at=record.at,
        text=excerpt(said.text, query, SNIPPET_CHARACTERS),
        before=_excerpt(*before, query) if before else None,
        after=_excerpt(*after, query) if after else None,
        trust=least_trusted(record.trust, *(shown[0].trust for shown in (before, after) if shown)),
        score=score,
    )


def _message(database: Database, position: int) -> tuple[Recorded, Said]:
    for record in database.records(recorded, f"{SELECT_EVENT} WHERE position = ?", (position,)):
        if said := message_of(record.event):
            return record, said
    raise damaged(database.path, "its index names a message that is not there")


def _excerpt(record: Recorded, said: Said, query: str) -> Excerpt:
    return Excerpt(record.id, said.role, excerpt(said.text, query, NEIGHBOUR_CHARACTERS))
