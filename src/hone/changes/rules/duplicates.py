"""Whether a new skill is one that is there already in other words, and whether a memory entry is known.

Two skills of which one names `staging` and the other `production`, `backup` and `restore`, `npm` and `pnpm`, are two:
their steps are alike and what they do is not.
"""

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from hone.changes.change import Add, Change, Create, Effect
from hone.changes.rules.finding import Finding
from hone.errors import UsageError
from hone.memory.entries import entries, identity, parse
from hone.safety.commands import names
from hone.skills import frontmatter

# Chosen on the pairs of the tests: duplicates share at least 0.50 of the subject and 0.71 of the steps, others at most
# 0.33 with like steps, and 0.62 of the steps with a like subject.
_LIKE_SUBJECT = 0.42
_LIKE_STEPS = 0.66
_SAME_SUBJECT = 0.95
_MOST = 0.6  # of an entry

_WORD = re.compile(r"[^\W_]+")
_SUFFIX = re.compile(r"(?:ations?|ments?|ions?|ings?|ers?|ors?|ed|es|s|e|y)$")
_STOP = names(
    "a an and any are as at be by do for from how if in into is it its of on or so that the their them then this to use used "
    "using want wants when whenever which with you your user skill need needs needed before after new all via per will should "
    "can must has have not no only also"
)
_FILLERS = names("a an the is are was were be of to in on at for and that this it its s")
_NEGATIONS = names("no not never none nothing without isn aren don doesn cannot")
_UNTIL = re.compile(r"\s*\(until \d{4}-\d{2}-\d{2}\)")
# Of each line a skill is about one: those that name different ones are different skills.
_CONTRASTS = tuple(
    names(line)
    for line in """
    staging production prod dev development preview canary qa
    aws gcp azure heroku fly vercel netlify kubernetes
    linux macos windows ubuntu debian alpine fedora android ios
    npm pnpm yarn bun
    pip poetry uv pipenv conda
    python javascript typescript rust golang go java ruby php kotlin swift node
    postgres postgresql mysql sqlite redis mongodb mariadb
    django flask fastapi rails express nextjs
    backup restore
    import export
    encrypt decrypt
    upgrade downgrade rollback
    start stop restart
    create delete
    enable disable
    frontend backend
    push pull
    install uninstall
    unit integration e2e
    csv json yaml xml pdf excel
    github gitlab bitbucket
    """.strip().splitlines()
)


class _Skill(msgspec.Struct, frozen=True):
    """The words that say what a skill is about. `name` and `said` (name and description) as written, else as stems."""

    name: frozenset[str]
    said: frozenset[str]
    subject: frozenset[str]
    steps: frozenset[str]


def duplicates(
    change: Change, effects: Sequence[Effect], neighbours: Mapping[str, str], today: datetime.date
) -> Iterator[Finding]:
    """A new skill that is much like one of `neighbours` (whole SKILL.md by name); a new entry that is known."""
    first = change.ops[0]
    if isinstance(first, Create) and change.skill:
        if change.skill in neighbours:
            yield Finding("reject", f"a skill named {change.skill} exists: revise that one")
        elif like := _most_alike(_created(change.skill, first), neighbours):
            yield Finding("reject", f"much like skill {like}: revise that one")
    for op in change.ops:
        if isinstance(op, Add) and (known := _known(op.text, effects, today)):
            yield Finding("reject", f"already known: {known}")


def _most_alike(skill: _Skill, neighbours: Mapping[str, str]) -> str | None:
    """The name of the neighbour that is about the same, None if there is none."""
    scored = [
        (_alike(skill, _read(name, text)), name)
        for name, text in neighbours.items()
        if _worth_reading(skill, f"{name} {text}".casefold())
    ]
    score, name = max(scored, default=(0.0, ""))
    return name if score >= 1 else None


def _worth_reading(skill: _Skill, text: str) -> bool:
    """Whether enough of the subject stands somewhere in `text` for the two to be alike: reading YAML takes longer."""
    return sum(stem in text for stem in skill.subject) >= len(skill.subject) * _LIKE_SUBJECT / (
        2 - _LIKE_SUBJECT
    )


def _alike(one: _Skill, other: _Skill) -> float:
    """1 or more: they are about the same."""
    if any(_contrast(one, other, group) for group in _CONTRASTS):
        return 0.0
    subject, steps = _dice(one.subject, other.subject), _contained(one.steps, other.steps)
    return max(subject / _SAME_SUBJECT, min(subject / _LIKE_SUBJECT, steps / _LIKE_STEPS))


def _contrast(one: _Skill, other: _Skill, group: frozenset[str]) -> bool:
    """Whether each names a different member of `group`, at least one of them in its name."""
    ours, theirs = one.said & group, other.said & group
    in_a_name = bool((one.name | other.name) & group)
    return in_a_name and bool(ours) and bool(theirs) and not ours & theirs


def _created(name: str, op: Create) -> _Skill:
    return _skill(name, op.description, op.title, op.steps)


def _read(name: str, text: str) -> _Skill:
    try:
        document = frontmatter.split(text)
        fields, _ = frontmatter.parse_mapping_leniently(document.frontmatter or "")
    except UsageError:
        return _skill(name, "", "", text.splitlines())
    description = fields.get("description")
    lines = [line for line in document.body.splitlines() if line.strip()]
    title = next((line for line in lines if line.startswith("# ")), "")
    return _skill(name, description if isinstance(description, str) else "", title, _step_lines(lines))


def _step_lines(lines: Iterable[str]) -> list[str]:
    return [line for line in lines if re.match(r"\s*(?:\d+[.)]|[-*+]|`|\$)\s*\S", line)]


def _skill(name: str, description: str, title: str, steps: Iterable[str]) -> _Skill:
    said = _words(f"{name} {description}")
    return _Skill(
        name=_words(name),
        said=said,
        subject=_stems(said | _words(title)),
        steps=_stems(_words(" ".join(steps))),
    )


def _known(text: str, effects: Sequence[Effect], today: datetime.date) -> str | None:
    """The entry of the file that says what `text` does, and not much more. The very same one is no matter."""
    same = identity(text)
    for effect in effects:
        for entry in entries(parse((effect.before or b"").decode("utf-8", "replace"))):
            if entry.expired(today) or identity(entry.text) == same:
                continue
            if says(entry.text, text):
                return identity(entry.text)
    return None


def says(known: str, text: str) -> bool:
    """Whether the entry `known` has all words of the entry `text`, in order, denies the same, and has few words more.

    Until when they hold makes no difference.
    """
    entry, new = _entry_words(known), _entry_words(text)
    rest = iter(entry)
    contained = all(word in rest for word in new)
    return contained and len(new) >= len(entry) * _MOST and _NEGATIONS & {*entry} == _NEGATIONS & {*new}


def _entry_words(text: str) -> list[str]:
    return [word for word in _WORD.findall(_UNTIL.sub("", text).casefold()) if word not in _FILLERS]


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold())) - _STOP


def _stems(words: Iterable[str]) -> frozenset[str]:
    return frozenset(stem if len(stem := _SUFFIX.sub("", word)) > 2 else word for word in words)


def _dice(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other)) if one and other else 0.0


def _contained(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / min(len(one), len(other)) if one and other else 0.0
