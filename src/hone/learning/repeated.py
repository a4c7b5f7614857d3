"""Mistakes that were made again although a gotcha of the loaded skill warns of them, and how such a call is told. Pure.

What becomes of them is `hone.learning.enforce`; whether such a tripwire may stay, the gate's rule decides.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, product

import msgspec

from hone.changes.rules.breadth import is_too_broad
from hone.changes.rules.tripwires import MAX_SAY
from hone.changes.sidecars import hash_of_gotcha
from hone.errors import SpliceError, UsageError
from hone.history.rows import Recorded
from hone.learning.calls import Call, calls_in
from hone.learning.episode import Episode
from hone.learning.friction import mine
from hone.learning.misfire import loaded_skills, telling_words
from hone.messages import Trust, least_trusted
from hone.skills.literals import Searched, holds, searched
from hone.skills.page import Page
from hone.skills.read import Skill
from hone.skills.splice import replace_gotcha
from hone.skills.tripwires import Condition, Tripwire, hits, subject_of

_CODE = re.compile(r"`([^`\n]+)`")
_HERE = re.compile(r"(?<![\w./])\./")


class TurnRecord(msgspec.Struct, frozen=True):
    """The events of a turn; `told` is the skill's text as an earlier turn of the session loaded it, if one did."""

    session: str
    turn: int
    events: tuple[Recorded, ...]
    told: str = ""


class Mistake(msgspec.Struct, frozen=True):
    """A call that failed in a turn whose model had read `told`, and the one that did the job.

    `wrong` is what failed and `right` what worked instead, or was needed before.
    """

    session: str
    turn: int
    episode: Episode
    failed: Call
    worked: Call
    told: str
    trust: Trust
    wrong: Searched
    right: Searched


class Repetition(msgspec.Struct, frozen=True):
    """A gotcha, by its text, the mistakes that it did not prevent, newest first, and what would tell the next one."""

    gotcha: str
    mistakes: tuple[Mistake, ...]
    condition: Condition


def repeated(turns: Sequence[TurnRecord], skill: Skill, text: str) -> tuple[Repetition, ...]:
    """The gotchas of `skill` that did not prevent their mistake in two of `turns`, newest first.

    `text` is its SKILL.md. Only gotchas that have no tripwire and never had one, and mistakes that no tripwire of the skill
    is about, retired ones included. Raises UsageError for a broken SKILL.md.
    """
    bare = [
        each for each in _gotchas(text) if not _has_tripwire(each, skill.tripwires) and _stays(text, each)
    ]
    mistakes = (each for turn in turns for each in _mistakes(turn, skill.name)) if bare else ()
    unseen = [each for each in mistakes if not any(_sees(wire, each) for wire in skill.tripwires)]
    found = (_repetition(gotcha, unseen) for gotcha in bare)
    return tuple(each for each in found if each is not None)


def told_by(turn: TurnRecord, skill: str) -> str:
    """What the model has read of `skill` by the end of the turn."""
    return next((each.text for each in reversed(loaded_skills(turn.events)) if each.name == skill), turn.told)


def _gotchas(text: str) -> Iterator[str]:
    outline = Page(text).outline
    for section in outline.of("gotchas"):
        yield from (outline.text(item, item.end) for item in section.listed)


def _has_tripwire(gotcha: str, tripwires: Iterable[Tripwire]) -> bool:
    return hash_of_gotcha(gotcha) in {each.gotcha for each in tripwires}


def _stays(text: str, gotcha: str) -> bool:
    """Whether a change can name the gotcha without a change of its words."""
    try:
        return replace_gotcha(text, gotcha, gotcha) == text
    except (SpliceError, UsageError):  # it is not the only one that says so, or says nothing
        return False


def _mistakes(turn: TurnRecord, skill: str) -> Iterator[Mistake]:
    calls = {call.event: call for call in calls_in(turn.events)}
    loads = [each for each in loaded_skills(turn.events) if each.name == skill]
    for episode in mine(turn.events):
        if episode.kind in ("fix", "precondition"):
            failed, worked = (calls[episode.events[at]] for at in (0, -1))
            told = [turn.told, *(each.text for each in loads if each.position < failed.position)][-1]
            trust = least_trusted(*(each.trust for each in turn.events))
            wrong, right = searched(episode.failed), searched(episode.needed or episode.worked)
            place = turn.session, turn.turn
            yield Mistake(*place, episode, failed, worked, _one_line(told), trust, wrong, right)


def _repetition(gotcha: str, mistakes: Iterable[Mistake]) -> Repetition | None:
    said, literals = _one_line(gotcha), _literals(gotcha)
    known = [each for each in mistakes if said in each.told and _named(literals, each).is_warning]
    for newest, earlier in combinations(known, 2):
        if (newest.session, newest.turn) == (earlier.session, earlier.turn):
            continue
        condition = _condition(said, _named(literals, newest, earlier), newest, earlier)
        if condition is not None:
            alike = [each for each in known if each in (newest, earlier) or _meets(condition, each)]
            return Repetition(gotcha, tuple(alike), condition)
    return None


