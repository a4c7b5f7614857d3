"""Who decides whether a tool call may run: plain rules first, then what was allowed for always, then a person.

`judge` is the rules, a pure function; `Approver` is a session's use of them. Where commands run is the sandbox's part.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal

import msgspec

from hone.config.settings import ApprovalMode
from hone.errors import HomeError, NoSandbox
from hone.safety.commands import Command, Line, parse
from hone.safety.destructive import danger
from hone.safety.grants import Grants
from hone.safety.harmless import is_harmless
from hone.safety.paths import PathPolicy
from hone.safety.patterns import pattern_of_fetch, pattern_of_write, patterns_of

Mode = Literal["ask", "sandbox", "yes"]
"""How calls are decided once it is known whether somebody can be asked."""

Answer = Literal["once", "session", "project", "no"]
"""What a person says to a question; `session` and `project` allow the patterns from now on."""


class Intent(msgspec.Struct, frozen=True):
    """What a call is about to do, for the approvals: `subject` is the command, the path or the address.

    `call` is a tool of an MCP server, `destroy` one of which its server says that it may destroy something. `cwd` is where a
    command runs; None: the workspace. `detail` is for the person who is asked: what would be written.
    """

    kind: Literal["free", "read", "write", "run", "fetch", "call", "destroy"]
    subject: str = ""
    cwd: Path | None = None
    detail: str = ""


class Verdict(msgspec.Struct, frozen=True):
    """What the rules say. `patterns` is what would have to be allowed; empty if this can only be allowed once."""

    decision: Literal["allow", "ask", "refuse"]
    reason: str
    patterns: tuple[str, ...] = ()


class Question(msgspec.Struct, frozen=True):
    """What a person is asked. Without `patterns` the answers `session` and `project` mean `once`."""

    tool: str
    intent: Intent
    reason: str
    patterns: tuple[str, ...] = ()


class Decision(msgspec.Struct, frozen=True):
    """Whether a call may run; for a refusal `reason` is what the model reads."""

    allowed: bool
    asked: bool
    reason: str


def judge(intent: Intent, mode: Mode, policy: PathPolicy) -> Verdict:
    """What the rules say to `intent`, knowing nothing of what a person has allowed."""
    if intent.kind == "free" or mode == "yes":
        return Verdict("allow", "changes nothing" if intent.kind == "free" else "approvals are off (yes)")
    match intent.kind:
        case "read":
            problem = policy.read_problem(Path(intent.subject))
            return Verdict("refuse", problem) if problem else Verdict("allow", "reads")
        case "write":
            return _judge_write(Path(intent.subject), mode, policy)
        case "fetch" if mode == "ask":
            return Verdict("ask", "fetches from the network", (pattern_of_fetch(intent.subject),))
        case "fetch":
            return Verdict("allow", "fetches")
        case "call" | "destroy":
            return _judge_call(intent, mode)
        case _:
            return _judge_run(parse(intent.subject), intent.cwd or policy.workspace, mode, policy)


class Approver:
    """Decides the calls of one session. `ask` puts a question to a person; None where there is nobody to ask.

    `sandbox_problem` says why commands cannot be confined on this machine, or None; it is asked at the first need.
    """

    def __init__(
        self,
        mode: ApprovalMode,
        policy: PathPolicy,
        grants: Grants,
        ask: Callable[[Question], Awaitable[Answer]] | None,
        sandbox_problem: Callable[[], str | None],
    ) -> None:
        self._mode: Mode = ("ask" if ask else "sandbox") if mode == "auto" else mode
        self._policy = policy
        self._grants = grants
        self._ask = ask
        self._sandbox_problem = sandbox_problem
        self._sandbox_works = False

    @property
    def mode(self) -> Mode:
        """The mode that `auto` came to. In `sandbox`, commands run confined; in the others, on the machine."""
        return self._mode

    async def decide(self, tool: str, intent: Intent) -> Decision:
        """Whether the call may run, asking a person if the rules say so.

        Raises NoSandbox if the mode is `sandbox`, the call does more than read, and no sandbox works here.
        """
        if self._mode == "sandbox" and intent.kind in ("run", "write", "fetch"):
            self._need_sandbox()
        verdict = judge(intent, self._mode, self._policy)
        if verdict.decision == "allow":
            return Decision(True, False, verdict.reason)
        if verdict.decision == "refuse":
            return Decision(False, False, f"not permitted: {verdict.reason}")
        project = self._policy.workspace
        if verdict.patterns and all(self._grants.allows(project, pattern) for pattern in verdict.patterns):
            return Decision(True, False, f"allowed before: {', '.join(verdict.patterns)}")
        return await self._put(Question(tool, intent, verdict.reason, verdict.patterns))

    async def _put(self, question: Question) -> Decision:
        if self._ask is None:
            way = "run with --approvals yes or choose another way"
            return Decision(False, False, f"not approved: {question.reason}; no terminal to ask on; {way}")
        answer = await self._ask(question)
        if answer == "no":
            return Decision(
                False, True, "not approved: the user said no; ask what they want or choose another way"
            )
        reason = "approved by the user"
        if answer != "once" and question.patterns:
            try:
                self._grants.add(self._policy.workspace, question.patterns, always=answer == "project")
                reason += f" for this {answer}: {', '.join(question.patterns)}"
            except HomeError as error:
                reason += f" for this session only: {error}"
        return Decision(True, True, reason)

    def _need_sandbox(self) -> None:
        if self._sandbox_works:
            return
        if problem := self._sandbox_problem():
            way = "install bubblewrap, or pass --approvals yes if this machine is disposable"
            raise NoSandbox(f"no sandbox here ({problem}): {way}")
        self._sandbox_works = True


def _judge_call(intent: Intent, mode: Mode) -> Verdict:
    """A server that the user configured may be called where nobody can be asked, but not to destroy something."""
    if mode == "ask":
        return Verdict("ask", "calls a tool of an MCP server", (f"call {intent.subject}",))
    if intent.kind == "call":
        return Verdict("allow", "calls a server of the settings")
    _, server, tool = intent.subject.split("__", 2)
    return Verdict(
        "refuse",
        f"its server says that it may destroy something; the user can allow it: mcp.{server}.allow: [{tool}]",
    )


def _judge_write(path: Path, mode: Mode, policy: PathPolicy) -> Verdict:
    if problem := policy.write_problem(path):
        return Verdict("refuse", problem)
    if mode == "sandbox":
        return Verdict("allow", "writes in the workspace")
    return Verdict("ask", "writes a file", (pattern_of_write(path),))


def _judge_run(line: Line, cwd: Path, mode: Mode, policy: PathPolicy) -> Verdict:
    if reason := danger(line):
        return Verdict("ask", reason)
    if mode == "sandbox":
        return Verdict("allow", "runs in the sandbox")
    if is_harmless(line, cwd, policy):
        return Verdict("allow", "only reads in the workspace")

    def harmless(command: Command) -> bool:
        return is_harmless(Line((command,)), cwd, policy)

    reason = f"runs a command that cannot be read: {line.unknown[0]}" if line.unknown else "runs a command"
    return Verdict("ask", reason, patterns_of(line, cwd, policy, harmless))
