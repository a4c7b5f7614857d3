"""What a scenario is: recurring work in a small world of real files, commands and services, and a checker that looks at it.

The scenarios themselves are in `hone.bench.scenarios`; who works on them knows only the request and the workspace.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal, Protocol

import msgspec

Kind = Literal["operate", "build", "data", "report"]
"""Deploy and operate; build and test; work on data; investigate and report."""

Occasion = Literal["repeat", "variant", "distractor", "changed"]
"""The same work again; with other parameters; other work that looks alike; the same after the world has changed."""


class Checked(msgspec.Struct, frozen=True):
    """Whether the world is as the request wanted it; `why` says what is missing, in a line."""

    ok: bool
    why: str = ""


class Stage(Protocol):
    """A world that stands: its services run until it is closed. Its workspace stays at one path."""

    @property
    def workspace(self) -> Path:
        """Where the agent works."""

    def set(self, occasion: Occasion, number: int) -> str:
        """Put the world in the state before task `number` (from 1) of that occasion; the request.

        Requests of one occasion differ in wording and parameters from number to number, as a person's do.
        From the first `changed` on the world is changed.
        """

    def check(self, answer: str) -> Checked:
        """Whether the task set last is done, by the state of the world; `answer` counts only where a report was asked for."""


class Scenario(msgspec.Struct, frozen=True):
    """One kind of recurring work. `stage(directory)` makes its world below an empty directory."""

    name: str
    kind: Kind
    title: str
    traps: tuple[str, ...]  # what nobody can know beforehand, in words, for the report
    stage: Callable[[Path], AbstractContextManager[Stage]]
