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
from hone.errors import nearest
from hone.safety.approve import Intent
from hone.tools.base import Tool, ToolOutput
from hone.tools.mcp.connection import Connection, ServerGone
from hone.tools.mcp.offer import Fitted, Offer, cache_path, fitted, read_cache, write_cache

BUDGET = 1_500
"""Tokens that the tools of all servers may take in a prompt."""

_FOUND = 5  # tools in a result of mcp_search
_SCHEMA = 3_000  # characters of one in it

Expand = Callable[[str, str], str]
"""(text, where) -> the text with `${NAME}` replaced; raises ConfigError."""


class Around(msgspec.Struct, frozen=True):
    """What servers live in: the home, the environment of their processes, how variables are read, who hears of problems."""

    home: Path
    environ: Mapping[str, str]
    expand: Expand
    redact: Callable[[str], str]
    tell: Callable[[str], None]


class McpSearch(msgspec.Struct, frozen=True):
    """Arguments of `mcp_search`."""

    query: str


class McpCall(msgspec.Struct, frozen=True):
    """Arguments of `mcp_call`."""

    tool: str
    arguments: dict[str, Any] = {}


class Bundle:
    """The servers of one process. Made by `open`; `tools` are for its sessions."""

    def __init__(self, around: Around, servers: Mapping[str, McpServer]) -> None:
        self._around = around
        self._servers = servers
        self._connections = {name: self._connection(name, entry) for name, entry in servers.items()}
        self._fitted: dict[str, Fitted] = {}

    @classmethod
    async def open(cls, around: Around, servers: Mapping[str, McpServer]) -> "Bundle":
        """Learn what the servers offer: from the cache, else by asking all that are not in it at once.

        A server that fails is told of, and its tools are missing. Raises ConfigError for a variable that is not set.
        """
        bundle = cls(around, servers)
        known = {name: read_cache(cache_path(around.home, name, entry)) for name, entry in servers.items()}
        unknown = [name for name, offers in known.items() if offers is None]
        asked = await asyncio.gather(*(bundle.learn(name) for name in unknown))
        for name, offers in {**known, **dict(zip(unknown, asked, strict=True))}.items():
            bundle._take(name, offers or [])
        return bundle

    def tools(self) -> tuple[Tool, ...]:
        """What a session offers: each tool, or two to find and call them where they are too many."""
        every = list(self._fitted.values())
        if sum(each.tokens for each in every) <= BUDGET:
            return tuple(self._tool(each) for each in every)
        return (self._search_tool(), self._call_tool())

    async def renewed(self, name: str) -> list[Fitted]:
        """Ask a server anew; its tools as a session would offer them."""
        self._take(name, await self.learn(name))
        return [each for each in self._fitted.values() if each.server == name]

    async def learn(self, name: str) -> list[Offer]:
        """Ask a server what it offers, and remember it; nothing, and told of, if it fails."""
        entry = self._servers[name]
        try:
            offers = await self._connections[name].tools()
        except ServerGone as error:
            self._around.tell(f"{error}; its tools are missing")
            return []
        if problem := write_cache(cache_path(self._around.home, name, entry), offers):
            self._around.tell(problem)
        return offers

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
        log = self._around.home / "logs" / f"mcp-{name}.log"
        return Connection(name, expanded, self._around.environ, log, self._around.redact)

    def _take(self, name: str, offers: Sequence[Offer]) -> None:
        kept, problems = fitted(name, self._servers[name], offers, self._fitted.keys())
        self._fitted |= {each.name: each for each in kept}
        for problem in problems:
            self._around.tell(problem)

    async def _run(self, each: Fitted, arguments: Mapping[str, Any]) -> ToolOutput:
        return await self._connections[each.server].call(each.offer.name, arguments)

    def _intent(self, each: Fitted | None, arguments: Mapping[str, Any]) -> Intent:
        if each is None:
            return Intent("free")  # there is no such tool: nothing will run
        allow = self._servers[each.server].allow
        if "*" in allow or each.offer.name in allow:
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

        servers = ", ".join(self._servers)
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
