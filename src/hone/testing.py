"""What tests of hone, and of programs built on it, need: a scripted model, a clock of their own, a wire server.

    with WireServer(in_order(call("shell", command="ls"), say("done"))) as server: ...

Replies are `Assistant` values, made by `say`, `call` and `together`; `Fault` is an answer as raw bytes.
"""

import asyncio
import contextlib
import json
import os
import random
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from hone.app import App
from hone.clock import Clock, SystemClock
from hone.config.environ import process_environ
from hone.errors import HoneError
from hone.events import AnyEvent, TextDelta
from hone.given import Given
from hone.messages import Assistant, ToolCall, Usage, estimate_tokens
from hone.models.base import Finish, Model, Progress, Reply, Request
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


def say(text: str, *, reasoning: str = "") -> Assistant:
    """A reply that is an answer."""
    return Assistant(text, reasoning=reasoning)


def call(tool: str, /, **arguments: Any) -> Assistant:
    """A reply that calls `tool`. The call's id is given where the reply is played."""
    return Assistant(tool_calls=(ToolCall("", tool, json.dumps(arguments, ensure_ascii=False)),))


def together(*replies: Assistant) -> Assistant:
    """One reply with the texts and calls of several."""
    text = "\n".join(reply.text for reply in replies if reply.text)
    return Assistant(text, tuple(each for reply in replies for each in reply.tool_calls))


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


class Fault(msgspec.Struct, frozen=True):
    """An answer as it goes over the wire, for whatever a real endpoint may do.

    `then` is what happens after the last chunk: an orderly end, the connection cut, or silence until the server closes.
    """

    status: int = 200
    headers: dict[str, str] = {}
    chunks: tuple[bytes, ...] = ()
    then: str = "end"  # end | cut | hang


WireReply = str | Assistant | Fault


def status(code: int, body: str | bytes | dict[str, Any] = b"", **headers: str) -> Fault:
    """An answer of that status; underscores in header names become hyphens (`retry_after="3"`)."""
    raw = json.dumps(body) if isinstance(body, dict) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault(code, named, (raw.encode() if isinstance(raw, str) else raw,))


def as_stream(reply: str | Assistant, usage: dict[str, Any] | None = None) -> Fault:
    """The reply as an endpoint streams it: text in pieces, calls in two, a finish_reason, usage, [DONE]."""
    message = Assistant(reply) if isinstance(reply, str) else reply
    events = [json.dumps(event) for event in _events(message, usage or _usage(message))]
    chunks = tuple(f"data: {event}\n\n".encode() for event in [*events, "[DONE]"])
    return Fault(headers={"content-type": "text/event-stream"}, chunks=chunks)


def as_json(reply: str | Assistant, usage: dict[str, Any] | None = None) -> Fault:
    """The reply as an endpoint answers that does not stream."""
    message = Assistant(reply) if isinstance(reply, str) else reply
    calls = [_wire_call(n, each) for n, each in enumerate(message.tool_calls)]
    said: dict[str, Any] = {"role": "assistant", "content": message.text or None}
    said |= {"tool_calls": calls} if calls else {}
    said |= {"reasoning_content": message.reasoning} if message.reasoning else {}
    choice = {"index": 0, "message": said, "finish_reason": "tool_calls" if calls else "stop"}
    body = {"object": "chat.completion", "choices": [choice], "usage": usage or _usage(message)}
    return Fault(headers={"content-type": "application/json"}, chunks=(json.dumps(body).encode(),))


def cut(reply: str | Assistant | Fault, after: int) -> Fault:
    """The reply's first `after` chunks, then a connection that breaks."""
    whole = reply if isinstance(reply, Fault) else as_stream(reply)
    return msgspec.structs.replace(whole, chunks=whole.chunks[:after], then="cut")


def hang(reply: str | Assistant | Fault = "", after: int = 0) -> Fault:
    """The reply's first `after` chunks, then silence."""
    whole = reply if isinstance(reply, Fault) else as_stream(reply)
    return msgspec.structs.replace(whole, chunks=whole.chunks[:after], then="hang")


