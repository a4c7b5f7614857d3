"""The list of skills in the system prompt: within a fixed budget, whatever the size of the library.

Which skill fits a request is not decided here, only which are worth naming for this project.
"""

import re
from collections.abc import Iterable

from hone.skills.discover import Library
from hone.skills.read import Skill

BUDGET = 1_450  # tokens: 1,500 with the lines that introduce it
_CHARS_PER_TOKEN = 4
_SHORTENED = 200  # characters of a description, in a library that does not fit
_LONGEST_NAME = 100


def render_index(
    library: Library,
    *,
    project: str | None = None,
    hints: frozenset[str] = frozenset(),
    budget_tokens: int = BUDGET,
) -> str:
    """One line a skill, `- name: description`; empty if there are none to offer.

    A library that fits is listed whole. Of a larger one the skills most likely for `project` (its slug) are, long
    descriptions shortened with `…`, and a last line says how many more there are and how to reach them. `hints` are
    topics of the project, from `hints.workspace_hints`.
    """
    skills = offered(library, project)
    room = budget_tokens * _CHARS_PER_TOKEN
    if _fit(skills, room):
        return "\n".join(f"- {skill.name}: {skill.description}" for skill in skills)
    room -= len(_rest(len(skills))) + 1
    lines: list[str] = []
    for skill in rank(skills, project=project, hints=hints):
        if room < _LONGEST_NAME:
            break
        line = f"- {_shorten(skill.name, _LONGEST_NAME)}: {_shorten(skill.description, _SHORTENED)}"
        if len(line) < room:
            lines.append(line)
            room -= len(line) + 1
    return "\n".join([*lines, _rest(len(skills) - len(lines))])


def holds_all(library: Library, project: str | None, *, budget_tokens: int = BUDGET) -> bool:
    """Whether the index lists every skill that a model may be told of, with its whole description."""
    return _fit(offered(library, project), budget_tokens * _CHARS_PER_TOKEN)


def offered(library: Library, project: str | None) -> tuple[Skill, ...]:
    """The skills that a model may be told of unasked: trusted, not on trial, not retired, of this project or of all."""
    scopes = ("all", f"project:{project}")
    statuses = ("proven", "undecided")
    return tuple(
        skill
        for skill in library.skills
        if skill.trusted and skill.status in statuses and skill.scope in scopes
    )


def rank(skills: Iterable[Skill], *, project: str | None, hints: frozenset[str]) -> list[Skill]:
    """Most likely first: the project's own, then by topics shared with it and mention of its name, pinned, newest; else in the given order.

    One integer a skill, because ten thousand tuples take three times as long to make and to compare.
    """
    name = (project or "").rpartition("-")[0]

    def likelihood(skill: Skill) -> int:
        own = skill.source == "project" or skill.scope != "all"
        shared = 0 if hints.isdisjoint(skill.topics) else len(hints.intersection(skill.topics))
        if name and (name in skill.name or name in skill.description.lower()):
            shared += 1
        return (own << 80) + (shared << 65) + (skill.pinned << 64) + skill.changed

    return sorted(skills, key=likelihood, reverse=True)


def nearest_skills(skills: Iterable[Skill], words: str, *, limit: int = 5) -> list[Skill]:
    """The skills whose name and description share most with `words`, best first; none if they share nothing."""
    asked = frozenset(re.findall(r"[^\W_]+", words.lower()))
    scored = [
        (2 * _count_words(asked, skill.name) + _count_words(asked, skill.description), skill)
        for skill in skills
    ]
    best = sorted((item for item in scored if item[0]), key=lambda item: (-item[0], item[1].name))
    return [skill for _, skill in best[:limit]]


def _count_words(words: frozenset[str], text: str) -> int:
    return len(words.intersection(re.findall(r"[^\W_]+", text.lower())))


def _fit(skills: Iterable[Skill], room: int) -> bool:
    return sum(len(skill.name) + len(skill.description) + len("- : \n") for skill in skills) <= room


def _shorten(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    return (kept.rpartition(" ")[0] or kept).rstrip(" ,;:") + "…"


def _rest(count: int) -> str:
    return (
        f"[{count:,} more skills are not listed, and a description that ends in … goes on: `skill_search` finds skills for "
        "what you are about to do]"
    )
