"""The SIMULATED writer of the benchmark. It is no language model: rules that turn what is shown of a piece of work into a skill.

It knows nothing but the brief of a review, or the conversation where an agent reviews by going on with it; and, as it has
seen the work once, which nouns people put beside a value (`_VALUE`: the scenarios use no others).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from hone.bench.simulated_agent import Call, calls_of, program_of, words_of
from hone.skills.render import render_skill

_EPISODE = re.compile(r"^\d+\. (?P<kind>.+?) \[(?P<ids>[^\]]+)\].*\n(?P<told>(?:   .*\n?)*)", re.MULTILINE)
_RAN = re.compile(r"^\[e\d+\] shell, exit 0: (.+)$", re.MULTILINE)
_VALUE = re.compile(
    r"\b(version|host|module|package|day|month|region|cluster|incident)\s+((?=\S*\d)[\w.-]*\w|(?!of\b|has\b|is\b|and\b)[a-z-]{4,})|\b(\d+)\s+(workers)\b",
    re.IGNORECASE,
)


class Episode(NamedTuple):
    """What was hard, as the brief tells it."""

    ids: list[str]
    told: dict[str, str]


def from_brief(messages: Sequence[Mapping[str, Any]], tools: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """hone's review: the tool to call and its arguments."""
    brief = str(messages[1]["content"])
    episodes = [
        Episode(
            match["ids"].split(", "),
            dict(line.strip().split(": ", 1) for line in match["told"].splitlines() if ": " in line),
        )
        for match in _EPISODE.finditer(brief)
    ]
    misled = [each for each in episodes if "skill" in each.told and "what worked" in each.told]
    solved = [each for each in episodes if "what worked" in each.told]
    if misled and "skill_revise" in tools:
        return _revision(brief, misled)
    if not solved:
        return "learn_nothing", {"reason": "nothing that failed was solved"}
    asked = re.search(r"\] user:\n\| (.+)", brief)
    request = asked[1] if asked else "do this task"
    values, steps = _values(request), _steps(_RAN.findall(brief))
    if "skill_create" not in tools:
        return _fact(brief, request, [_general(step, values) for step in steps], episodes)
    gotchas = [_gotcha(each, values) for each in solved]
    return "skill_create", _skill(request, [_general(step, values) for step in steps]) | {"gotchas": gotchas}


def from_conversation(messages: Sequence[Mapping[str, Any]]) -> tuple[str, dict[str, Any]] | None:
    """The review of an agent that goes on with its conversation: one skill, as a file; None if nothing was hard."""
    last = max(index for index, message in enumerate(messages) if message["role"] == "user")
    calls = calls_of(messages[:last])
    if not any(call.failed for call in calls):
        return None
    first = [str(each["content"]) for each in messages[:last] if each["role"] == "user"][-1]
    values = _values(first)
    skill = _skill(
        first,
        [_general(step, values) for step in _steps([each.command for each in calls if not each.failed])],
    )
    gotchas = [
        f"`{_general(call.command, values)}` fails: {call.result.strip().splitlines()[0]}"
        for call in calls
        if _told(call)
    ]
    text = render_skill(
        skill["name"],
        title=skill["title"],
        description=skill["description"],
        when_to_use=skill["when_to_use"],
        steps=skill["steps"],
        gotchas=gotchas,
    )
    return "skill_manage", {"action": "create", "name": skill["name"], "content": text}


def _told(call: Call) -> bool:
    return call.failed and bool(call.result.strip())


def _steps(commands: Sequence[str]) -> list[str]:
    """The commands that worked, the last of each program, in the order in which they ran."""
    last = {
        program_of(command): command
        for command in commands
        if not command.startswith(("cat ", "ls", "head "))
    }
    return list(last.values())


def _skill(request: str, steps: Sequence[str]) -> dict[str, Any]:
    general = _VALUE.sub(lambda match: f"a {match[1] or match[4]}", request)
    words = [word for word in re.findall(r"[a-z]{3,}", general.lower()) if words_of(word)]
    programs = ", ".join(dict.fromkeys(program_of(step)[2:] for step in steps))
    return {
        "name": "-".join(words[:4]),
        "title": " ".join(words[:4]).capitalize(),
        "description": f"{general} It takes {programs}.",
        "when_to_use": f"When the user asks: {general}",
        "steps": [f"Run `{step}`." for step in steps],
    }


