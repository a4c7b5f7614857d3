"""The tool calls of a turn as values, read from its events: what was called, how it went, where it stands.

What a result says is decided by `hone.learning.outcome`, what a command does by `hone.learning.actions`.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from hone.events import ApprovalDecided, StepFinished, ToolFinished, ToolStarted, Tripped
from hone.history.rows import Recorded
from hone.learning.actions import TOOL, Action, Nature, actions_of
from hone.learning.outcome import Outcome, hides_failure, outcome_of_command, visible
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
    """A call that has a result. `events` are the ids that show it: its step, its start if it `ran`, its result.

    `position` is the result's place among the events, `text` is what the reply says, cut in the middle. A call that was
    refused, not understood or stopped by a tripwire did not run.
    """

    events: tuple[str, ...]
    position: int
    at: float
    seconds: float
    arguments: dict[str, Any]
    reply: ToolReply
    text: str
    ran: bool

    @property
    def event(self) -> str:
        """The result's id."""
        return self.events[-1]

    @property
    def tool(self) -> str:
        """The tool's name."""
        return self.reply.name

    @property
    def ok(self) -> bool:
        """Whether the tool says that it did what it was to do."""
        return self.reply.ok

    @property
    def command(self) -> str:
        """The shell line, or the arguments as text."""
        return str(self.arguments.get("command") or "") if self.tool == "shell" else str(self.arguments)

    @property
    def actions(self) -> tuple[Action, ...]:
        """Everything that the call was to do."""
        return _actions(self.tool, self.arguments)

    @property
    def may_have_failed(self) -> bool:
        """Whether `outcome` may be a failure: a cheap look."""
        return self.ran and (not self.ok or (self.tool == "shell" and hides_failure(self.command, self.text)))

    @property
    def outcome(self) -> Outcome:
        """What the result says of the actions."""
        if not self.ran or (self.tool == "shell" and self.arguments.get("job")):
            return Outcome("silent")
        if self.tool == "shell":
            return outcome_of_command(self.command, self.reply, self.text)
        if self.tool in _NEVER_TEACH and not self.ok:
            return Outcome("silent")
        return Outcome("worked" if self.ok else "failed", self.actions)

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
    asked: dict[str, tuple[str, ToolCall]] = {}
    started: dict[str, str] = {}
    for position, recorded in enumerate(events):
        match recorded.event:
            case StepFinished(message=message):
                for call in message.tool_calls:
                    asked[call.id] = recorded.id, call
                    started.pop(call.id, None)  # an id may come again in a later step
            case ToolStarted(call=call):
                started[call.id] = recorded.id
            case ApprovalDecided(decision="refused", call_id=kept_back):
                started.pop(kept_back, None)
            case Tripped(passed=False, call=call):
                started.pop(call.id, None)
            case ToolFinished(reply=reply, seconds=seconds) if reply.call_id in asked:
                step, call = asked[reply.call_id]
                start = started.get(reply.call_id)
                yield Call(
                    events=(step, start, recorded.id) if start else (step, recorded.id),
                    position=position,
                    at=recorded.at,
                    seconds=seconds,
                    arguments=arguments_of(call),
                    reply=reply,
                    text=visible(reply.text),
                    ran=start is not None,
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


def _actions(tool: str, arguments: dict[str, Any]) -> tuple[Action, ...]:
    if tool == "shell":
        line = "" if arguments.get("job") else str(arguments.get("command", ""))
        return tuple(action for _, action in actions_of(line))
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


def side_by_side(one: str, other: str) -> tuple[str, str]:
    """Both texts shortened so that the place where they begin to differ is kept."""
    one, other = " ".join(one.split()), " ".join(other.split())
    same = next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    if max(len(one), len(other)) <= MOST or same < MOST // 2:
        return shortened(one), shortened(other)
    begin, skipped = one[: MOST // 3], same - MOST // 6
    return shortened(f"{begin}…{one[skipped:]}"), shortened(f"{begin}…{other[skipped:]}")
