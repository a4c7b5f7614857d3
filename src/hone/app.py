"""The composition root: settings become wired objects here and in `hone.workbench`, nowhere else.

A face calls `App.build` with what the process was given, then `start` or `reopen` for sessions, then `aclose`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from hone.cast import Cast
from hone.changes.change import Change, Outcome
from hone.changes.ledger import Ledger
from hone.clock import local_date
from hone.config.environ import user_home
from hone.config.load import referenced_names
from hone.database import Database
from hone.errors import HomeError, UsageError
from hone.events import AnyEvent, Notice, StepFinished, TextDelta, TurnFinished
from hone.files import Claims
from hone.git import Git
from hone.given import Given, Setup, set_up
from hone.history.rows import SessionInfo, SessionRow
from hone.history.store import History, new_session_id
from hone.jobs.queue import Queue
from hone.learning.breaker import paused_until
from hone.learning.conclude import Conclude, Write, no_learning
from hone.memory.projects import project_slug
from hone.models.base import Model
from hone.place import Place
from hone.prefix import Home, system_prompt
from hone.prompt.compact import Compactor
from hone.proof.check import Checked, record_check, run_check
from hone.safety.environment import command_environ
from hone.safety.paths import find_workspace
from hone.safety.shown import without_secrets
from hone.servers import open_servers
from hone.session import Session
from hone.shelf import Catalogue, SkillUse
from hone.skills.discover import Library, Places, discover
from hone.skills.home_cache import CHECKED_AT_START
from hone.skills.retrieve import AT_START, Retrieval
from hone.tools.base import Tool
from hone.tools.skills import SKILL_TOOLS
from hone.turn import Desk
from hone.workbench import Bench, Face, Stock

_INDEXED_MEANWHILE = 500
"""So many skills of a new large library are indexed in a session, in about a second."""

if TYPE_CHECKING:
    from hone.learner import Learner


class App:
    """Settings, history and models of one process. Its sessions share them."""

    def __init__(self, setup: Setup, face: Face, model: Model | None) -> None:
        self._setup = setup
        self._given = given = setup.given
        self._face = face
        self._settings = setup.settings
        self._grants = setup.grants
        self._redact = setup.redactor().redact
        self._cast = Cast(setup.models, model, self._redact)
        self._servers: tuple[Tool, ...] = ()
        self._open = AsyncExitStack()
        self._open.push_async_callback(setup.models.aclose)
        self._database = Database.open(given.home / "state.db")
        self._open.callback(self._database.close)
        self.history = History(self._database, self._redact, given.clock)
        self._queue = Queue(self._database, given.clock)
        self._ledger = Ledger(self._database)
        self._sessions: list[str] = []
        self._benches: list[Bench] = []
        self._unkept: tuple[str, ...] = ()
        self._scan: asyncio.Task[None] | None = None
        self._not_indexed: Library | None = None  # skills of it are not yet found by what they say
        self._claims = Claims(given.home / ".cache" / "sessions.lock")
        self._open.callback(self._claims.close)
        self._open.push_async_callback(self._conclude_sessions)

    @classmethod
    async def build(
        cls, given: Given, face: Face, flags: Mapping[str, Any], model: Model | None = None
    ) -> "App":
        """Load the settings and wire what they name. `flags` are dotted settings; `model` replaces the main model.

        Raises UsageError (ConfigError, NoModel, HomeError) before anything has happened.
        """
        find_workspace(given.cwd, user_home(given.environ))  # where none can be, nothing is opened
        setup = await set_up(given, flags, needs_model=model is None)
        app = cls(setup, face, model)
        for notice in setup.notices:
            face.show(Notice(notice))
        if setup.settings.mcp:
            app._servers = await open_servers(setup, app._redact, app._tell, app._open)
        return app

    @property
    def model_name(self) -> str:
        """The main model, for people."""
        return self._cast.main.name

    @property
    def model_names(self) -> tuple[str, ...]:
        """The models of the settings, as `use_model` takes them."""
        return self._cast.names

    @property
    def learns(self) -> bool:
        """Whether learning is on."""
        return self._settings.learning.mode != "off"

    def redact(self, text: str) -> str:
        """`text` without secrets."""
        return self._redact(text)

    @property
    def reviews_due(self) -> int:
        """How many reviews could be made now; none while learning is off, or pauses after failures."""
        paused = paused_until(self._queue.attempts(), self._given.clock.now())
        off = self._settings.learning.mode == "off"
        return 0 if off or paused else self._queue.counts().due

    def learner(self) -> "Learner":
        """Learning on this app's home and with its models. The caller closes it."""
        return self._learner_on(self._database)

    def release(self) -> None:
        """Nothing more will be said in the sessions so far: their reviews need not wait for a correction."""
        with self._database.transaction() as execute:
            for session in self._sessions:
                self._queue.release(execute, session)

    def tell_what_was_learned(self) -> None:
        """One line for each change by a review that the user was not told of yet."""
        rows = self._ledger.unannounced()
        for row in rows:
            self._face.show(Notice(row.announcement))
        self._ledger.mark_announced([row.change.id for row in rows])

    def start(self, tools: Sequence[Tool] = (), *, skills: SkillUse = "attached") -> Session:
        """A new session in the present directory, with `tools` beside hone's own."""
        workspace = find_workspace(self._given.cwd, user_home(self._given.environ))
        place = Place(
            workspace=workspace,
            cwd=self._given.cwd,
            project=project_slug(workspace, self._given.home, self._given.environ),
            session=new_session_id(self._given.clock, self._given.rng),
        )
        self._claims.take(place.session)
        library = self._library(place)
        bench = self._bench(place, library, tools, skills)
        offered = Library() if skills == "hidden" else library.without(bench.shelf.aside)
        prompt = self._redact(self._prefix(place, offered))
        self.history.open_session(
            SessionInfo(
                id=place.session,
                cwd=str(place.cwd),
                workspace=str(place.workspace),
                project=place.project,
                origin=self._face.origin,
                system_prompt=prompt,
                tools=bench.toolbox.specs,
            )
        )
        return self._session(place, bench, prompt)

    def reopen(self, which: str, tools: Sequence[Tool] = (), *, skills: SkillUse = "attached") -> Session:
        """A recorded session by its id, a unique prefix of it, or `last`: the latest one in this workspace.

        It goes on in the directory that it began in. Raises NotFound, and UsageError if that directory is gone.
        """
        row = self._row(which)
        if not self._claims.take(row.id):
            raise UsageError(
                f"session {row.id} is at work in another process: wait for it, or start a new session"
            )
        if not Path(row.cwd).is_dir():
            raise UsageError(
                f"session {row.id} worked in {row.cwd}, which is gone: create it, or start a new session"
            )
        place = Place(workspace=Path(row.workspace), cwd=Path(row.cwd), project=row.project, session=row.id)
        bench = self._bench(place, self._library(place), tools, skills)
        bench.toolbox.withhold(
            SKILL_TOOLS - {tool.name for tool in row.tools}
        )  # its prompt tells of no skills
        return self._session(place, bench, row.system_prompt, reopened=True)

    def bench(self, session: Session) -> Bench:
        """What a session of this app works with."""
        return next(bench for bench in self._benches if bench.session == session.id)

    async def check(self, session: Session, turn: int, command: str) -> Checked:
        """Run a person's check of a turn where its session began, and record what it says of it."""
        environ = command_environ(self._given.environ, referenced_names(self._settings))
        checked = await run_check(command, self.bench(session).cwd, environ)
        if checked.ok is not None:
            record_check(self._database, (session.id, turn), self._redact(command), ok=checked.ok)
            self.history.set_outcome(session.id, turn, checked.outcome, "check")
        return checked

    def newest_change(self) -> str | None:
        """The id of the change of skills or memory that was made last and stands."""
        return next((row.change.id for row in self._ledger.rows(1, status="applied")), None)

    def use_model(self, name: str) -> None:
        """Have another model do the turns from here on, by its name as for `--model`. Raises NotFound, ConfigError."""
        self._cast.choose(name)

    @property
    def context_window(self) -> int | None:
        """Tokens that the main model takes, as far as it is known."""
        return self._cast.window

    def observe(self, trace: Path | None = None) -> None:
        """Write what happens from here on to `trace` too, and make spans of it if the settings say so. Raises UsageError."""
        if trace or self._settings.otel:
            from hone.observe.tracing import Around, traced  # noqa: PLC0415 - only where somebody asked for it

            given, session = self._given, lambda: self._sessions[-1]
            around = Around(given.environ, given.clock, self._redact, self.history, session)
            show, close = traced(self._face.show, around, self._settings, file=trace)
            self._face = msgspec.structs.replace(self._face, show=show)
            self._open.callback(close)

    async def aclose(self) -> None:
        """End what sessions left running and release everything."""
        await self._open.aclose()

    async def _conclude_sessions(self) -> None:
        """What learning wants to know at the end. What the home refuses is said: the answers stand all the same."""
        try:
            self.release()
            if self._scan is not None:
                await self._scan
            for line in self._unkept:
                self._tell(line)
            for bench in self._benches:
                for outdated in bench.shelf.renewable:
                    self.learner().renew(outdated, bench.session, bench.world())
        except HomeError as error:
            self._face.show(Notice(f"not all was recorded: {error}"))

    def _session(self, place: Place, bench: Bench, prompt: str, *, reopened: bool = False) -> Session:
        self._sessions.append(place.session)
        desk = self._desk(place, bench)
        return Session(
            desk, prompt, attach=bench.attach, attach_late=bench.shelf.attach_late, reopened=reopened
        )

    def _show(self, event: AnyEvent) -> None:
        is_answering = isinstance(event, TextDelta | StepFinished)
        if is_answering and self._scan is None:  # the first request need not wait for it any more
            self._scan = asyncio.create_task(asyncio.to_thread(self._catch_up))
        self._face.show(without_secrets(event, self._redact))

    def _catch_up(self) -> None:
        """Record hand edits and index more skills: on a thread of its own, hence with connections of its own."""
        database = Database.open(self._given.home / "state.db")
        try:
            learner = self._learner_on(database)
            learner.look_after()
            self._unkept = learner.door.unkept()
        finally:
            database.close()
        if self._not_indexed:
            retrieval = Retrieval.open(self._given.home)
            retrieval.refresh(self._not_indexed, _INDEXED_MEANWHILE)
            retrieval.close()

    def _row(self, which: str) -> SessionRow:
        if which != "last":
            return self.history.session(which)
        workspace = find_workspace(self._given.cwd, user_home(self._given.environ))
        row = self.history.latest_session(str(workspace))
        if row is None:
            raise UsageError(f"there is no session in {workspace} to resume; hone sessions list shows all")
        return row

    def _library(self, place: Place) -> Library:
        library = self._discovered(place)
        if len(library.skills) > CHECKED_AT_START:  # the rest is looked through when nobody waits any more
            self._open.callback(self._discovered, place, thorough=True)
        waiting = [skill.name for skill in library.skills if not skill.trusted]
        if waiting and self._grants.folder_trusted(place.workspace) is None:
            names = ", ".join(waiting[:3]) + (", …" if waiting[3:] else "")
            self._face.show(
                Notice(f"skills of this project are not used ({names}): `hone trust` allows them")
            )
        for diagnostic in library.diagnostics:
            if diagnostic.level == "error":
                self._face.show(Notice(f"skill left out: {diagnostic.path}: {diagnostic.message}"))
        return library

    def _discovered(self, place: Place, *, thorough: bool = False) -> Library:
        if not self._settings.learning.skills:
            return Library()
        places = Places(self._given.home, user_home(self._given.environ), place.cwd, place.workspace)
        return discover(places, self._trusts, thorough=thorough)

    def _trusts(self, folder: Path) -> bool:
        return self._grants.folder_trusted(folder) is True

    def _bench(self, place: Place, library: Library, tools: Sequence[Tool], skills: SkillUse) -> Bench:
        stock = Stock(
            settings=self._settings,
            environ=self._given.environ,
            clock=self._given.clock,
            history=self.history,
            catalogue=Catalogue(
                library=library,
                retrieval=self._retrieval(library),
                newest=self._ledger.newest,
                taught_by=lambda request: self._ledger.taught_by(self._redact(request)),
                rediscover=lambda: self._discovered(place),
                use=skills,
                index_tokens=self._cast.form.skills,
                tripwires=self._settings.learning.tripwires,
            ),
            submit=self._submit,
            servers=self._servers,
            grants=self._grants,
            redact=self._redact,
            hidden=self._given.hidden,
            database=self._database,
            rng=self._given.rng,
            secret_names=referenced_names(self._settings),
            compact=self._cast.form.compact,
        )
        activated = {name for turn in self.history.turns(place.session) for name in turn.skills}
        bench = Bench(stock, self._face, place, tools, activated)
        self._benches.append(bench)
        self._open.push_async_callback(bench.aclose)
        return bench

    def _retrieval(self, library: Library) -> Retrieval:
        retrieval = Retrieval.open(self._given.home)
        self._open.callback(retrieval.close)
        if retrieval.refresh(library, AT_START):
            self._not_indexed = library
        return retrieval

    def _desk(self, place: Place, bench: Bench) -> Desk:
        executor = self._cast.executor(bench.shelf.is_proven, bench.trials.gave_back)
        bench.trials.executor = executor
        means = self._cast.means(executor, self._given.clock)
        return Desk(
            session=place.session,
            messages=[],
            worker=executor.worker,
            toolbox=bench.toolbox,
            history=self.history,
            git=Git(place.workspace, self._given.environ),
            limits=self._settings.limits,
            clock=self._given.clock,
            show=bench.watching(self._show),
            redact=self._redact,
            guard=bench.shelf.guard,
            conclude=self._conclude(bench),
            make_room=Compactor(means, self.history, place.session, bench.toolbox.specs).make_room,
        )

    def _conclude(self, bench: Bench) -> Conclude:
        if self._settings.learning.mode == "off":
            return no_learning

        def conclude(session: str, finished: TurnFinished) -> tuple[TurnFinished, Write]:
            watch = self.learner().watch(bench.trials.finish, hold=self._face.origin == "repl")
            finished, write = watch(session, finished)
            bench.shelf.concluded(finished)
            return finished, write

        return conclude

    def _submit(self, change: Change) -> Outcome:
        return self.learner().submit(change)

    def _learner_on(self, database: Database) -> "Learner":
        """Takes 60 ms the first time, to load what learning needs; the first request does not wait for it."""
        from hone.learner import Learner  # noqa: PLC0415 - docs/decisions/0010

        return Learner(self._setup, database, self._cast.brought)

    def _prefix(self, place: Place, library: Library) -> str:
        given = self._given
        user, today = user_home(given.environ), local_date(given.clock)
        home = Home(given.home, user, today)
        return system_prompt(place, library, self._grants, home, self._tell, self._cast.form)

    def _tell(self, text: str) -> None:
        self._face.show(Notice(text))
