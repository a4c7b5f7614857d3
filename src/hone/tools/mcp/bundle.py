"""The tools of all configured MCP servers, for one process: from the cache at once, connected when first called.

Beyond a budget of tokens their schemas do not go into the prompt: two tools find and call them instead.
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from hone.config.servers import McpServer
from hone.errors import ConfigError, nearest
from hone.safety.approve import Intent
from hone.tools.base import Tool, ToolOutput
from hone.tools.mcp.connection import Connection, ServerGone
from hone.tools.mcp.log import ServerLog
from hone.tools.mcp.offer import Fitted, Offer, cache_path, cleaned, fitted, read_cache, write_cache

BUDGET = 1_500
"""Tokens that the tools of all servers may take in a prompt."""

_FOUND = 5  # tools in a result of mcp_search
_SCHEMA = 3_000  # characters of one in it

Expand = Callable[[str, str], str]
"""(text, where) -> the text with `${NAME}` replaced; raises ConfigError."""


class Around(msgspec.Struct, frozen=True):
    """What servers live in: the home, the environment of their processes, how variables are read, who hears of problems.

    `now` is the time, in seconds since the epoch; `patience` how long one may take to connect, in seconds.
    """

    home: Path
    environ: Mapping[str, str]
    expand: Expand
    redact: Callable[[str], str]
    tell: Callable[[str], None]
    now: float
    patience: float = 10.0


class McpSearch(msgspec.Struct, frozen=True):
    """Arguments of `mcp_search`."""

    query: str


class McpCall(msgspec.Struct, frozen=True):
    """Arguments of `mcp_call`."""

    tool: str
    arguments: dict[str, Any] = {}


class Bundle:
    """The servers of one process. `load` comes first; `tools` are for its sessions.

    One that fails, or names a variable that is not set, is told of, and its tools are missing.
    """

    def __init__(self, around: Around, servers: Mapping[str, McpServer]) -> None:
        self._around = around
        self._servers = servers
        self._connections: dict[str, Connection] = {}
        self._fitted: dict[str, Fitted] = {}
        self._asked: dict[str, dict[str, Offer]] = {}  # what the servers that were asked offer now
        for name, entry in servers.items():
            try:
                self._connections[name] = self._connection(name, entry)
            except ConfigError as error:
                around.tell(f"{error}; the tools of the MCP server {name} are missing")

    async def load(self) -> None:
        """Learn what the servers offer: from the cache, else by asking all that are not in it at once."""
        known = {name: read_cache(self._cache(name), self._around.now) for name in self._connections}
        unknown = [name for name, offers in known.items() if offers is None]
        asked = await asyncio.gather(*(self._learn(name) for name in unknown))
        for name, offers in {**known, **dict(zip(unknown, asked, strict=True))}.items():
            self._take(name, offers or [])

    def tools(self) -> tuple[Tool, ...]:
        """What a session offers: each tool, or two to find and call them where they are too many."""
        every = list(self._fitted.values())
        if sum(each.tokens for each in every) <= BUDGET:
            return tuple(self._tool(each) for each in every)
        return (self._search_tool(), self._call_tool())

    async def renewed(self, name: str) -> list[Fitted]:
        """Ask a server anew; its tools as a session would offer them."""
        if name in self._connections:
            self._take(name, await self._learn(name))
        return [each for each in self._fitted.values() if each.server == name]

    async def aclose(self) -> None:
        """End all connections."""
        await asyncio.gather(*(connection.aclose() for connection in self._connections.values()))

    def _connection(self, name: str, entry: McpServer) -> Connection:
        def expand(text: str) -> str:
            return self._around.expand(text, f"mcp.{name}")

        expanded = msgspec.structs.replace(
            entry,
            command=expand(entry.command),
            args=tuple(map(expand, entry.args)),
            env={key: expand(value) for key, value in entry.env.items()},
            url=expand(entry.url),
            headers={key: expand(value) for key, value in entry.headers.items()},
        )
        around = self._around
        log = ServerLog(around.home / "logs" / f"mcp-{name}.log", around.redact)
        return Connection(name, expanded, around.environ, log, around.redact, around.patience)

    def _cache(self, name: str) -> Path:
        return cache_path(self._around.home, name, self._servers[name])

    async def _learn(self, name: str) -> list[Offer]:
        try:
            return await self._ask(name)
        except ServerGone as error:
            self._around.tell(f"{error}; its tools are missing")
            return []

    async def _ask(self, name: str) -> list[Offer]:
        """What a server offers now, remembered. Raises ServerGone."""
        offers = await self._connections[name].tools()
        self._asked[name] = {offer.name: offer for offer in offers}
        if problem := write_cache(self._cache(name), offers):
            self._around.tell(problem)
        return offers

    def _take(self, name: str, offers: Sequence[Offer]) -> None:
        others = {key: each for key, each in self._fitted.items() if each.server != name}
        kept, problems = fitted(name, self._servers[name], offers, others.keys())
        self._fitted = others | {each.name: each for each in kept}
        for problem in problems:
            self._around.tell(problem)

    async def _run(self, each: Fitted, arguments: Mapping[str, Any]) -> ToolOutput:
        """Call a tool. What was remembered may be old: at its first call a server is asked, and the next session knows."""
        try:
            if each.server not in self._asked:
                await self._ask(each.server)
        except ServerGone as error:
            return ToolOutput(str(error), ok=False)
        now = self._asked[each.server].get(each.offer.name)
        if now is None:
            gone = f"the MCP server {each.server} has no tool {each.offer.name!r} any more"
            return ToolOutput(f"{gone}; the next session will be without it", ok=False)
        output = await self._connections[each.server].call(each.offer.name, arguments)
        if output.ok or cleaned(now).schema == each.offer.schema:
            return output
        changed = (
            "its server has changed this tool since hone last looked; the next session knows its new form"
        )
        return msgspec.structs.replace(output, text=f"{output.text}\n[{changed}]")

    def _intent(self, each: Fitted | None, arguments: Mapping[str, Any]) -> Intent:
        if each is None:
            return Intent("free")  # there is no such tool: nothing will run
        shown = each.name.removeprefix(f"mcp__{each.server}__")
        if not {"*", each.offer.name, shown}.isdisjoint(self._servers[each.server].allow):
            return Intent("free")
        told = msgspec.json.format(msgspec.json.encode(dict(arguments)), indent=2).decode()
        return Intent("destroy" if each.offer.destructive else "call", each.name, detail=told)

    def _tool(self, each: Fitted) -> Tool:
        async def run(arguments: dict[str, Any]) -> ToolOutput:
            return await self._run(each, arguments)

        return Tool(
            name=each.name,
            description=each.offer.description or f"A tool of the MCP server {each.server}.",
            arguments=dict,
            run=run,
            intent=lambda arguments: self._intent(each, arguments),
            trust="external",
            schema=each.offer.schema,
        )

    def _search_tool(self) -> Tool:
        async def run(arguments: McpSearch) -> ToolOutput:
            found = self._best(arguments.query)
            return ToolOutput("\n\n".join(map(_told, found)) or "no tool has any of these words")

        servers = ", ".join(self._connections)
        return Tool(
            name="mcp_search",
            description=f"Find tools of the MCP servers {servers} ({len(self._fitted)} tools); call one with mcp_call.",
            arguments=McpSearch,
            run=run,
            parallel=True,
            trust="external",
        )

    def _call_tool(self) -> Tool:
        async def run(arguments: McpCall) -> ToolOutput:
            each = self._fitted.get(arguments.tool)
            if each is None:
                return ToolOutput(
                    f"no tool named {arguments.tool!r}{nearest(arguments.tool, self._fitted)}; mcp_search finds them",
                    ok=False,
                )
            return await self._run(each, arguments.arguments)

        return Tool(
            name="mcp_call",
            description="Call a tool that mcp_search found.",
            arguments=McpCall,
            run=run,
            intent=lambda arguments: self._intent(self._fitted.get(arguments.tool), arguments.arguments),
            trust="external",
        )

    def _best(self, query: str) -> list[Fitted]:
        words = set(_words(query))
        scored = [(_score(each, words), each) for each in self._fitted.values()]
        return [each for score, each in sorted(scored, key=lambda pair: -pair[0]) if score > 0][:_FOUND]


def _score(each: Fitted, words: set[str]) -> float:
    named, described = set(_words(each.name)), set(_words(each.offer.description))
    return 3.0 * len(words & named) + len(words & described)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]{2,}", re.sub(r"([a-z])([A-Z])", r"\1 \2", text).lower())


def _told(each: Fitted) -> str:
    schema = msgspec.json.encode(each.offer.schema).decode()
    return f"{each.name}: {each.offer.description}\narguments: {schema[:_SCHEMA]}"
