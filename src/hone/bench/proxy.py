"""A proxy between an agent and its endpoints that counts what goes over the wire, the same way for every agent.

It holds the keys, so that neither the agents nor their files have them. It changes nothing of what is said.
"""

import contextlib
import re
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import httpx2
import msgspec

from hone.clock import Clock
from hone.config.settings import Price
from hone.messages import Assistant, Usage, estimate_tokens
from hone.models.draft import Draft
from hone.models.price import cost_usd
from hone.models.wire import decode_answer

Request = dict[str, Any]
_OF_THE_CONNECTION = frozenset(
    {
        "authorization",
        "connection",
        "content-length",
        "host",
        "keep-alive",
        "transfer-encoding",
        "accept-encoding",
    }
)
_FAILED = re.compile(
    r'"(?:exit_code|returncode)":\s*-?[1-9]|"success":\s*false|"error":\s*"|\bexit [1-9]\d*\s*$'
)
_LAST_WORDS = (
    5.0  # seconds for answers that are still on their way when somebody wants to know what was heard
)
_SILENCE = 600.0  # seconds without a byte from an endpoint; the agents give up earlier


class Upstream(msgspec.Struct, frozen=True):
    """An endpoint behind the proxy: `headers` hold its key, `prices` are by model."""

    name: str
    api_base: str
    headers: Mapping[str, str] = {}
    prices: Mapping[str, Price] = {}

    def __repr__(self) -> str:
        return f"Upstream({self.name})"  # never its key


class Heard(msgspec.Struct, frozen=True):
    """What was said over the wire: answered requests, tool calls asked for, results that say they failed, tokens.

    `began` and `ended` are when the first request came and the last answer was out, on the clock's monotonic time.
    """

    requests: int = 0
    calls: int = 0
    failed: int = 0
    usage: Usage = Usage()
    began: float = 0.0
    ended: float = 0.0

    @property
    def seconds(self) -> float:
        """From the first request to the end of the last answer."""
        return self.ended - self.began

    @property
    def tokens(self) -> int:
        """Sent and received."""
        return self.usage.input + self.usage.output

    def __add__(self, other: "Heard") -> "Heard":
        if not (self.requests and other.requests):
            return self if self.requests else other
        return Heard(
            self.requests + other.requests,
            self.calls + other.calls,
            self.failed + other.failed,
            self.usage + other.usage,
            min(self.began, other.began),
            max(self.ended, other.ended),
        )


