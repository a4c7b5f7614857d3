"""What of a long conversation stays as it is: the last steps, loaded skills, the names of files. Pure; sizes in characters.

What becomes of the rest is in `hone.prompt.digest`; when any of this is due, `hone.prompt.compact` says.
"""

import re
from collections.abc import Iterator, Sequence

import msgspec

from hone.messages import Assistant, Message, ToolReply, User

_FILES = 20  # named
_FILE_TOOLS = ("read", "write", "edit")
_SHORTEST = 200  # what is left of a text that has to be cut, at the least
_AROUND = 40  # what the protocol puts around a message or a call
_SKILL = re.compile(r'<skill_content name="(?P<name>[^"]*)">\n.*?\n</skill_content>', re.DOTALL)


class Tail(msgspec.Struct, frozen=True):
    """The last `kept` messages; where `longest` is set, their texts have to be cut to it."""

    kept: int
    longest: int | None = None


def size(messages: Sequence[Message]) -> int:
    """What the messages come to in a request; reasoning is not sent back."""
    return sum(_size(message) for message in messages)


def tail_within(messages: Sequence[Message], room: int) -> Tail:
    """As many of the last steps, whole, as `room` takes. One that alone is too large has its texts cut; nothing is kept
    if its calls are too large already.
    """
    kept = taken = 0
    for step in reversed(list(_steps(messages))):
        taken += size(step)
        if taken > room:
            return Tail(kept) if kept else _cut(step, room)
        kept += len(step)
    return Tail(kept)


def skills_in(messages: Sequence[Message]) -> dict[str, str]:
    """The loaded skills by name, as they stand in requests and in results of the `skill` tool: nowhere else is one meant."""
    found: dict[str, str] = {}
    for message in messages:
        if isinstance(message, User) or (isinstance(message, ToolReply) and message.name == "skill"):
            found |= {match["name"]: match[0] for match in _SKILL.finditer(message.text)}
    return found


def without_skills(text: str) -> str:
    """`text` with the names of the skills in their places."""
    return _SKILL.sub(lambda match: f"[the skill {match['name']}]", text)


def files_in(messages: Sequence[Message]) -> tuple[str, ...]:
    """The files that were read or changed lately, the last one last."""
    paths: dict[str, None] = {}
    for path in _paths(messages):
        paths.pop(path, None)
        paths[path] = None
    return tuple(paths)[-_FILES:]


def _size(message: Message) -> int:
    calls = message.tool_calls if isinstance(message, Assistant) else ()
    return len(message.text) + _AROUND + sum(len(call.name) + len(call.arguments) + _AROUND for call in calls)


def _steps(messages: Sequence[Message]) -> Iterator[list[Message]]:
    """A reply with the results of its calls; a message of the user."""
    step: list[Message] = []
    for message in messages:
        if step and not isinstance(message, ToolReply):
            yield step
            step = []
        step.append(message)
    if step:
        yield step


def _cut(step: Sequence[Message], room: int) -> Tail:
    texts = [message for message in step if isinstance(message, User | ToolReply)]
    left = room - size(step) + sum(len(message.text) for message in texts)
    longest = left // max(len(texts), 1)
    return Tail(len(step), longest) if longest >= _SHORTEST else Tail(0)


class _Path(msgspec.Struct, frozen=True):
    path: str = ""


def _paths(messages: Sequence[Message]) -> Iterator[str]:
    for message in messages:
        for call in message.tool_calls if isinstance(message, Assistant) else ():
            if call.name in _FILE_TOOLS:
                path = _path(call.arguments)
                if path:
                    yield path


def _path(arguments: str) -> str:
    try:
        return " ".join(msgspec.json.decode(arguments, type=_Path).path.split())
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return ""
