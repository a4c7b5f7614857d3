"""Whether a text names anything of the turn that it was learned in: a command, a path, a value, an identifier, a condition.

"Check that everything works" would be as true of any other turn, and helps in none.
"""

import re
from collections.abc import Iterator, Mapping

_SHAPED = re.compile(r"[./_=:$@#~\\\d-]|[a-z][A-Z]|^[A-Z]{2,}$")
_QUOTED = re.compile(r"`([^`]+)`|\"([^\"]+)\"|[“”]([^“”]+)[“”]|(?<!\w)'([^']+)'(?!\w)")
_PART = re.compile(r"[^=:,|()<>{}\[\];]+")
_PLAIN = re.compile(r"[^\W\d_]{3,}")
_OPENING = "`\"'“”‘’([{<*"
_EDGES = "`\"'“”‘’.,;:!?()[]{}<>*…"
_SUFFIX = re.compile(r"(?:ations?|ions?|ings?|ed|es|s|e|y|ies)$")
_SHORTEST_STEM = 4
_CAUTION = re.compile(
    r"\b(?:be (?:very |extra |more )?careful|take care|pay (?:close |extra )?attention|watch out|beware|be aware|keep in mind"
    r"|double-?check|be cautious|be mindful|be patient)\b",
    re.IGNORECASE,
)

# Words that fit any work, as stems: they say nothing of this turn, even if they occur in it.
_GENERIC_WORDS = """
a able about above abort accept according account accurate across act action actual add address adjust advice affect after again
against agent all allow almost alone along already also alternative although always an analyse analyze and another answer any
anything api app appear application approach appropriate apply are area argument around as ask assume at attempt attention avoid
aware away back bad based be because become been before begin behave behavior behaviour being below best better between
both bring broken build bug but by call can careful case cause caution certain change check choose clean clear close code come command
common complete component concern condition configuration config configure confirm confuse consider consistent contain content context
continue correct could create current custom data date deal debug default define definite delete depend dependency deploy deployment
describe design desired detail determine dev developer development did different difficult directory do document documentation does done
double down due during each earlier early easy edit effect either else end ensure enough entire environment error especially etc even event
every everybody everything exact examine example exception execute execution exist expect explain extra fail failure familiar fast feature
few file final find fine finish first fix flow folder follow for force form forget found from full function functional further general
generate get give go goal good guide had handle happen hard has have health healthy help here high how however idea identify if ignore
implement implementation important improve in include incorrect info information input inside inspect instead instruction intended into is
issue it item its itself job just keep kind know knowledge large last late later lead learn least leave less let level like likely line
list local log long look lot made main make manage manner many may maybe mean message method might mind minor missing mistake mode more most
move much must name necessary need never new next no none nor normal not note nothing now number object obtain occur of off often ok old on
once one only onto operation option optional or order other otherwise our out output over own page part particular pass patient perform
perhaps place plan please point port possible potential practice prefer prepare present prevent previous prior problem procedure proceed
process prod production program progress project proper provide purpose put quality quick quite rather re reach read ready real
really reason recommend reference regular relate relevant reliable rely remember remove repeat report repository request require resolve
resource respect response rest result retry return review right robust root rule run safe same save say script second section see
seem select sense sensible separate sequence server service session set settings setup several should show similar simple since
single situation skip slow small smooth so software solution solve some something sometimes soon source special specific
specify stable stage staging standard start state statement status step still stop strategy structure stuff style success successful such
suitable suggest support sure system take target task tell term test text than thank that the their them then there these they thing think
this thorough those through thus time to together too tool top topic total toward track try turn two type under understand unexpected
unless until up update upon upgrade use useful user usual valid validate value variable various verify version very via view wait want warning was
watch way we well were what when where whether which while who whole why will wise with within without word work workflow
works would write wrong yes yet you your url http user users everyone thoroughly carefully properly appropriately
"""


def vague(texts: tuple[str, ...], events: Mapping[str, str]) -> tuple[str, ...]:
    """Those of `texts` that name nothing of `events` (texts by event id). None, if nothing is known of the turn."""
    if not events or not texts:
        return ()
    turn = "\n".join(events.values()).casefold()
    generic = frozenset(_stem(word) for word in _GENERIC_WORDS.split())
    return tuple(text for text in texts if not _names_something(text, turn, generic))


def _names_something(text: str, turn: str, generic: frozenset[str]) -> bool:
    if any(_occurs(term.casefold(), turn) for term in _terms(text, generic)):
        return True
    prose = " ".join(token for token in text.split() if not _SHAPED.search(token.strip(_EDGES)))
    plain = {_stem(word) for word in _PLAIN.findall(prose.casefold())} - generic
    found = [stem for stem in plain if _occurs(stem, turn, whole=len(stem) < _SHORTEST_STEM)]
    return len(found) > (1 if _CAUTION.search(text) else 0)


def _terms(text: str, generic: frozenset[str]) -> Iterator[str]:
    """What is quoted, and what looks like a path, a value, an option or an identifier; also its parts (`NAME=value`)."""
    for match in _QUOTED.finditer(text):
        yield next(filter(None, match.groups())).strip()
    for token in text.split():
        for part in (token, *_PART.findall(token)):
            term = part.lstrip(_OPENING).rstrip(_EDGES)
            if len(term) > 1 and _SHAPED.search(term) and not _is_generic(term, generic):
                yield term


def _is_generic(term: str, generic: frozenset[str]) -> bool:
    words = re.findall(r"[^\W\d_]+", term)
    only_words = "".join(words) == re.sub(r"[-\s]", "", term)
    return only_words and all(_stem(word.casefold()) in generic for word in words)


def _occurs(term: str, turn: str, *, whole: bool = True) -> bool:
    """Whether `term` stands in `turn` at the beginning of a word, and, if `whole`, ends with one."""
    bounded_left, bounded_right = term[:1].isalnum(), whole and term[-1:].isalnum()
    at = turn.find(term)
    while at >= 0:
        end = at + len(term)
        inside = (bounded_left and turn[at - 1 : at].isalnum()) or (
            bounded_right and turn[end : end + 1].isalnum()
        )
        if not inside:
            return True
        at = turn.find(term, at + 1)
    return False


def _stem(word: str) -> str:
    stem = _SUFFIX.sub("", word)
    return stem if len(stem) >= _SHORTEST_STEM else word
