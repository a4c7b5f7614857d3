"""Makes room in a conversation before the model's window is full: older steps become one message, the newest stay.

What stays is chosen in `hone.prompt.keep`, what the rest becomes in `hone.prompt.digest`; the loop asks before each request.
"""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from hone.clock import Clock
from hone.errors import ContextTooLong, ProviderError, UsageError
from hone.events import AnyEvent, Compacted, Notice
from hone.history.resume import compacted, shortened, without_middle
from hone.history.store import History
from hone.messages import (
    Assistant,
    Message,
    System,
    ToolReply,
    ToolSpec,
    Usage,
    User,
    least_trusted,
)
from hone.models.base import Model, Reply, Request
from hone.prompt.digest import composed, left_out, parts_of, quoted, told
from hone.prompt.keep import Tail, files_in, size, skills_in, tail_within

Emit = Callable[[AnyEvent], None]

ASSUMED_WINDOW = 128_000
"""Tokens that a model takes of which nothing is known."""

FULL = 0.8
TAIL = 0.25
RECORD = 0.15
"""Shares of the window: when it counts as full, what the last steps that are kept may take, and what stands for the rest."""

_REQUESTS = 0.2  # what the present request may take of the window where it is not among the last steps
_LEAST_SAVING = 0.1  # a compaction that saves less is left until it saves more
_ATTEMPTS = 3  # at a request that is refused
_CHARACTERS = 4.0  # a token, where the endpoint's usage does not say better
_PLAUSIBLE = (0.8, 10.0)  # characters a token; a usage outside of it says nothing
_SHORT = 2_000  # characters of a transcript that need not be summed up
_LONGEST_SUMMARY = 12_000  # characters
_SUMMARY_SHARE = 0.2
_PART_SHARE = (
    0.4  # of the window of the model that sums up: for the summary, and for one part of what is summed up
)
_TEMPLATE = Path(__file__).parent / "templates" / "compact.md"


class Means(msgspec.Struct, frozen=True):
    """What compactors work with. The windows are tokens that a request may have, None if nobody knows.

    `routine` gives the model that sums up; it may raise UsageError if the settings are wrong.
    """

    routine: Callable[[], Model]
    window: Callable[[], int | None]
    routine_window: Callable[[], int | None]
    redact: Callable[[str], str]
    clock: Clock


class _Plan(msgspec.Struct, frozen=True):
    """`old` messages become a text with `skills` and `requests` as they are; of the others `tail` says how they stay."""

    old: tuple[Message, ...]
    tail: Tail
    skills: tuple[str, ...]
    requests: tuple[str, ...]


class _Record(msgspec.Struct, frozen=True):
    """What stands for the old messages, and what it cost to write; `problem` is why no model did."""

    text: str = ""
    model: str = ""
    usage: Usage = Usage()
    problem: str = ""


