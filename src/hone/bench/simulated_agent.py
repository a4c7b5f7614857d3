"""The SIMULATED main model of the benchmark. It is no language model: rules that read the messages of a request.

It believes the README, a skill that is about the request, and what failed commands say; it knows nothing else, and nothing of
the scenarios. It works with the tools of hone and of other agents that run a command and give back what it printed.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from hone.skills.terms import terms_of

SHELLS = ("shell", "terminal", "bash", "execute_command", "run_command")
_COMMAND = re.compile(r"`((?:\w+=\S+ )*\./[^`]+)`")
_PARAMETER = re.compile(r"<(\w+)>")
_GENERAL = frozenset(
    [
        "the",
        "and",
        "for",
        "with",
        "that",
        "this",
        "then",
        "than",
        "from",
        "into",
        "please",
        "our",
        "your",
        "again",
        "once",
        "need",
        "needs",
        "want",
        "time",
        "today",
        "there",
        "their",
        "they",
        "has",
        "have",
        "are",
        "can",
        "could",
        "was",
        "will",
        "what",
        "when",
        "how",
        "much",
        "many",
        "same",
        "last",
        "next",
        "any",
        "after",
        "before",
        "let",
    ]
)


class Call(NamedTuple):
    """A command, what it printed, and whether it did its job."""

    command: str
    result: str
    failed: bool

    @property
    def stopped(self) -> bool:
        """Whether a tripwire stopped it before it ran."""
        return self.result.startswith("Not run:")


def next_move(
    messages: Sequence[Mapping[str, Any]], tools: Sequence[str], *, cheap: bool
) -> dict[str, Any] | str:
    """The next tool call as name and arguments, or the answer. `cheap`: a model that cannot make much of an error."""
    request, calls = request_of(messages), calls_of(messages)
    skill = _skill(messages, request)
    if not skill and (loading := _loading(messages, tools, request)):
        return loading
    command = _next_command(request, skill or _remembered(messages, request), calls, cheap=cheap)
    if command is None:
        return _answer(calls)
    shell = next((name for name in SHELLS if name in tools), "shell")
    return {"name": shell, "arguments": {"command": command}}


def _next_command(request: str, plan: Sequence[str], calls: Sequence[Call], *, cheap: bool) -> str | None:
    """What to run next; None if all is done, or it does not get any further."""
    if not plan:
        readme = next((call.result for call in calls if call.command == "cat README.md"), None)
        if readme is None:
            return "cat README.md"
        plan = _section(readme, request)
    if calls and (calls[-1].failed or _is_looking(calls[-1])):
        failed = [call for call in calls if call.failed]
        if cheap and failed:  # it cannot make much of an error: it tries once more, then it gives up
            return failed[-1].command if len(failed) == 1 else None
        if failed and (remedy := _remedy(request, failed[-1], calls)):
            return remedy
        if calls[-1].failed:
            return None
    done = {program_of(call.command) for call in calls if not call.failed}
    owed = [call.command for call in calls if call.failed and program_of(call.command) not in done]
    if owed:
        return owed[-1]
    return next((filled for each in plan if program_of(filled := fill(each, request)) not in done), None)


def _remedy(request: str, failed: Call, calls: Sequence[Call]) -> str | None:
    """What the error, or the file that it names, says would work; nothing that was tried already."""
    tried = [call.command for call in calls if not call.stopped]
    looked = calls[-1].result if calls[-1] is not failed else ""
    said = f"{failed.result}\n{looked}"
    for remedy in _advised(request, failed.command, said):
        if remedy not in tried:
            return remedy
    return failed.command if failed.stopped else None


def _advised(request: str, command: str, said: str) -> Iterator[str]:
    bare = re.sub(r"^(?:\w+=\S+ )+", "", command)
    settings = command[: len(command) - len(bare)]
    for name, value in re.findall(r"\b([A-Z]+) must be (\S+)", said):
        others = "".join(f"{each} " for each in settings.split() if not each.startswith(f"{name}="))
        yield f"{others}{name}={value.rstrip('.')} {bare}"
    for needed in re.findall(r"[Rr]un `([^`]+)` (?:first|before)", said):
        yield fill(needed, request)
    for better in re.findall(r"(?:use|[Rr]un) `([^`]+)`(?! (?:first|before))", said):
        filled = fill(better, request)
        if program_of(filled) == program_of(command):
            yield filled if "=" in filled.split()[0] else settings + filled
    if pages := re.search(r"there are (.+)", said):
        yield from _other_page(command, pages[1].split())
    if page := re.search(r"is at `(/[^`]+)`", said):
        yield from _other_page(command, [page[1]])
    if "must be" not in said and (file := re.search(r"\bsee (\S+)", said)):
        yield f"cat {file[1]}"


def _other_page(command: str, pages: Sequence[str]) -> Iterator[str]:
    found = re.search(r"(http://[^/\s]+)(/\S*)", command)
    if found:
        asked = found[2]
        last = asked.rstrip("/").rpartition("/")[2]
        for page in sorted(
            (each for each in pages if each != "/"), key=lambda each: _unlike(each.rpartition("/")[2], last)
        ):
            yield command.replace(found[0], found[1] + page)


def _unlike(name: str, asked: str) -> int:
    """How little of what was asked for a name begins with."""
    same = 0
    while same < min(len(name), len(asked)) and name[same] == asked[same]:
        same += 1
    return -same


def _is_looking(call: Call) -> bool:
    return call.command.startswith("cat ") and call.command != "cat README.md"


def request_of(messages: Sequence[Mapping[str, Any]]) -> str:
    """What the user asked for last, without what was attached to it."""
    text = _text([each for each in messages if each["role"] == "user"][-1])
    return re.sub(r"<(skill_content|note)\b.*?</\1>", "", text, flags=re.DOTALL).strip()


def _skill(messages: Sequence[Mapping[str, Any]], request: str) -> list[str]:
    """The commands of a skill that is in the conversation, if it is about the request."""
    for message in reversed(messages):
        text = _text(message)
        found = re.findall(r"<skill_content[^>]*>(.*?)</skill_content>", text, re.DOTALL)
        if message["role"] == "tool" and "## Steps" in text:
            found.append(text.replace("\\n", "\n"))
        for skill in found:
            head, _, steps = skill.partition("## Steps")
            if is_about(head, request):
                return _COMMAND.findall(steps.partition("## Gotchas")[0])
    return []


def _remembered(messages: Sequence[Mapping[str, Any]], request: str) -> list[str]:
    """The commands of a line of memory that is about the request: `To do this: run …, then …`."""
    system = "\n".join(_text(each) for each in messages if each["role"] == "system")
    for line in re.findall(r"\bTo [^\n]*`[^\n]*", system):
        if is_about(line.partition(": ")[0], request):
            return _COMMAND.findall(line)
    return []


def _loading(
    messages: Sequence[Mapping[str, Any]], tools: Sequence[str], request: str
) -> dict[str, Any] | None:
    """Of an agent that lists its skills and loads them by a tool: the call that loads the one that is about the request."""
    if "skill_view" not in tools or any(
        "skill_view" in json.dumps(each.get("tool_calls") or "") for each in messages
    ):
        return None
    system = "\n".join(_text(each) for each in messages if each["role"] == "system")
    for name, told in re.findall(r"^\s*- ([a-z0-9-]+): (.+)$", system, re.MULTILINE):
        if is_about(f"{name} {told}", request):
            return {"name": "skill_view", "arguments": {"name": name}}
    return None


def _section(readme: str, request: str) -> list[str]:
    """The commands of the section of the README that has most of the request's words."""
    wanted = words_of(request)
    sections = re.split(r"^## ", readme, flags=re.MULTILINE)[1:] or [readme]
    best = max(
        sections,
        key=lambda section: (
            len(wanted & words_of(section)) + 2 * len(wanted & words_of(section.split("\n")[0]))
        ),
    )
    return _COMMAND.findall(best)


