"""Finds text that would steer an agent against its user: in memory, in skills and in the files that skills bring along.

Pure. The signs are data (`injection_orders`, `_deeds`, `_runs`, `_scope`); text that a person does not see is made readable first (`hidden`). What
a finding leads to, the gate and the loading of skills decide.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cache

import msgspec

from hone.safety.hidden import Passage, hidden_passages, unmasked, unusual
from hone.safety.injection_deeds import DEEDS
from hone.safety.injection_orders import ORDERS
from hone.safety.injection_rule import Kind, Rule, Severity
from hone.safety.injection_runs import RUNS
from hone.safety.injection_scope import SCOPE

RULES = (*ORDERS, *DEEDS, *RUNS, *SCOPE)
_MOST = 3  # findings of one rule in one text
_SHOWN = 120  # characters of an excerpt
_FORBIDS = re.compile(
    r"(?:\b(?:never|do not|don[’']t|must not|should not|cannot|avoid|refus\w+ to|instead of|rather than|forbid\w*|block\w*|detect\w*|prevent\w*)"
    r"(?:\s+(?:ever|let(?: \w+){1,4}|to|use|using|run|running|execute|any|text|like|such as|attempts?|the|pipe|piping|you))*[\s:,`\"'“(]*)$",
)
_LOOKED_BACK = 60
_SENTENCE = 160
_SENTENCE_ENDS = re.compile(r"[.!?;]\s|\n|->|→")
_ONLY_LETTERS = bytes(code if chr(code).isalpha() and code < 128 else 32 for code in range(256))
_BEGINNINGS = (3, 4, 6)  # letters
_AROUND = 400  # characters on each side of a word in which a rule may match
_CLOSES_WITHIN = 80
_TO_BE_RUN = re.compile(
    r"(?:\b(?:run|running|execute|executing|call|type|enter|paste)|\s-c):?\s{0,3}[\"'`]+$"
)
_FIELD = re.compile(r"^(?:name|description|title|summary):\s*[\"']")
_MARKS = {each: re.compile(rf"(?<!\w){each}|{each}(?!\w)") for each in "\"`'"}
_QUOTES = frozenset('"`“‘«„')


_Likely = list[tuple[str, frozenset[bytes]]]


class Injection(msgspec.Struct, frozen=True):
    """One sign of an attack: the rule's id, why it counts, and what stands at `position` of the text.

    `obvious`: nobody writes so in good faith. `suspect`: a person should look at it.
    """

    rule: str
    severity: Severity
    excerpt: str
    position: int
    reason: str


def find_injections(text: str, *, kind: Kind = "skill") -> tuple[Injection, ...]:
    """What in `text` reads like an attack on the agent or its user, in order; at most three findings of one rule."""
    found = list(_by_rules(text, kind))
    seen = unusual(text)
    plain = unmasked(text, seen)
    if plain:
        known = {each.rule for each in found}
        found += [
            msgspec.structs.replace(each, position=plain.places[each.position])
            for each in _by_rules(plain.text, kind)
            if each.rule not in known
        ]
    for passage in hidden_passages(text, seen):
        found += _in_hidden(passage, kind)
    return tuple(sorted(dict.fromkeys(found), key=lambda each: each.position))


def is_attack(text: str) -> bool:
    """Whether a memory entry holds an obvious attack, so that no prompt may show it."""
    return any(each.severity == "obvious" for each in find_injections(text, kind="memory"))


def _by_rules(text: str, kind: Kind) -> Iterator[Injection]:
    folded = text.replace("İ", "I").lower()  # that letter alone becomes two
    starts: dict[int, list[int]] = {}
    rules = _rules_of(kind)
    for word in _likely_words(folded, kind):
        if places := _occurrences(folded, word):
            for number in rules[word]:
                starts.setdefault(number, []).extend(places)
    for number, places in sorted(starts.items()):
        rule = RULES[number]
        for start, end in _matches(rule, folded, _windows(places)):
            severity: Severity = "suspect" if rule.quotable and _quoted(folded, start, end) else rule.severity
            yield Injection(rule.id, severity, _excerpt(text, start), start, rule.reason)


def _likely_words(folded: str, kind: Kind) -> Iterator[str]:
    """The words of rules that may stand in a text, because the Latin words in them do. Cheaper than to look for each."""
    words = set(folded.encode("ascii", "replace").translate(_ONLY_LETTERS).split())
    anywhere, indexes = _words_by_beginning(kind)
    found = [anywhere]
    for length, index in indexes.items():
        found += map(index.__getitem__, {word[:length] for word in words}.intersection(index))
    yield from (word for likely in found for word, whole in likely if whole <= words)
    if not folded.isascii():
        yield from _foreign_words(kind)


def _occurrences(folded: str, word: str) -> list[int]:
    found = []
    at = folded.find(word)
    while at >= 0:
        found.append(at)
        at = folded.find(word, at + len(word))
    return found


def _windows(starts: list[int]) -> list[tuple[int, int]]:
    """The parts of a text that can match: around each word that starts there, in order and apart from each other."""
    windows: list[tuple[int, int]] = []
    for place in sorted(starts):
        start, end = max(0, place - _AROUND), place + _AROUND
        if windows and start <= windows[-1][1]:
            windows[-1] = (windows[-1][0], end)
        else:
            windows.append((start, end))
    return windows


def _matches(rule: Rule, folded: str, windows: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Start and end of the first few places where the rule applies."""
    pattern, *others = _compiled(rule.id)
    near: list[list[int]] | None = None
    count = 0
    for match in (match for start, end in windows for match in pattern.finditer(folded, start, end)):
        if near is None:
            near = [[other.start() for other in each.finditer(folded)] for each in others]
        start, end = match.start() - rule.reach, match.end() + rule.reach
        if not rule.reach:
            start, end = folded.rfind("\n", 0, start) + 1, _line_end(folded, end)
        if not all(_has_between(each, start, end) for each in near):
            continue
        if _FORBIDS.search(folded, max(0, match.start() - _LOOKED_BACK), match.start()):
            continue
        if rule.unless_said and re.search(rule.unless_said, _sentence_before(folded, match.start())):
            continue
        yield match.span()
        count += 1
        if count == _MOST:
            return


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _sentence_before(text: str, end: int) -> str:
    """What stands before `end` in its sentence, as far as it is looked back."""
    return _SENTENCE_ENDS.split(text[max(0, end - _SENTENCE) : end])[-1]


