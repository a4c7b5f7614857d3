"""What wires the learning benchmark: hone as a contender, on `rig`, and the models of the user's settings behind its proxy."""

import contextlib
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec

from hone.bench.agents import Assignment, Contender, Place, Told, Went
from hone.bench.arms import ARMS, FRESH, Names, flags_of
from hone.bench.measures import Learned
from hone.bench.proxy import Upstream
from hone.bench.runner import Course, Served
from hone.bench.scenario import Scenario
from hone.bench.scenarios import ALL
from hone.bench.simulated import CHEAP, STRONG
from hone.bench.stream import stream
from hone.clock import Clock, SystemClock
from hone.config.settings import ModelEntry, Provider
from hone.database import Database
from hone.events import AnyEvent, TurnFinished
from hone.files import write_atomic
from hone.given import Given, Setup, set_up
from hone.history.spend import Sum, spending
from hone.rig import Errand, run_errand
from hone.skills.sidecar import read_sidecar_fields, set_fields

SIMULATED = Provider(name="simulated", api_base="http://127.0.0.1", models=(STRONG, CHEAP))
"""The models of `hone.bench.simulated`. Its server's address is known only where it runs."""


class Models(msgspec.Struct, frozen=True):
    """The models of a benchmark: their names, where they are reached, and the providers as hone's settings are to have them."""

    names: Names
    upstreams: tuple[Upstream, ...]
    providers: tuple[Provider, ...]
    routine: str


def simulated_models() -> Models:
    """The simulated ones; the strong one is main and writer."""
    strong, cheap = (f"{SIMULATED.name}:{model}" for model in (STRONG, CHEAP))
    return Models(Names(strong, strong, cheap), (), (SIMULATED,), cheap)


async def models_of_settings(given: Given, chosen: Names) -> Models:
    """Those of the user's settings, or as `chosen`. Raises HoneError where they cannot be used, before anything is asked.

    Without a cheap model, that of the role `executor` is; without that none.
    """
    flags = {"roles.main": chosen.main or None, "roles.writer": chosen.writer or None}
    setup = await set_up(given, flags)
    executor = setup.settings.roles.executor
    cheap = chosen.cheap or (executor if isinstance(executor, str) else executor[0] if executor else "")
    main, writer, routine = (setup.models.role(role).name for role in ("main", "writer", "routine"))
    names = Names(main, writer, setup.models.endpoint(cheap).name if cheap else "")
    used = {name for name in (names.main, names.writer, names.cheap, routine) if name}
    upstreams = {upstream.name: upstream for upstream in (_upstream(setup, name) for name in sorted(used))}
    providers = tuple(
        msgspec.structs.replace(each, api_key="", headers={})  # the proxy has them
        for each in setup.settings.providers
        if each.name in upstreams
    )
    return Models(names, tuple(upstreams.values()), providers, routine)


def _upstream(setup: Setup, name: str) -> Upstream:
    endpoint = setup.models.endpoint(name)
    key = {"Authorization": f"Bearer {endpoint.api_key}"} if endpoint.api_key else {}
    provider = next(each for each in setup.settings.providers if each.name == endpoint.provider)
    listed = [each for each in provider.models if isinstance(each, ModelEntry)]
    prices = {each.id: each.price for each in listed if each.price}
    return Upstream(provider.name, endpoint.api_base, {**endpoint.headers, **key}, prices)


class Choice(msgspec.Struct, frozen=True):
    """What a person chose to have measured. Names that do not exist are refused by `courses`."""

    arms: tuple[str, ...]
    repeats: int
    runs: int
    seed: int


class Ground(msgspec.Struct, frozen=True):
    """What all courses stand on: an empty directory, the PATH, the library of scenarios, and the simulated model's server.

    `library` and `server` are called in the courses' own processes; without `server` the models' endpoints are asked.
    """

    directory: Path
    path: str
    library: Callable[[], Sequence[Scenario]]
    server: Callable[[], AbstractContextManager[Served]] | None = None


