"""What a session works with in one place: its tools, its approvals, its scratch directory, its running commands.

`app` makes one for each session; this is the second half of the composition root.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from hone.clock import Clock
from hone.config.environ import hone_home, user_home
from hone.config.settings import Settings
from hone.events import AnyEvent
from hone.history.rows import Origin
from hone.history.search import Hit
from hone.history.store import History
from hone.memory import recall
from hone.memory.store import MemoryFiles
from hone.safety.approve import Answer, Approver, Question
from hone.safety.environment import command_environ
from hone.safety.grants import Grants
from hone.safety.paths import PathPolicy, default_hidden
from hone.safety.provenance import Provenance
from hone.safety.sandbox import SandboxSpec, probe
from hone.scratch import Scratch
from hone.skills.discover import Library
from hone.tools.access import FileAccess
from hone.tools.ask import ask_tool
from hone.tools.base import Tool
from hone.tools.execute import Toolbox
from hone.tools.files import file_tools
from hone.tools.history import recall_tool
from hone.tools.process import Launch, in_sandbox, on_machine
from hone.tools.shell import Shell, shell_tools
from hone.tools.skills import skill_tool
from hone.tools.web import WebAccess, web_tools


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
    """What the tools of a session draw on. `secret_names` are variables that no command may see."""

    settings: Settings
    environ: Mapping[str, str]
    clock: Clock
    history: History
    library: Library
    grants: Grants
    redact: Callable[[str], str]
    secret_names: frozenset[str] = frozenset()


class Bench:
    """The toolbox of one session and what has to be put away after it."""

    def __init__(
        self, stock: Stock, face: Face, place: Place, own: Sequence[Tool], activated: set[str]
    ) -> None:
        self._stock = stock
        self._place = place
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
        skills = [skill_tool(stock.library, activated)] if stock.library.loadable else []
        tools = [
            *shell_tools(self._shell),
            *file_tools(files),
            *(
                web_tools(WebAccess(stock.settings.web.allow_private))
                if approvals.network or not confined
                else ()
            ),
            *(*skills, recall_tool(self._past_sessions, self._memories), *asking, *own),
        ]
        approver = Approver(approvals.mode, policy, stock.grants, face.approve, self._sandbox_problem)
        self.toolbox = Toolbox(tools, approver, stock.redact, stock.clock)

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

    def _past_sessions(self, query: str) -> Sequence[Hit]:
        return self._stock.history.search(query, exclude=self._place.session)

    def _memories(self, query: str) -> Sequence[str]:
        files = MemoryFiles(hone_home(self._stock.environ)).read_all(self._place.project)
        return [f"{hit.which}: {hit.text} [{hit.hash}]" for hit in recall.search(files, query)]


def _as_it_is(path: Path) -> Path:
    return path
