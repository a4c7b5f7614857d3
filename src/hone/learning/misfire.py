"""Misfires: friction that a loaded skill led to, because what failed stands in its text and what worked does not."""

import re
from collections.abc import Iterator, Sequence

import msgspec

from hone.events import Attached, ToolFinished
from hone.history.rows import Recorded
from hone.learning.calls import Call
from hone.learning.episode import Episode
from hone.learning.similar import stands_in

_NEGATED = re.compile(
    r"(?:\bnot|\bnever|n't|\binstead of|\brather than|\bno longer|\bwithout|\bavoid)[\s`'\"*:]+(?:\w+\s){0,2}[`'\"]?$",
    re.IGNORECASE,
)
_SKILL = re.compile(r'<skill_content name="([^"]*)">')
_PLAIN = re.compile(r"[A-Za-z]{1,7}")


class Loaded(msgspec.Struct, frozen=True):
    """A skill that was loaded, and at which place among the events."""

    name: str
    text: str
    position: int


def loaded_skills(events: Sequence[Recorded]) -> tuple[Loaded, ...]:
    """The skills that were attached or called."""
    return tuple(_loaded(events))


def _loaded(events: Sequence[Recorded]) -> Iterator[Loaded]:
    for position, recorded in enumerate(events):
        match recorded.event:
            case Attached(kind="skill", name=name, text=text):
                yield Loaded(name, text, position)
            case ToolFinished(reply=reply) if reply.name == "skill" and reply.ok:
                if found := _SKILL.search(reply.text):
                    yield Loaded(found[1], reply.text, position)
            case _:
                pass


def misfires(
    skills: Sequence[Loaded], calls: Sequence[Call], episodes: Sequence[Episode]
) -> Iterator[Episode]:
    """For each episode that a skill led to, the same as a misfire of that skill."""
    places = {call.event: call.position for call in calls}
    for episode in episodes:
        began = min((places[event] for event in episode.events if event in places), default=None)
        for skill in skills:
            if (began is None or skill.position < began) and _led_to(skill.text, episode):
                yield msgspec.structs.replace(episode, kind="misfire", skill=skill.name)
                break


def _led_to(text: str, episode: Episode) -> bool:
    failed, worked, needed = map(telling_words, (episode.failed, episode.worked, episode.needed))
    match episode.kind:
        case "fix":
            only_failed, only_worked = failed - worked, worked - failed
            if only_failed:
                told = _without_warnings(text, only_worked)
                return _says_all(only_failed, told) and (
                    _says_any(failed & worked, told) or _has_mark(only_failed)
                )
            return _says_all(failed, text) and not _says_all(only_worked, text)
        case "precondition":
            return _says_all(failed, text) and not _says_all(needed, text)
        case "in_vain":
            return _says_all(failed, text)
        case "correction":
            said = {word for word in telling_words(episode.said) if _has_mark({word})}
            return _says_any(said, text)
    return False


def telling_words(command: str) -> frozenset[str]:
    """The words of a command that say what it does: programs, verbs, paths, values; of addresses host and path."""
    words: set[str] = set()
    for word in re.split(r"[\s'\"`;|&<>()]+", command):
        bare = word.strip(".,:!?")
        if url := re.fullmatch(r"(?:\w+://)?([\w.-]+(?::\d+)?)(/\S*)", bare):
            words |= (
                {part for part in url.groups() if part not in (".", "..", "/")} if ":" in bare else {bare}
            )
        elif len(bare) > 1 and not re.fullmatch(r"-\w+", bare):
            words.add(bare)
    return frozenset(words)


def _without_warnings(text: str, worked: frozenset[str]) -> str:
    """`text` without the lines that also say what works: there the other word is named as a mistake."""
    if not worked:
        return text
    return "\n".join(line for line in text.splitlines() if not _says_all(worked, line))


def _says_all(words: frozenset[str], text: str) -> bool:
    return bool(words) and all(_says(word, text) for word in words)


def _says_any(words: frozenset[str] | set[str], text: str) -> bool:
    return any(_says(word, text) for word in words)


def _has_mark(words: frozenset[str] | set[str]) -> bool:
    """Whether one of the words is no plain word: a path, a value, a name with a digit or a dash."""
    return any(len(word) > 3 and not word.isalpha() for word in words)


def _says(word: str, text: str) -> bool:
    """Whether the text says `word`, other than to warn of it."""
    if not stands_in(word, text):
        return False
    places = re.finditer(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text)
    return any(not _NEGATED.search(text[max(place.start() - 40, 0) : place.start()]) for place in places)
