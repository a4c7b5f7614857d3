"""The order of a stream of tasks: every scenario's own story, interleaved with those of the others by a seed.

The same seed gives the same stream, so that all arms and all agents do the same work in the same order.
"""

import random
from collections.abc import Iterator, Sequence

import msgspec

from hone.bench.scenario import Occasion

CHANGED = 2
"""So often a scenario's work comes again after its world has changed: to stumble once, and to have learned."""

_SETTLED = 2
"""The variant and the distractor come somewhere after so many repeats, when there is something to transfer."""


class Slot(msgspec.Struct, frozen=True):
    """One task of a stream: the `number`-th of its occasion in a scenario, both as `Stage.set` takes them."""

    scenario: str
    occasion: Occasion
    number: int


def stream(scenarios: Sequence[str], repeats: int, seed: str) -> tuple[Slot, ...]:
    """All tasks of one run. Each scenario keeps its own order; which of them is next is chance, by `seed`."""
    rng = random.Random(seed)  # noqa: S311 - an order that can be had again
    stories = {name: list(_story(name, repeats, rng)) for name in scenarios}
    turns = [name for name, story in stories.items() for _ in story]
    rng.shuffle(turns)
    return tuple(stories[name].pop(0) for name in turns)


def tasks_of(repeats: int) -> int:
    """How many tasks a scenario has in one run."""
    return repeats + 2 + CHANGED


def _story(scenario: str, repeats: int, rng: random.Random) -> Iterator[Slot]:
    settled = min(_SETTLED, repeats)
    rest = [Slot(scenario, "repeat", number) for number in range(settled + 1, repeats + 1)]
    for occasion in ("variant", "distractor"):
        rest.insert(rng.randint(0, len(rest)), Slot(scenario, occasion, 1))
    yield from (Slot(scenario, "repeat", number) for number in range(1, settled + 1))
    yield from rest
    yield from (Slot(scenario, "changed", number) for number in range(1, CHANGED + 1))