def is_about(text: str, request: str) -> bool:
    """Whether a text has half of a request's words, and the request tells to do what the text says is done."""
    wanted = words_of(request)
    said = re.search(r"^(?:description: |To )\W*(\w+)|asks: (\w+)", text, re.MULTILINE | re.IGNORECASE)
    deed = (said[1] or said[2]).lower() if said else ""
    told = rf"(?:^|[.:,;!?] |\b(?:please|to|and|you|then|we) ){deed}\b"
    return re.search(told, request.lower()) is not None and len(wanted & words_of(text)) >= len(wanted) / 2


def words_of(text: str) -> set[str]:
    """The telling words of a text without their endings."""
    return {term for term in terms_of(text) if term.isalpha() and term not in _GENERAL}


def fill(command: str, request: str) -> str:
    """A command with the request's values in the place of `<name>`."""
    return _PARAMETER.sub(lambda match: value_of(match[1], request) or match[0], command)


def value_of(name: str, request: str) -> str:
    """What the request says of a parameter: `version 1.2`, `4 workers`."""
    before = re.search(rf"\b(\d[\d.]*)\s+{name}\b", request, re.IGNORECASE)
    behind = re.findall(rf"\b{name}\s+([\w.-]*\w)", request, re.IGNORECASE)
    telling = (word for word in behind if len(word) > 3 or word[0].isdigit())
    return before[1] if before else next(telling, "")


def program_of(command: str) -> str:
    """Which program a command runs."""
    found = re.search(r"\./[\w-]+", command)
    return found[0] if found else command


def calls_of(messages: Sequence[Mapping[str, Any]]) -> list[Call]:
    """The commands since the user's last message, with their results."""
    start = max(index for index, message in enumerate(messages) if message["role"] == "user")
    commands: dict[str, str] = {}
    calls: list[Call] = []
    for message in messages[start:]:
        for call in message.get("tool_calls") or ():
            arguments = json.loads(call["function"]["arguments"] or "{}")
            if call["function"]["name"] in SHELLS:
                commands[call["id"]] = str(arguments.get("command", ""))
        if message["role"] == "tool" and message.get("tool_call_id") in commands:
            calls.append(_call(commands[message["tool_call_id"]], _text(message)))
    return calls


def _call(command: str, text: str) -> Call:
    """A command and its result, as hone tells it (`[exit 2]` at the end) or as JSON with output and exit_code."""
    try:
        told, _ = json.JSONDecoder().raw_decode(text)  # remarks of the agent may stand behind it
        output, code = str(told["output"]), int(told["exit_code"])
    except (ValueError, KeyError, TypeError):
        return Call(command, text, "[exit 0]" not in text)
    return Call(command, output, code != 0)


def _answer(calls: Sequence[Call]) -> str:
    if calls and calls[-1].failed:
        return f"I did not get any further: `{calls[-1].command}` fails: {calls[-1].result.strip()}"
    lines = [
        line
        for call in calls[-1:]
        for line in call.result.splitlines()
        if line and not line.startswith("[exit")
    ]
    return f"Done. {lines[-1] if lines else ''}".strip()


def _text(message: Mapping[str, Any]) -> str:
    content = message.get("content") or ""
    return content if isinstance(content, str) else "".join(str(part.get("text", "")) for part in content)
