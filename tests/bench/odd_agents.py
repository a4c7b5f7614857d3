"""Agents that do not behave: what a process of the benchmark has to stand."""

import os
import time
from collections.abc import Mapping
from typing import Any

import msgspec

from hone.bench.agents import Assignment, Place, Went


class Odd(msgspec.Struct, frozen=True):
    """By its `way`: it ends its own process, or it blocks and does not let go."""

    way: str
    name: str = "odd"
    arms: frozenset[str] = frozenset({"fresh"})

    def is_review(self, request: Mapping[str, Any]) -> bool:
        return False

    def prepare(self, place: Place) -> None:
        pass

    async def do(self, place: Place, task: Assignment) -> Went:
        if self.way == "dies":
            os._exit(3)
        if "repeat1" in task.request:
            return Went("answered")
        while True:
            time.sleep(60)  # noqa: ASYNC251 - that is what is odd about it