class Compactor:
    """Makes room in the conversation of one session, whose requests offer `tools`."""

    def __init__(self, means: Means, history: History, session: str, tools: Sequence[ToolSpec]) -> None:
        self._means = means
        self._history = history
        self._session = session
        self._fixed = len(msgspec.json.encode(tools))
        self._recall = any(tool.name == "recall" for tool in tools)
        self._characters = _CHARACTERS  # a token, as far as is known
        self._known = 0  # tokens of the window as it was at the last request
        self._refused_at = math.inf  # characters of the smallest request that was refused
        self._refusals = 0  # of the present request

    async def make_room(self, messages: list[Message], emit: Emit, refused: ContextTooLong | None) -> bool:
        """Compact `messages` in place if they nearly fill the window, or because they were `refused`; whether it was done.

        Nothing is done where little would be gained. Only cancellation leaves it half way, and then nothing has changed.
        """
        self._calibrate(messages)
        before = self._size(messages)
        window = self._window()
        self._refusals = self._refusals + 1 if refused else 0
        if refused:
            self._refused_at = window = min(before, window)
        if self._refusals > _ATTEMPTS or (not refused and before <= FULL * window):
            return False
        plan = self._plan(messages, window, before if refused else (1 - _LEAST_SAVING) * before)
        if plan is None:
            return False
        event, problem = await self._compact(plan, window, emit)
        after = compacted(messages, event)
        if self._size(after) >= before:
            return False
        if problem:
            emit(Notice(f"the conversation was shortened without a summary: {problem}"))
        if event.longest is not None:
            emit(Notice("the last texts are too large for the model's window: their middle is left out"))
        emit(event)
        messages[:] = after
        return True

    def _calibrate(self, messages: Sequence[Message]) -> None:
        """Learn from the usage of the last reply how many characters make a token in this conversation."""
        usage = self._history.last_usage(self._session)
        replies = [at for at, message in enumerate(messages) if isinstance(message, Assistant)]
        if usage is None or not usage.input or not replies:
            return
        characters = self._size(messages[: replies[-1]]) / usage.input
        if _PLAUSIBLE[0] <= characters <= _PLAUSIBLE[1]:
            self._characters = characters

    def _size(self, messages: Sequence[Message]) -> int:
        """Characters of a request with these messages."""
        return self._fixed + size(messages)

    def _window(self) -> float:
        """Characters of the largest request that may be taken."""
        known = self._means.window() or ASSUMED_WINDOW
        if known != self._known:  # the user has taken another model
            self._known, self._refused_at = known, math.inf
        return min(known * self._characters, self._refused_at)

    def _plan(self, messages: Sequence[Message], window: float, most: float) -> _Plan | None:
        """The plan that keeps most of the last steps and makes a request of less than `most` characters, if there is one."""
        said = self._history.said(self._session)
        for halvings in range(self._refusals, _ATTEMPTS + 1):
            tail = tail_within(messages[1:], int(TAIL * window / 2**halvings))
            if tail.longest is None and tail.kept == len(messages) - 1:
                continue  # nothing would go
            plan = _planned(messages, tail, said, int(_REQUESTS * window))
            kept = size(shortened(messages[len(messages) - tail.kept :], tail.longest))
            beside = sum(map(len, (*plan.skills, *plan.requests)))
            record = min(RECORD * window, size(plan.old))
            if self._size(messages[:1]) + kept + beside + record < most:
                return plan
        return None

    async def _compact(self, plan: _Plan, window: float, emit: Emit) -> tuple[Compacted, str]:
        """The compaction, and why no model summed up if one should have."""
        began = self._means.clock.monotonic()
        record = await self._record(plan.old, int(RECORD * window), emit)
        text = composed(
            record.text,
            plan.skills,
            files_in(plan.old),
            plan.requests,
            recall=self._recall and bool(plan.old),
        )
        event = Compacted(
            text=self._means.redact(text),
            kept=plan.tail.kept,
            longest=plan.tail.longest,
            model=record.model,
            usage=record.usage,
            seconds=self._means.clock.monotonic() - began,
            trust=least_trusted(*(each.trust for each in plan.old if isinstance(each, User | ToolReply))),
        )
        return event, record.problem

    async def _record(self, old: Sequence[Message], room: int, emit: Emit) -> _Record:
        entries = told(old)
        if sum(map(len, entries)) <= min(_SHORT, room):
            return _Record("\n".join(entries))
        record = await self._summed_up(entries, room, emit)
        if not record.problem:
            return record
        return msgspec.structs.replace(record, text=left_out(old, room, recall=self._recall))

    async def _summed_up(self, entries: Sequence[str], room: int, emit: Emit) -> _Record:
        """A summary by the routine model, part by part if it cannot take all at once."""
        try:
            model, tokens = self._means.routine(), self._means.routine_window() or ASSUMED_WINDOW
        except UsageError as error:
            return _Record(problem=str(error))
        emit(Notice(f"the conversation became long: {model.name} sums up its older part"))
        window = tokens * self._characters
        longest = min(room, _LONGEST_SUMMARY, int(_SUMMARY_SHARE * window))
        system = System(f"{_TEMPLATE.read_text(encoding='utf-8').strip()}\n\nAt most {longest // 10} words.")
        record = _Record()
        for part in parts_of(entries, int(_PART_SHARE * window)):
            before = f"summary of what came before:\n{quoted(record.text)}\n\n" if record.text else ""
            try:
                reply = await model.complete(Request((system, User(before + part))), lambda _progress: None)
            except ProviderError as error:
                return msgspec.structs.replace(record, problem=str(error))
            usage, problem = record.usage + reply.usage, _useless(reply, longest)
            record = _Record(reply.message.text.strip(), reply.model, usage, problem)
            if problem:
                return record
        return record


def _planned(messages: Sequence[Message], tail: Tail, said: Sequence[str], room: int) -> _Plan:
    """What becomes of what where `tail` stays; the user's words that are not in it may take `room`."""
    end = len(messages) - tail.kept
    old, kept = messages[1:end], messages[end:]
    whole = () if tail.longest else kept
    skills = skills_in(messages).values()
    requests = [text for text in said if not any(_says(message, text) for message in kept)]
    longest = room // max(len(requests), 1)
    return _Plan(
        old=tuple(old),
        tail=tail,
        skills=tuple(each for each in skills if not any(each in message.text for message in whole)),
        requests=tuple(without_middle(text, longest) for text in requests),
    )


def _says(message: Message, text: str) -> bool:
    """Whether the message is the user's `text`, alone or with what hone attached to it."""
    return isinstance(message, User) and (message.text == text or message.text.startswith(f"{text}\n\n"))


def _useless(reply: Reply, longest: int) -> str:
    """Why the reply is no summary; empty if it is one."""
    text = reply.message.text.strip()
    if reply.message.tool_calls or not text:
        return f"{reply.model} wrote none"
    if reply.finish == "length":
        return f"{reply.model} was cut at its output limit (max_output)"
    if len(text) > longest:
        return f"{reply.model} wrote {len(text):,} characters, of which {longest:,} fit"
    return ""