class CountingProxy:
    """Serves each of `upstreams` under a path of its own on the loopback interface. A context manager, on threads.

    `is_review` tells requests that are made in order to learn, from those that do the task.
    """

    def __init__(
        self, upstreams: Sequence[Upstream], is_review: Callable[[Request], bool], clock: Clock
    ) -> None:
        self._clock = clock
        self._upstreams = {each.name: each for each in upstreams}
        self._is_review = is_review
        self._idle = threading.Condition()
        self._open = 0
        self._heard = {False: Heard(), True: Heard()}
        self._clients = {name: _client(each) for name, each in self._upstreams.items()}
        self._http = _Server(self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def base_url(self, name: str) -> str:
        """What `api_base` is to be for that upstream."""
        return f"http://127.0.0.1:{self._http.server_address[1]}/{name}"

    def take(self) -> tuple[Heard, Heard]:
        """What was heard since this was last asked: of work, and of learning."""
        with self._idle:
            self._idle.wait_for(lambda: not self._open, _LAST_WORDS)
            work, learning = self._heard[False], self._heard[True]
            self._heard = {False: Heard(), True: Heard()}
        return work, learning

    def forward(
        self, path: str, headers: Mapping[str, str]
    ) -> tuple[httpx2.Client, str, dict[str, str]] | None:
        """Who answers for that path of ours, the address there, and the headers to send; None if nobody does."""
        name, _, rest = path.lstrip("/").partition("/")
        found = self._upstreams.get(name)
        if found is None:
            return None
        base, _, query = found.api_base.partition("?")
        left_out = _OF_THE_CONNECTION | {each.lower() for each in found.headers}
        sent = {key: value for key, value in headers.items() if key.lower() not in left_out}
        sent |= found.headers
        sent["accept-encoding"] = "identity"  # so that it can be read here
        return self._clients[name], f"{base.rstrip('/')}/{rest}{'?' if query else ''}{query}", sent

    @contextlib.contextmanager
    def busy(self) -> Iterator[float]:
        """While a request is answered; `take` waits for its end. Gives the time at which it began."""
        with self._idle:
            self._open += 1
        try:
            yield self._clock.monotonic()
        finally:
            with self._idle:
                self._open -= 1
                self._idle.notify_all()

    def note(self, path: str, request: bytes, answer: bytes, began: float) -> None:
        """Count a request that was answered; an answer that was cut is none."""
        asked = _decoded(request)
        read = _read(asked, answer)
        if read is None:
            return
        reply, usage = read
        price = self._upstreams[path.lstrip("/").partition("/")[0]].prices.get(str(asked.get("model")))
        usage = msgspec.structs.replace(usage, cost_usd=cost_usd(usage, price))
        heard = Heard(1, len(reply.tool_calls), _failures(asked), usage, began, self._clock.monotonic())
        with self._idle:
            self._heard[self._is_review(asked)] += heard

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()
        for client in self._clients.values():
            client.close()


def _client(upstream: Upstream) -> httpx2.Client:
    url = httpx2.URL(upstream.api_base)
    # plain http needs no certificates, and loading them takes 40 ms
    verify = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if url.scheme == "http" else True
    proxied = url.host not in ("localhost", "127.0.0.1", "::1")
    return httpx2.Client(verify=verify, timeout=_SILENCE, trust_env=proxied)


def _decoded(body: bytes) -> Request:
    try:
        value = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _read(asked: Request, answer: bytes) -> tuple[Assistant, Usage] | None:
    """The reply, if it is whole, and its tokens, at four characters each where the endpoint does not count them."""
    tools = asked.get("tools") or ()
    draft = Draft([str(each["function"]["name"]) for each in tools])
    streamed = answer.lstrip().startswith((b"data:", b"event:", b":"))
    pieces = re.findall(rb"^data: ?(.+?)\r?$", answer, re.MULTILINE) if streamed else [answer]
    try:
        for piece in pieces:
            if piece == b"[DONE]":
                draft.ended = True
            else:
                draft.add(decode_answer(piece))
    except (ValueError, RecursionError):
        return None
    if not draft.whole:
        return None
    reply, _, _ = draft.close()
    written = reply.text + reply.reasoning + "".join(call.arguments for call in reply.tool_calls)
    sent = msgspec.json.encode([asked.get("messages"), tools]).decode()
    return reply, draft.usage or Usage(input=estimate_tokens(sent), output=estimate_tokens(written))


def _failures(asked: Request) -> int:
    """How many of the results that came with this request say that the call failed."""
    failed = 0
    for message in reversed(asked.get("messages") or []):
        if message.get("role") != "tool":
            break
        failed += bool(_FAILED.search(str(message.get("content"))))
    return failed


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, proxy: CountingProxy) -> None:
        self.proxy = proxy
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: an agent that was stopped leaves its connection; it is no failure of the benchmark."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing: progress is the caller's."""

    def do_GET(self) -> None:
        self._pass_on(b"")

    def do_POST(self) -> None:
        self._pass_on(self.rfile.read(int(self.headers.get("content-length", 0))))

    def _pass_on(self, body: bytes) -> None:
        proxy, heard = self.server.proxy, bytearray()
        found = proxy.forward(self.path, dict(self.headers))
        if found is None:
            self.send_error(404)
            return
        client, address, headers = found
        with proxy.busy() as began:
            try:
                with client.stream(self.command, address, content=body or None, headers=headers) as answer:
                    self._relay(answer, heard)
            except httpx2.HTTPError as error:
                self._say_that_it_failed(error, begun=bool(heard))
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the agent has read what it wanted, or was stopped
            if self.path.partition("?")[0].endswith("/chat/completions"):
                proxy.note(self.path, body, bytes(heard), began)

    def _relay(self, answer: httpx2.Response, heard: bytearray) -> None:
        self.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in _OF_THE_CONNECTION:
                self.send_header(name, value)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for chunk in filter(None, answer.iter_raw()):
            heard += chunk
            self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        self.wfile.write(b"0\r\n\r\n")

    def _say_that_it_failed(self, error: httpx2.HTTPError, *, begun: bool) -> None:
        self.close_connection = True
        if not begun:
            said = f"the endpoint cannot be reached: {type(error).__name__}"
            body = msgspec.json.encode({"error": {"message": said}})
            self.send_response(502)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
