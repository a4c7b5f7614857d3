"""What the writer gets to read of a piece of work: what was hard, the transcript, the nearest skills, memory. Pure.

Each part has a share of the room; what it does not need flows to the others.
"""

import datetime
import re
from collections.abc import Mapping, Sequence

import msgspec

from hone.errors import UsageError
from hone.history.rows import Recorded
from hone.jobs.nudge import Reason
from hone.learning.condense import condense, cost, one_line
from hone.learning.episode import Episode
from hone.learning.heard import Heard
from hone.memory.entries import entries, parse
from hone.memory.store import shown
from hone.safety.invisible import reveal
from hone.skills import frontmatter as fm
from hone.skills.tripwires import Condition, Tripwire

_SHARES = (15, 30, 45, 10)  # of the room: friction, skills, transcript, memory
_CONDITION = 600  # characters of a tripwire
_MOST_TRIPWIRES = 10  # of a skill, the newest
_FIELD = 300  # characters of a command or an error of an episode
_WHY: dict[Reason, str] = {
    "fix": "something failed, and another call then did the job",
    "correction": "the user corrected the result",
    "misfire": "a loaded skill led into a failure",
    "long_work": "it took many calls, some of them in vain",
    "remember": "the agent was asked to keep how this is done; see its `remember` call",
    "learn": "the user asked for this review",
}
_BY_WEIGHT = ("misfire", "correction", "fix", "precondition", "in_vain", "dead_end", "warm_up")
_KINDS = {
    "fix": "failed, then another call did it",
    "precondition": "failed until something else had run",
    "warm_up": "failed, then the same call passed",
    "in_vain": "failed again and again",
    "dead_end": "failed and was given up: not solved",
    "correction": "corrected by the user",
    "misfire": "led there by a skill",
}


class Material(msgspec.Struct, frozen=True):
    """All that a brief is made of.

    `skills` are whole SKILL.md texts by name, the most important first; `memory` are texts by file. `fixed` are names of
    skills that a review may not change; `tripwires` are those of the skills that stop calls, `changed` says what of the
    facts that they rely on is otherwise by now. `heard` are the external texts that the agent saw before these events.
    """

    reasons: Sequence[Reason]
    episodes: Sequence[Episode]
    events: Sequence[Recorded]
    skills: Mapping[str, str]
    memory: Mapping[str, str]
    project: str | None
    today: datetime.date
    fixed: frozenset[str] = frozenset()
    tripwires: Mapping[str, Sequence[Tripwire]] = {}
    changed: Mapping[str, Sequence[str]] = {}
    heard: Sequence[str] = ()


def write_brief(material: Material, room: int) -> str:
    """The message for the writer, in at most `room` tokens."""
    opening = _opening(material)
    titles = (
        "# What was hard, found by a program",
        "# The nearest skills" if material.skills else "# No skill is near",
        "# Transcript: a line begins with [event id], or with | where it is data",
        "# Memory, the newest last" if material.memory else "",
    )
    room -= cost("\n\n".join([opening, *titles, ""])) + len(titles)
    sections = [
        f"{title}\n{part}".rstrip() for title, part in zip(titles, _parts(material, room), strict=True)
    ]
    return "\n\n".join(filter(None, [opening, *sections]))


_UNBOUNDED = 1_000_000_000


def _parts(material: Material, room: int) -> tuple[str, str, str, str]:
    shown_ids = frozenset(each for episode in material.episodes for each in episode.events)
    heard = Heard(material.events, material.heard)
    wanted = (
        cost(_friction(material, heard, _UNBOUNDED)),
        cost(_skills(material, _UNBOUNDED)),
        cost(condense(material.events, shown_ids, _UNBOUNDED, heard)),
        cost(_memory(material, _UNBOUNDED)),
    )
    rooms = _allot(wanted, room)
    friction, skills, memory = (
        _friction(material, heard, rooms[0]),
        _skills(material, rooms[1]),
        _memory(material, rooms[3]),
    )
    left = room - cost(friction) - cost(skills) - cost(memory)
    return friction, skills, condense(material.events, shown_ids, left, heard), memory


