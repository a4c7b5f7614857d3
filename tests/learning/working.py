"""Events of a piece of work, written as compactly as a test needs them."""

import json
from collections.abc import Sequence

import msgspec

from hone.events import (
    AnyEvent,
    Status,
    StepFinished,
    StepStarted,
    ToolFinished,
    ToolStarted,
    TurnFinished,
    TurnStarted,
)
from hone.history.rows import Recorded
from hone.messages import Assistant, ToolCall, ToolReply, Trust, Usage


class Did(msgspec.Struct, frozen=True):
    """A shell command, its exit code and what it printed; or another tool with its arguments."""

    command: str
    exit: int = 0
    output: str = ""
    trust: Trust = "workspace"
    tool: str = "shell"
    arguments: dict[str, object] | None = None
    raw: str = ""

    @property
    def written(self) -> str:
        """The arguments as the model wrote them."""
        return self.raw or json.dumps({"command": self.command} if self.arguments is None else self.arguments)


class Trace:
    """Events with the ids that the history would give them."""

    def __init__(self) -> None:
        self.events: list[Recorded] = []
        self._turn = 0
        self._step = 0

    def add(self, event: AnyEvent, trust: Trust | None = None) -> str:
        number = f"e{len(self.events) + 1}"
        known: Trust = getattr(event, "trust", "user")
        at = 1_000.0 + len(self.events)
        self.events.append(Recorded(number, self._turn, self._step, at, event, trust or known))
        return number

    def ask(self, text: str) -> str:
        self._turn, self._step = self._turn + 1, 0
        return self.add(TurnStarted(text))

    def run(self, *calls: Did, seen: Trust = "user") -> list[str]:
        """One step that makes `calls`; the ids of their results. `seen` is what the model had seen by then."""
        self._step += 1
        made = [
            # the same ids in every step, as models number them that write their calls as text
            ToolCall(f"call_{number}", each.tool, each.written)
            for number, each in enumerate(calls)
        ]
        self.add(StepStarted(self._step, "test:model"))
        self.add(StepFinished(self._step, Assistant("", tuple(made)), Usage(), "test:model", 0.5, seen))
        return [self._result(call, each) for call, each in zip(made, calls, strict=True)]

    def answer(self, text: str, seen: Trust = "user", *, status: Status = "answered") -> None:
        """The end of the turn; `text` is the reason if there is no answer."""
        self._step += 1
        answered = status == "answered"
        if answered:
            self.add(StepFinished(self._step, Assistant(text), Usage(), "test:model", 0.5, seen))
        self.add(TurnFinished(self._turn, status, text, text, self._step, 0, 0, Usage(), 1.0))

    def _result(self, call: ToolCall, did: Did) -> str:
        self.add(ToolStarted(call))
        shell = did.tool == "shell"
        text = f"{did.output}\n[exit {did.exit}]" if shell else did.output
        reply = ToolReply(call.id, did.tool, text, did.exit == 0, did.exit if shell else None, did.trust)
        return self.add(ToolFinished(reply, 0.1, did.trust))


def work_of(request: str, calls: Sequence[Did], answer: str = "Done.") -> Trace:
    """One turn, a call a step."""
    trace = Trace()
    trace.ask(request)
    for each in calls:
        trace.run(each)
    trace.answer(answer)
    return trace
