"""An endpoint on the loopback interface that speaks Chat Completions, for models that are simulated: in tests, demos and benchmarks.

Replies are `Assistant` values, made by `say`, `call` and `together`; `Fault` is an answer as raw bytes.
"""

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import msgspec

from hone.messages import Assistant, ToolCall, estimate_tokens


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
