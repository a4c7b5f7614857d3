"""What tests of hone, and of programs built on it, need: a scripted model, a clock of their own, a wire server.

    with WireServer(in_order(call("shell", command="ls"), say("done"))) as server: ...

Replies are `Assistant` values, made by `say`, `call` and `together`; `Fault` is an answer as raw bytes.
"""

import asyncio
import contextlib
import os
import random
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from hone.app import App
from hone.clock import Clock, SystemClock
from hone.config.environ import process_environ
from hone.errors import HoneError
from hone.events import AnyEvent, TextDelta
from hone.given import Given
from hone.messages import Assistant, Usage, estimate_tokens
from hone.models.base import Finish, Model, Progress, Reply, Request
from hone.wire_server import (
    Fault,
    WireReply,
    WireServer,
    as_json,
    as_stream,
    call,
    cut,
    hang,
    in_order,
    say,
    status,
    together,
)
from hone.workbench import Face

__all__ = [
    "FakeClock",
    "Fault",
    "ScriptedModel",
    "WireReply",
    "WireServer",
    "as_json",
    "as_stream",
    "call",
    "cut",
    "hang",
    "in_order",
    "make_app",
    "say",
    "status",
    "together",
]


class FakeClock:
    """A clock that moves only when told to, or slept on. `slept` keeps every wait, in seconds."""

    def __init__(self, now: float = 1_795_348_800.0) -> None:
        self._now = now
        self._elapsed = 0.0
        self.slept: list[float] = []

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        return self._now + self._elapsed

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        return self._elapsed

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._elapsed += seconds

    async def sleep(self, seconds: float) -> None:
        """Let time pass at once; other tasks get their turn."""
        self.slept.append(seconds)
        self.advance(seconds)
        await asyncio.sleep(0)


Scripted = str | Assistant | Reply | HoneError
"""An answer's text, a reply, a reply with its usage, or an error to raise."""


class ScriptedModel:
    """A model that plays the replies it was given, in order; a function is called with the request.

    `requests` keeps what it was asked. Asked for more than it was given, it raises AssertionError.
    """

    def __init__(
        self, *replies: Scripted | Callable[[Request], Scripted], name: str = "scripted:model"
    ) -> None:
        self.requests: list[Request] = []
        self._replies = list(replies)
        self._name = name
        self._calls = 0

    @property
    def name(self) -> str:
        """`provider:model`."""
        return self._name

    def enqueue(self, *replies: Scripted | Callable[[Request], Scripted]) -> None:
        """Add replies to play."""
        self._replies += replies

    async def complete(self, request: Request, progress: Progress) -> Reply:
        """The next reply; its text is shown in one piece. Raises the error that is next in the script."""
        self.requests.append(request)
        if not self._replies:
            raise AssertionError(f"{self._name} was asked {len(self.requests)} times: enqueue more replies")
        await asyncio.sleep(0)
        reply = self._replies.pop(0)
        scripted = reply(request) if callable(reply) else reply
        if isinstance(scripted, HoneError):
            raise scripted
        whole = scripted if isinstance(scripted, Reply) else self._reply(scripted, request)
        if whole.message.text:
            progress(TextDelta(whole.message.text))
        return whole

    async def aclose(self) -> None:
        """Nothing to release."""

    def _reply(self, scripted: str | Assistant, request: Request) -> Reply:
        message = Assistant(scripted) if isinstance(scripted, str) else scripted
        calls = []
        for each in message.tool_calls:
            self._calls += 1
            calls.append(msgspec.structs.replace(each, id=each.id or f"call_{self._calls}"))
        message = msgspec.structs.replace(message, tool_calls=tuple(calls))
        usage = Usage(
            input=estimate_tokens(msgspec.json.encode(request.messages).decode(errors="replace")),
            output=estimate_tokens(message.text + "".join(each.arguments for each in calls)),
        )
        finish: Finish = "tool_calls" if calls else "stop"
        return Reply(message, usage, finish, self._name)


@contextlib.asynccontextmanager
async def make_app(
    directory: Path,
    model: Model,
    *,
    show: Callable[[AnyEvent], None] = lambda _event: None,
    flags: Mapping[str, Any] | None = None,
    clock: Clock | None = None,
    seed: int | None = None,
) -> AsyncIterator[App]:
    """An app whose home, user's home and workspace are `home`, `user` and `work` below `directory`; closed at the end.

    Calls are approved without asking unless `flags` (dotted settings) say otherwise. Nothing of this process's
    environment but PATH is used. `seed` is of its random numbers; two sessions of one home must not have the same.
    """
    for name in ("home", "user", "work"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    environ = {
        "PATH": process_environ().get("PATH", os.defpath),
        "HOME": str(directory / "user"),
        "HONE_HOME": str(directory / "home"),
    }
    rng = random.Random(seed)  # noqa: S311 - session ids and coins
    given = Given(environ, directory / "work", clock or SystemClock(), rng)
    app = await App.build(given, Face("api", show), {"approvals.mode": "yes"} | dict(flags or {}), model)
    try:
        yield app
    finally:
        await app.aclose()
