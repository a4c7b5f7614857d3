"""What a session works with in one place: its tools, its approvals, its scratch directory, its running commands.

`app` makes one for each session; this is the second half of the composition root.
"""

import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from hone.changes.change import Add, Change, Outcome
from hone.checkpoints.keeper import Keeper
from hone.checkpoints.records import Records
from hone.checkpoints.shadow import Shadow
from hone.clock import Clock, local_date
from hone.config.environ import hone_home, user_home
from hone.config.load import expand
from hone.config.settings import Settings
from hone.database import Database
from hone.events import AnyEvent, Attached, Notice, StepFinished, TurnFinished, Withheld
from hone.history.rows import Origin
from hone.history.search import Hit
from hone.history.store import History
from hone.memory import recall
from hone.memory.store import MemoryFiles
from hone.place import Place
from hone.proof.trials import Trials
from hone.remembered import harmless
from hone.safety.approve import Answer, Approver, Question
from hone.safety.environment import command_environ
from hone.safety.grants import Grants
from hone.safety.paths import PathPolicy, default_hidden
from hone.safety.provenance import Provenance
from hone.safety.sandbox import SandboxSpec, probe
from hone.scratch import Scratch
from hone.shelf import Catalogue, Shelf
from hone.skills.pins import World
from hone.tools.access import FileAccess
from hone.tools.ask import ask_tool
from hone.tools.base import Tool
from hone.tools.execute import Toolbox
from hone.tools.files import file_tools
from hone.tools.history import recall_tool
from hone.tools.loading import Loader
from hone.tools.memory import remember_tool
from hone.tools.process import Confinement, Launch, in_sandbox, on_machine
from hone.tools.shell import Shell, shell_tools
from hone.tools.web import WebAccess, web_tools
from hone.tools.web_search import web_search_tool


class Face(msgspec.Struct, frozen=True):
    """What a face lends: where events are shown, and who answers questions. None: nobody is there."""

    origin: Origin
    show: Callable[[AnyEvent], None]
    approve: Callable[[Question], Awaitable[Answer]] | None = None
    answer: Callable[[str], Awaitable[str]] | None = None


class Stock(msgspec.Struct, frozen=True):
    """What the tools of a session draw on. `submit` is the one door; `secret_names` are variables that no command may see.

    `compact`: the model is a small one.
    """

    settings: Settings
    environ: Mapping[str, str]
    clock: Clock
    history: History
    catalogue: Catalogue
    grants: Grants
    submit: Callable[[Change], Outcome]
    redact: Callable[[str], str]
    database: Database
    rng: random.Random
    hidden: tuple[Path, ...] = ()
    secret_names: frozenset[str] = frozenset()
    servers: tuple[Tool, ...] = ()
    compact: bool = False


