"""`hone prove`, wired: recorded tasks are done again with and without a skill, each in copies, and compared.

`hone.proof.replay` says which ones, `hone.proof.copies` makes the copies, `hone.proof.replays` records and compares.
"""

import contextlib
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from hone.app import App
from hone.checkpoints.records import Records
from hone.checkpoints.shadow import Shadow
from hone.config.load import referenced_names
from hone.database import Database
from hone.errors import HoneError, NoSandbox, NotFound, ProviderError, UsageError
from hone.events import AnyEvent, Compacted, StepFinished, TurnFinished
from hone.files import Claims
from hone.given import Given, Setup, set_up
from hone.learning.budget import Spend
from hone.models.redacting import RedactingModel
from hone.proof.check import run_check
from hone.proof.copies import copy_home, cwd_in, keep_project, lay_out
from hone.proof.judging import Work, judge
from hone.proof.replay import Recorded, in_order, recorded, sorted_out
from hone.proof.replays import Ended, Replay, Replayed, Replays, Took, compared
from hone.proof.trials import target_of
from hone.safety.environment import command_environ
from hone.safety.sandbox import probe
from hone.scratch import Scratch
from hone.skills.home_cache import read_home
from hone.skills.read import Skill, version_of
from hone.workbench import Face

PURPOSE = "prove"
"""What the spending is called in the record."""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a person wants to have proven, on how many `tasks`, each so often, for at most `budget` tokens.

    `check` is a command that tells whether a task was done; `flags` are dotted settings.
    """

    skill: str
    tasks: int = 8
    repetitions: int = 1
    check: str | None = None
    budget: int = 200_000
    flags: Mapping[str, Any] = {}


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What will be done: the replays that are `left`, about how many `tokens` they take, and who says if they succeed.

    `tasks` are the recorded tasks that take part, `unfit` counts by reason those that cannot; `web` of the tasks used it.
    """

    tasks: tuple[Recorded, ...]
    left: tuple[tuple[Recorded, Replay], ...]
    tokens: int
    unfit: Mapping[str, int]
    judged_by: str
    model: str
    web: int


class Progressed(msgspec.Struct, frozen=True):
    """A replay is about to begin (`took` None) or has ended; `number` of those that were left."""

    number: int
    task: Recorded
    replay: Replay
    took: Took | None = None


@contextlib.contextmanager
def proving(setup: Setup, wish: Wish) -> Iterator["Proving"]:
    """A proof of one skill, with a directory for its copies. Raises NotFound, HomeError, UsageError if another proves it."""
    with (
        contextlib.closing(Claims(setup.given.home / ".cache" / "prove.lock")) as claims,
        contextlib.closing(Scratch()) as scratch,
        contextlib.closing(Database.open(setup.given.home / "state.db")) as database,
    ):
        if not claims.take(wish.skill):
            raise UsageError(f"{wish.skill} is being proven by another hone: wait for it, or end it")
        yield Proving(setup, wish, database, scratch.path)


async def prepared(given: Given, wish: Wish) -> Setup:
    """The settings to prove with.

    Raises NotFound without such a skill, UsageError for what cannot be used, NoSandbox where none works and one is needed.
    """
    _skill(given.home, wish.skill)
    # Not where the user stands: settings of that project are not those of the copies.
    setup = await set_up(msgspec.structs.replace(given, cwd=given.home), wish.flags)
    mode = setup.settings.approvals.mode
    problem = probe(given.environ, network=setup.settings.approvals.network) if mode != "yes" else None
    if problem:
        raise NoSandbox(
            f"no sandbox here ({problem}): install bubblewrap, or pass --approvals yes if this machine is disposable"
        )
    return setup


