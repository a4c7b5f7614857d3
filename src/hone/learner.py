"""Learning put together: the queue, the day's budget, the writer and the one door. The third part of the composition root.

The background worker, `hone run --wait` and `hone learn` are three ways to call it; what a review is, `hone.learning` says.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from pathlib import Path

import msgspec

from hone.changes.change import Change, Outcome, Tried, Verdict
from hone.changes.door import Door, Mode
from hone.changes.ledger import Row
from hone.clock import local_date
from hone.config.environ import user_home
from hone.config.load import load
from hone.database import Database
from hone.errors import (
    ConfigError,
    HomeError,
    HoneError,
    NoModel,
    NotFound,
    OverBudget,
    ProviderError,
    UsageError,
)
from hone.events import TurnStarted
from hone.files import Claims, locked
from hone.git import Git
from hone.given import Setup
from hone.history.rows import Recorded, SessionRow
from hone.history.store import History
from hone.history.tripped import Row as RanCall
from hone.history.tripped import counts, recent_turns
from hone.jobs.nudge import Nudge
from hone.jobs.queue import Queue, new_owner
from hone.learning.budget import Spend, midnight
from hone.learning.enforce import changes_for
from hone.learning.friction import mine
from hone.learning.lent import Texts, bytes_below, is_file_of
from hone.learning.pinned import renewal, with_pins, written_by
from hone.learning.proposals import ONLY_MEMORY, TOOLS
from hone.learning.recurrence import long_work_pays
from hone.learning.retire import is_in_the_way, to_retire
from hone.learning.review import Desk, Work, review
from hone.learning.tried import facts_of
from hone.learning.watch import Record, Watch, loads_before
from hone.memory.store import MemoryFiles
from hone.memory.store import shown as shown_memory
from hone.messages import least_trusted
from hone.models.base import Model, Reply
from hone.models.redacting import RedactingModel
from hone.proof.settle import settle
from hone.safety.paths import find_workspace
from hone.skills.discover import Library, Places, discover
from hone.skills.facts.freshness import stale
from hone.skills.home_cache import read_home
from hone.skills.pins import World, read_pins
from hone.skills.read import Skill
from hone.skills.retrieve import Retrieval
from hone.tools.loading import Outdated

_COMPARED = 200
"""A new skill is compared with so many of the library, the nearest ones."""


_CONCERNS_ALL = (HomeError, ConfigError, NoModel)
"""What no review can be made with, whichever comes next."""


class Drained(msgspec.Struct, frozen=True):
    """What a drain came to. `problem` is why it stopped early: OverBudget or ProviderError; `left` is what is due still.

    `failed` reviews broke for a reason of their own; the queue says which.
    """

    outcomes: tuple[Outcome, ...]
    reviewed: int
    failed: int
    left: int
    problem: HoneError | None

    @property
    def complaints(self) -> list[str]:
        """What went wrong, each in a line for the user."""
        lines = [str(self.problem)] if self.problem else []
        if self.failed:
            lines.append(f"{self.failed} of the reviews broke off: hone learning status says why")
        return lines


class Learner:
    """Learning on one home. What leases is opened when first needed: of those, one for a process."""

    def __init__(self, setup: Setup, database: Database, writer: Model | None = None) -> None:
        given = setup.given
        self._setup = setup
        self._given = given
        self._writer = writer
        self._redact = setup.redactor().redact
        self._history = History(database, self._redact, given.clock)
        self._database = database
        self._spend = Spend(database, given.clock)
        self._claims: Claims | None = None
        self._owner = new_owner(given.rng)
        self.door = _open_door(setup, database, "hold" if setup.settings.learning.mode == "hold" else "auto")

    @cached_property
    def queue(self) -> Queue:
        """The queue, for leasing."""
        self._claims = Claims(self._given.home / ".cache" / "leases.lock")
        return Queue(self._database, self._given.clock, self._claims)

    def watch(self, record: Record, *, hold: bool) -> Watch:
        """What concludes the turns of this process; `record` and `hold` as in `Watch`."""
        queue = Queue(self._database, self._given.clock)
        pays = partial(long_work_pays, self._database)
        return Watch(self._history, queue, self._given.clock, pays, hold=hold, record=record)

    def close(self) -> None:
        """Give back what is leased."""
        if self._claims is not None:
            self._claims.close()

    async def drain(self, show: Callable[[Outcome], None] = lambda _outcome: None) -> Drained:
        """Review everything that is due, oldest first. `show` hears of each change.

        A provider that fails and a budget that is used up stop it; the rows stay. While learning is off nothing is
        reviewed. Raises HomeError, and ConfigError or NoModel if the writer's settings are wrong.
        """
        outcomes = [*self.door.settle()]
        self.queue.take_up(self._tomorrow)  # today's cap may have been raised; the first request finds out
        reviewed = failed = 0
        problem: HoneError | None = None
        while problem is None and self._is_on and (nudge := self.queue.lease(self._owner)):
            try:
                made = await self._review(nudge)
            except (OverBudget, ProviderError) as error:
                problem = error
            except _CONCERNS_ALL:
                raise
            except Exception:  # noqa: BLE001 - the background boundary: one review's bug must not stop all others
                failed += 1
            else:
                reviewed += 1
                outcomes += made
                for outcome in made:
                    show(outcome)
        self.look_after()
        return Drained(tuple(outcomes), reviewed, failed, self.queue.counts().due, problem)

    def submit(self, change: Change) -> Outcome:
        """A change by the agent in the middle of a turn, judged by what it has done and heard in it so far."""
        assert change.session is not None
        assert change.turn is not None
        return self.door.submit(change, facts_of(self._history.events(change.session, change.turn)))

    def look_after(self) -> None:
        """What needs no model: record hand edits, retire what was in the way, act on receipts."""
        self.door.scan()
        if not self._is_on:
            return
        with locked(
            self._given.home / ".cache" / "look-after.lock"
        ):  # two at once would both propose the same
            self._retire_tripwires()
            skills = [each for each in read_home(self._given.home) if isinstance(each, Skill)]
            for change in settle(self._database, skills, self._given.clock):
                self.door.submit(change)

    def renew(self, outdated: Outdated, session: str, world: World) -> None:
        """Take anew what a turn of `session` used with success of the facts that a skill relies on."""
        events = self._history.events(session, outdated.turn)
        change = renewal(outdated.skill, outdated.changed, world, events)
        waiting = self.door.ledger.rows(target=change.target, status="held") if change else ()
        if change and not any(row.change.op == change.op for row in waiting):
            self.door.submit(change)

    async def learn(
        self, session: str | None = None, turn: int | None = None
    ) -> tuple[str, tuple[Outcome, ...]]:
        """Review a turn now, by default the last one of the last session here: what came of it in a line, and the changes.

        Raises NotFound, UsageError if there is nothing to review, OverBudget, and ProviderError; the nudge then waits.
        """
        row = self._session(session)
        finished = [each for each in self._history.turns(row.id) if each.finished is not None]
        chosen = [each for each in finished if turn in (None, each.turn)]
        if not chosen:
            which = f"turn {turn}" if turn else "turn"
            raise UsageError(
                f"session {row.id} has no finished {which} to learn from; hone sessions show {row.id}"
            )
        asked = Nudge(session=row.id, first_turn=chosen[-1].turn, turn=chosen[-1].turn, reasons=("learn",))
        with self._database.transaction() as execute:
            number = self.queue.add(execute, asked)
        nudge = self.queue.lease(self._owner, only=number)
        if nudge is None:
            raise UsageError(
                "this work is being reviewed right now: hone learning status shows what comes of it"
            )
        made = await self._review(nudge)
        (result,) = (each.result for each in self.queue.recent(20) if each.id == nudge.id)
        return result, tuple(made)

    async def _review(self, nudge: Nudge) -> list[Outcome]:
        """One review. What is not done goes back into the queue, whatever stopped it."""
        try:
            return await self._made(nudge)
        except OverBudget as error:
            self.queue.give_back(nudge.id)
            self.queue.postpone(self._tomorrow, str(error))
            raise
        except ProviderError as error:
            self._spend.cancel(nudge.id)
            self.queue.fail(nudge.id, self._redact(str(error)), "provider")
            raise
        except BaseException as error:
            self._spend.cancel(nudge.id)
            if isinstance(error, Exception) and not isinstance(error, _CONCERNS_ALL):
                why = str(error) if isinstance(error, HoneError) else f"{type(error).__name__}: {error}"
                self.queue.fail(nudge.id, self._redact(why), "review")
            else:
                self.queue.give_back(nudge.id)
            raise

    @property
    def _tomorrow(self) -> float:
        return midnight(self._given.clock.now(), days=1)

    async def _made(self, nudge: Nudge) -> list[Outcome]:
        """Ask the writer, unless its word is in the ledger already, then carry it out: each change once, however often."""
        reason = ""
        if not self.door.proposed(nudge.id):
            row = self._history.session(nudge.session)
            work = self._work(nudge, row)
            with contextlib.closing(Retrieval.open(self._given.home)) as retrieval:
                reviewed = await review(work, self._chosen_writer(), self._desk(nudge, row, retrieval))
            reason = reviewed.reason
            self.door.propose(nudge.id, [self._pinned(each, work, row) for each in reviewed.verdicts])
        outcomes = [*self.door.settle(nudge.id), *self._enforced(nudge)]
        said = "; ".join(_said(row) for row in reversed(self.door.ledger.rows(nudge=nudge.id)))
        self.queue.finish(nudge.id, self._redact(said or f"nothing kept: {reason or 'nothing was worth it'}"))
        return outcomes

    def _enforced(self, nudge: Nudge) -> Iterator[Outcome]:
        """What becomes of tripwires for gotchas of the skills that the turn had, if these were read in vain."""
        had = {name for turn in self._history.turns(nudge.session) for name in turn.skills}
        for skill in read_home(self._given.home) if had and self._setup.settings.learning.tripwires else ():
            if isinstance(skill, Skill) and skill.name in had:
                for change, facts in changes_for(self._history, self._database, skill):
                    yield self._door_for(self._history.session(nudge.session)).submit(change, facts)

    def _pinned(self, verdict: Verdict, work: Work, row: SessionRow) -> Verdict:
        """The verdict with the facts of the world that its skill will rely on."""
        read = partial(bytes_below, self._given.home)
        change = with_pins(verdict.change, read, self._world(row), written_by(work.events))
        return msgspec.structs.replace(verdict, change=change)

    def _world(self, row: SessionRow) -> World:
        """Where the facts of a session's skills are looked up."""
        path = self._given.environ.get("PATH", "")
        return World(Path(row.workspace), path, row.project, local_date(self._given.clock))

    def _retire_tripwires(self) -> None:
        """Retire those that were in the way more often than they helped; what was once decided about one stands."""
        counted = counts(self._database)
        if any(map(is_in_the_way, counted.values())):
            skills = [each for each in read_home(self._given.home) if isinstance(each, Skill)]
            for change in to_retire(counted, skills):
                if not any(
                    row.change.ops == change.ops for row in self.door.ledger.rows(target=change.target)
                ):
                    self.door.submit(change)

    def _work(self, nudge: Nudge, row: SessionRow) -> Work:
        events = [
            each
            for turn in range(nudge.first_turn, nudge.turn + 1)
            for each in self._history.events(nudge.session, turn)
        ]
        following = self._history.events(nudge.session, nudge.turn + 1)[:1]
        loaded = loads_before(self._history, nudge.session, nudge.first_turn)
        episodes = mine((*loaded, *events), _request(following))
        asked = _request(self._history.events(nudge.session, nudge.turn))
        return Work(
            nudge=nudge,
            events=(*events, *following),
            episodes=episodes,
            request=asked,
            session=nudge.session,
            project=row.project,
            trust=least_trusted(*(each.trust for each in events)),
            heard=self._history.external_texts(nudge.session),
        )

    def _chosen_writer(self) -> Model:
        try:
            return RedactingModel(self._writer or self._setup.models.role("writer"), self._redact)
        except NotFound as error:
            raise ConfigError(f"roles.writer: {error}") from error

    def _desk(self, nudge: Nudge, row: SessionRow, retrieval: Retrieval) -> Desk:
        home = self._given.home
        library = self._library(row)
        retrieval.refresh(library)
        memory = MemoryFiles(home).read_all(row.project)
        return Desk(
            judge=self._door_for(row).judge,
            skills=Texts(library),
            memory={
                str(file.path.relative_to(home)): shown_memory("".join(block.raw for block in file.blocks))
                for file in memory
            },
            read=partial(bytes_below, home),
            nearest=lambda text: [
                found.skill.name for found in retrieval.search(text, row.project, limit=_COMPARED)
            ],
            today=local_date(self._given.clock),
            afford=lambda tokens: self._spend.reserve(self._setup.settings.learning, nudge.id, tokens),
            record=partial(self._record, nudge),
            is_project_file=partial(is_file_of, self._repository(nudge, row)),
            changed=lambda name: [
                each.said
                for skill in library.loadable
                if skill.name == name
                for each in stale(read_pins(skill.path.parent), self._world(row))
            ],
            tools=TOOLS if self._setup.settings.learning.skills else ONLY_MEMORY,
            worked=[tuple(map(_tried, turn)) for turn in recent_turns(self._database, row.workspace)],
        )

    def _door_for(self, row: SessionRow) -> Door:
        """The door as the project wants it that the session worked in: a worker stands elsewhere."""
        workspace = Path(row.workspace)
        if not self._setup.grants.folder_trusted(workspace):
            return self.door
        try:
            loaded = load(self._given.environ, project_file=workspace / ".hone" / "config.yaml")
        except ConfigError as error:  # of this project, and no concern of others
            raise UsageError(str(error)) from error
        if loaded.settings.learning.mode != "hold":
            return self.door
        return _open_door(self._setup, self._database, "hold")

    def _record(self, nudge: Nudge, reply: Reply) -> None:
        self._spend.record(nudge.id, "review", reply.model, reply.usage)
        self.queue.renew(nudge.id)

    def _library(self, row: SessionRow) -> Library:
        workspace = Path(row.workspace)
        places = Places(self._given.home, user_home(self._given.environ), Path(row.cwd), workspace)
        return discover(places, lambda folder: self._setup.grants.folder_trusted(folder) is True)

    def _repository(self, nudge: Nudge, row: SessionRow) -> Path | None:
        """The workspace, if the turn ran in a git repository."""
        turn = next((each for each in self._history.turns(row.id) if each.turn == nudge.turn), None)
        return Path(row.workspace) if turn and turn.git_head else None

    @property
    def _is_on(self) -> bool:
        return self._setup.settings.learning.mode != "off"

    def _session(self, session: str | None) -> SessionRow:
        if session is not None:
            return self._history.session(session)
        workspace = find_workspace(self._given.cwd, user_home(self._given.environ))
        row = self._history.latest_session(str(workspace))
        if row is None:
            raise UsageError(
                f"there is no session in {workspace} to learn from; hone sessions list shows all"
            )
        return row


def _open_door(setup: Setup, database: Database, mode: Mode) -> Door:
    given = setup.given
    git = Git(given.home, given.environ)
    return Door(given.home, database, git, given.clock, given.rng, mode)


def _tried(call: RanCall) -> Tried:
    return Tried(call.events, call.tool, call.arguments, call.ok, call.trust)


def _said(row: Row) -> str:
    if row.status == "applied":
        return f"{row.summary} ({row.change.id})"
    return f"{row.status}: {row.summary} ({'; '.join(row.change.reasons)})"


def _request(events: Sequence[Recorded]) -> str:
    return next((each.event.text for each in events if isinstance(each.event, TurnStarted)), "")
