"""A reply while it arrives, in pieces or whole: what to show of it meanwhile, and what it is in the end."""

from collections.abc import Iterable, Sequence

import msgspec

from hone.events import ReasoningDelta, TextDelta
from hone.messages import Assistant, ToolCall, Usage
from hone.models.base import Finish
from hone.models.constrained import read_step
from hone.models.text_tools import CALL_STARTS, read_calls
from hone.models.wire import CallPart, Chunk, MessagePart, decode_usage

_TAGS = {"<think>": "</think>", "<thinking>": "</thinking>"}
# the words for one ending, as servers and the providers behind them say it, in small letters
_CUT = ("length", "max_tokens", "max_output_tokens", "model_length", "model_context_window_exceeded")
_BROKEN_OFF = ("error", "abort", "aborted", "cancelled", "canceled", "network_error")
_WITHHELD = ("content_filter", "content_filtered", "safety", "recitation", "sensitive")
# what a call has as its arguments that was cut where the rest looks like a call with fewer of them
_UNFINISHED = "{"
Delta = TextDelta | ReasoningDelta


class Draft:
    """Collects an answer's chunks. `offered` are the tools' names; without any, text is never a call.

    `constrained`: the answer is a step as `hone.models.constrained` asks for it.
    """

    def __init__(self, offered: Sequence[str], *, constrained: bool = False) -> None:
        self._constrained = constrained
        self.usage: Usage | None = None
        self.finished = False  # the endpoint gave a finish_reason
        self.ended = False  # the endpoint said that nothing more comes
        self.has_choice = False
        self.finish_reason = ""  # in the endpoint's own words
        self.pieces = 0  # of text, reasoning and calls that said something
        self.heard_at = 0.0  # when the last event came, of the event loop's clock
        self._offered = offered
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._calls = _CallPieces()
        self._shown = _Shown(hold_calls=bool(offered))

    @property
    def whole(self) -> bool:
        """Whether the endpoint said that the reply is complete."""
        return self.finished or self.ended

    @property
    def cut(self) -> bool:
        """Whether a limit of length ended it."""
        return self.finish_reason.lower() in _CUT

    @property
    def broken_off(self) -> bool:
        """Whether a failure ended it."""
        return self.finish_reason.lower() in _BROKEN_OFF

    @property
    def withheld(self) -> bool:
        """Whether a content filter ended it."""
        return self.finish_reason.lower() in _WITHHELD

    def add(self, chunk: Chunk) -> list[Delta]:
        """Take in a chunk; gives what to show of it."""
        self.usage = decode_usage(chunk.usage) or self.usage
        shown: list[Delta] = []
        for choice in chunk.choices or ():
            if choice.index:
                continue
            self.has_choice = True
            if choice.finish_reason:
                self.finished, self.finish_reason = True, choice.finish_reason
                self.pieces += 1
            part = choice.delta or choice.message
            if part is not None:
                shown += self._add_part(part)
        return shown

    def _add_part(self, part: MessagePart) -> list[Delta]:
        shown: list[Delta] = []
        if reasoning := part.reasoning_content or part.reasoning:
            self._reasoning.append(reasoning)
            self.pieces += 1
            shown.append(ReasoningDelta(reasoning))
        content = part.content
        if isinstance(content, list):
            content = "".join(piece.text or "" for piece in content)
        if text := content or part.refusal:
            self._text.append(text)
            self.pieces += 1
            shown += self._shown.feed(text)
        for call in part.tool_calls or ():
            self._calls.add(call)
            self.pieces += bool(
                call.id or (call.function and (call.function.name or call.function.arguments))
            )
        return shown

    def close(self) -> tuple[Assistant, Finish, list[Delta]]:
        """The reply, why it ended, and what was held back and is to be shown after all."""
        thought, text = split_thinking("".join(self._text))
        open_at_end = _ends_within_a_function(text)
        calls = self._calls.joined()
        if not calls and self._offered and self._constrained:
            text, calls = read_step(text, self._offered)
        elif not calls and self._offered:
            text, calls = read_calls(text, self._offered)
        if calls and (self.cut or self.withheld) and (open_at_end or not calls[-1].arguments):
            calls = (*calls[:-1], msgspec.structs.replace(calls[-1], arguments=_UNFINISHED))
        calls = tuple(msgspec.structs.replace(call, arguments=call.arguments or "{}") for call in calls)
        reasoning = "".join(self._reasoning) + thought
        finish: Finish = "length" if self.cut else "tool_calls" if calls else "stop"
        return Assistant(text, calls, reasoning), finish, self._shown.rest(text)


def split_thinking(text: str) -> tuple[str, str]:
    """(`<think>…</think>` at the start of `text` without its tags, the rest); the same for `<thinking>`."""
    head = text.lstrip()
    opening = _opening_tag(head)
    if not opening:
        return "", text
    thought, _, rest = head.removeprefix(opening).partition(_TAGS[opening])
    return thought, rest.lstrip()


