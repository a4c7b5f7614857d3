"""A scenario as small as can be, for tests of the runner: write a word into a file."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from hone.bench.scenario import Checked, Occasion, Scenario
from hone.messages import Assistant
from hone.testing import WireServer, call, say

PUT = '[ -n "$KEY" ] || { echo "KEY must be set" >&2; exit 1; }; echo "$1" > word\n'


class Tiny:
    """The word is wanted in `word`; `put` puts it there if KEY is set."""

    def __init__(self, directory: Path) -> None:
        self.workspace = directory / "work"
        self.workspace.mkdir()
        self._wanted = ""

    def set(self, occasion: Occasion, number: int) -> str:
        for path in self.workspace.iterdir():
            path.unlink()
        (self.workspace / "put").write_text(PUT)
        self._wanted = f"{occasion}{number}"
        return f"Write {self._wanted} into the file word of the depot inventory."

    def check(self, answer: str) -> Checked:
        word = self.workspace / "word"
        written = word.read_text().strip() if word.exists() else "nothing"
        return Checked(written == self._wanted, f"word holds {written}")


@contextlib.contextmanager
def stage(directory: Path) -> Iterator[Tiny]:
    try:
        yield Tiny(directory)
    finally:
        (directory / "closed").touch()


TINY = Scenario("tiny", "build", "Write a word", (), stage)
OTHER = Scenario("other", "data", "Write another word", (), stage)


def library() -> tuple[Scenario, ...]:
    """Both."""
    return TINY, OTHER


def writes_the_word(request: dict[str, Any]) -> Assistant:
    """A model that fails once, then does as it is told; as the writer it answers that there is nothing to keep."""
    messages = request["messages"]
    tools = [tool["function"]["name"] for tool in request.get("tools", ())]
    shell = next((name for name in tools if name in ("shell", "terminal")), None)
    done = sum(message["role"] == "tool" for message in messages)
    if shell is None or done == 2:
        return say("done")
    said = next(message["content"] for message in messages if message["role"] == "user")
    word = str(said).split("Write ", 1)[1].split()[0]
    made = call(shell, command=f"{'' if done == 0 else 'KEY=1 '}sh put {word}")
    return Assistant(
        tool_calls=tuple(msgspec.structs.replace(each, id=f"c{done}") for each in made.tool_calls)
    )


def server() -> WireServer:
    """A model behind a wire that works on this scenario."""
    return WireServer(writes_the_word, models=["strong", "cheap"])
