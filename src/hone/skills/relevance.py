"""How well a skill fits a request, as pure functions of their terms: a score for the order, and whether the fit is clear.

The numbers were tuned on public skills and requests (benchmarks/skill_retrieval.py) and on tests/skills/retrieval_table.py.
"""

import math
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

import msgspec

from hone.skills.search_index import Card, Totals
from hone.skills.terms import weight

REQUEST_TERMS = 200
"""How many different terms of a long request are looked at."""

SCORED_TERMS = 24
"""How many of them, the rarest, count for the order."""

_SATURATION = 2.0
_HEAD_SATURATION = 1.2
_HEAD = 0.75
_LENGTH = 0.75
_NAME_LENGTH = 0.3
_PAIR_IN_HEAD = 1.0
_PAIR_IN_BODY = 0.5

_LIBRARY = 100  # skills: below, how rare a word is among them says nothing
_RARE = 1.3  # a word that a few skills have tells all that it can
_IN_BODY = 0.5  # of a word that only the body has
_TOLD = 1.6
_TOLD_BY_QUESTION = 3.0
_COVERED = 0.5
_COVERED_BY_NAME = 0.75
_COVERED_BY_NAME_ALONE = 0.95
_NAMED = 1 / 3
_TOLD_UNNAMED, _COVERED_UNNAMED = 2.5, 0.6
_BEHIND, _FAR_BEHIND = 0.8, 0.65

_QUESTION = re.compile(
    r"\s*(what|which|who|when|where|why|explain|describe|is|are|was|were|does|did|has|have"
    r"|how (many|much|long|often|does|did|is|are|was|were))\b",
    re.IGNORECASE,
)
"""How a request begins that asks about something rather than for it; `how do I` asks for it."""


class Request(msgspec.Struct, frozen=True):
    """A request: of its terms how much each tells (0 to 1), and of the rarest how rare they are and which stand together."""

    telling: dict[str, float]
    rarity: dict[str, float]
    pairs: tuple[tuple[str, str], ...]
    question: bool


class Scored(msgspec.Struct, frozen=True):
    """A skill and its score for a request."""

    skill: Card
    score: float


def request_of(text: str, terms: Sequence[str], frequencies: Mapping[str, int], skills: int) -> Request:
    """The request `text` with its `terms`, among `skills` skills of which `frequencies` have each term."""
    different = tuple(dict.fromkeys(terms))[:REQUEST_TERMS]
    rarity = {term: _rarity(frequencies.get(term, 0), skills) for term in different}
    most = _rarity(0, skills)
    known = sorted((term for term in different if term in frequencies), key=frequencies.__getitem__)
    scored = {term: rarity[term] for term in known[:SCORED_TERMS]}
    return Request(
        telling={term: _telling(term, rarity[term] / most, skills) for term in different},
        rarity=scored,
        pairs=tuple(
            pair for pair in dict.fromkeys(pairwise(terms)) if pair[0] in scored and pair[1] in scored
        ),
        question=_QUESTION.match(text) is not None,
    )


def relevance(request: Request, skill: Card, totals: Totals) -> float:
    """BM25 over the whole skill, and more for its name and description and for words that stand together there."""
    name_share = _share(skill.name_length, totals.name, _NAME_LENGTH)
    description_share = _share(skill.description_length, totals.description, _LENGTH)
    body_share = _share(skill.body_length, totals.body, _LENGTH)
    score = _PAIR_IN_HEAD * _together(request, skill.name + skill.description)
    for term, rarity in request.rarity.items():
        word = f" {term} "
        name = (word in skill.name) / name_share
        description = skill.description.count(word) / description_share
        if everything := name + description + skill.body.get(term, 0) / body_share:
            score += rarity * _saturated(everything, _SATURATION)
            score += rarity * _HEAD * _saturated(2 * name + description, _HEAD_SATURATION)
    return score


def relevance_of_body(request: Request, body: str) -> float:
    """What a skill's score gains from words that stand together in its body."""
    return _PAIR_IN_BODY * _together(request, body)


def clearly_fits(request: Request, best: Scored, second: float) -> bool:
    """Whether `best`, the next skill's score being `second`, is what the request is about, so that it may be used unasked.

    The skill must have most of what the request tells, above all in name and description; the request must tell a good
    part of the skill's name, or much more than that; the next skill must be behind; and nothing that the request tells
    may be what the skill says that it is not for. A short request that is the name and nothing else is enough.
    """
    skill, told = best.skill, _told(request, best.skill, plain=False)
    covered = told / (sum(request.telling.values()) or 1.0)
    plain = _told(request, skill, plain=True)
    named = _named(request, skill)
    if second > _BEHIND * best.score or covered < _COVERED or _excluded(request, skill):
        return False
    if named == 1.0 and covered >= _COVERED_BY_NAME_ALONE and len(skill.name.split()) > 1:
        return not request.question
    if plain < (_TOLD_BY_QUESTION if request.question else _TOLD):
        return False
    ahead = second <= _FAR_BEHIND * best.score
    return (
        (named == 1.0 and covered >= _COVERED_BY_NAME)
        or (named >= _NAMED and (ahead or told >= _TOLD))
        or (told >= _TOLD_UNNAMED and covered >= _COVERED_UNNAMED)
    )


def _rarity(frequency: int, skills: int) -> float:
    frequency = min(frequency, skills)
    return math.log(1 + (skills - frequency + 0.5) / (frequency + 0.5))


def _telling(term: str, rare: float, skills: int) -> float:
    return min(weight(term), _RARE * rare) if skills >= _LIBRARY else weight(term)


def _share(length: int, average: float, matters: float) -> float:
    return 1 - matters + matters * length / average if average else 1.0


def _saturated(frequency: float, saturation: float) -> float:
    return frequency * (saturation + 1) / (frequency + saturation)


def _together(request: Request, terms: str) -> float:
    return sum(
        (request.rarity[first] + request.rarity[second]) / 2
        for first, second in request.pairs
        if f" {first} {second} " in terms
    )


def _told(request: Request, skill: Card, *, plain: bool) -> float:
    """How much of what the request tells the skill has; `plain` leaves aside how rare a word is in this library."""
    told = 0.0
    for term, telling in request.telling.items():
        worth = weight(term) if plain else telling
        if _in_head(skill, term):
            told += worth
        elif term in skill.body:
            told += _IN_BODY * worth
    return told


def _named(request: Request, skill: Card) -> float:
    """How much of the skill's name the request tells."""
    worths = {term: weight(term) for term in skill.name.split()}
    return sum(worth for term, worth in worths.items() if term in request.telling) / (
        sum(worths.values()) or 1.0
    )


def _excluded(request: Request, skill: Card) -> bool:
    return any(
        f" {term} " in skill.exclusions and weight(term) == 1.0 and not _in_head(skill, term)
        for term in request.telling
    )


def _in_head(skill: Card, term: str) -> bool:
    word = f" {term} "
    return word in skill.name or word in skill.description
