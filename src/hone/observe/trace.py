"""`--trace FILE`: every event of a conversation as a line of JSON, written as it happens.

The pieces of a stream are counted, not written: one line for each attempt. The format is in docs/cost-and-traces.md.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from hone.clock import Clock
from hone.errors import UsageError
from hone.events import (
    AnyEvent,
    ReasoningDelta,
    Retrying,
    StepFinished,
    StepStarted,
    TextDelta,
    TurnFinished,
    TurnStarted,
)
from hone.history.store import History

VERSION = 1
_LONGEST = 2_000  # characters of a text: the whole of it is in the history


class Around(msgspec.Struct, frozen=True):
    """What listeners know of the process. `redact` sees every text before it is written or sent."""

    environ: Mapping[str, str]
    clock: Clock
    redact: Callable[[str], str]
    history: History
    session: Callable[[], str]
    """The session that is at work."""


def check_trace(path: Path) -> None:
    """Raises UsageError if nothing can be appended to `path`; a file that is not there is made, for its owner only."""
    os.close(_opened(path))


class Trace:
    """Appends to `path`, a whole line at a time.

    A file that cannot be written any more is told of once, to `tell`; the work goes on. Raises UsageError if it cannot
    be opened.
    """

    def __init__(self, path: Path, around: Around, tell: Callable[[str], None]) -> None:
        self._path, self._around, self._clock, self._tell = path, around, around.clock, tell
        self._file: int | None = _opened(path)
        self._session, self._turn, self._step = "", 0, 0
        self._stream: _Stream | None = None
        self._attempt = 1
        self._write({"v": VERSION, "type": "trace"})

    def __call__(self, event: AnyEvent) -> None:
        """Write one event, or count a piece of a stream."""
        if isinstance(event, TextDelta | ReasoningDelta):
            if self._stream:
                self._stream.add(event, self._clock.monotonic())
            return
        if isinstance(event, TurnStarted) or not self._turn:
            self._begin_turn()
        if isinstance(event, Retrying | StepFinished | TurnFinished):
            self._end_stream(event)
        if isinstance(event, StepStarted):
            self._step = event.step
            self._attempt, self._stream = 1, _Stream(event.model, self._clock.monotonic())
        if isinstance(event, Retrying):
            self._attempt, self._stream = (
                self._attempt + 1,
                _Stream(event.model, self._clock.monotonic() + event.seconds),
            )
        self._write(msgspec.to_builtins(event))
        if isinstance(event, TurnFinished):
            self._turn = 0

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _begin_turn(self) -> None:
        self._session, self._step = self._around.session(), 0
        self._turn = max((each.turn for each in self._around.history.turns(self._session)), default=0)

    def _end_stream(self, event: Retrying | StepFinished | TurnFinished) -> None:
        """A line for what was streamed in the attempt that ends here; none where no request was at work."""
        if self._stream is None:
            return
        output = event.usage.output if isinstance(event, StepFinished) else None
        facts = self._stream.facts(self._clock.monotonic(), output)
        self._write({"type": "request", "attempt": self._attempt, **facts})
        self._stream = None

    def _write(self, fields: dict[str, Any]) -> None:
        if self._file is None:
            return
        place = {"session": self._session, "turn": self._turn, "step": self._step} if self._turn else {}
        line = {"at": round(self._clock.now(), 3), **place, **self._safe(fields)}
        if fields.get("v"):
            line = {"v": VERSION, **line}  # where the eye looks for it
        try:
            _append(self._file, msgspec.json.encode(line) + b"\n")
        except OSError as error:
            self.close()
            self._tell(f"the trace ends here, the work goes on: {self._path}: {error.strerror}")

    def _safe(self, value: Any) -> Any:
        match value:
            case str():
                text = self._around.redact(value).encode(errors="backslashreplace").decode()
                more = len(text) - _LONGEST
                return text if more <= 0 else f"{text[:_LONGEST]}… ({more} more characters)"
            case dict():
                return {name: self._safe(item) for name, item in value.items()}
            case list() | tuple():
                return [self._safe(item) for item in value]
            case _:
                return value


class _Stream:
    """What was streamed of one attempt at a request."""

    def __init__(self, model: str, begun: float) -> None:
        self._model, self._begun = model, begun
        self._first: float | None = None
        self._text = self._reasoning = self._pieces = 0

    def add(self, delta: TextDelta | ReasoningDelta, now: float) -> None:
        self._first = now if self._first is None else self._first
        self._pieces += 1
        if isinstance(delta, TextDelta):
            self._text += len(delta.text)
        else:
            self._reasoning += len(delta.text)

    def facts(self, now: float, output: int | None) -> dict[str, Any]:
        """The line's fields; the speed is that of the stream, from its first piece to its end."""
        facts: dict[str, Any] = {"model": self._model, "seconds": round(now - self._begun, 3)}
        if self._first is not None:
            facts |= {"first_token_s": round(self._first - self._begun, 3), "pieces": self._pieces}
            facts |= {"text_chars": self._text, "reasoning_chars": self._reasoning}
            if output and now > self._first:
                facts["tokens_per_s"] = round(output / (now - self._first), 1)
        return facts


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UsageError(f"--trace {path}: {error.strerror}; name a file that can be written") from error


def _append(file: int, line: bytes) -> None:
    """In one call, so that a kill leaves whole lines; more are needed only where a pipe or a full disk takes a part."""
    while line:
        line = line[os.write(file, line) :]