def courses(
    choice: Choice, agents: Sequence[Contender], scenarios: Sequence[str], models: Models, ground: Ground
) -> tuple[Course, ...]:
    """Every arm of every agent in every run: the same runs have the same stream. An agent has the arms that it has."""
    made: list[Course] = []
    for run in range(1, choice.runs + 1):
        slots = stream(scenarios, choice.repeats, f"{choice.seed}.{run}")
        for arm in (arm for arm in ARMS if arm.name in choice.arms):
            for agent in (agent for agent in agents if arm.name in agent.arms):
                made.append(
                    Course(
                        agent=agent,
                        arm=arm,
                        run=run,
                        slots=slots,
                        scenarios=tuple(scenarios),
                        library=ground.library,
                        upstreams=models.upstreams,
                        names=models.names,
                        directory=ground.directory / f"{len(made) + 1:02}",
                        path=ground.path,
                        server=ground.server,
                    )
                )
    return tuple(made)


def all_scenarios() -> tuple[Scenario, ...]:
    """The library, for the courses' own processes."""
    return ALL


class Hone(msgspec.Struct, frozen=True):
    """hone in the process of its arm: a session of its own for each task, on one home. `hidden` is what no command may see."""

    models: Models
    approvals: str
    hidden: tuple[Path, ...] = ()

    @property
    def name(self) -> str:
        """What it is called in the report."""
        return "hone"

    @property
    def arms(self) -> frozenset[str]:
        """All; the one that lends only where there is a cheap model."""
        return frozenset(arm.name for arm in ARMS if not arm.lends or self.models.names.cheap)

    def is_review(self, request: Mapping[str, Any]) -> bool:
        """A review has tools of its own."""
        return "learn_nothing" in {each["function"]["name"] for each in request.get("tools") or ()}

    def prepare(self, place: Place) -> None:
        """Write its settings. They have no key."""
        providers = [
            msgspec.structs.replace(each, api_base=place.base_url(each.name))
            for each in self.models.providers
        ]
        settings = {"providers": providers, "roles": {"routine": self.models.routine}}
        write_atomic(place.own("home") / "config.yaml", msgspec.json.encode(settings))  # JSON is YAML

    async def do(self, place: Place, task: Assignment) -> Went:
        """One session, and the reviews that are due after it."""
        clock = SystemClock()
        home = place.own("home")
        environ = {"PATH": place.path, "HOME": str(place.own("user")), "HONE_HOME": str(home)}
        rng = random.Random()  # noqa: S311 - session ids
        errand = Errand(
            given=Given(environ, task.workspace, clock, rng, self.hidden),
            request=task.request,
            flags=flags_of(place.arm, place.names) | {"approvals.mode": self.approvals},
            learn=place.arm.name != FRESH,
        )
        before = _learning(home)
        turn = _TurnEnd(clock)
        done = await run_errand(errand, turn)
        if place.arm.lends:
            _call_proven(home)
        spent = _learned(before, _learning(home), clock.monotonic() - turn.at)
        ended = done.finished
        told = Told(ended.tool_calls, ended.errors, ended.steps, ended.usage, ended.seconds, spent)
        complaints = (*([ended.reason] if ended.status != "answered" else []), *done.complaints)
        return Went(ended.status, ended.answer, ended.skills, complaints, told)


def _call_proven(home: Path) -> None:
    """Call every skill on trial proven, as a person would who trusts it: 16 tasks and more would be needed to show it."""
    for sidecar in home.glob("skills/*/hone.yaml"):
        text = sidecar.read_text("utf-8")
        if read_sidecar_fields(text).get("status") == "trial":
            write_atomic(sidecar, set_fields(text, {"status": "proven"}).encode())


class _TurnEnd:
    """Sees when the turn ends: what comes after it is learning."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.at = clock.monotonic()

    def __call__(self, event: AnyEvent) -> None:
        if isinstance(event, TurnFinished):
            self.at = self._clock.monotonic()


def _learning(home: Path) -> Sum:
    """What learning has cost in that home so far."""
    with contextlib.closing(Database.open_for_reading(home / "state.db")) as database:
        return spending(database, "learning").learning


def _learned(before: Sum, after: Sum, seconds: float) -> Learned:
    requests = after.requests - before.requests
    cost = after.cost_usd - before.cost_usd if after.priced - before.priced == requests else None
    return Learned(requests, after.tokens - before.tokens, seconds if requests else 0.0, cost)
