"""The simulated main model of the demo. It is no language model: rules that read the messages of a request.

It knows nothing of the shop but what stands there: the request, a skill if one is attached, and what its calls gave
back. Another skill text makes it run other commands.
"""

import json
import re
from typing import Any, NamedTuple

NAME = "simulated-model"
_SETTING = re.compile(r"(\b[A-Z][A-Z_]+) must be (\w+)")
_BACKTICKS = re.compile(r"`(\./[^`]+)`")


class Call(NamedTuple):
    """A tool call with its arguments and, once it has run, its result."""

    name: str
    arguments: dict[str, Any]
    result: str = ""

    @property
    def command(self) -> str:
        """The command of a shell call."""
        return str(self.arguments.get("command", ""))

    @property
    def failed(self) -> bool:
        """Whether the result says so."""
        return "[exit 0]" not in self.result and self.name == "shell"

    @property
    def stopped(self) -> bool:
        """Whether a tripwire stopped it before it ran."""
        return self.result.startswith("Not run:")


def next_calls(messages: list[dict[str, Any]]) -> list[Call] | str:
    """The tool calls to make next, or the answer."""
    done = calls_so_far(messages)
    skill = "\n".join(re.findall(r"<skill_content.*?</skill_content>", _request(messages), re.DOTALL))
    if not done:
        reads = [Call("read", {"path": "staging.json"})]
        return reads if skill else [Call("read", {"path": "README.md"}), *reads]
    move = _repair(done) or (_next_step(skill, done) if skill else _explore(done))
    return [Call("shell", {"command": move})] if move else _answer(done)


def _repair(done: list[Call]) -> str:
    """The next command after a failure, from what the failure says; empty if nothing failed."""
    last = done[-1]
    failed: Call | None = next(
        (call for call in reversed(done) if call.name == "shell" and call.failed), None
    )
    if failed is None:
        return ""
    if last is failed and last.stopped:
        return _heeded(last, done)
    if last is failed:
        if _SETTING.search(last.result) and "=" not in last.command.split()[0]:
            return f"cat {last.command}"
        if "migrations are pending" in last.result:
            return "ls"
        if "--retry" in last.result:
            return last.command.replace("./get ", "./get --retry 2 ")
        if offered := re.search(r"there are (.+)", last.result):
            return _other_path(last.command, offered[1].split())
    if last.command.startswith("cat ") and (setting := _SETTING.search(failed.result)):
        return f"{setting[1]}={setting[2]} {failed.command}"
    if last.command == "ls":
        script = next(
            (name for name in last.result.split() if name.startswith("migrat") and "." not in name), ""
        )
        return f"./{script}" if script else ""
    if last.command.startswith("./migrat") and failed.command == "./deploy":
        return failed.command
    return ""


def _heeded(stopped: Call, done: list[Call]) -> str:
    """What a tripwire says works; the same call again if that was tried and fails by now."""
    what_works = stopped.result.partition("). ")[2]
    said = next((each for each in re.findall(r"`([^`]+)`", what_works) if "/" in each), "")
    if said.startswith("./get "):
        said = stopped.command.replace("./get ", f"{said} ")
    elif said.startswith("/"):
        said = re.sub(r"(http://[^/\s]+)/\S*", rf"\1{said}", stopped.command)
    failed = {call.command for call in done if call.failed and not call.stopped}
    return stopped.command if said in failed else said


def _other_path(command: str, offered: list[str]) -> str:
    """The command with the page offered that is most like the one asked for."""
    asked = command.rpartition("/")[2]
    like = [path for path in offered if path[1:].startswith(asked[:6])]
    return command[: command.rfind("/")] + like[0] if like and f"/{asked}" != like[0] else ""


def _explore(done: list[Call]) -> str:
    """Without a skill: the commands that the README names, in its order, then the usual path of a health check."""
    readme, ran = done[0].result, [call.command for call in done if call.name == "shell" and not call.failed]
    for command in _BACKTICKS.findall(readme):
        if command.startswith("./get"):
            pages = [each for each in ran if "./get" in each]
            asked = f"./get http://{_server(done)}"
            return ("" if "/health" in pages[-1] else f"{asked}/health") if pages else f"{asked}/"
        if not any(each.endswith(command) for each in ran):
            return str(command)
    return ""


def _next_step(skill: str, done: list[Call]) -> str:
    """With a skill: the first command of its steps that has not succeeded, with what its gotchas say put in."""
    path = re.search(r"health check is at `(/\w+)`", skill)
    ran = [call.command for call in done if call.name == "shell" and not call.failed]
    commands: list[str] = re.findall(r"^\d+\. .*?`([^`]*\./[^`]+)`", skill, re.MULTILINE)
    for command in commands:
        tool = re.search(r"\./\w+", command)
        if tool and not any(tool[0] in each for each in ran):
            asked = command.replace("<server>", _server(done))
            return asked.replace("<health path>", path[1] if path else "/health")
    return ""


def _server(done: list[Call]) -> str:
    found = re.search(r'"server": "([^"]+)"', "\n".join(call.result for call in done))
    return found[1] if found else "localhost"


def _answer(done: list[Call]) -> str:
    last = done[-1]
    if last.failed:
        return f"I did not get further: `{last.command}` fails: {last.result.strip()}"
    proof = next((line for line in last.result.splitlines() if line.startswith("ok")), "")
    return f"The shop is deployed to staging: `{last.command}` answers {proof!r}."


def _request(messages: list[dict[str, Any]]) -> str:
    return str([message for message in messages if message["role"] == "user"][-1]["content"])


def calls_so_far(messages: list[dict[str, Any]]) -> list[Call]:
    """The calls since the last message of the user, with their results."""
    start = max(index for index, message in enumerate(messages) if message["role"] == "user")
    calls: dict[str, Call] = {}
    for message in messages[start:]:
        for call in message.get("tool_calls") or ():
            function = call["function"]
            calls[call["id"]] = Call(function["name"], json.loads(function["arguments"]))
        if message["role"] == "tool":
            calls[message["tool_call_id"]] = calls[message["tool_call_id"]]._replace(
                result=message["content"]
            )
    return list(calls.values())
