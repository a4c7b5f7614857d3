"""One connection to an MCP server, in a task of its own: the SDK's contexts must be entered and left in the same task.

A connection that broke is made anew for the next call; a call is never sent twice, for nobody knows what it did.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from hone.config.servers import McpServer
from hone.errors import HoneError
from hone.tools.base import ToolOutput
from hone.tools.mcp.log import ServerLog
from hone.tools.mcp.offer import Offer

if TYPE_CHECKING:
    from mcp import Client

_CLOSE_SECONDS = 5.0
_IDLE = 1.0  # seconds without a call, after which a connection is looked at before it is used
_MAX_TOOLS = 500


class ServerGone(HoneError):
    """The server cannot be reached, or has gone."""


class Connection:
    """The server `name`. `entry` has its variables replaced; `environ` is what its process gets, `log` takes what that says.

    `patience` is for connecting and for listing tools, in seconds.
    """

    def __init__(
        self,
        name: str,
        entry: McpServer,
        environ: Mapping[str, str],
        log: ServerLog,
        redact: Callable[[str], str],
        patience: float,
    ) -> None:
        self.name = name
        self._entry = entry
        self._environ = environ
        self._log = log
        self._redact = redact
        self._patience = patience
        self._client: Client | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        self._lock = asyncio.Lock()
        self._used = 0.0

    async def tools(self) -> list[Offer]:
        """What the server offers. Raises ServerGone."""
        client = await self._connected()
        offers: list[Offer] = []
        cursor: str | None = None
        try:
            async with asyncio.timeout(self._patience):
                while len(offers) < _MAX_TOOLS:
                    listed = await client.list_tools(cursor=cursor)
                    offers += [_offer(tool) for tool in listed.tools]
                    cursor = listed.next_cursor
                    if not cursor:
                        break
        except TimeoutError:
            raise await self._gone("did not list its tools in time") from None
        except _failures() as error:
            raise await self._gone(_said(error)) from error
        return offers[:_MAX_TOOLS]

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> ToolOutput:
        """The result of a call; whatever goes wrong is a result, too."""
        try:
            client = await self._connected()
        except ServerGone as error:
            return ToolOutput(str(error), ok=False)
        try:
            async with asyncio.timeout(self._entry.timeout):
                result = await client.call_tool(tool, dict(arguments))
        except TimeoutError:
            await self._drop()
            return ToolOutput(
                f"the MCP server {self.name} did not answer within {self._entry.timeout:g} s (mcp.{self.name}.timeout);"
                " whether the call took effect is not known: check before you repeat it",
                ok=False,
            )
        except _failures() as error:
            return await self._failed(error)
        self._used = asyncio.get_running_loop().time()
        return ToolOutput(_text(result), ok=not result.is_error)

    async def aclose(self) -> None:
        """End the connection, and the process if one was started."""
        await self._drop()

    async def _failed(self, error: Exception) -> ToolOutput:
        from mcp import MCPError  # noqa: PLC0415 - loaded already
        from mcp_types import CONNECTION_CLOSED  # noqa: PLC0415

        if isinstance(error, MCPError) and error.code != CONNECTION_CLOSED:
            self._used = 0.0  # a session that has gone is such an error, too: looked at before the next call
            return ToolOutput(f"the MCP server {self.name} refused the call: {error.message}", ok=False)
        gone = await self._gone(_said(error))
        return ToolOutput(
            f"{gone}; whether the call took effect is not known: check before you repeat it", ok=False
        )

    async def _connected(self) -> "Client":
        """The client, of a connection that lives. Raises ServerGone."""
        async with self._lock:
            now = asyncio.get_running_loop().time()
            if self._client is not None and now - self._used > _IDLE and not await self._lives(self._client):
                await self._drop()
            if self._client is None:
                self._client = await self._connect()
            self._used = now
            return self._client

    async def _lives(self, client: "Client") -> bool:
        """Whether it still answers. (The protocol has no ping any more since 2026-07-28.)"""
        try:
            async with asyncio.timeout(self._patience / 5):
                await client.list_tools(cache_mode="bypass")
        except _failures():  # silence, too, is an OSError
            return False
        return True

    async def _connect(self) -> "Client":
        ready: asyncio.Future[Client] = asyncio.get_running_loop().create_future()
        self._closing = asyncio.Event()
        self._task = asyncio.create_task(self._hold(ready, self._closing))
        try:
            async with asyncio.timeout(self._patience):
                return await asyncio.shield(ready)
        except TimeoutError:
            raise await self._gone(f"did not answer within {self._patience:g} s") from None
        except asyncio.CancelledError:
            await self._drop()
            raise
        except _failures() as error:
            raise await self._gone(_said(error)) from error

    async def _hold(self, ready: "asyncio.Future[Client]", closing: asyncio.Event) -> None:
        """Enter the connection, keep it until `closing`, leave it: all in this task."""
        try:
            async with contextlib.AsyncExitStack() as stack:
                client = await stack.enter_async_context(await self._client_on(stack))
                ready.set_result(client)
                await closing.wait()
        except _failures() as error:
            if not ready.done():
                ready.set_exception(error)
        finally:
            if not ready.done():
                ready.set_exception(ConnectionError("the connection was ended"))
            if not ready.cancelled():
                ready.exception()  # whoever waited may have stopped waiting

    async def _client_on(self, stack: contextlib.AsyncExitStack) -> "Client":
        import httpx2  # noqa: PLC0415 - with mcp, nine tenths of a second in all
        from mcp import Client, StdioServerParameters, stdio_client  # noqa: PLC0415
        from mcp.client.streamable_http import streamable_http_client  # noqa: PLC0415

        said = logging.getLogger("mcp")
        if not said.handlers:  # else Python prints what it logs, with tracebacks, on our standard error
            said.addHandler(logging.NullHandler())
        entry = self._entry
        if entry.url:
            timeout = httpx2.Timeout(self._patience, read=entry.timeout)
            http = httpx2.AsyncClient(headers=entry.headers, timeout=timeout)
            stack.push_async_callback(http.aclose)
            return Client(streamable_http_client(entry.url, http_client=http))
        started = StdioServerParameters(
            command=entry.command,
            args=list(entry.args),
            env={**self._environ, **entry.env},
            cwd=entry.cwd or None,
        )
        return Client(stdio_client(started, errlog=await stack.enter_async_context(self._log.taken())))

    async def _drop(self) -> None:
        """Leave the connection, however it stands."""
        client, self._client = self._client, None
        task, self._task = self._task, None
        if task is None:
            return
        self._closing.set()
        if client is None:  # it was still being made
            task.cancel()
        done, _ = await asyncio.wait([task], timeout=_CLOSE_SECONDS)
        if not done:
            task.cancel()
            await asyncio.wait([task], timeout=_CLOSE_SECONDS)
        if task.done() and not task.cancelled():
            task.exception()  # what a broken connection says when it is left is of no interest

    async def _gone(self, why: str) -> ServerGone:
        await self._drop()
        said = f" (it said: {self._log.last})" if self._log.last else ""
        what = self._entry.url or self._entry.command
        return ServerGone(
            self._redact(f"the MCP server {self.name} ({what}): {why}{said}; hone mcp list tries it")
        )


def _failures() -> tuple[type[Exception], ...]:
    """What the SDK raises for a server that fails: its own, those of its libraries, and groups of them."""
    import anyio  # noqa: PLC0415 - with mcp
    import httpx2  # noqa: PLC0415
    from mcp import MCPError  # noqa: PLC0415

    return (
        *(MCPError, OSError, ValueError, RuntimeError, httpx2.HTTPError, httpx2.InvalidURL),
        *(anyio.ClosedResourceError, anyio.BrokenResourceError, anyio.EndOfStream, ExceptionGroup),
    )


def _said(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    return " ".join((str(getattr(error, "message", "")) or str(error) or type(error).__name__).split())[:300]


def _offer(tool: Any) -> Offer:
    notes = tool.annotations
    return Offer(
        name=str(tool.name),
        description=str(tool.description or ""),
        schema=dict(tool.input_schema or {}),
        destructive=bool(notes and notes.destructive_hint),
    )


def _text(result: Any) -> str:
    """A result as text: what cannot be shown is named."""
    parts = [_part(part) for part in result.content]
    if not any(parts) and result.structured_content is not None:
        parts = [msgspec.json.encode(result.structured_content).decode()]
    return "\n".join(part for part in parts if part) or "(no output)"


def _part(part: Any) -> str:
    match part.type:
        case "text":
            return str(part.text)
        case "image" | "audio":
            return f"[{part.mime_type}, {len(part.data) * 3 // 4:,} bytes: not shown]"
        case "resource" if getattr(part.resource, "text", None) is not None:
            return str(part.resource.text)
        case "resource":
            return f"[resource {part.resource.uri}: not shown]"
        case _:
            return f"[resource {part.uri}: not shown]"