class Proving:
    """The proof of one skill. `plan` is what is left to do; `run` does it; `shown` is what it shows so far."""

    def __init__(self, setup: Setup, wish: Wish, database: Database, directory: Path) -> None:
        self._setup = setup
        self._given = setup.given
        self._wish = wish
        self._directory = directory
        self._skill = _skill(setup.given.home, wish.skill)
        self._replays = Replays(database, wish.skill, version_of(self._skill))
        self._model = setup.models.role("main").name
        self._spend = Spend(database, setup.given.clock)
        self._redact = setup.redactor().redact
        self._spent = 0
        self._places: dict[tuple[str, int], Path] = {}
        self.plan = self._planned(recorded(database, wish.skill, target_of(self._skill)))

    async def run(self, tell: Callable[[Progressed], None]) -> str:
        """Do what is left; why it ended early, empty if it did not. What has ended is recorded at once.

        Raises ProviderError if the endpoint fails, and HoneError.
        """
        try:
            for number, (task, replay) in enumerate(self.plan.left, 1):
                if self._spent + task.tokens > self._wish.budget:
                    return self._out_of_budget()
                tell(Progressed(number, task, replay))
                took = await self._again(task, replay)
                if took is None:
                    return self._out_of_budget()
                self._replays.add(Ended(replay, self._given.clock.now(), self._model, took))
                tell(Progressed(number, task, replay, took))
            return ""
        finally:
            await self._setup.models.aclose()

    def shown(self) -> Replayed | None:
        """What the replays of the plan's tasks show so far; None until one was done on both sides."""
        tasks = self.plan.tasks
        return compared([each for each in self._ended() if any(self._is_of(each, task) for task in tasks)])

    def _ended(self) -> list[Ended]:
        return [each for each in self._replays.ended() if each.model == self._model]

    def _planned(self, tasks: Sequence[Recorded]) -> Plan:
        fit, unfit = sorted_out(tasks)
        reasons = Counter(each.reason for each in unfit)
        chosen: list[Recorded] = []
        for task in fit:
            if len(chosen) == self._wish.tasks:
                break
            place = self._directory / str(len(self._places)) / Path(task.workspace).name
            try:
                lay_out(task, self._given.home, place, self._given.environ)
            except HoneError as error:
                reasons[str(error)] += 1
                shutil.rmtree(place.parent)
            else:
                self._places[task.session, task.turn] = place
                chosen.append(task)
        done = {each.replay for each in self._ended() for task in chosen if self._is_of(each, task)}
        rng = random.Random(self._wish.skill)  # noqa: S311 - going on, the order is the same
        left = in_order(chosen, self._wish.repetitions, done, rng)
        return Plan(
            tasks=tuple(chosen),
            left=left,
            tokens=sum(task.tokens for task, _ in left),
            unfit=dict(reasons),
            judged_by=self._judges(chosen),
            model=self._model,
            web=sum(task.used_the_web for task in chosen),
        )

    def _is_of(self, ended: Ended, task: Recorded) -> bool:
        """Whether it is a replay of that task, judged as it would be today."""
        replay, took = ended.replay, ended.took
        is_judged = bool(took.judged_by) or not self._setup.settings.roles.judge
        same_check = took.check == self._redact(self._check_of(task))
        return (replay.session, replay.turn) == (task.session, task.turn) and same_check and is_judged

    def _check_of(self, task: Recorded) -> str:
        return self._wish.check or task.check or ""

    def _judges(self, tasks: Sequence[Recorded]) -> str:
        """Who says whether the tasks succeed, for people; empty if nobody does."""
        checked = [task for task in tasks if self._wish.check or task.check]
        judges = ["a check command"] if checked else []
        if len(checked) < len(tasks) and self._setup.settings.roles.judge:
            judges.append(f"the model {self._setup.models.role('judge').name}")
        return " and ".join(judges)

    def _out_of_budget(self) -> str:
        return f"stopped after {self._spent:,} tokens: another replay goes over the budget of {self._wish.budget:,}"

    async def _again(self, task: Recorded, replay: Replay) -> Took | None:
        """One replay, in copies of its own; None if the budget ended it."""
        now = self._directory / "now"  # each at the same place: paths are part of what a model reads
        try:
            home, workspace = now / "home", now / Path(task.workspace).name
            without = Path(self._skill.directory).name if replay.arm == "without" else None
            copy_home(self._given.home, home, without)
            shutil.copytree(self._places[task.session, task.turn], workspace, symlinks=True)
            environ = {**self._given.environ, "HONE_HOME": str(home)}
            keep_project(task.project, home, workspace, environ)
            hidden = (self._given.home,)
            given = msgspec.structs.replace(
                self._given, environ=environ, cwd=cwd_in(task, workspace), hidden=hidden
            )
            session, finished = await self._work(given, task.request, replay)
            if finished.status == "limit" and self._spent >= self._wish.budget:
                return None
            return await self._took(task, finished, given, (session, workspace))
        finally:
            shutil.rmtree(now, ignore_errors=True)

    async def _work(self, given: Given, request: str, replay: Replay) -> tuple[str, TurnFinished]:
        settings, named = self._setup.settings, self._wish.skill
        left = self._wish.budget - self._spent
        flags = {
            **self._wish.flags,
            "learning.mode": "off",
            "learning.skills": True,
            "roles.executor": (),  # both sides are the same model's
            "approvals.mode": "yes" if settings.approvals.mode == "yes" else "sandbox",
            "limits.tokens": min(left, settings.limits.tokens or left),
        }
        setup = await set_up(given, flags)
        # Servers act outside of the copy.
        setup = msgspec.structs.replace(setup, settings=msgspec.structs.replace(setup.settings, mcp={}))
        app = App(setup, Face("run", self._count), None)
        async with contextlib.aclosing(app):
            session = app.start()
            attached = [app.bench(session).shelf.take(named)] if replay.arm == "with" else []
            finished = await session.run(request, attached)
        if finished.status == "refused":
            raise NoSandbox(finished.reason)
        if finished.status == "provider":
            raise ProviderError(finished.reason)
        return session.id, finished

    def _count(self, event: AnyEvent) -> None:
        """What a request took is recorded as it comes: it was paid for, whatever becomes of the replay."""
        if isinstance(event, StepFinished) or (isinstance(event, Compacted) and event.model):
            self._spent += event.usage.input + event.usage.output
            self._spend.record(None, PURPOSE, event.model, event.usage)

    async def _took(
        self, task: Recorded, finished: TurnFinished, given: Given, where: tuple[str, Path]
    ) -> Took:
        took = Took(
            calls=finished.tool_calls,
            errors=finished.errors,
            tokens=finished.usage.input + finished.usage.output,
            seconds=finished.seconds,
            cost_usd=finished.usage.cost_usd,
        )
        session, workspace = where
        if command := self._check_of(task):
            environ = command_environ(self._given.environ, referenced_names(self._setup.settings))
            checked = await run_check(command, cwd_in(task, workspace), environ)
            if checked.ok is None and self._wish.check:
                raise UsageError(f"--check {command}: {checked.said or 'there is no such command'}")
            return msgspec.structs.replace(
                took, success=checked.ok, judged_by="check", check=self._redact(command)
            )
        if not self._setup.settings.roles.judge:
            return took
        model = RedactingModel(self._setup.models.role("judge"), self._setup.redactor().redact)
        if finished.status != "answered":
            return msgspec.structs.replace(took, success=False, judged_by=model.name)
        judged = await judge(model, Work(task.request, finished.answer, _diff(given, session, workspace)))
        self._spent += judged.usage.input + judged.usage.output
        self._spend.record(None, PURPOSE, judged.model, judged.usage)
        return msgspec.structs.replace(took, success=judged.ok, judged_by=judged.model)


def _skill(home: Path, name: str) -> Skill:
    skills = {each.name: each for each in read_home(home) if isinstance(each, Skill)}
    if name not in skills:
        raise NotFound("skill", name, skills)
    return skills[name]


def _diff(given: Given, session: str, workspace: Path) -> str:
    """What the replay changed in the files, as its own checkpoints have it."""
    with contextlib.closing(Database.open_for_reading(given.home / "state.db")) as database:
        taken = Records(database, given.clock).of_session(session)
    if not taken or not taken[-1].before or not taken[-1].after:
        why = taken[-1].skipped if taken else ""
        return f"(not known: {why})" if why else "(no file was changed)"
    shadow = Shadow(given.home, workspace, given.environ)
    plain = ("-r", "-p", "--no-color", "--no-renames", "--no-ext-diff", "--no-textconv")
    told = shadow.git("diff-tree", *plain, taken[-1].before, taken[-1].after).decode(errors="replace")
    return told or "(no file was changed)"