def _fact(
    brief: str, request: str, steps: Sequence[str], episodes: Sequence[Episode]
) -> tuple[str, dict[str, Any]]:
    """One line of memory; where one of the same request stands, that is replaced."""
    general = _VALUE.sub(lambda match: f"a {match[1] or match[4]}", request)
    to = general[0].lower() + general[1:].rstrip(".")
    text = f"To {to}: run " + ", then ".join(f"`{step}`" for step in steps) + "."
    evidence = [each for episode in episodes for each in episode.ids]
    fact: dict[str, Any] = {"file": "project", "op": "add", "text": text, "evidence": evidence}
    old = next(
        (
            line
            for line in re.findall(r"^- (To [^\n]+?)(?: \[\w+\])?$", brief, re.MULTILINE)
            if line.startswith(f"To {to[:30]}")
        ),
        None,
    )
    return "memory_update", fact | ({"op": "replace", "old": old} if old else {})


def _gotcha(episode: Episode, values: Mapping[str, str]) -> dict[str, Any]:
    """What was hard in a line, and the tripwire that sees the mistake coming."""
    failed, worked = episode.told.get("failed", ""), episode.told["what worked"]
    told = episode.told.get("error", "").split(": ", 1)[-1]
    program, general = program_of(failed), _general(worked, values)
    if needed := episode.told.get("had to run first"):
        first = _general(needed, values)
        text = f"`{program}` fails with '{told}' -> run `{first}` before it."
        wire = {"has": [program], "unless_after": [program_of(needed)], "say": f"Run `{first}` before it."}
    elif (wrong := _page(failed)) and (right := _page(worked)):
        text = f"The page is at `{right}`, not `{wrong}`, which answers 404."
        wire = {"has": [wrong], "lacks": [right], "say": f"The page is at `{right}`."}
    else:
        more = [word for word in worked.split() if word not in failed.split()]
        text = f"`{_general(failed, values)}` fails with '{told}' -> run `{general}`."
        wire = {"has": [program], "lacks": more[:1], "say": f"Run `{general}`."}
    return {"text": text, "evidence": episode.ids, "tripwire": {"tool": "shell"} | wire}


def _revision(brief: str, misled: Sequence[Episode]) -> tuple[str, dict[str, Any]]:
    """Replace the steps and gotchas of a skill that name what failed."""
    name = misled[0].told["skill"]
    found = re.search(rf"<skill name='{re.escape(name)}'>\n(.*?)\n</skill>", brief, re.DOTALL)
    asked = re.search(r"\] user:\n\| (.+)", brief)
    values = _values(asked[1]) if asked else {}
    text = found[1] if found else ""
    operations: list[dict[str, Any]] = []
    for episode in misled:
        failed, worked = (
            _general(episode.told["failed"], values),
            _general(episode.told["what worked"], values),
        )
        step = {"op": "replace_step", "text": f"Run `{worked}`.", "evidence": episode.ids}
        gotcha = {"op": "replace_gotcha"} | _gotcha(episode, values)
        steps, gotchas = (re.findall(rf"^{mark} (.+)$", text, re.MULTILINE) for mark in (r"\d+\.", "-"))
        operations += [step | {"old": line} for line in steps if _names(line, failed, worked)]
        operations += [gotcha | {"old": line} for line in gotchas if _names(line, failed, worked)]
    if not operations:
        return "learn_nothing", {"reason": "the skill does not name what failed"}
    return "skill_revise", {"name": name, "reason": "it works otherwise now", "ops": operations}


def _names(line: str, failed: str, worked: str) -> bool:
    """Whether a line of a skill says to do what failed."""
    wrong = [
        word for word in failed.split() if word not in worked.split() and ("=" in word or "/" in word[1:])
    ]
    page = _page(failed)
    return f"`{failed}`" in line or any(word in line for word in wrong) or bool(page and f"`{page}`" in line)


def _values(request: str) -> dict[str, str]:
    """The parameters of a request by their values."""
    return {(match[2] or match[3]): (match[1] or match[4]).lower() for match in _VALUE.finditer(request)}


def _general(command: str, values: Mapping[str, str]) -> str:
    """A command with `<name>` in the place of this task's values."""
    for value, name in values.items():
        command = re.sub(rf"(?<![\w.-]){re.escape(value)}(?![\w-])", f"<{name}>", command)
    return command


def _page(command: str) -> str:
    found = re.search(r"http://[^/\s]+(/\S*)", command)
    return found[1] if found else ""
