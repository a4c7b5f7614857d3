"""Mistakes that were made again although a gotcha of the loaded skill warns of them, and how such a call is told. Pure.

What becomes of them is `hone.learning.enforce`; whether such a tripwire may stay, the gate's rule decides.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import product

import msgspec

from hone.changes.rules.breadth import is_too_broad
from hone.changes.rules.tripwires import MAX_SAY
from hone.changes.sidecars import hash_of_gotcha
from hone.errors import SpliceError
from hone.history.rows import Recorded
from hone.learning.calls import Call, calls_in
from hone.learning.episode import Episode
from hone.learning.friction import mine
from hone.learning.misfire import loaded_skills, telling_words
from hone.messages import Trust, least_trusted
from hone.skills.literals import holds, searched
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
    """A call that failed in a turn whose model had read `told`, and the one that did the job."""

    session: str
    turn: int
    episode: Episode
    failed: Call
    worked: Call
    told: str
    trust: Trust


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
    except SpliceError:
        return False


def _mistakes(turn: TurnRecord, skill: str) -> Iterator[Mistake]:
    calls = {call.event: call for call in calls_in(turn.events)}
    loads = [each for each in loaded_skills(turn.events) if each.name == skill]
    for episode in mine(turn.events):
        if episode.kind in ("fix", "precondition"):
            failed, worked = (calls[episode.events[at]] for at in (0, -1))
            told = [turn.told, *(each.text for each in loads if each.position < failed.position)][-1]
            trust = least_trusted(*(each.trust for each in turn.events))
            yield Mistake(turn.session, turn.turn, episode, failed, worked, told, trust)


def _repetition(gotcha: str, mistakes: Iterable[Mistake]) -> Repetition | None:
    said = _one_line(gotcha)
    known = [each for each in mistakes if said in _one_line(each.told)]
    for at, newest in enumerate(known):
        for earlier in known[at + 1 :]:
            is_other = (earlier.session, earlier.turn) != (newest.session, newest.turn)
            condition = _condition(said, newest, earlier) if is_other else None
            if condition is not None:
                alike = [each for each in known if each in (newest, earlier) or _meets(condition, each)]
                return Repetition(gotcha, tuple(alike), condition)
    return None


def _condition(gotcha: str, *mistakes: Mistake) -> Condition | None:
    """What all `mistakes` have in common and the calls that worked do not, as far as the gotcha warns of it."""
    if len({(each.failed.tool, each.episode.kind) for each in mistakes}) > 1:
        return None
    named = _literals(gotcha)
    failed = [each.episode.failed for each in mistakes]
    is_precondition = mistakes[0].episode.kind == "precondition"
    better = [each.episode.needed if is_precondition else each.episode.worked for each in mistakes]
    wrong, right = _only(named, failed, better), _only(named, better, failed)
    context = _in_all(named, failed if is_precondition else [*failed, *better])
    if not _warns(wrong, right, context):
        return None
    if is_precondition:
        wrong = ()
    elif not wrong:
        wrong = _only(_common(failed), failed, better)
    everything = tuple(word for word in _common(failed) if word not in wrong)
    near = context if context or any(map(_is_marked, wrong)) else everything
    for beside, as_phrases in product((near, everything), (True, False)):
        words = (*wrong, *beside)
        has = _phrases(words, failed[0]) if as_phrases else words
        condition = Condition(
            tool=mistakes[0].failed.tool,
            has=has,
            lacks=() if is_precondition else _phrases(right, better[0]),
            unless_after=_phrases(right, better[0]) if is_precondition else (),
            say=gotcha if len(gotcha) <= MAX_SAY else f"{gotcha[: MAX_SAY - 1]}…",
        )
        if has and not is_too_broad(has) and all(_meets(condition, each) for each in mistakes):
            return condition
    return None


def _warns(wrong: Sequence[str], right: Sequence[str], context: Sequence[str]) -> bool:
    """Whether a gotcha that names these is about the mistake: a plain word alone may stand there for another reason."""
    return (
        any(map(_is_marked, (*wrong, *right))) or bool(wrong and right) or bool((wrong or right) and context)
    )


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


def _common(commands: Sequence[str]) -> tuple[str, ...]:
    """The words of the first command that all of them hold."""
    return _in_all(_words(commands[0]), commands)


def _words(text: str) -> list[str]:
    """Its telling words; a file in the working directory is known by its name."""
    return sorted(telling_words(_HERE.sub("", text)))


def _only(words: Iterable[str], these: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    """Those of `words` that all of `these` hold and none of `others`."""
    return tuple(word for word in _in_all(words, these) if not any(_holds(each, word) for each in others))


def _in_all(words: Iterable[str], commands: Sequence[str]) -> tuple[str, ...]:
    return tuple(word for word in words if all(_holds(each, word) for each in commands))


def _holds(command: str, word: str) -> bool:
    return holds(searched(command), word)


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
