"""The simulated writer of the demo. It is no language model: rules that turn a review's brief into one tool call.

It knows nothing of the shop but what stands in the brief: the episodes of friction, the transcript, the nearest skill.
"""

import re
from typing import Any, NamedTuple

_EPISODE = re.compile(r"^\d+\. (?P<kind>.+?) \[(?P<ids>[^\]]+)\].*\n(?P<told>(?:   .*\n?)*)", re.MULTILINE)
_RAN = re.compile(r"^\[(e\d+)\] shell, exit 0: (.+)$", re.MULTILINE)
_LOOKING = ("cat ", "ls", "find ", "grep ")


class Episode(NamedTuple):
    """What was hard, as the brief tells it."""

    kind: str
    ids: list[str]
    told: dict[str, str]


def answer(messages: list[dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    """The tool to call and its arguments."""
    brief = str(messages[1]["content"])
    episodes = [_episode(match) for match in _EPISODE.finditer(brief)]
    misled = next((each for each in episodes if "skill" in each.told), None)
    if misled:
        return _revise(brief, misled)
    if not any("what worked" in each.told for each in episodes):
        return "learn_nothing", {"reason": "nothing that failed was solved"}
    return _create(brief, episodes)


def _episode(match: re.Match[str]) -> Episode:
    told = dict(line.strip().split(": ", 1) for line in match["told"].splitlines() if ": " in line)
    return Episode(match["kind"], match["ids"].split(", "), told)


def _create(brief: str, episodes: list[Episode]) -> tuple[str, dict[str, Any]]:
    request = re.search(r"\] user:\n\| (.+)", brief)
    asked = request[1] if request else "this task"
    words = re.match(r"\W*(\w+)(?: the)? (\w+) (to) (\w+)", asked)
    name = "-".join(words.groups()).lower() if words else "do-this-again"
    return "skill_create", {
        "name": name,
        "title": name.replace("-", " ").capitalize(),
        "description": f"{asked} Use it for every new release.",
        "when_to_use": f"When the user asks: {asked}",
        "steps": _steps(brief, episodes),
        "gotchas": [each for episode in episodes if (each := _gotcha(episode, brief))],
    }


def _steps(brief: str, episodes: list[Episode]) -> list[str]:
    """The commands that worked, the last of each program, in an order that needs no failure."""
    last: dict[str, str] = {}
    for _, command in _RAN.findall(brief):
        if not command.startswith(_LOOKING):
            last[_program(command)] = command
    needed = {
        _program(each.told["what worked"]): each.told["had to run first"]
        for each in episodes
        if "had to run first" in each.told
    }
    order: list[str] = []
    for program, command in last.items():
        order += [each for each in (needed.get(program), command) if each and each not in order]
    retried = next(
        (each.told["what worked"] for each in episodes if "--retry" in each.told.get("what worked", "")), ""
    )
    return [_step(command, retried) for command in order]


def _step(command: str, retried: str) -> str:
    url = re.search(r"http://[^/\s]+(/\S*)?", command)
    if not url:
        return f"Run `{command}`."
    options = re.search(r"--retry \d+ ", retried)
    general = command.replace(url[0], "http://<server><health path>")
    if options and options[0] not in general:
        general = general.replace("./get ", f"./get {options[0]}")
    return f"Ask for the health check: `{general}`. The server stands in `staging.json`."


def _gotcha(episode: Episode, brief: str) -> dict[str, Any] | None:
    """What was hard in a line, and the tripwire that sees the mistake coming."""
    failed, worked, error = (episode.told.get(key, "") for key in ("failed", "what worked", "error"))
    if not worked:
        return None
    told = error.split(": ", 1)[-1]
    if needed := episode.told.get("had to run first"):
        text = f"`{failed}` fails with '{told}' -> run `{needed}` before it."
        tripwire = {"has": [failed], "unless_after": [needed], "say": f"Run `{needed}` before it."}
    elif "closed the connection" in error:
        text = "The server closes the first connection after a deploy -> ask with `./get --retry 2`."
        asking = "./get --retry"
        tripwire = {"has": ["./get"], "lacks": ["--retry"], "unless_after": [asking]}
        tripwire["say"] = "The server closes the first connection: ask with `./get --retry 2`."
    elif "no such page" in error:
        return _path_gotcha(failed, worked) | {"evidence": episode.ids}
    else:
        text = f"`{failed}` fails with '{told}' -> run `{worked}`."
        extra = worked.replace(failed, "").strip()
        looked = [each.split()[0] for _, each in _RAN.findall(brief) if failed in each and extra not in each]
        tripwire = {"has": [failed], "lacks": [extra, *looked], "say": f"Run `{worked}`."}
    return {"text": text, "evidence": episode.ids, "tripwire": {"tool": "shell"} | tripwire}


def _path_gotcha(failed: str, worked: str) -> dict[str, Any]:
    right, wrong = _path(worked), _path(failed)
    return {
        "text": f"The health check is at `{right}`, not `{wrong}`, which answers 404.",
        "tripwire": {
            "tool": "shell",
            "has": [wrong],
            "lacks": [right],
            "say": f"The health check is `{right}`.",
        },
    }


def _revise(brief: str, misled: Episode) -> tuple[str, dict[str, Any]]:
    """Replace the one gotcha of the skill that names what failed."""
    skill = re.search(rf"<skill name='{misled.told['skill']}'>\n(.*?)\n</skill>", brief, re.DOTALL)
    failed, worked = misled.told.get("failed", ""), misled.told.get("what worked", "")
    lines = re.findall(r"^- (.+)$", skill[1], re.MULTILINE) if skill else []
    old = next((line for line in lines if f"at `{_path(failed)}`" in line), None)
    if not old or not worked:
        return "learn_nothing", {"reason": "the skill does not name what failed"}
    new = {"op": "replace_gotcha", "old": old, "evidence": misled.ids} | _path_gotcha(failed, worked)
    return "skill_revise", {"name": misled.told["skill"], "reason": "the health check moved", "ops": [new]}


def _program(command: str) -> str:
    found = re.search(r"\./\w+", command)
    return found[0] if found else command


def _path(command: str) -> str:
    found = re.search(r"http://[^/\s]+(/\S*)", command)
    return found[1] if found else ""
