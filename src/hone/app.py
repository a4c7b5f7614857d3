"""The composition root: settings become wired objects here and in `hone.workbench`, nowhere else.

A face calls `App.build` with what the process was given, then `start` or `reopen` for sessions, then `aclose`.
"""

import platform
import random
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from hone.clock import Clock, SystemClock, local_date
from hone.config.detect import detect
from hone.config.environ import hone_home, process_environ, user_home
from hone.config.load import Loaded, expand, load, referenced_names
from hone.errors import NoModel, UsageError
from hone.events import Notice
from hone.files import Claims
from hone.git import Git
from hone.history.rows import SessionInfo, SessionRow
from hone.history.store import History, new_session_id
from hone.memory.instructions import read_instructions
from hone.memory.projects import project_slug
from hone.memory.render import render_memory
from hone.memory.store import MemoryFiles
from hone.models.base import Model
from hone.models.roles import Models
from hone.prompt.assemble import PromptParts, Section, assemble
from hone.safety.environment import secret_values
from hone.safety.grants import Grants
from hone.safety.paths import find_workspace
from hone.safety.secrets import Redactor
from hone.session import Session
from hone.skills.discover import Library, Places, discover
from hone.skills.hints import workspace_hints
from hone.skills.home_cache import CHECKED_AT_START
from hone.skills.index import render_index
from hone.tools.base import Tool
from hone.turn import Desk
from hone.workbench import Bench, Face, Place, Stock


class Given(msgspec.Struct, frozen=True):
    """What a process is given: its environment, where it stands, time and chance."""

    environ: Mapping[str, str]
    cwd: Path
    clock: Clock
    rng: random.Random

    @classmethod
    def by_process(cls) -> "Given":
        """What this process was given."""
        try:
            cwd = Path.cwd()
        except FileNotFoundError:
            raise UsageError("the current directory does not exist any more: cd to another one") from None
        return cls(process_environ(), cwd, SystemClock(), random.Random())  # noqa: S311 - ids and jitter, no secrets


class App:
    """Settings, history and models of one process. Its sessions share them."""

    def __init__(self, given: Given, face: Face, loaded: Loaded, grants: Grants, model: Model | None) -> None:
        self._given = given
        self._face = face
        self._settings = loaded.settings
        self._home = hone_home(given.environ)
        self._grants = grants
        self._models = Models(loaded.settings, partial(_expanded, given.environ), given.clock, given.rng)
        self._model = model or self._models.role("main")
        names = referenced_names(loaded.settings)
        secrets = [*self._models.known_secrets(), *secret_values(given.environ, names)]
        self._redact = Redactor(secrets).redact
        self._open = AsyncExitStack()
        self._open.push_async_callback(self._models.aclose)
        self.history = History.open(self._home / "state.db", self._redact, given.clock)
        self._open.callback(self.history.close)
        self._claims = Claims(self._home / ".cache" / "sessions.lock")
        self._open.callback(self._claims.close)

    @classmethod
    async def build(
        cls, given: Given, face: Face, flags: Mapping[str, Any], model: Model | None = None
    ) -> "App":
        """Load the settings and wire what they name. `flags` are dotted settings; `model` replaces the main model.

        Raises UsageError (ConfigError, NoModel, HomeError) before anything has happened.
        """
        grants = Grants(hone_home(given.environ))
        workspace = find_workspace(given.cwd, user_home(given.environ))
        project_file = workspace / ".hone" / "config.yaml"
        trusted = grants.folder_trusted(workspace)
        loaded = load(given.environ, project_file=project_file if trusted else None, flags=flags)
        notices = list(loaded.notices)
        if model is None and not loaded.settings.providers:
            found = await detect(given.environ, model=_first(loaded.settings.roles.main))
            if found.provider is None:
                raise NoModel(f"no model: {'; '.join(found.tried)}")
            notices.append(found.note)
            settings = msgspec.structs.replace(loaded.settings, providers=(found.provider,))
            loaded = msgspec.structs.replace(loaded, settings=settings)
        if trusted is None and project_file.is_file():
            notices.append(f"{project_file} is not used: `hone trust` allows it")
        app = cls(given, face, loaded, grants, model)
        for notice in [*notices, *grants.problems]:
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
            project=project_slug(workspace, self._home, self._given.environ),
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
        places = Places(self._home, user_home(self._given.environ), place.cwd, place.workspace)
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
        memory = MemoryFiles(self._home).read_all(place.project)
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


def _expanded(environ: Mapping[str, str], text: str, where: str) -> str:
    return expand(text, environ, where)


def _first(chain: str | tuple[str, ...]) -> str | None:
    return chain if isinstance(chain, str) else next(iter(chain), None)
