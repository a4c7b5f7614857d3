"""`recall`: what was said in past sessions and what memory holds, found by words. Searching is `hone.history.search`."""

from collections.abc import Callable, Sequence
from typing import Annotated

import msgspec

from hone.clock import iso
from hone.history.search import Excerpt, Hit
from hone.messages import least_trusted
from hone.tools.base import Tool, ToolOutput

OUTPUT_CHARACTERS = 6_000


class RecallArguments(msgspec.Struct, frozen=True):
    """What to look for."""

    query: Annotated[str, msgspec.Meta(description="words to look for")]


def recall_tool(search: Callable[[str], Sequence[Hit]], memories: Callable[[str], Sequence[str]]) -> Tool:
    """The tool. `search` finds messages that the model does not see, `memories` the entries of memory as lines."""

    async def run(arguments: RecallArguments) -> ToolOutput:
        query = arguments.query.strip()
        if not query:
            return ToolOutput("query is empty: give the words to look for", ok=False)
        hits = search(query)
        text = _fitting([*(f"memory: {entry}" for entry in memories(query)), *map(describe, hits)])
        trust = least_trusted(*(hit.trust for hit in hits))
        return ToolOutput(text or f"nothing found for {query!r} in past sessions and memory", trust=trust)

    description = "Search past sessions and memory by words (no meaning: try synonyms)."
    return Tool("recall", description, RecallArguments, run, parallel=True)


def describe(hit: Hit) -> str:
    """A hit as a few lines: where and when it was said, the message, the messages around it."""
    lines = [
        f"session {hit.session}, {iso(hit.at)[:10]}",
        _line("  ", hit.before),
        _line("> ", Excerpt(hit.event, hit.role, hit.text)),
        _line("  ", hit.after),
    ]
    return "\n".join(line for line in lines if line)


def _line(mark: str, message: Excerpt | None) -> str:
    return f"{mark}{message.event} {message.role}: {message.text}" if message else ""


def _fitting(parts: Sequence[str]) -> str:
    """The first of `parts` that fit whole into the output, with a word on how many did not."""
    kept: list[str] = []
    for part in parts:
        if sum(map(len, kept)) + 2 * len(kept) + len(part) > OUTPUT_CHARACTERS:
            return "\n\n".join([*kept, f"({len(parts) - len(kept)} more left out: ask more precisely)"])
        kept.append(part)
    return "\n\n".join(kept)
