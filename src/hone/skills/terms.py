"""Text as terms for finding skills: words with their endings folded, names also in their parts, and how much a word tells.

The same function makes the terms of a skill and of a request; a change of it is a change of `search_index.VERSION`.
"""

import unicodedata
from functools import cache, lru_cache
from itertools import pairwise

from hone.late import late

LONGEST_TERM = 40  # characters: longer ones are hashes and encoded data

_CJK = (
    "\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
)
_ASCII_WORD = late(r"[a-zA-Z0-9]+")
_INNER_BORDER = late(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_VOWEL = late("[aeiouy]")

_EMPTY = frozenset(
    """
    a about above actually after again ahead all already also always am an and another any anyone anything are around as
    ask at back be because been before being below best better between both but by came can cannot cant come could d did
    didn do does doesn doing don done down during each either else even ever every everything except few first for from
    further gave get gets getting give given gives go goes going gone good got great had happen happens has hasn have
    haven having he hello help her here hers hey hi him his how however i if in instead into is isn it its just keep kind
    know last least let like ll look looks lot m made make makes making many may maybe me might mine more most much must
    my myself need needed needs never next no nor not nothing now of off often ok okay on once one only onto or other
    others our ours out over own per perhaps please put quick quickly quite rather re really right s said same say says
    see seem seems shall she should since so some someone something soon still such sure t take takes taking tell than
    thank thanks that the their theirs them themselves then there these they thing things think this those though through
    thus till to today together tomorrow too try trying two under until up upon us use used useful user users uses using
    usually ve very via want wanted wants was way we well went were what whatever when whenever where whether which while
    who whole whom whose why will with within without won would yes yesterday yet you your yours yourself
    """.split()  # noqa: SIM905 - a list literal would be pages of quotes
)
"""Words that stand in any request, whatever it is about."""

_COMMON = """
    add agent answer app application apply ask automatic base basic branch bug build call case change check class clean
    code command comment commit compare complete computer config configure contain content control convert copy correct
    create current data debug default delete describe design detail develop develope directory doc document
    documentation edit end error example explain fail failure feature field file fill final find fix folder follow form
    format full function general generate git handle idea implement import improve include info information input
    install issue item job key kind language large learn less line list load local long main manage mean message method
    minute model module move multiple name new number object old open option output package page parameter part pass
    path place plan point possible prepare problem process produce product program project provide python question read
    readme real reason refactor remove rename repo repository replace report request require result return review rule
    run save script search section service set setup short show simple single size small software source specific start
    state status step stop string summarize summary support system table task test text time tool top turn type
    understand update value variable verify version view wait word work write wrong
    """
"""Words of everyday work with computers, which tell little about what kind of task a request is."""

ORDINARY = 0.35
"""What a common word tells, where an uncommon one tells 1 and an empty one nothing."""
_ANY_WORD = late(rf"[{_CJK}]+|[^\W_{_CJK}]+")
_CJK_WORD = late(f"[{_CJK}]")


def terms_of(text: str) -> list[str]:
    """The terms of `text` in order, without empty words. `deployApp` gives its parts and then the whole."""
    terms: list[str] = []
    for word in _words(_plain(text)):
        if not word.isascii() and _CJK_WORD.match(word):
            terms += ["".join(pair) for pair in pairwise(word)] or [word]
        elif word.islower() or word.isdigit():
            if word not in _EMPTY:
                terms.append(folded(word))
        else:
            parts = [part for part in _INNER_BORDER.split(word) if 1 < len(part) < len(word)]
            terms += [folded(name) for each in (*parts, word) if (name := each.lower()) not in _EMPTY]
    return terms


def _words(text: str) -> list[str]:
    return (_ASCII_WORD if text.isascii() else _ANY_WORD).findall(text)


@lru_cache(maxsize=65_536)
def folded(word: str) -> str:
    """A lower-case word without its English ending: deploy, deploys, deployed, deployment and deploying are one."""
    word = _SAME.get(word, word[:LONGEST_TERM])
    if len(word) < 4 or not word.isalpha() or word in _WHOLE:
        return word
    word = _singular(word)
    word = _without_ending(_SAME.get(word, word))
    if word.endswith("y") and word[-2] not in "aeiou":
        return f"{word[:-1]}i"
    word = word.removesuffix("e") if len(word) > 4 else word
    return word.removesuffix("at") if len(word) > 6 else word


def weight(term: str) -> float:
    """How much a term tells about the kind of a task, from everyday use of the word alone: 0 to 1."""
    return ORDINARY if term in _common_terms() or term.isdigit() else 1.0


@cache
def _common_terms() -> frozenset[str]:
    return frozenset(folded(word) for word in _COMMON.split())


def _plain(text: str) -> str:
    """`text` without diacritics and compatibility forms."""
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFKD", text)
    return unicodedata.normalize("NFC", "".join(each for each in apart if not unicodedata.combining(each)))


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    if word.endswith("s") and word[-2] not in "su" and not word.endswith("is"):
        return word[:-1]
    return word


_SAME = {
    "analyses": "analyze",
    "analysis": "analyze",
    "auth": "authenticate",
    "built": "build",
    "config": "configure",
    "db": "database",
    "dep": "dependency",
    "deps": "dependency",
    "doc": "document",
    "env": "environment",
    "js": "javascript",
    "k8s": "kubernetes",
    "postgresql": "postgres",
    "prod": "production",
    "redeploy": "deploy",
    "repo": "repository",
    "rerun": "run",
    "ts": "typescript",
}
"""Words that endings do not bring together."""

_WHOLE = frozenset({"production", "staging"})
"""Words that endings must not bring together with others: a product, to stage a file."""

_ENDINGS = (
    ("ization", "ize"),
    ("isation", "ize"),
    ("ification", "ify"),
    ("ation", "ate"),
    ("ition", "ite"),
    ("ction", "ct"),
    ("ption", "pt"),
    ("ssion", "ss"),
    ("ment", ""),
    ("ness", ""),
    ("fully", ""),
    ("ally", "al"),
    ("ewal", "ew"),
    ("ly", ""),
    ("ied", "y"),
    ("ing", ""),
    ("ed", ""),
)


_SHORTEST_STEM = {"ly": 4}  # apply


def _without_ending(word: str) -> str:
    for ending, instead in _ENDINGS:
        stem = word[: -len(ending)]
        if word.endswith(ending) and len(stem) >= _SHORTEST_STEM.get(ending, 3) and _VOWEL.search(stem):
            bare = stem + instead
            undouble = not instead and bare[-1] == bare[-2] and bare[-1] not in "lsz"
            return bare[:-1] if undouble else bare
    return word