class Bench:
    """The toolbox of one session, its skills, and what has to be put away after it."""

    def __init__(
        self, stock: Stock, face: Face, place: Place, own: Sequence[Tool], activated: set[str]
    ) -> None:
        self._stock = stock
        self._place = place
        self._scratch = Scratch()
        approvals = stock.settings.approvals
        confined = approvals.mode == "sandbox" or (approvals.mode == "auto" and face.approve is None)
        self._sandbox = _sandbox(stock, place.workspace, self._scratch.path, confined=confined)
        policy = self._sandbox.policy
        spill = self._scratch.path / "out"
        spill.mkdir()
        locate = self._sandbox.host_path if confined else _as_it_is
        provenance = Provenance(
            stock.clock,
            lambda text, cwd: locate(policy.resolve(text, cwd)),
            lambda: stock.history.external_windows(str(place.workspace)),
            heard=lambda: stock.history.external_texts(place.session),
        )
        launch = self._in_sandbox if confined else self._on_machine
        self._shell = Shell(launch, place.cwd, spill, provenance)
        files = FileAccess(
            policy, lambda: self._shell.cwd, stock.environ, locate, provenance.trust_of, provenance.writing
        )
        if confined:
            environ = command_environ(stock.environ, stock.secret_names)
            files = msgspec.structs.replace(files, confine=Confinement(self._sandbox, environ))
        asking = [ask_tool(face.answer)] if face.answer else []
        loader = Loader(self.world, stock.grants.allows_text, lambda text: face.show(Notice(text)), activated)
        self.trials = _trials(stock, face, place)
        self.shelf = Shelf(stock.catalogue, loader, place.project, self.trials)
        tools = [
            *shell_tools(self._shell),
            *file_tools(files),
            *(
                web_tools(WebAccess(stock.settings.web.allow_private))
                if approvals.network or not confined
                else ()
            ),
            *(self._web_search() if approvals.network or not confined else ()),
            *stock.servers,
            *self.shelf.tools(),
            *(
                recall_tool(self._past_sessions, self._memories),
                remember_tool(self._submit, self._here, learns=stock.settings.learning.mode != "off"),
            ),
            *(*asking, *own),
        ]
        approver = Approver(approvals.mode, policy, stock.grants, face.approve, self._sandbox_problem)
        shadow = Shadow(hone_home(stock.environ), place.workspace, stock.environ, policy.hidden)
        checkpoints = Records(stock.database, stock.clock)
        self._keeper = Keeper(shadow, checkpoints, place.session, stock.clock)
        before = self._keeper.before_change
        self.toolbox = Toolbox(tools, approver, stock.redact, stock.clock, provenance, before)
        if stock.compact:
            self.toolbox.shorten()

    @property
    def session(self) -> str:
        """The session's id."""
        return self._place.session

    @property
    def cwd(self) -> Path:
        """Where the session began."""
        return self._place.cwd

    @property
    def workspace(self) -> Path:
        """The session's workspace."""
        return self._place.workspace

    def world(self) -> World:
        """Where the facts that skills rely on are looked up."""
        stock, place = self._stock, self._place
        path = stock.environ.get("PATH", "")
        return World(place.workspace, path, place.project, local_date(stock.clock))

    def attach(self, request: str) -> Sequence[Attached | Withheld]:
        """What the model is told with a request: what the user took back, and skills that fit."""
        return [*self._keeper.news(), *self.shelf.attach(request)]

    def watching(self, show: Callable[[AnyEvent], None]) -> Callable[[AnyEvent], None]:
        """`show`, and the end of a turn is seen."""

        def shown(event: AnyEvent) -> None:
            if isinstance(event, TurnFinished):
                self._keeper.turn_ended()
            show(event)

        return shown

    async def aclose(self) -> None:
        """End what commands left running, wait for the last checkpoint and remove the scratch directory."""
        await self._shell.aclose()
        await self._keeper.aclose()
        self._scratch.close()

    def _on_machine(self) -> Launch:
        return on_machine(command_environ(self._stock.environ, self._stock.secret_names))

    def _in_sandbox(self) -> Launch:
        return in_sandbox(self._sandbox, command_environ(self._stock.environ, self._stock.secret_names))

    def _sandbox_problem(self) -> str | None:
        return probe(self._stock.environ, network=self._sandbox.network)

    def _web_search(self) -> tuple[Tool, ...]:
        search, environ = self._stock.settings.search.entry, self._stock.environ
        if search.kind is None:
            return ()
        return (web_search_tool(search, lambda: expand(search.api_key, environ, "search.api_key")),)

    def _submit(self, change: Change) -> Outcome:
        if any(isinstance(op, Add) and self._stock.redact(op.text) != op.text for op in change.ops):
            return Outcome(change, "rejected", ("it holds a secret: secrets are never kept",))
        return self._stock.submit(change)

    def _here(self) -> Change:
        """A change by the agent at this moment, still without target and operations."""
        session, history = self._place.session, self._stock.history
        turn = history.turns(session)[-1].turn
        steps = [each for each in history.events(session, turn) if isinstance(each.event, StepFinished)]
        return Change(
            target="",
            ops=(),
            origin="tool",
            session=session,
            turn=turn,
            project=self._place.project,
            model=next(
                (each.event.model for each in reversed(steps) if isinstance(each.event, StepFinished)), None
            ),
            evidence=tuple(each.id for each in steps[-1:]),
            trust=history.trust(session),
        )

    def _past_sessions(self, query: str) -> Sequence[Hit]:
        return self._stock.history.recall(query, self._place.session)

    def _memories(self, query: str) -> Sequence[str]:
        files = MemoryFiles(hone_home(self._stock.environ)).read_all(self._place.project)
        return [f"{hit.which}: {hit.text} [{hit.hash}]" for hit in harmless(recall.search(files, query))]


def _trials(stock: Stock, face: Face, place: Place) -> Trials:
    learning = stock.settings.learning
    share = learning.holdout.run if face.origin == "run" else learning.holdout.repl
    recorded = share if learning.mode != "off" else None
    return Trials(stock.database, stock.clock, stock.rng, (place.session, place.project), recorded)


def _sandbox(stock: Stock, workspace: Path, scratch: Path, *, confined: bool) -> SandboxSpec:
    """What commands may reach, where they are `confined`; files are reached by the same policy either way."""
    home, user = hone_home(stock.environ), user_home(stock.environ)
    return SandboxSpec(
        policy=PathPolicy(
            workspace=workspace,
            scratch=(scratch,),
            hidden=(*default_hidden(user, home), *stock.hidden),
            shown=(home / "skills", user / ".agents" / "skills"),
            confined=confined,
            user_home=user,
        ),
        user_home=user,
        home=scratch / "home",
        tmp=scratch / "tmp",
        cache=home / ".cache" / "sandbox",
        network=stock.settings.approvals.network,
        trusted=stock.grants.folder_trusted(workspace) is True,
    )


def _as_it_is(path: Path) -> Path:
    return path
