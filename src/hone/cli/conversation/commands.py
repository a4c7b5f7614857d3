"""What can be typed behind `/`: the list, and which of them are verbs of the command line."""

import re
from collections.abc import Mapping, Sequence

COMMANDS: Mapping[str, str] = {
    "help": "this list",
    "new": "begin a new conversation",
    "resume": "go on with an earlier one: /resume [SESSION]",
    "model": "show or change the model: /model [NAME]",
    "skills": "list the skills, or what you add: /skills show NAME",
    "memory": "show the memory, or what you add: /memory add TEXT",
    "recall": "search past sessions: /recall WORDS",
    "inbox": "changes that wait for you: /inbox [accept ID]",
    "learn": "look back at this conversation now",
    "cost": "what was spent here, or: /cost --days 7",
    "undo": "take back what was learned: /undo [ID]",
    "rewind": "take back file edits: /rewind [TURN | list]",
    "good": "the last answer did its job (recorded)",
    "bad": "the last answer did not (recorded)",
    "thoughts": "what the model thought before its last reply",
    "quit": "leave (so does Ctrl-D)",
}
KEYS = """\
Enter sends; Alt-Enter, Ctrl-J or a \\ at the end begins a new line.
@path names a file; Tab completes; Ctrl-R searches what you typed.
What you send while hone works is heard at the next step.
Ctrl-C stops the turn, or drops what you typed; twice leaves."""


def is_command(text: str) -> bool:
    """Whether `text` is a command rather than a message that begins with a path."""
    return bool(re.match(r"/[\w-]+(\s|$)", text))


def help_text(skills: Mapping[str, str]) -> str:
    """All commands and keys, a line each."""
    width = max(map(len, COMMANDS)) + 1
    lines = [f"/{name:<{width}} {description}" for name, description in COMMANDS.items()]
    if skills:
        lines += ["", "Your skills: " + ", ".join(f"/{name}" for name in skills)]
    return "\n".join([*lines, "", KEYS])


def verb(name: str, rest: Sequence[str], session: str) -> list[str] | None:
    """The arguments of `hone` that the command `/name rest` stands for, in the conversation `session`; None: it is none."""
    match name:
        case "skills":
            return ["skills", *(rest or ["list"])]
        case "memory" if rest[:1] == ["add"] and not any(word.startswith("-") for word in rest):
            return ["memory", "add", " ".join(rest[1:])]
        case "memory":
            return ["memory", *(rest or ["show"])]
        case "recall" if rest:
            return ["sessions", "search", "--", *rest]
        case "inbox":
            return ["inbox", *rest]
        case "learn":
            return ["learn", session, *rest]
        case "cost":
            return ["cost", *(rest or ["--session", session])]
        case "undo" if rest:
            return ["undo", *rest]
        case "rewind":
            return ["rewind", session, *_rewind(rest)]
        case _:
            return None


def _rewind(rest: Sequence[str]) -> list[str]:
    if list(rest) == ["list"]:
        return ["--list"]
    if len(rest) == 1 and rest[0].isdecimal():
        return ["--turn", rest[0]]
    return list(rest)