def _has_between(positions: list[int], start: int, end: int) -> bool:
    """Whether one of the sorted `positions` lies in [start, end]."""
    at = bisect_left(positions, start)
    return at < len(positions) and positions[at] <= end


def _quoted(text: str, start: int, end: int) -> bool:
    """Whether it stands within quotation marks or code of its line, or in a block of code."""
    # A quoted description is no quotation.
    before = _FIELD.sub("", text[text.rfind("\n", 0, start) + 1 : start])
    if text.count("```", 0, start) % 2:
        return True
    if _TO_BE_RUN.search(before):
        return False
    after = text[end : end + _CLOSES_WITHIN].partition("\n")[0]
    if any(len(_MARKS[mark].findall(before)) % 2 and _MARKS[mark].search(after) for mark in _MARKS):
        return True
    if any(mark in before and close in after for mark, close in ("“”", "‘’", "«»", "„“")):
        return True
    return before[-1:] in _QUOTES


def _in_hidden(passage: Passage, kind: Kind) -> Iterator[Injection]:
    """What is hidden is read as if it stood there; hidden orders are obvious, whatever they are."""
    orders = list(_by_rules(passage.text, "script" if kind == "script" else "skill"))
    excerpt = _excerpt(passage.text, 0)
    if orders:
        reason = f"{orders[0].reason}, {passage.how}"
        yield Injection(orders[0].rule, "obvious", excerpt, passage.position, reason)
    elif passage.severity:
        yield Injection(
            "hidden-text", passage.severity, excerpt, passage.position, f"hides text {passage.how}"
        )


def _excerpt(text: str, start: int) -> str:
    shown = " ".join(text[start : start + _SHOWN].split())
    return "".join(char if char.isprintable() else "�" for char in shown)


@cache
def _words_by_beginning(kind: Kind) -> tuple[_Likely, dict[int, dict[bytes, _Likely]]]:
    """The words of rules, each with the Latin words that are whole in it: all, but for one at its end that may go on.

    They are by that beginning, by its length; those without one come first.
    """
    anywhere: _Likely = []
    indexes: dict[int, dict[bytes, _Likely]] = {length: {} for length in _BEGINNINGS}
    for word in filter(str.isascii, _rules_of(kind)):
        *whole, last = word.encode().translate(_ONLY_LETTERS).split() or [b""]
        length = max((each for each in _BEGINNINGS if each <= len(last)), default=0)
        if length and word[-1].isalpha():
            indexes[length].setdefault(last[:length], []).append((word, frozenset(whole)))
        else:
            anywhere.append((word, frozenset(filter(None, [*whole, last]))))
    return anywhere, indexes


@cache
def _foreign_words(kind: Kind) -> tuple[str, ...]:
    return tuple(word for word in _rules_of(kind) if not word.isascii())


@cache
def _rules_of(kind: Kind) -> dict[str, list[int]]:
    """The places in RULES of those for a kind of text that each word belongs to."""
    rules: dict[str, list[int]] = {}
    for number, rule in enumerate(RULES):
        for word in rule.words if kind in rule.kinds else ():
            rules.setdefault(word, []).append(number)
    return rules


@cache
def _compiled(rule_id: str) -> tuple[re.Pattern[str], ...]:
    """Compiled when a text first needs it: all of them take longer than a start may."""
    rule = next(each for each in RULES if each.id == rule_id)
    return tuple(re.compile(each, re.MULTILINE) for each in (rule.pattern, *rule.near))