def in_order(*replies: WireReply) -> Callable[[dict[str, Any]], WireReply]:
    """A server's replies one after the other; the last one is repeated."""
    left = list(replies)
    return lambda _request: left.pop(0) if len(left) > 1 else left[0]


class WireServer:
    """A real HTTP server on the loopback interface that speaks Chat Completions; `respond` makes the replies.

    It streams if the request asks for it, keeps the `requests` and their `headers`, counts `connections` and lists
    `models` at /v1/models. A context manager, sync or async; it runs on threads of its own.
    """

    def __init__(
        self, respond: Callable[[dict[str, Any]], WireReply], models: Sequence[str] = ("wire-model",)
    ) -> None:
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.models = tuple(models)
        self.connections = 0
        self.closing = threading.Event()
        self._respond = respond
        self._lock = threading.Lock()
        self._http = _Server(("127.0.0.1", 0), _Handler, self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)

    @property
    def base_url(self) -> str:
        """What `api_base` is to be, ending in /v1."""
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def answer(self, request: dict[str, Any], headers: dict[str, str]) -> Fault:
        """Record a request and make its answer; one request at a time."""
        with self._lock:
            self.requests.append(request)
            self.headers.append(headers)
            reply = self._respond(request)
        if isinstance(reply, Fault):
            return reply
        return as_stream(reply) if request.get("stream") else as_json(reply)

    def close(self) -> None:
        """Stop; silent connections are ended."""
        self.closing.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.close)


def _usage(message: Assistant) -> dict[str, Any]:
    output = estimate_tokens(message.text + "".join(each.arguments for each in message.tool_calls))
    return {"prompt_tokens": 10, "completion_tokens": max(output, 1)}


def _wire_call(number: int, each: ToolCall) -> dict[str, Any]:
    return {
        "id": each.id,
        "type": "function",
        "function": {"name": each.name, "arguments": each.arguments},
        "index": number,
    }


def _events(message: Assistant, usage: dict[str, Any]) -> Iterator[dict[str, Any]]:
    def delta(**fields: Any) -> dict[str, Any]:
        return {"choices": [{"index": 0, "delta": fields, "finish_reason": None}]}

    yield delta(role="assistant", content="")
    if message.reasoning:
        yield delta(reasoning_content=message.reasoning)
    for piece in message.text.splitlines(keepends=True):
        yield delta(content=piece)
    for number, each in enumerate(message.tool_calls):
        half = len(each.arguments) // 2
        opening = _wire_call(number, msgspec.structs.replace(each, arguments=each.arguments[:half]))
        yield delta(tool_calls=[opening])
        yield delta(tool_calls=[{"index": number, "function": {"arguments": each.arguments[half:]}}])
    finish = "tool_calls" if message.tool_calls else "stop"
    yield {"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}
    yield {"choices": [], "usage": usage}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(
        self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], wire: WireServer
    ) -> None:
        self.wire = wire
        super().__init__(address, handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.wire.connections += 1

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing: tests read what was recorded."""

    def handle(self) -> None:
        with contextlib.suppress(ConnectionResetError):  # a client that leaves between requests
            super().handle()

    def do_GET(self) -> None:
        listing = {"object": "list", "data": [{"id": model} for model in self.server.wire.models]}
        known = self.path == "/v1/models"
        self._send(status(200, listing, content_type="application/json") if known else status(404))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        if self.path.partition("?")[0] != "/v1/chat/completions":
            self._send(status(404))
        else:
            self._send(self.server.wire.answer(json.loads(body), headers))

    def _send(self, answer: Fault) -> None:
        try:
            self.send_response(answer.status)
            for name, value in {"transfer-encoding": "chunked", **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            for chunk in filter(None, answer.chunks):
                self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
            if answer.then == "hang":
                self.server.wire.closing.wait()
            if answer.then == "end":
                self.wfile.write(b"0\r\n\r\n")
            else:
                self.close_connection = True
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the client has gone, as clients in tests do
