"""A model behind a Chat Completions endpoint, over SSE: attempts, retries, and one whole reply in the end.

The wire format is `wire`'s part, putting a reply together `draft`'s, naming failures `failures`', retrying `retry`'s.
"""

import asyncio
import codecs
import random
import ssl
from collections.abc import AsyncIterator

import httpx2
import msgspec

from hone.clock import Clock
from hone.errors import AuthError, ProviderError
from hone.events import Retrying
from hone.messages import Assistant, Message, System, ToolCall, ToolReply, Usage, User, estimate_tokens
from hone.models import failures
from hone.models.base import Progress, Reply, Request
from hone.models.draft import Draft, with_fresh_ids
from hone.models.endpoint import Dialect, Endpoint, without_refused
from hone.models.learned import Dialects
from hone.models.price import cost_usd
from hone.models.retry import ATTEMPTS, patience, retry_after, wait_before_retry
from hone.models.wire import decode_answer, encode_request

__all__ = ["ChatModel", "Endpoint"]

_CONNECT = 15.0  # seconds
_AFTER_FINISH = 3.0  # seconds to wait for the usage after a finish_reason
_AFTER_DONE = 0.1  # seconds to wait for the end of the body, without which a connection cannot be used again
_KEPT_WAITING = 7  # times the idle timeout: so long comments alone keep a request alive
_MOVED = (307, 308)  # those that keep the method and the body (RFC 9110, 15.4)
_MAX_EVENT = 8 * 2**20  # bytes
_MAX_ANSWER = 64 * 2**20  # bytes
_MAX_ERROR = 64 * 2**10  # bytes