def _allot(wanted: Sequence[int], room: int) -> list[int]:
    """Room for each part: what it wants up to its share, then what the others left, in their order."""
    granted = [min(want, room * share // 100) for want, share in zip(wanted, _SHARES, strict=True)]
    for place, want in enumerate(wanted):
        granted[place] += min(want - granted[place], room - sum(granted))
    return granted


def _opening(material: Material) -> str:
    why = "; ".join(_WHY[reason] for reason in material.reasons)
    where = (
        f"project {material.project}" if material.project else "no project: there is no memory file `project`"
    )
    return f"Today is {material.today.isoformat()}. The work was done in {where}.\nWhy you are asked: {why}."


def _friction(material: Material, heard: Heard, room: int) -> str:
    external = {each.id for each in material.events if each.trust == "external"}
    weighed = sorted(material.episodes, key=lambda episode: _BY_WEIGHT.index(episode.kind))
    lines = [_episode(episode, external, heard) for episode in weighed]
    numbered = [f"{number}. {line}" for number, line in enumerate(lines, start=1)]
    return "\n".join(_first_that_fit(numbered, room)) or "Nothing."


def _episode(episode: Episode, external: set[str], heard: Heard) -> str:
    error = heard.out_of(episode.error)
    if external.intersection(episode.events):
        error = f"[external text, {len(error):,} characters]" if error else ""
    told = {
        "skill": episode.skill,
        "failed": heard.out_of_line(episode.failed),
        "error": error,
        "had to run first": heard.out_of_line(episode.needed),
        "what worked": heard.out_of_line(episode.worked),
        "the user said": episode.said,
    }
    said = "".join(f"\n   {name}: {one_line(text, _FIELD)}" for name, text in told.items() if text)
    spent = f"{episode.calls} calls, {episode.seconds:.0f} s"
    return f"{_KINDS[episode.kind]} [{', '.join(episode.events[:12])}], cost {spent}{said}"


def _skills(material: Material, room: int) -> str:
    words = _words(material.episodes)
    pieces: list[str] = []
    for name, text in material.skills.items():
        note = " note='you cannot change this one'" if name in material.fixed else ""
        beside = "".join(map(_tripwire, material.tripwires.get(name, ())[-_MOST_TRIPWIRES:]))
        if changed := "; ".join(material.changed.get(name, ())):
            beside += f"\n[changed since it was learned: {one_line(changed, _CONDITION)}]"
        for body in (reveal(text).strip(), _passages(text, words, room // 2), _in_a_line(text)):
            piece = f"<skill name='{one_line(name, 80)}'{note}>\n{body}{beside}\n</skill>"
            if body and cost("\n".join([*pieces, piece])) <= room:
                pieces.append(piece)
                break
    return "\n".join(pieces)


def _tripwire(tripwire: Tripwire) -> str:
    """A line that shows it as the writer would propose it."""
    fields = {name: getattr(tripwire, name) for name in Condition.__struct_fields__}
    written = msgspec.json.encode({name: value for name, value in fields.items() if value}).decode()
    return f"\n[tripwire {one_line(tripwire.id, 20)}] {one_line(written, _CONDITION)}"


def _passages(text: str, words: frozenset[str], room: int) -> str:
    """Of a skill that is too long, the lines that what was hard is about; empty if there are none."""
    lines = [line for line in text.splitlines() if words.intersection(_telling_words(line))]
    kept = _first_that_fit([reveal(line) for line in lines], room)
    return "\n".join(["[too long to show; the lines that have to do with this work:]", *kept]) if kept else ""


def _words(episodes: Sequence[Episode]) -> frozenset[str]:
    texts = (f"{episode.failed} {episode.error} {episode.worked}" for episode in episodes)
    return frozenset(word for text in texts for word in _telling_words(text))


def _telling_words(text: str) -> list[str]:
    return re.findall(r"[\w-]{5,}", text.lower())


def _in_a_line(text: str) -> str:
    try:
        fields = fm.parse_mapping(fm.split(text.removeprefix("\ufeff")).frontmatter or "")
    except UsageError:
        return ""
    description = fields.get("description")
    return f"[too long to show] {one_line(description, 1_024)}" if isinstance(description, str) else ""


def _memory(material: Material, room: int) -> str:
    """The entries of each file; of those that take more than their part of the room, the newest."""
    files = {name: _entries(text, material.today) for name, text in material.memory.items()}
    whole = _sections(files)
    if cost(whole) <= room:
        return whole
    by_size = sorted(files, key=lambda name: sum(map(len, files[name])))
    for place, name in enumerate(by_size):
        part = room // (len(files) - place) - cost(name) - 2
        files[name] = _first_that_fit(files[name], part)
        room -= cost(_sections({name: files[name]})) + 1
    return _sections(files)


def _entries(text: str, today: datetime.date) -> list[str]:
    """The entries that hold today as bullets, the newest first."""
    current = [entry for entry in entries(parse(text)) if not entry.expired(today)]
    return [f"- {reveal(shown(entry.text))}".replace("\n", "\n  ") for entry in reversed(current)]


def _sections(files: Mapping[str, Sequence[str]]) -> str:
    return "\n".join(
        "\n".join([f"## {name}", *reversed(newest_first)])
        for name, newest_first in files.items()
        if newest_first
    )


def _first_that_fit(lines: Sequence[str], room: int) -> list[str]:
    if cost("\n".join(lines)) <= room:
        return list(lines)
    kept: list[str] = []
    for line in lines:
        room -= cost(line) + 1
        if room < 0:
            break
        kept.append(line)
    return kept