def _ends_within_a_function(text: str) -> bool:
    """Whether the last `<function=…>` is not closed: some models never do that, but at a limit there was more to come."""
    _, opened, last = text.rpartition("<function=")
    return bool(opened) and "</function>" not in last


def _opening_tag(head: str) -> str:
    return next((tag for tag in _TAGS if head.startswith(tag)), "")


def with_fresh_ids(calls: Iterable[ToolCall], used: Iterable[str]) -> tuple[ToolCall, ...]:
    """`calls` with ids that are neither empty nor in `used`: an id names one call of a conversation."""
    taken = set(used)
    number = len(taken)
    fresh: list[ToolCall] = []
    for call in calls:
        identity = call.id
        while not identity or identity in taken:
            number += 1
            identity = f"call_{number}"
        taken.add(identity)
        fresh.append(msgspec.structs.replace(call, id=identity))
    return tuple(fresh)


class _CallPieces:
    """Puts the pieces of tool calls together: by index, or in order where a server gives none or the same to all."""

    def __init__(self) -> None:
        self._calls: list[_Call] = []

    def add(self, part: CallPart) -> None:
        function = part.function
        name = (function and function.name) or ""
        arguments = (function and function.arguments) or ""
        if isinstance(arguments, dict):
            arguments = msgspec.json.encode(arguments).decode()
        call = self._belonging(part, name, arguments)
        call.id = call.id or part.id or ""
        call.name = call.name or name
        call.arguments.append(arguments)

    def _belonging(self, part: CallPart, name: str, arguments: str) -> "_Call":
        if part.index is not None:
            candidates = [call for call in self._calls if call.index == part.index]
        elif part.id:
            candidates = [call for call in self._calls if call.id == part.id]
        else:
            candidates = [] if name else self._calls
        if candidates and not candidates[-1].is_followed_by(part.id or "", name, arguments):
            return candidates[-1]
        self._calls.append(_Call(part.index))
        return self._calls[-1]

    def joined(self) -> tuple[ToolCall, ...]:
        return tuple(ToolCall(call.id, call.name, "".join(call.arguments)) for call in self._calls)


class _Call:
    def __init__(self, index: int | None) -> None:
        self.index = index
        self.id = ""
        self.name = ""
        self.arguments: list[str] = []

    def is_followed_by(self, identity: str, name: str, arguments: str) -> bool:
        """Whether a piece with this call's index begins another one (servers that number all calls 0)."""
        if not name or not self.name:
            return False
        if identity and self.id:
            return identity != self.id
        return bool(arguments) and _is_json("".join(self.arguments))


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return False
    return True


class _Shown:
    """Decides what streamed text is shown as: text, reasoning, or nothing yet, since it may be a call."""

    def __init__(self, *, hold_calls: bool) -> None:
        self._starts = CALL_STARTS if hold_calls else ()
        self._feed = self._start
        self._pending = ""
        self._close = ""  # the tag that ends the thinking

    def feed(self, piece: str) -> list[Delta]:
        return self._feed(piece)

    def rest(self, text: str) -> list[Delta]:
        """What is left to show, given the reply's whole `text`."""
        return [] if self._feed == self._speaking or not text else [TextDelta(text)]

    def _start(self, piece: str) -> list[Delta]:
        self._pending += piece
        head = self._pending.lstrip()
        if opening := _opening_tag(head):
            self._feed, self._pending, self._close = self._thinking, "", _TAGS[opening]
            return self._thinking(head.removeprefix(opening))
        return [] if any(tag.startswith(head) for tag in _TAGS) else self._opening("")

    def _thinking(self, piece: str) -> list[Delta]:
        thought, closed, after = (self._pending + piece).partition(self._close)
        held = "" if closed else _open_end(thought, self._close)
        shown = thought.removesuffix(held)
        self._pending = after if closed else held
        deltas: list[Delta] = [ReasoningDelta(shown)] if shown else []
        if closed:
            self._pending = after.lstrip()
            self._feed = self._after_thinking
            deltas += self._after_thinking("")
        return deltas

    def _after_thinking(self, piece: str) -> list[Delta]:
        self._pending = (self._pending + piece).lstrip()
        return self._opening("")

    def _opening(self, piece: str) -> list[Delta]:
        self._pending += piece
        head = self._pending.lstrip()
        if head.startswith(self._starts):
            self._feed = self._holding
            return []
        if any(start.startswith(head) for start in self._starts) or not head:
            if self._feed == self._start:
                self._feed = self._opening
            return []
        self._feed = self._speaking
        return self._speaking(self._pending)

    def _holding(self, piece: str) -> list[Delta]:
        return []  # the whole text is shown, or read as calls, at the end

    def _speaking(self, piece: str) -> list[Delta]:
        return [TextDelta(piece)]


def _open_end(text: str, tag: str) -> str:
    """The end of `text` that may turn out to be the beginning of `tag`."""
    return next((tag[:n] for n in range(len(tag) - 1, 0, -1) if text.endswith(tag[:n])), "")
