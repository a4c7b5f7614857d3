"""A simulated model for the demo. It is no language model: a few rules that read the messages of a request.

Its reply depends on nothing but those messages: it finds the failure in the check's own output, the candidates in the
directory listing and the setting in the file, so that another project with other names would get other commands.
"""

import difflib
import json
import re
from pathlib import PurePosixPath
from typing import Any, NamedTuple

NAME = "simulated-model"
CHECK = "python3 check.py"


class Call(NamedTuple):
    """A tool call with its arguments and, once it has run, its result."""

    name: str
    arguments: dict[str, Any]
    result: str = ""


def next_calls(messages: list[dict[str, Any]]) -> list[Call] | str:
    """The tool calls to make next, or the answer."""
    done = calls_so_far(messages)
    checks = [call for call in done if call.arguments.get("command") == CHECK]
    if not checks:
        return [Call("read", {"path": "README.md"}), Call("shell", {"command": CHECK})]
    if done[-1].name == "edit":
        return [Call("shell", {"command": CHECK})]
    report = checks[-1].result
    since = done[done.index(checks[-1]) + 1 :]
    if "[exit 0]" in report and "healthy" in report:
        return answer(done, report)
    if missing := re.search(r"No such file or directory: '([^']+)'", report):
        return repair_path(PurePosixPath(missing[1]), since)
    if "list index out of range" in report:
        return repair_index(done, since)
    return f"The check still fails and I do not know why: {report}"


def repair_path(missing: PurePosixPath, since: list[Call]) -> list[Call] | str:
    """A setting names a file that is not there: find who names it and what is there instead."""
    found = [call for call in since if call.name == "find"]
    if len(found) < 2:
        return [
            Call("find", {"content": re.escape(missing.name)}),
            Call("find", {"pattern": f"{missing.parent.name}/*"}),
        ]
    mention = re.search(
        rf"^(?P<file>[^:\n]+):\d+: .*?(?P<path>[\w./-]*{re.escape(missing.name)})",
        found[0].result,
        re.MULTILINE,
    )
    present = re.findall(rf"{re.escape(missing.parent.name)}/[\w.-]+", found[1].result)
    nearest = difflib.get_close_matches(
        missing.name, [PurePosixPath(path).name for path in present], n=1, cutoff=0.3
    )
    if not mention or not nearest:
        return f"{missing} is missing and I found nothing to take its place."
    right = str(PurePosixPath(mention["path"]).with_name(nearest[0]))
    return [Call("edit", {"path": mention["file"], "old": mention["path"], "new": right})]


def repair_index(done: list[Call], since: list[Call]) -> list[Call] | str:
    """A setting counts past the end of a file: read both and choose the last line there is."""
    edited = next(call for call in reversed(done) if call.name == "edit").arguments
    read = [call for call in since if call.name == "read"]
    if len(read) < 2:
        return [Call("read", {"path": edited["path"]}), Call("read", {"path": edited["new"]})]
    setting = re.search(r'"line": (\d+)', read[0].result)
    if not setting:
        return "A line number is out of range and I found no setting for it."
    last = len(read[1].result.strip().splitlines()) - 1
    return [Call("edit", {"path": edited["path"], "old": setting[0], "new": f'"line": {last}'})]


def answer(done: list[Call], report: str) -> str:
    """What was changed and how that is known, from the calls themselves."""
    edits = [call.arguments for call in done if call.name == "edit"]
    changes = "; ".join(f"`{edit['old']}` is now `{edit['new']}` in {edit['path']}" for edit in edits)
    proof = next((line for line in report.splitlines() if line.startswith("GET")), "")
    return f"The service is healthy again. What I changed: {changes}. Proof: `{CHECK}` ends with exit code 0 and says {proof!r}."


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
