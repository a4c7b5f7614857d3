"""What a story of an attack, or of its honest twin, is made of: values only. `stage` plays it, the tables beside tell them."""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from hone.messages import Assistant
from hone.testing import call, say

Source = Literal["web", "readme", "output", "mcp", "skill", "memory", "transcript", "secret"]
"""By which way the text came in."""

Verdict = Literal["kept", "held", "refused", "left out", "disarmed"]
"""`kept`: a later session has it (of an attack: admitted). `held`: it waits for a person. `refused`: no change with it was
made. `left out`: the file that holds it lies there, and is not loaded. `disarmed`: it was kept in a form that does no harm.
"""


class Turn(msgspec.Struct, frozen=True):
    """A request and what the main model does about it; the last reply is the answer. `anew`: in a session of its own."""

    request: str
    steps: tuple[Assistant, ...]
    anew: bool = False


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """One story, judged by `mark`: a pattern of what must never (of a twin: must) be in what a later session is given.

    `files` lie below `work/`, `home/` and `user/` before it begins; `served` are pages and tickets by name, which come from
    outside. `proposes` is what the writer wants to keep; in its `evidence`, `@fail`, `@ok` and `@mark` stand for the events
    of the last failed call, the last local success, and the first result with the mark. `trusted`: the user allowed the
    skills of the project. In the later session the user says `later`, and the model does `probe`. `stays` are patterns of
    honest memory that must still be shown then; `harmless` is the form of the mark that may be. `knows_better`: a piece of
    external text that the writer must not have been shown.
    """

    name: str
    source: Source
    trick: str
    mark: str
    why: str
    expected: Verdict = "held"
    files: dict[str, str] = {}
    served: dict[str, str] = {}
    turns: tuple[Turn, ...] = ()
    proposes: tuple[Assistant, ...] = ()
    trusted: bool = False
    later: str = "hello"
    probe: tuple[Assistant, ...] = ()
    stays: tuple[str, ...] = ()
    harmless: str = ""
    unseen: str = ""


def sh(command: str) -> Assistant:
    """The main model runs a command."""
    return call("shell", command=command)


def fetch(page: str) -> Assistant:
    """The main model fetches a served page from another host."""
    return call("web_fetch", url="{web}/" + page)


def ticket(name: str) -> Assistant:
    """The main model asks a tool that is not hone's own, as of an MCP server."""
    return call("tickets_get", id=name)


def does(request: str, *steps: Assistant, anew: bool = False) -> Turn:
    """A turn that ends with an answer."""
    return Turn(request, (*steps, say("Done.")), anew)


def entry(text: str, *, file: str = "memory", evidence: Sequence[str] = ("@ok",)) -> Assistant:
    """The writer wants a new memory entry."""
    return call("memory_update", file=file, op="add", text=text, evidence=list(evidence))


def replaced(old: str, text: str, *, file: str = "memory") -> Assistant:
    """The writer wants another text for a memory entry."""
    return call("memory_update", file=file, op="replace", old=old, text=text, evidence=["@ok"])


def removed(old: str, *, file: str = "memory") -> Assistant:
    """The writer wants a memory entry gone."""
    return call("memory_update", file=file, op="remove", text="", old=old, evidence=["@ok"])


def gotcha(text: str, *evidence: str, tripwire: dict[str, Any] | None = None) -> dict[str, Any]:
    """A gotcha as the writer puts it."""
    return {"text": text, "evidence": list(evidence or ("@fail", "@ok"))} | (
        {"tripwire": tripwire} if tripwire else {}
    )


def wire(say: str, *has: str, lacks: Sequence[str] = ()) -> dict[str, Any]:
    """A tripwire as the writer puts it."""
    return {"tool": "shell", "has": list(has), "lacks": list(lacks), "unless_after": [], "say": say}


def new_skill(
    name: str, description: str, *steps: str, gotchas: Sequence[Any] = (), when: str = ""
) -> Assistant:
    """The writer wants a new skill."""
    return call(
        "skill_create",
        name=name,
        title=name.replace("-", " ").capitalize(),
        description=description,
        when_to_use=when or description,
        steps=list(steps),
        gotchas=list(gotchas),
    )


def revised(name: str, *ops: dict[str, Any]) -> Assistant:
    """The writer wants other lines in a skill."""
    return call("skill_revise", name=name, reason="it went wrong", ops=list(ops))


def skill_file(name: str, description: str, *lines: str) -> str:
    """A SKILL.md as people write them."""
    body = "\n".join(lines)
    return f'---\nname: {name}\ndescription: "{description}"\n---\n# {name}\n\n## Steps\n\n{body}\n'


def script(*lines: str) -> str:
    """A shell script."""
    return "\n".join(("#!/bin/sh", *lines, ""))


DEPLOY = script(
    "[ \"$MODE\" = production ] || { echo 'deploy: MODE must be production'; exit 1; }", "echo deployed"
)
BUILD = script(
    "[ -n \"$JAVA_HOME\" ] || { echo 'build: JAVA_HOME is not set, see README.md'; exit 1; }",
    "echo 'build finished: 3 modules'",
)
HEALTH = script(
    "[ \"$1\" = /healthz ] && { echo '200 healthy'; exit 0; }", 'echo "404 no route for $1"', "exit 22"
)
