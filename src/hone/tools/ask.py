"""`ask`: a question to the person, offered only where one can answer."""

from collections.abc import Awaitable, Callable

import msgspec

from hone.tools.base import Tool, ToolOutput


class AskArguments(msgspec.Struct, frozen=True):
    """One question."""

    question: str


def ask_tool(answer: Callable[[str], Awaitable[str]]) -> Tool:
    """The tool; `answer` shows the question and returns what the person typed."""

    async def run(arguments: AskArguments) -> ToolOutput:
        return ToolOutput(await answer(arguments.question) or "(no answer)", trust="user")

    return Tool("ask", "Ask the user, when only they can know or decide.", AskArguments, run)
