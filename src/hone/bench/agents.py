"""What the benchmark asks of an agent: to do one task in a home of its own. hone is in `hone.benching`, another one in `hermes`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import msgspec

from hone.bench.arms import Arm, Names
from hone.bench.measures import Learned
from hone.messages import Usage


class Place(msgspec.Struct, frozen=True):
    """Where an agent works through one arm: a directory that is its own, the models' names and where they are reached.

    `path` is the PATH of its environment, the only thing that it has of ours. `base_url` is asked by provider.
    """

    directory: Path
    base_url: Callable[[str], str]
    names: Names
    arm: Arm
    path: str

    def own(self, name: str) -> Path:
        """A directory of the agent's, made if need be."""
        directory = self.directory / name
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return directory


class Assignment(msgspec.Struct, frozen=True):
    """One task."""

    workspace: Path
    request: str


class Told(msgspec.Struct, frozen=True):
    """What an agent itself counted for a task."""

    calls: int
    errors: int
    requests: int
    usage: Usage
    seconds: float
    learned: Learned


class Went(msgspec.Struct, frozen=True):
    """How an agent did a task. Without `told` the proxy's counts are used."""

    status: str
    answer: str = ""
    skills: tuple[str, ...] = ()
    complaints: tuple[str, ...] = ()
    told: Told | None = None


class Contender(Protocol):
    """An agent. It is sent to another process, so that it is a plain value; what it learns lies below its `Place`."""

    @property
    def name(self) -> str:
        """What it is called in the report."""

    @property
    def arms(self) -> frozenset[str]:
        """The arms that it has."""

    def is_review(self, request: Mapping[str, Any]) -> bool:
        """Whether it makes this request in order to learn."""

    def prepare(self, place: Place) -> None:
        """Write what it reads. Called once for an arm."""

    async def do(self, place: Place, task: Assignment) -> Went:
        """Do the task, then learn from it if the arm does. Raises HoneError if it cannot go on at all."""
