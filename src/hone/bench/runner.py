"""Takes an agent through one stream: the worlds stand, each task is set, done and checked, and measured from outside.

Which streams there are and in which processes they run is `hone.bench.workers`' part.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import msgspec

from hone.bench.agents import Assignment, Contender, Place, Told, Went
from hone.bench.arms import Arm, Names
from hone.bench.measures import Learned, Measured
from hone.bench.proxy import CountingProxy, Heard, Upstream
from hone.bench.scenario import Checked, Scenario, Stage
from hone.bench.stream import Slot
from hone.clock import Clock
from hone.errors import ProviderError

_TRIES = 3
"""So many tasks in a row without an answer of the endpoint, and the stream ends: the rest would say nothing."""


class Served(Protocol):
    """A server of a model while it runs."""

    @property
    def base_url(self) -> str:
        """What `api_base` is to be."""


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """One arm of an agent in one run: all that a process of its own needs to know. `path` is the PATH for the agent.

    `library` gives the scenarios, of which those named are done: a world cannot be sent to another process, its maker can.
    `server` serves the simulated model in that process, as the one upstream `simulated`.
    """

    agent: Contender
    arm: Arm
    run: int
    slots: tuple[Slot, ...]
    scenarios: tuple[str, ...]
    library: Callable[[], Sequence[Scenario]]
    upstreams: tuple[Upstream, ...]
    names: Names
    directory: Path
    path: str
    server: Callable[[], AbstractContextManager[Served]] | None = None

    @property
    def title(self) -> str:
        """Which course it is, for people."""
        return f"{self.agent.name}, {self.arm.name}, run {self.run}"


async def go(course: Course, clock: Clock, tell: Callable[[Measured], None]) -> None:
    """Do all tasks of a course. Services end with it, however it ends.

    What the endpoint did not do says nothing of the agent: it is not told. Raises HoneError if the agent cannot go on, and
    ProviderError if it got no answer.
    """
    with (
        _upstreams(course) as upstreams,
        CountingProxy(upstreams, course.agent.is_review, clock) as proxy,
        _stages(course) as stages,
    ):
        place = Place(course.directory / "agent", proxy.base_url, course.names, course.arm, course.path)
        course.agent.prepare(place)
        unanswered = lost = 0
        for position, slot in enumerate(course.slots):
            stage = stages[slot.scenario]
            request = stage.set(slot.occasion, slot.number)
            went = await course.agent.do(place, Assignment(stage.workspace, request))
            heard = proxy.take()
            unanswered = 0 if heard[0].requests else unanswered + 1
            if went.status == "provider":
                lost += 1
            else:
                tell(_measured(course, position, went, stage.check(went.answer), heard))
            if unanswered == _TRIES:
                said = "; ".join(went.complaints) or went.status
                raise ProviderError(
                    f"{course.title}: the model did not answer {_TRIES} tasks in a row ({said})"
                )
        if lost:
            raise ProviderError(f"{course.title}: {lost} tasks are not measured, the model did not answer")


@contextlib.contextmanager
def _upstreams(course: Course) -> Iterator[tuple[Upstream, ...]]:
    """The endpoints behind the proxy."""
    if course.server is None:
        yield course.upstreams
        return
    with course.server() as served:
        yield (Upstream("simulated", served.base_url),)


@contextlib.contextmanager
def _stages(course: Course) -> Iterator[Mapping[str, Stage]]:
    """The world of every scenario."""
    with contextlib.ExitStack() as stack:
        stages = {}
        for scenario in (each for each in course.library() if each.name in course.scenarios):
            directory = course.directory / "worlds" / scenario.name
            directory.mkdir(parents=True)
            stages[scenario.name] = stack.enter_context(scenario.stage(directory))
        yield stages


def _measured(
    course: Course, position: int, went: Went, checked: Checked, heard: tuple[Heard, Heard]
) -> Measured:
    slot = course.slots[position]
    told = went.told or _as_heard(*heard)
    return Measured(
        agent=course.agent.name,
        arm=course.arm.name,
        run=course.run,
        position=position,
        scenario=slot.scenario,
        occasion=slot.occasion,
        number=slot.number,
        ok=checked.ok,
        why=checked.why,
        status=went.status,
        calls=told.calls,
        errors=told.errors,
        requests=told.requests,
        tokens=told.usage.input + told.usage.output,
        seconds=told.seconds,
        cost_usd=told.usage.cost_usd,
        skills=went.skills,
        learned=told.learned,
        complaints=went.complaints,
        heard_calls=heard[0].calls,
        heard_tokens=heard[0].tokens + heard[1].tokens,
    )


def _as_heard(work: Heard, learning: Heard) -> Told:
    learned = Learned(learning.requests, learning.tokens, learning.seconds, learning.usage.cost_usd)
    return Told(work.calls, work.failed, work.requests, work.usage, work.seconds, learned)
