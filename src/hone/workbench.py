"""What a session works with in one place: its tools, its approvals, its scratch directory, its running commands.

`app` makes one for each session; this is the second half of the composition root.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from hone.changes.change import Add, Change, Outcome
from hone.clock import Clock, local_date
from hone.config.environ import hone_home, user_home
from hone.config.settings import Settings
from hone.errors import UsageError
from hone.events import AnyEvent, Attached, Notice, StepFinished
from hone.history.rows import Origin
from hone.history.search import Hit
from hone.history.store import History
from hone.memory import recall
from hone.memory.store import MemoryFiles
from hone.messages import ToolCall
from hone.safety.approve import Answer, Approver, Question
from hone.safety.environment import command_environ
from hone.safety.grants import Grants
from hone.safety.paths import PathPolicy, default_hidden
from hone.safety.provenance import Provenance
from hone.safety.sandbox import SandboxSpec, probe
from hone.scratch import Scratch
from hone.skills.armed import armed
from hone.skills.discover import Library
from hone.skills.freshness import World
from hone.skills.index import holds_all
from hone.skills.read import Skill
from hone.skills.retrieve import Retrieval, clear_match
from hone.skills.tripwires import objection
from hone.tools.access import FileAccess
from hone.tools.ask import ask_tool
from hone.tools.base import Tool
from hone.tools.execute import BeforeCall, Emit, Toolbox
from hone.tools.files import file_tools
from hone.tools.history import recall_tool
from hone.tools.loading import Loader
from hone.tools.memory import remember_tool
from hone.tools.process import Launch, in_sandbox, on_machine
from hone.tools.shell import Shell, shell_tools
from hone.tools.skills import skill_search_tool, skill_tool
from hone.tools.web import WebAccess, web_tools

_LEARNED_MEANWHILE = "A skill for this task has just been learned. Follow it from here on."


SkillUse = Literal["attached", "offered", "hidden"]
"""How skills come into a session: unasked where one clearly fits; if the model asks; or not, but for their tripwires."""


class Face(msgspec.Struct, frozen=True):
    """What a face lends: where events are shown, and who answers questions. None: nobody is there."""

    origin: Origin
    show: Callable[[AnyEvent], None]
    approve: Callable[[Question], Awaitable[Answer]] | None = None
    answer: Callable[[str], Awaitable[str]] | None = None


class Place(msgspec.Struct, frozen=True):
    """Where a session works; `project` is the slug of its memory."""

    session: str
    workspace: Path
    cwd: Path
    project: str | None


class Stock(msgspec.Struct, frozen=True):
    """What the tools of a session draw on.

    `newest` is a number that grows with every change of skills and memory; `rediscover` gives the library as it is now,
    `taught_by` the names of skills that a request of the same words led to.
    `submit` is the one door. `secret_names` are variables that no command may see.
    """

    settings: Settings
    environ: Mapping[str, str]
    clock: Clock
    history: History
    library: Library
    retrieval: Retrieval
    newest: Callable[[], int]
    taught_by: Callable[[str], frozenset[str]]
    rediscover: Callable[[], Library]
    grants: Grants
    submit: Callable[[Change], Outcome]
    redact: Callable[[str], str]
    secret_names: frozenset[str] = frozenset()
    skills: SkillUse = "attached"


class Bench:
    """The toolbox of one session and what has to be put away after it."""

    def __init__(
        self, stock: Stock, face: Face, place: Place, own: Sequence[Tool], activated: set[str]
    ) -> None:
        self._stock = stock
        self._place = place
        self._tell: Callable[[str], None] = lambda text: face.show(Notice(text))
        self._scratch = Scratch()
        scratch = self._scratch.path
        approvals = stock.settings.approvals
        confined = approvals.mode == "sandbox" or (approvals.mode == "auto" and face.approve is None)
        home = hone_home(stock.environ)
        user = user_home(stock.environ)
        policy = PathPolicy(
            workspace=place.workspace,
            scratch=(scratch,),
            hidden=default_hidden(user, home),
            shown=(home / "skills", user / ".agents" / "skills"),
            confined=confined,
            user_home=user,
        )
        self._sandbox = SandboxSpec(
            policy=policy,
            user_home=user,
            home=scratch / "home",
            tmp=scratch / "tmp",
            cache=home / ".cache" / "sandbox",
            network=approvals.network,
        )
        spill = scratch / "out"
        spill.mkdir()
        locate = self._sandbox.host_path if confined else _as_it_is
        provenance = Provenance(
            stock.clock,
            lambda text, cwd: locate(policy.resolve(text, cwd)),
            lambda: stock.history.external_windows(str(place.workspace)),
        )
        launch = self._in_sandbox if confined else self._on_machine
        self._shell = Shell(launch, place.cwd, spill, provenance)
        files = FileAccess(policy, lambda: self._shell.cwd, stock.environ, locate, provenance.trust_of)
        asking = [ask_tool(face.answer)] if face.answer else []
        self._loader = Loader(self._world, stock.grants.allows_text, self._tell, activated)
        self._newest = stock.newest()
        self._library = stock.library
        self._armed = armed(stock.library.loadable, place.project)
        tools = [
            *shell_tools(self._shell),
            *file_tools(files),
            *(
                web_tools(WebAccess(stock.settings.web.allow_private))
                if approvals.network or not confined
                else ()
            ),
            *self._skill_tools(),
            *(
                recall_tool(self._past_sessions, self._memories),
                remember_tool(self._submit, self._here, learns=stock.settings.learning.mode != "off"),
            ),
            *(*asking, *own),
        ]
        approver = Approver(approvals.mode, policy, stock.grants, face.approve, self._sandbox_problem)
        self.toolbox = Toolbox(tools, approver, stock.redact, stock.clock)

    def attach(self, request: str) -> list[Attached]:
        """The skill that `request` is clearly about, once a session; nothing if none is."""
        self._look_again()
        if self._stock.skills != "attached":
            return []
        found = self._stock.retrieval.search(request, self._place.project)
        skill = clear_match(found) or self._taught_by(request)
        if skill is None or skill.name in self._loader.loaded:
            return []
        try:
            text = self._loader.load(skill)
        except UsageError:  # it went or broke since the session began, or is held back
            return []
        return [Attached("skill", skill.name, text, "workspace")]

    def attach_late(self, request: str) -> list[Attached]:
        """The same in the middle of the work on `request`, if something was learned since it began."""
        if not self._look_again():
            return []
        return [
            msgspec.structs.replace(each, text=f"{_LEARNED_MEANWHILE}\n{each.text}")
            for each in self.attach(request)
        ]

    def guard(self, events: Sequence[AnyEvent], emit: Emit) -> BeforeCall:
        """Stops a call of the turn of `events` that is about to repeat a known mistake."""

        def before_call(call: ToolCall) -> str | None:
            tripped = objection(call, self._armed, events)
            if tripped is None:
                return None
            emit(tripped)
            return None if tripped.passed else tripped.text

        return before_call

    def _world(self) -> World:
        """Where the facts that skills rely on are looked up."""
        stock, place = self._stock, self._place
        path = stock.environ.get("PATH", "")
        return World(place.workspace, path, place.project, local_date(stock.clock))

    def _look_again(self) -> bool:
        """Take in what was learned since the last look; whether there was anything."""
        newest = self._stock.newest()
        if newest == self._newest:
            return False
        self._newest = newest
        self._library = self._stock.rediscover()
        self._armed = armed(self._library.loadable, self._place.project)
        self._stock.retrieval.refresh(self._library)
        return True

    def _taught_by(self, request: str) -> Skill | None:
        """A skill that was learned from this very request, whatever its words."""
        names = self._stock.taught_by(self._stock.redact(request))
        scopes = ("all", f"project:{self._place.project}")
        usable = (skill for skill in self._library.loadable if skill.scope in scopes)
        return next((skill for skill in usable if skill.name in names), None)

    async def aclose(self) -> None:
        """End what commands left running and remove the scratch directory."""
        await self._shell.aclose()
        self._scratch.close()

    def _on_machine(self) -> Launch:
        return on_machine(command_environ(self._stock.environ, self._stock.secret_names))

    def _in_sandbox(self) -> Launch:
        return in_sandbox(self._sandbox, command_environ(self._stock.environ, self._stock.secret_names))

    def _sandbox_problem(self) -> str | None:
        return probe(self._stock.environ, network=self._sandbox.network)

    def _skill_tools(self) -> list[Tool]:
        stock, project = self._stock, self._place.project
        if stock.skills == "hidden" or not stock.library.loadable:
            return []
        loading = skill_tool(stock.library, self._loader)
        if holds_all(stock.library, project):
            return [loading]
        return [loading, skill_search_tool(lambda query: stock.retrieval.search(query, project))]

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
        return self._stock.history.search(query, exclude=self._place.session)

    def _memories(self, query: str) -> Sequence[str]:
        files = MemoryFiles(hone_home(self._stock.environ)).read_all(self._place.project)
        return [f"{hit.which}: {hit.text} [{hit.hash}]" for hit in recall.search(files, query)]


def _as_it_is(path: Path) -> Path:
    return path
