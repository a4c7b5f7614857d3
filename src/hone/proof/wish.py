"""What kind of work a request asks for, as weighted terms, and how alike two kinds are. No model takes part.

Numbers, versions, quoted values and pasted text say what it is done to this time, not what is done.
"""

import math
import re
from collections.abc import Mapping
from functools import cache

from hone.late import late
from hone.skills.terms import folded, terms_of, weight

MOST_TERMS = 40
"""Of a long request the beginning counts: what follows is usually pasted."""

ALIKE = 0.7
"""From here on two requests ask for the same kind of work."""

_ORDINARY = 0.7  # what a common word tells: less than a rare one, and yet `fix` is not `write`
_ACTION = 1.2  # what is to be done tells more than what it is done to
_SAME_ACTION = (
    ("deploy", "ship", "release", "publish", "rollout"),
    ("fix", "repair", "mend", "resolve", "correct"),
    ("remove", "delete", "drop", "erase"),
    ("show", "list", "print", "display"),
    ("summarize", "summary", "recap", "digest"),
    ("investigate", "diagnose", "debug", "troubleshoot"),
    ("update", "upgrade", "bump", "refresh"),
    ("create", "generate", "make", "build"),
    ("rename", "call"),
    ("verify", "check", "validate", "confirm"),
)
_OPPOSITES = (
    ("start", "stop"),
    ("add", "remove"),
    ("enable", "disable"),
    ("install", "uninstall"),
    ("update", "downgrade"),
    ("backup", "restore"),
    ("import", "export"),
    ("open", "close"),
    ("create", "remove"),
    ("encrypt", "decrypt"),
    ("push", "pull"),
    ("deploy", "rollback"),
    ("deploy", "revert"),
    ("lock", "unlock"),
    ("increase", "decrease"),
    ("compress", "extract"),
    ("staging", "production"),
    ("fix", "write"),
    ("run", "write"),
    ("run", "fix"),
    ("show", "remove"),
    ("show", "add"),
    ("update", "revert"),
    ("merge", "revert"),
    ("up", "down"),
    ("test", "build"),
    ("test", "lint"),
    ("unit", "integration"),
    ("android", "ios"),
    ("frontend", "backend"),
    ("client", "server"),
)
_PASTED = late(r"```.*?(?:```|\Z)|^(?:\s{4,}|[>|$+#]).*$", re.DOTALL | re.MULTILINE)
_PARTICULAR = late(
    r"https?://\S+"  # addresses
    r"|\"[^\"\n]{1,200}\"|`[^`\n]{1,200}`|(?<!\w)'[^'\n]{1,200}'(?!\w)"  # quoted values
    r"|\b(?:pass(?:word|wd)?|secret|token|key)\s*[=:]\s*\S+"  # what may be secret is no kind of work
    r"|\b(?=[a-z]*\d)(?=\d*[a-z])\w{10,}\b"  # keys
    r"|\b[0-9a-f]{7,40}\b"  # hashes
    r"|\bv?\d[\w.:/-]*|#\d+"  # numbers, versions, dates, times
    r"|\b[A-Z][A-Z0-9]+-\d+\b"  # tickets
    r"|\b(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|january|february|march|april|june|july|august|september"
    r"|october|november|december)\b",
    re.IGNORECASE,
)
_JOINED = late(r"\b(roll|back|clean|set|tear|scale|spin|shut) (out|back|up|down)\b", re.IGNORECASE)


def wish_of(request: str) -> dict[str, float]:
    """The terms of `request` with their weights; of two words for one action the usual one."""
    text = _PARTICULAR.sub(" ", _PASTED.sub(" ", request) if len(request) > 200 else request)
    text = _JOINED.sub(lambda match: f"{match[1]}{match[2]}", text)
    usual = _usual()
    terms = list(dict.fromkeys(usual.get(term, term) for term in terms_of(text)))[:MOST_TERMS]
    return {term: _worth(term) for term in terms} or dict.fromkeys(terms_of(request)[:MOST_TERMS], 1.0)


def likeness(wish: Mapping[str, float], centroid: Mapping[str, float]) -> float:
    """The cosine of the two, 0 to 1; 0 if one asks for the opposite of the other."""
    shared = sum(worth * centroid.get(term, 0.0) for term, worth in wish.items())
    if not shared or is_opposite(wish, centroid):
        return 0.0
    return shared / (_length(wish) * _length(centroid))


def deed_of(wish: Mapping[str, float]) -> str:
    """The first telling word of a request: usually what is to be done."""
    return next(iter(wish), "")


def is_opposite(wish: Mapping[str, float], other: Mapping[str, float]) -> bool:
    """Whether one says a word and the other its opposite, and neither says both."""
    for one, opposite in _opposites():
        for first, second in ((wish, other), (other, wish)):
            if one in first and opposite in second and opposite not in first and one not in second:
                return True
    return False


def _worth(term: str) -> float:
    if term in _actions():
        return _ACTION
    return _ORDINARY if weight(term) < 1 else 1.0


def _length(vector: Mapping[str, float]) -> float:
    return math.sqrt(sum(worth * worth for worth in vector.values()))


@cache
def _usual() -> Mapping[str, str]:
    return {folded(word): folded(words[0]) for words in _SAME_ACTION for word in words}


@cache
def _opposites() -> tuple[tuple[str, str], ...]:
    usual = _usual()
    return tuple(
        (usual.get(folded(one), folded(one)), usual.get(folded(two), folded(two))) for one, two in _OPPOSITES
    )


@cache
def _actions() -> frozenset[str]:
    return frozenset([*_usual().values(), *(word for pair in _opposites() for word in pair)])
