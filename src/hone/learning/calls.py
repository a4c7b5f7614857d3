"""The tool calls of a turn as values, read from its events: what was called, how it went, where it stands.

What a result says is decided by `hone.learning.outcome`, what a command does by `hone.learning.actions`.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from hone.events import ApprovalDecided, StepFinished, ToolFinished, ToolStarted
from hone.history.rows import Recorded
from hone.learning.actions import TOOL, Action, Nature, actions_of
from hone.learning.outcome import Outcome, outcome_of_command
from hone.messages import ToolCall, ToolReply

MOST = 300
"""Characters of a text that is told."""

# Tools of hone whose failures are slips of the agent, which was told on the spot.
_NEVER_TEACH = frozenset(
    ("read", "write", "edit", "find", "ask", "recall", "remember", "skill", "skill_search", "web_search")
)
_EDIT = frozenset({"write", "edit"})
_LOOKS = re.compile(
    r"(?:^|_)(?:get|list|search|read|find|fetch|query|describe|show|view|look|think|calculate)", re.IGNORECASE
)


class Call(msgspec.Struct, frozen=True):
    """A call that has a result. `event` is the result's id, `position` its place among the events, `text` what it said.

    `ran` is false for a call that was refused or not understood.
    """

    event: str
    position: int
    at: float
    seconds: float
    tool: str
    arguments: dict[str, Any]
    ok: bool
    text: str
    ran: bool
    outcome: Outcome = Outcome("silent")

    @property
    def actions(self) -> tuple[Action, ...]:
        """Everything that the call was to do."""
        return _actions(self.tool, self.arguments)

    @property
    def edits(self) -> bool:
        """Whether it changed files of the project."""
        return self.ok and (self.tool in _EDIT or any(each.nature == "edits" for each in self.actions))

    @property
    def in_background(self) -> bool:
        """Whether the command was started and left running."""
        return self.arguments.get("background") is True

    @property
    def limit(self) -> float:
        """The seconds that the command was given; 0: the default."""
        given = self.arguments.get("timeout")
        return float(given) if isinstance(given, int | float) else 0.0


def calls_in(events: Sequence[Recorded]) -> tuple[Call, ...]:
    """The calls of `events` that have a result, in the order of the results."""
    return tuple(_calls(events))


def _calls(events: Sequence[Recorded]) -> Iterator[Call]:
    asked: dict[str, ToolCall] = {}
    ran: set[str] = set()
    for position, recorded in enumerate(events):
        match recorded.event:
            case StepFinished(message=message):
                asked |= {call.id: call for call in message.tool_calls}
                ran -= {call.id for call in message.tool_calls}  # an id may come again in a later step
            case ToolStarted(call=call):
                ran.add(call.id)
            case ApprovalDecided(decision="refused", call_id=refused):
                ran.discard(refused)
            case ToolFinished(reply=reply, seconds=seconds) if reply.call_id in asked:
                arguments = arguments_of(asked[reply.call_id])
                yield Call(
                    event=recorded.id,
                    position=position,
                    at=recorded.at,
                    seconds=seconds,
                    tool=reply.name,
                    arguments=arguments,
                    ok=reply.ok,
                    text=reply.text,
                    ran=reply.call_id in ran,
                    outcome=_outcome(reply, arguments) if reply.call_id in ran else Outcome("silent"),
                )
            case _:
                pass


def arguments_of(call: ToolCall) -> dict[str, Any]:
    """The arguments as an object; empty if they are none."""
    try:
        written = msgspec.json.decode(call.arguments or "{}")
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {}
    return written if isinstance(written, dict) else {}


def _outcome(reply: ToolReply, arguments: dict[str, Any]) -> Outcome:
    command = arguments.get("command")
    if reply.name == "shell":
        if arguments.get("job") or not isinstance(command, str):
            return Outcome("silent")
        return outcome_of_command(command, reply)
    if reply.name in _NEVER_TEACH:
        return Outcome("worked" if reply.ok else "failed")
    return Outcome("worked" if reply.ok else "failed", _actions(reply.name, arguments))


def _actions(tool: str, arguments: dict[str, Any]) -> tuple[Action, ...]:
    if tool == "shell":
        command = arguments.get("command")
        return () if arguments.get("job") else tuple(action for _, action in actions_of(str(command or "")))
    if tool == "web_fetch":
        url = str(arguments.get("url", ""))
        return (Action(f"web_fetch {url}", ("web_fetch",), "http", targets=(url,), nature="looks"),)
    if tool in _NEVER_TEACH:
        return ()
    options = tuple((name, str(value)) for name, value in sorted(arguments.items()))
    nature: Nature = "looks" if _LOOKS.search(tool) else "acts"
    text = f"{tool} {msgspec.json.encode(arguments).decode()}"
    return (Action(text, TOOL, tool, options=options, nature=nature),)


def shortened(text: str) -> str:
    """`text` on one line of at most MOST characters."""
    line = " ".join(text.split())
    return line if len(line) <= MOST else f"{line[: MOST - 1]}…"
