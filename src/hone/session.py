"""A conversation: its messages, what the user types while it works, stopping it and going on with it later.

The history is the source of truth: after anything but an answer the messages are rebuilt from it, never guessed.
"""

from collections import deque
from collections.abc import Callable, Sequence

import msgspec

from hone.errors import UsageError
from hone.events import AnyEvent, Attached, ToolFinished, TurnFinished, Withheld
from hone.history.resume import Rebuilt, rebuild
from hone.messages import System, ToolCall, ToolReply
from hone.turn import Desk, resume_turn, run_turn

Attach = Callable[[str], Sequence[Attached | Withheld]]
"""(request) -> what hone adds to it unasked, or keeps from it."""
AttachLate = Callable[[str], Sequence[Attached]]


class Session:
    """One conversation. Not for use by two tasks at once; `steer` may be called while a turn runs."""

    def __init__(
        self,
        desk: Desk,
        system_prompt: str,
        *,
        attach: Attach = lambda _text: (),
        attach_late: AttachLate = lambda _text: (),
        reopened: bool = False,
    ) -> None:
        self._steering: deque[str] = deque()
        self._desk = msgspec.structs.replace(desk, heard=self._heard)
        self._system_prompt = system_prompt
        self._attach = attach
        self._attach_late = attach_late
        self._request = ""
        self._torn = reopened  # it may have ended anywhere
        desk.messages[:] = [System(system_prompt)]

    @property
    def id(self) -> str:
        """The session's id."""
        return self._desk.session

    async def run(self, text: str, attached: Sequence[Attached] = ()) -> TurnFinished:
        """One turn; behind `attached` comes what `attach` has for this text, and in later steps what `attach_late` has.

        Raises UsageError for an empty message; CancelledError passes through, recorded.
        """
        if not text.strip():
            raise UsageError("the task is empty: say what you want done")
        if self._torn:
            rebuilt = self._rebuilt()
            self._settle(rebuilt, [*rebuilt.interrupted, *rebuilt.pending], "stopped by the user")
        self._torn = True
        self._request = text = self._desk.redact(text)
        every = [*attached, *self._attach(text)]
        safe = [self._redacted(each) if isinstance(each, Attached) else each for each in every]
        finished = await run_turn(self._desk, text, safe)
        self._torn = finished.status != "answered"
        return finished

    async def resume(self) -> TurnFinished:
        """Go on with the last turn if it did not end in an answer, else give that answer again.

        Calls that finished are not run again. One that was running when hone stopped is run again only if it changes
        nothing; the model is told of any other, because its effect is unknown.
        """
        rebuilt = self._rebuilt()
        if rebuilt.turn is None:
            raise UsageError(f"session {self.id} has no turn to resume: give a task")
        events = [record.event for record in self._desk.history.events(self.id, rebuilt.turn)]
        if isinstance(events[-1], TurnFinished) and events[-1].status == "answered":
            self._desk.show(events[-1])
            return events[-1]
        again = [call for call in rebuilt.interrupted if self._desk.toolbox.is_parallel(call)]
        lost = [call for call in rebuilt.interrupted if call not in again]
        events += self._settle(
            rebuilt, lost, "hone was stopped while this ran: check what it did before you repeat it"
        )
        self._torn = True
        finished = await resume_turn(self._desk, rebuilt.turn, events, [*again, *rebuilt.pending])
        self._torn = finished.status != "answered"
        return finished

    def steer(self, text: str) -> None:
        """Say something to the agent while it works; it hears it with the results of the present step."""
        self._steering.append(text)

    def unheard(self) -> list[str]:
        """Take back what was said too late for the last turn to hear."""
        said = list(self._steering)
        self._steering.clear()
        return said

    def _heard(self) -> Sequence[Attached]:
        said = [Attached("steering", "user", text) for text in self.unheard()]
        every = [*said, *self._attach_late(self._request)]
        return [self._redacted(each) for each in every]

    def _redacted(self, attached: Attached) -> Attached:
        return msgspec.structs.replace(attached, text=self._desk.redact(attached.text))

    def _rebuilt(self) -> Rebuilt:
        rebuilt = rebuild(self._system_prompt, self._desk.history.events(self.id))
        self._desk.messages[:] = rebuilt.messages
        return rebuilt

    def _settle(self, rebuilt: Rebuilt, calls: Sequence[ToolCall], text: str) -> list[AnyEvent]:
        """Give each of `calls` a failed reply, recorded: a request with an unanswered call is refused by endpoints."""
        settled: list[AnyEvent] = []
        for call in calls:
            reply = ToolReply(call.id, call.name, text, ok=False)
            settled.append(ToolFinished(reply, 0.0, reply.trust))
            self._desk.history.append(self.id, rebuilt.turn or 0, rebuilt.step, settled[-1])
            self._desk.messages.append(reply)
        return settled
