"""Runs the tool calls of one step: reads at the same time, everything else in order, failures as replies.

Between the model and a tool stand, in this order: the tool's name and arguments, the loop's `before_call` hook, the
approvals. Whatever one of them says against a call becomes its reply; only NoSandbox and cancellation end the step.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from hone.clock import Clock
from hone.errors import nearest
from hone.events import AnyEvent, ApprovalDecided, ToolFinished, ToolStarted
from hone.messages import ToolCall, ToolReply, ToolSpec, least_trusted
from hone.models.text_tools import parse_json
from hone.safety.approve import Approver
from hone.safety.provenance import Provenance
from hone.tools.base import Tool, ToolOutput
from hone.tools.compact import compact

Emit = Callable[[AnyEvent], None]
BeforeCall = Callable[[ToolCall], str | None]
"""Says why a call must not run, or None."""

Guard = Callable[[Sequence[AnyEvent], Emit], BeforeCall]
"""(the events of a turn, which grow; where to tell of it) -> what is asked before each of its calls."""

_REMEMBERED = 4  # calls
_AGAIN = "[the same call gave the same result before: try another one, or answer]"
"""Small models go round in circles until a limit ends it."""

_MAX_TEXT = 60_000  # characters of one reply; tools that can say more cut more cleverly themselves


def unguarded(_events: Sequence[AnyEvent], _emit: Emit) -> BeforeCall:
    """Nothing stands against any call."""
    return lambda _call: None


async def _nothing() -> None:
    pass


class _Ready(msgspec.Struct, frozen=True):
    call: ToolCall
    tool: Tool
    arguments: Any


class Toolbox:
    """The tools of a session, with the approvals and the redaction that stand before and behind them.

    `specs` are the tools as the model sees them, in a fixed order. `provenance` learns what other hosts said, and when a
    tool of theirs ran. `before_change` is awaited before calls that may change something.
    """

    def __init__(
        self,
        tools: Iterable[Tool],
        approver: Approver,
        redact: Callable[[str], str],
        clock: Clock,
        provenance: Provenance | None = None,
        before_change: Callable[[], Awaitable[None]] = _nothing,
    ) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._approver = approver
        self._redact = redact
        self._clock = clock
        self._provenance = provenance
        self._before_change = before_change
        self._tells_of_repeats = False
        self._lately: deque[tuple[str, str, str]] = deque(maxlen=_REMEMBERED)  # calls and what they gave back
        self.specs: tuple[ToolSpec, ...] = tuple(tool.spec for tool in self._tools.values())

    def withhold(self, names: Iterable[str]) -> None:
        """Do not offer these tools to the model. A call of one runs all the same."""
        self.specs = tuple(spec for spec in self.specs if spec.name not in set(names))

    def shorten(self) -> None:
        """Offer the tools as `compact` has them for small models."""
        self.specs = compact(self.specs)
        self._tells_of_repeats = True

    def is_parallel(self, call: ToolCall) -> bool:
        """Whether `call` changes nothing, so that it may run beside others and may run again."""
        tool = self._tools.get(call.name)
        return tool is not None and tool.parallel

    async def execute(
        self, calls: Sequence[ToolCall], before_call: BeforeCall, emit: Emit
    ) -> list[ToolReply]:
        """One reply for each of `calls`, in their order.

        Raises NoSandbox if a call needs a sandbox that does not work here; the call has then not run.
        """
        replies: list[ToolReply] = []
        for batch in self._batches(calls):
            # People are asked one question at a time, so a batch is checked in order before any of it runs.
            checked = [await self._check(call, before_call, emit) for call in batch]
            if any(isinstance(each, _Ready) and not each.tool.parallel for each in checked):
                await self._before_change()
            replies += await asyncio.gather(*(self._run(item, emit) for item in checked))
        return replies

    def _batches(self, calls: Sequence[ToolCall]) -> Iterator[list[ToolCall]]:
        batch: list[ToolCall] = []
        for call in calls:
            if batch and not (self.is_parallel(call) and self.is_parallel(batch[-1])):
                yield batch
                batch = []
            batch.append(call)
        if batch:
            yield batch

    async def _check(self, call: ToolCall, before_call: BeforeCall, emit: Emit) -> _Ready | ToolReply:
        tool = self._tools.get(call.name)
        if tool is None:
            names = ", ".join(self._tools)
            return _failed(
                call, f"no tool named {call.name!r}{nearest(call.name, self._tools)}; the tools are: {names}"
            )
        try:
            arguments = _understood(call.arguments, tool.arguments)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            offered = next((spec for spec in self.specs if spec.name == tool.name), tool.spec)
            schema = msgspec.json.encode(offered.parameters).decode()
            return _failed(
                call, f"the arguments were not understood: {error}. Send one JSON object for: {schema}"
            )
        if objection := before_call(call):
            return _failed(call, objection)
        intent = tool.intent(arguments)
        decision = await self._approver.decide(call.name, intent)
        if intent.kind != "free":
            word = "allowed" if decision.allowed else "refused"
            subject = self._redact(intent.subject)
            emit(ApprovalDecided(call.id, call.name, subject, word, decision.asked, decision.reason))  # type: ignore[arg-type]
        if not decision.allowed:
            return _failed(call, decision.reason)
        return _Ready(call, tool, arguments)

    async def _run(self, item: _Ready | ToolReply, emit: Emit) -> ToolReply:
        if isinstance(item, ToolReply):
            emit(ToolFinished(item, 0.0, item.trust))
            return item
        emit(ToolStarted(item.call))
        started = self._clock.monotonic()
        output = await self._output_of(item)
        text = _capped(self._redact(output.text))
        done = (item.call.name, item.call.arguments, text)
        again = self._tells_of_repeats and output.ok and done in self._lately
        self._lately.append(done)
        reply = ToolReply(
            call_id=item.call.id,
            name=item.call.name,
            text=f"{text}\n{_AGAIN}" if again else text,
            ok=output.ok,
            exit_code=output.exit_code,
            trust=output.trust,
        )
        if reply.trust == "external" and self._provenance:
            self._provenance.hear(reply.text)
        emit(ToolFinished(reply, self._clock.monotonic() - started, reply.trust))
        return reply

    async def _output_of(self, ready: _Ready) -> ToolOutput:
        """What the tool gives back, and no more trusted than the tool is."""
        trust = ready.tool.trust
        ended = self._provenance.begin(trust) if self._provenance else lambda: None
        try:
            output = await _guarded(ready)
        finally:
            ended()
        return msgspec.structs.replace(output, trust=least_trusted(output.trust, trust))


def _understood(text: str, kind: type[Any]) -> Any:
    """Arguments as small models write them: "10" for a number and null for what they leave out are no mistakes, nor is JSON
    that can be read all the same.
    """
    try:
        written = msgspec.json.decode(text or "{}")
    except msgspec.DecodeError:
        written = parse_json(text)
        if written is None:
            raise
    if isinstance(written, dict) and kind is not dict:
        written = {name: value for name, value in written.items() if value is not None}
    return msgspec.convert(written, kind, strict=False)


async def _guarded(ready: _Ready) -> ToolOutput:
    try:
        return await ready.tool.run(ready.arguments)
    except Exception as error:  # noqa: BLE001 - the tool boundary: a tool's bug is a failed call, not the end of a session
        return ToolOutput(f"{ready.call.name} failed: {type(error).__name__}: {error}", ok=False)


def _failed(call: ToolCall, text: str) -> ToolReply:
    return ToolReply(call.id, call.name, text, ok=False)


def _capped(text: str) -> str:
    if len(text) <= _MAX_TEXT:
        return text
    half = _MAX_TEXT // 2
    return f"{text[:half]}\n[… {len(text) - 2 * half} characters left out …]\n{text[-half:]}"