class _Named(msgspec.Struct, frozen=True):
    """Of what a gotcha names: what only the calls that failed hold, what only those that worked do, what all of them do."""

    wrong: tuple[str, ...]
    right: tuple[str, ...]
    context: tuple[str, ...]

    @property
    def is_warning(self) -> bool:
        """Whether the gotcha is about the mistake: a plain word alone may stand in it for another reason."""
        if any(map(_is_marked, (*self.wrong, *self.right))):
            return True
        return bool(self.wrong and self.right) or bool((self.wrong or self.right) and self.context)


def _named(literals: Iterable[str], *mistakes: Mistake) -> _Named:
    wrong, right = [each.wrong for each in mistakes], [each.right for each in mistakes]
    literals = [word for word in literals if _all_hold(wrong, word) or _all_hold(right, word)]
    return _Named(
        wrong=_only(literals, wrong, right),
        right=_only(literals, right, wrong),
        context=tuple(word for word in literals if _all_hold([*wrong, *right], word)),
    )


def _condition(gotcha: str, named: _Named, *mistakes: Mistake) -> Condition | None:
    """What all `mistakes` have in common and the calls that worked do not, as far as the gotcha warns of it."""
    kinds = {(each.failed.tool, each.episode.kind) for each in mistakes}
    if not named.is_warning or len(kinds) > 1:
        return None
    first = mistakes[0].episode
    wrong = [each.wrong for each in mistakes]
    common = tuple(word for word in _words(first.failed) if _all_hold(wrong, word))
    core: tuple[str, ...] = ()
    context = (*named.wrong, *named.context)
    if not first.needed:
        core, context = named.wrong or _only(common, wrong, [each.right for each in mistakes]), named.context
    everything = tuple(word for word in common if word not in core)
    near = context if context or any(map(_is_marked, core)) else everything
    right = _phrases(named.right, first.needed or first.worked)
    for beside, as_phrases in product((near, everything), (True, False)):
        words = (*core, *beside)
        has = _phrases(words, first.failed) if as_phrases else words
        condition = Condition(
            tool=mistakes[0].failed.tool,
            has=has,
            lacks=() if first.needed else right,
            unless_after=right if first.needed else (),
            say=gotcha if len(gotcha) <= MAX_SAY else f"{gotcha[: MAX_SAY - 1]}…",
        )
        if has and not is_too_broad(has) and all(_meets(condition, each) for each in mistakes):
            return condition
    return None


def _meets(condition: Condition, mistake: Mistake) -> bool:
    """Whether it would have stopped the call that failed and let the one that worked pass."""
    prepared = [mistake.episode.needed] if mistake.episode.needed else []
    return _sees(condition, mistake) and not hits(
        condition, mistake.worked.tool, _subject(mistake.worked), prepared
    )


def _sees(condition: Condition, mistake: Mistake) -> bool:
    """Whether the condition is met by the call that failed."""
    return hits(condition, mistake.failed.tool, _subject(mistake.failed), ())


def _literals(gotcha: str) -> tuple[str, ...]:
    """What the gotcha says in code, and what else is no plain word."""
    code = [word for span in _CODE.findall(gotcha) for word in _words(span)]
    return tuple(dict.fromkeys((*code, *filter(_is_marked, _words(_CODE.sub(" ", gotcha))))))


def _words(text: str) -> list[str]:
    """Its telling words; a file in the working directory is known by its name."""
    return sorted(telling_words(_HERE.sub("", text)))


def _only(words: Iterable[str], these: Sequence[Searched], others: Sequence[Searched]) -> tuple[str, ...]:
    """Those of `words` that all of `these` hold and none of `others`."""
    return tuple(
        word for word in words if _all_hold(these, word) and not any(holds(each, word) for each in others)
    )


def _all_hold(commands: Iterable[Searched], word: str) -> bool:
    return all(holds(each, word) for each in commands)


def _phrases(words: Sequence[str], command: str) -> tuple[str, ...]:
    """`words` in the order of the command, neighbours in it as one: `npm test` says more than `npm` and `test`."""
    phrases: list[list[str]] = []
    goes_on = False
    for token in _HERE.sub("", command).split():
        if token in words:
            phrases = [*phrases[:-1], [*phrases[-1], token]] if goes_on else [*phrases, [token]]
        goes_on = token in words
    whole = {word for phrase in phrases for word in phrase}
    return (*map(" ".join, phrases), *(word for word in words if word not in whole))


def _is_marked(word: str) -> bool:
    """Whether it is no plain word: a path, a value, a name with a digit or a dash."""
    return len(word) > 3 and not word.isalpha()


def _subject(call: Call) -> str:
    return subject_of(call.tool, msgspec.json.encode(call.arguments).decode())


def _one_line(text: str) -> str:
    return " ".join(text.split())