class ChatModel:
    """One model of an endpoint. Connects at the first request; once closed it connects anew, on another loop if need be.

    `attempts` is how often a request is sent at most before its error is raised.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        clock: Clock,
        rng: random.Random,
        attempts: int = ATTEMPTS,
        dialects: Dialects | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._dialects = dialects
        self._clock = clock
        self._rng = rng
        self._attempts = attempts
        self._dialect = dialects.get(endpoint) if dialects else Dialect(tools=endpoint.entry.tools)
        self._moved: str | None = None  # where the endpoint sent us for good
        self._client: httpx2.AsyncClient | None = None

    @property
    def name(self) -> str:
        """`provider:model`."""
        return self._endpoint.name

    async def complete(self, request: Request, progress: Progress) -> Reply:
        """One whole reply to `request`, after retries if need be. Raises ProviderError."""
        first_failed: float | None = None
        discarded = Usage()  # of answers that were of no use but are billed
        failed = 0
        while True:
            elapsed = 0.0 if first_failed is None else self._clock.monotonic() - first_failed
            constrained = self._dialect.tools == "schema"
            draft = Draft([tool.name for tool in request.tools], constrained=constrained)
            try:
                await self._attempt(request, draft, progress, patience(self._endpoint.idle_timeout, elapsed))
                reply = self._reply(request, draft, progress)
                return msgspec.structs.replace(reply, usage=discarded + reply.usage)
            except ProviderError as error:
                failed += 1
                now = self._clock.monotonic()
                first_failed = now if first_failed is None else first_failed
                if draft.usage:
                    discarded += self._priced(draft.usage)
                wait = wait_before_retry(
                    error, failed, now - first_failed, self._rng.random(), self._attempts
                )
                if wait is None:
                    raise
                progress(Retrying(str(error), wait, self.name))
                await self._clock.sleep(wait)

    async def aclose(self) -> None:
        """Close the connections, on the loop that they were opened on."""
        if self._client is not None:
            client, self._client = self._client, None
            await client.aclose()

    async def _attempt(self, request: Request, draft: Draft, progress: Progress, first_byte: float) -> None:
        """Fill `draft` from one answer; asks again at once if the endpoint names what it does not understand."""
        client = self._connected()
        while True:
            body = encode_request(self._endpoint.entry, request, self._dialect)
            limit = asyncio.timeout(first_byte)
            try:
                async with limit, client.stream("POST", self._url, content=body) as response:
                    if response.status_code == 200:
                        await self._receive(response, draft, limit, progress)
                    elif response.has_redirect_location:
                        self._follow(response)
                        continue
                    else:
                        self._dialect = await self._simpler_dialect(response)
                        if self._dialects:
                            self._dialects.put(self._endpoint, self._dialect)
                        continue
            except TimeoutError:
                if not draft.whole:
                    raise failures.unreachable(self._endpoint, "it stayed silent for too long") from None
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                if not draft.whole:
                    raise failures.unreachable(self._endpoint, str(error) or type(error).__name__) from error
            return

    def _follow(self, response: httpx2.Response) -> None:
        """Ask at the address that a redirect names: once, and of the same host and port, for the key is meant for no other."""
        here = httpx2.URL(self._url)
        there = here.join(response.headers["location"])
        secure = there.scheme == here.scheme or there.scheme == "https"
        same = (there.host, there.port) == (here.host, here.port)
        safe = same and secure and response.status_code in _MOVED
        if self._moved or not safe:
            raise failures.moved(self._endpoint, response.status_code, str(there))
        self._moved = str(there)

    async def _simpler_dialect(self, response: httpx2.Response) -> Dialect:
        said = (await _read(response, _MAX_ERROR)).decode(errors="replace")
        simpler = without_refused(self._dialect, response.status_code, said)
        if simpler is not None:
            return simpler
        wait = retry_after(response.headers.get("retry-after"), self._clock.now())
        raise failures.failure(self._endpoint, response.status_code, said, wait)

    async def _receive(
        self, response: httpx2.Response, draft: Draft, limit: asyncio.Timeout, progress: Progress
    ) -> None:
        """Fill `draft` from the answer; every byte that arrives renews `limit`."""
        chunks = self._chunks(response, draft, limit)
        head = await _first(chunks)
        labelled = response.headers.get("content-type", "").lower().startswith("text/event-stream")
        if not labelled or head.startswith(b"{"):
            head += b"".join([chunk async for chunk in chunks])
            if not head.startswith((b"data:", b"event:", b":")):
                self._add(draft, head, progress)
                draft.ended = True
                return
        # SSE is UTF-8 whatever the header says, hence a response of our own making
        stream = httpx2.Response(
            200,
            headers={"content-type": "text/event-stream"},
            content=_chained(head, chunks),
            request=response.request,
        )
        async for event in httpx2.EventSource(stream, max_event_size=_MAX_EVENT):
            if event.data.strip() == "[DONE]":
                draft.ended = True
                continue
            if event.event == "error" and event.data and not draft.whole:
                raise failures.failure_in_answer(self._endpoint, None, event.data)
            if event.data and not draft.ended:
                before = draft.pieces
                self._add(draft, event.data, progress)
                if draft.pieces != before:  # an empty event is no more than a comment
                    draft.heard_at = asyncio.get_running_loop().time()

    async def _chunks(
        self, response: httpx2.Response, draft: Draft, limit: asyncio.Timeout
    ) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        size = 0
        draft.heard_at = loop.time()
        async for chunk in response.aiter_bytes():
            size += len(chunk)
            if size > _MAX_ANSWER:
                raise failures.not_the_protocol(self._endpoint, "its answer does not end")
            yield chunk
            idle = self._endpoint.idle_timeout
            if draft.whole:
                idle = min(idle, _AFTER_DONE if draft.ended else _AFTER_FINISH)
            no_more_comments = draft.heard_at + _KEPT_WAITING * self._endpoint.idle_timeout
            limit.reschedule(min(loop.time() + idle, no_more_comments))

    def _add(self, draft: Draft, data: str | bytes, progress: Progress) -> None:
        try:
            chunk = decode_answer(data)
        except (ValueError, RecursionError):
            text = data if isinstance(data, str) else data.decode(errors="replace")
            raise failures.not_the_protocol(self._endpoint, "it sent no Chat Completions", text) from None
        if chunk.is_error:
            text = data if isinstance(data, str) else data.decode()
            raise failures.failure_in_answer(self._endpoint, chunk.error, text)
        for delta in draft.add(chunk):
            progress(delta)

    def _reply(self, request: Request, draft: Draft, progress: Progress) -> Reply:
        if not draft.whole:
            raise failures.unreachable(self._endpoint, "the connection ended in the middle of the answer")
        if not draft.has_choice:
            raise failures.not_the_protocol(self._endpoint, "its answer holds no choices")
        if draft.broken_off:
            reason = f"the model broke off (finish_reason: {draft.finish_reason})"
            raise failures.failure_in_answer(self._endpoint, None, reason)
        message, finish, held = draft.close()
        if any(not call.name for call in message.tool_calls):
            raise failures.not_the_protocol(self._endpoint, "it sent a tool call without a name")
        if draft.withheld and not message.tool_calls:
            raise failures.withheld(self._endpoint)
        if not message.text.strip() and not message.tool_calls and finish != "length":
            raise failures.empty(self._endpoint)
        for delta in held:
            progress(delta)
        calls = with_fresh_ids(message.tool_calls, _call_ids(request.messages))
        message = msgspec.structs.replace(message, tool_calls=calls)
        usage = self._priced(draft.usage or _estimated(request, message))
        return Reply(message, usage, finish, self.name)

    def _priced(self, usage: Usage) -> Usage:
        return msgspec.structs.replace(usage, cost_usd=cost_usd(usage, self._endpoint.entry.price))

    @property
    def _url(self) -> str:
        if self._moved:
            return self._moved
        base, mark, query = self._endpoint.api_base.partition("?")
        return f"{base.rstrip('/')}/chat/completions{mark}{query}"

    def _connected(self) -> httpx2.AsyncClient:
        if self._client is None:
            self._client = _client(self._endpoint)
        return self._client


def _client(endpoint: Endpoint) -> httpx2.AsyncClient:
    headers = {"content-type": "application/json", "user-agent": "hone", **endpoint.headers}
    if endpoint.api_key:
        headers["authorization"] = f"Bearer {endpoint.api_key}"
    for name, value in headers.items():
        if not (name + value).isascii() or not value.isprintable():
            setting = "api_key" if name == "authorization" else f"headers.{name}"
            raise AuthError(
                f"{setting} of provider {endpoint.provider!r} holds a character that no header can carry; enter it again"
            )
    try:
        url = httpx2.URL(endpoint.api_base)
        # loading the CA certificates takes 40 ms, which plain http does not need: the empty context trusts nothing
        verify = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if url.scheme == "http" else True
        return httpx2.AsyncClient(
            headers=headers,
            verify=verify,
            timeout=httpx2.Timeout(None, connect=_CONNECT),
            # no proxy leads to this machine itself; its https may need SSL_CERT_FILE all the same
            trust_env=url.scheme == "https" or url.host not in ("localhost", "127.0.0.1", "::1"),
        )
    except (httpx2.InvalidURL, ValueError, ImportError) as error:
        # ValueError, ImportError: a proxy variable of the environment that httpx cannot use
        raise failures.unusable(endpoint, f"check api_base and the proxy variables ({error})") from error


async def _read(response: httpx2.Response, limit: int) -> bytes:
    body = b""
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) >= limit:
            break
    return body[:limit]


async def _first(chunks: AsyncIterator[bytes]) -> bytes:
    """The first chunk that is not blank, without blanks and a byte order mark at its start; empty if there is none."""
    async for chunk in chunks:
        if words := chunk.lstrip(b" \t\r\n" + codecs.BOM_UTF8):
            return words
    return b""


async def _chained(head: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield head
    async for chunk in rest:
        yield chunk


def _call_ids(messages: tuple[Message, ...]) -> list[str]:
    return [call.id for message in messages if isinstance(message, Assistant) for call in message.tool_calls]


def _estimated(request: Request, message: Assistant) -> Usage:
    """For endpoints that do not count. The tools' schemas are part of what is sent."""
    sent = sum(estimate_tokens(_text_of(each)) for each in request.messages)
    tools = estimate_tokens(msgspec.json.encode(request.tools).decode()) if request.tools else 0
    reasoning = estimate_tokens(message.reasoning)
    return Usage(
        input=sent + tools, output=estimate_tokens(_text_of(message)) + reasoning, reasoning=reasoning
    )


def _text_of(message: Message) -> str:
    match message:
        case Assistant(text, calls):
            return text + "".join(_call_text(call) for call in calls)
        case System(text) | User(text) | ToolReply(_, _, text):
            return text


def _call_text(call: ToolCall) -> str:
    return call.name + call.arguments
