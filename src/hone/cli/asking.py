"""Questions to the person at the terminal: approvals and the `ask` tool. Ctrl-C at a question stops the turn."""

import asyncio
import sys
import textwrap
from collections.abc import Callable

from hone.safety.approve import Answer, Question

_DETAIL_LINES = 20
_DETAIL_WIDTH = 200  # characters of a line: one line may be a whole file
_KEYS: dict[Answer, str] = {"once": "y", "session": "s", "project": "p", "no": "n"}


def someone_is_there() -> bool:
    """Whether a person can see a question and answer it."""
    return sys.stdin.isatty() and sys.stderr.isatty()


class Asker:
    """Asks on the terminal. `pause` is called before each question, so that a spinner does not draw over it."""

    def __init__(self, pause: Callable[[], None]) -> None:
        self._pause = pause

    async def approve(self, question: Question) -> Answer:
        """Whether a call may run."""
        offers: dict[Answer, str] = {"once": "yes, this once"}
        if question.patterns:
            always = " and ".join(repr(pattern) for pattern in question.patterns)
            offers["session"] = f"yes, and {always} always in this session"
            offers["project"] = f"yes, and {always} always in this project"
        offers["no"] = "no"
        about = as_it_is(question.intent.subject)
        if question.intent.detail:
            about += f"\n\n{shortened(question.intent.detail)}"
        subject = textwrap.indent(about, "    ")
        listed = "\n".join(f"{_KEYS[answer]}  {as_it_is(offer)}" for answer, offer in offers.items())
        await self.say(f"\n{question.tool}: {question.reason}\n\n{subject}\n\n{listed}")
        *first, last = (_KEYS[answer] for answer in offers)
        while True:
            typed = (await self.ask(f"{', '.join(first)} or {last}? ")).strip().lower()
            for answer in offers:
                if typed[:1] == _KEYS[answer]:
                    return answer
            await self.say(f"type {', '.join(first)} or {last}, as above; Ctrl-C stops the turn")

    async def answer(self, question: str) -> str:
        """What the person types to a question of the agent."""
        await self.say(f"\n{as_it_is(question)}")
        return await self.ask("› ")

    async def ask(self, prompt: str) -> str:
        """One line from the terminal. Ctrl-C and end of input are cancellation."""
        try:
            return await self.read(prompt)
        except (KeyboardInterrupt, EOFError):
            raise asyncio.CancelledError from None

    async def say(self, text: str) -> None:
        """Lines on the terminal."""
        self._pause()
        print(text, file=sys.stderr)

    async def read(self, prompt: str) -> str:
        """One line from the terminal. Raises KeyboardInterrupt for Ctrl-C, EOFError for Ctrl-D."""
        from prompt_toolkit import PromptSession  # noqa: PLC0415 - 100 ms that only a question is worth
        from prompt_toolkit.output import create_output  # noqa: PLC0415

        self._pause()
        session: PromptSession[str] = PromptSession(output=create_output(sys.stderr))
        # Ctrl-C is a key here; a handler for the signal would displace the one that stops the turn.
        return await session.prompt_async(prompt, handle_sigint=False)


def shortened(detail: str) -> str:
    """The beginning of what would be written, as it is, with what was left out counted."""
    lines = detail.removesuffix("\n").split("\n")
    shown = [_cut(line) for line in lines[:_DETAIL_LINES]]
    left = len(lines) - len(shown)
    return "\n".join([*shown, *([f"… {left:,} more line{'' if left == 1 else 's'}"] if left else [])])


def _cut(line: str) -> str:
    left = len(line) - _DETAIL_WIDTH
    return as_it_is(line[:_DETAIL_WIDTH]) + (f"… {left:,} more characters" if left > 0 else "")


def as_it_is(text: str) -> str:
    """`text` with what a terminal would obey or not show written as escapes: nobody approves what they cannot see."""
    return "".join(
        char if char.isprintable() or char in "\n\t" else char.encode("unicode_escape").decode()
        for char in text
    )
