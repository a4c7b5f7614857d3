"""The composition root: settings become wired objects here and in `hone.workbench`, nowhere else.

A face calls `App.build` with what the process was given, then `start` or `reopen` for sessions, then `aclose`.
"""

import platform
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from hone.clock import local_date
from hone.config.environ import user_home
from hone.config.load import referenced_names
from hone.database import Database
from hone.errors import UsageError
from hone.events import Notice
from hone.files import Claims
from hone.git import Git
from hone.given import Given, Setup, set_up
from hone.history.rows import SessionInfo, SessionRow
from hone.history.store import History, new_session_id
from hone.memory.instructions import read_instructions
from hone.memory.projects import project_slug
from hone.memory.render import render_memory
from hone.memory.store import MemoryFiles
from hone.models.base import Model
from hone.prompt.assemble import PromptParts, Section, assemble
from hone.safety.paths import find_workspace
from hone.session import Session
from hone.skills.discover import Library, Places, discover
from hone.skills.hints import workspace_hints
from hone.skills.home_cache import CHECKED_AT_START
from hone.skills.index import render_index
from hone.tools.base import Tool
from hone.turn import Desk
from hone.workbench import Bench, Face, Place, Stock


class App:
    """Settings, history and models of one process. Its sessions share them."""

    def __init__(self, setup: Setup, face: Face, model: Model | None) -> None:
        self._given = given = setup.given
        self._face = face
        self._settings = setup.settings
        self._grants = setup.grants
        self._model = model or setup.models.role("main")
        self._redact = setup.redactor().redact
        self._open = AsyncExitStack()
        self._open.push_async_callback(setup.models.aclose)
        database = Database.open(given.home / "state.db")
        self._open.callback(database.close)
        self.history = History(database, self._redact, given.clock)
        self._claims = Claims(given.home / ".cache" / "sessions.lock")
        self._open.callback(self._claims.close)

    @classmethod
    async def build(
        cls, given: Given, face: Face, flags: Mapping[str, Any], model: Model | None = None
    ) -> "App":
        """Load the settings and wire what they name. `flags` are dotted settings; `model` replaces the main model.

        Raises UsageError (ConfigError, NoModel, HomeError) before anything has happened.
        """
        setup = await set_up(given, flags, needs_model=model is None)
        app = cls(setup, face, model)
        for notice in setup.notices:
            face.show(Notice(notice))
        return app

    @property
    def model_name(self) -> str:
        """The main model, for people."""
        return self._model.name

    def start(self, tools: Sequence[Tool] = ()) -> Session:
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
        prompt = self._redact(self._system_prompt(place, library))
        bench = self._bench(place, library, tools)
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
        return Session(self._desk(place, bench), prompt)

    def reopen(self, which: str, tools: Sequence[Tool] = ()) -> Session:
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
        bench = self._bench(place, self._library(place), tools)
        return Session(self._desk(place, bench), row.system_prompt, reopened=True)

    async def aclose(self) -> None:
        """End what sessions left running and release everything."""
        await self._open.aclose()

    def _row(self, which: str) -> SessionRow:
        if which != "last":
            return self.history.session(which)
        workspace = find_workspace(self._given.cwd, user_home(self._given.environ))
        row = self.history.latest_session(str(workspace))
        if row is None:
            raise UsageError(f"there is no session in {workspace} to resume; hone sessions list shows all")
        return row

    def _library(self, place: Place) -> Library:
        places = Places(self._given.home, user_home(self._given.environ), place.cwd, place.workspace)
        library = discover(places, self._trusts, thorough=False)
        if len(library.skills) > CHECKED_AT_START:  # the rest is looked through when nobody waits any more
            self._open.callback(discover, places, self._trusts, thorough=True)
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

    def _trusts(self, folder: Path) -> bool:
        return self._grants.folder_trusted(folder) is True

    def _bench(self, place: Place, library: Library, tools: Sequence[Tool]) -> Bench:
        stock = Stock(
            settings=self._settings,
            environ=self._given.environ,
            clock=self._given.clock,
            history=self.history,
            library=library,
            grants=self._grants,
            redact=self._redact,
            secret_names=referenced_names(self._settings),
        )
        activated = {name for turn in self.history.turns(place.session) for name in turn.skills}
        bench = Bench(stock, self._face, place, tools, activated)
        self._open.push_async_callback(bench.aclose)
        return bench

    def _desk(self, place: Place, bench: Bench) -> Desk:
        return Desk(
            session=place.session,
            messages=[],
            model=self._model,
            toolbox=bench.toolbox,
            history=self.history,
            git=Git(place.workspace, self._given.environ),
            limits=self._settings.limits,
            clock=self._given.clock,
            show=self._face.show,
            redact=self._redact,
        )

    def _system_prompt(self, place: Place, library: Library) -> str:
        today = local_date(self._given.clock)
        memory = MemoryFiles(self._given.home).read_all(place.project)
        hints = workspace_hints(place.workspace)
        return assemble(
            PromptParts(
                workspace=place.workspace,
                working_directory=place.cwd,
                platform=f"{platform.system()} {platform.machine()}",
                today=today,
                memory=tuple(Section(f"{file.which} memory", render_memory(file, today)) for file in memory),
                instructions=tuple(
                    Section(found.path.name, found.text)
                    for found in read_instructions(place.workspace, place.cwd)
                ),
                skill_index=render_index(library, project=place.project, hints=hints),
            )
        )
