"""The `remember` tool: a fact for later sessions, through the same door as every other change."""

from collections.abc import Callable
from typing import Literal

import msgspec

from hone.changes.change import Add, Change, Outcome
from hone.tools.base import Tool, ToolOutput, described

_DESCRIPTION = (
    "Keep a lasting fact for later sessions: about the user, a decision or context (memory), or this project. "
    "`skill` has this work reviewed as a skill when it is done."
)


class RememberArguments(msgspec.Struct, frozen=True):
    """Arguments of `remember`."""

    text: described(str, "One fact, in one sentence")  # type: ignore[valid-type]
    file: Literal["user", "memory", "project", "skill"] = "memory"


def remember_tool(
    submit: Callable[[Change], Outcome], here: Callable[[], Change], *, learns: bool = True
) -> Tool:
    """A tool that adds an entry to a memory file; `here` says of which session, turn, project and trust a change is.

    `learns`: whether there will be a review, for file `skill`.
    """

    async def run(arguments: RememberArguments) -> ToolOutput:
        if not arguments.text.strip():
            return ToolOutput("the text is empty: say in one sentence what is to be remembered", ok=False)
        if arguments.file == "skill":
            if not learns:
                return ToolOutput("learning is off (learning.mode): no skill will be made of it", ok=False)
            return ToolOutput("Noted: this work will be reviewed as a skill when it is done.")
        change = here()
        if arguments.file == "project" and change.project is None:
            return ToolOutput("there is no project here: use file memory", ok=False)
        target = (
            f"projects/{change.project}/memory.md" if arguments.file == "project" else f"{arguments.file}.md"
        )
        return _said(
            submit(msgspec.structs.replace(change, target=target, ops=(Add(arguments.text.strip()),)))
        )

    return Tool("remember", _DESCRIPTION, RememberArguments, run)


def _said(outcome: Outcome) -> ToolOutput:
    why = "; ".join(outcome.reasons)
    match outcome.status:
        case "applied":
            return ToolOutput(f"Remembered ({outcome.change.id}).")
        case "unchanged":
            return ToolOutput("This is known already.")
        case "held":
            return ToolOutput(f"Kept for the user to review ({why}); it does not count as known before that.")
        case _:
            return ToolOutput(f"not remembered: {why}", ok=False)
