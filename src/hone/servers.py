"""The MCP servers of the settings, opened for a process; without any, nothing of this is loaded."""

import importlib.util
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from hone.config.load import expand, referenced_names
from hone.config.servers import McpServer, passed_over, servers
from hone.given import Setup
from hone.safety.environment import command_environ
from hone.tools.base import Tool

if TYPE_CHECKING:
    from hone.tools.mcp.bundle import Bundle

MISSING = "the MCP servers of config.yaml need a library: pip install mcp"


async def open_servers(
    setup: Setup, redact: Callable[[str], str], tell: Callable[[str], None], until: AsyncExitStack
) -> tuple[Tool, ...]:
    """Their tools, which work `until` that is left. Raises ConfigError for an entry that is none; a server that fails is told of."""
    found = servers(setup.settings.mcp)
    if not found:
        return ()
    if not installed():
        tell(MISSING)
        return ()
    for notice in passed_over(setup.settings.mcp):
        tell(notice)
    bundle = bundle_of(setup, found, redact, tell)
    until.push_async_callback(bundle.aclose)
    await bundle.load()
    return bundle.tools()


def installed() -> bool:
    """Whether the extra is there."""
    return importlib.util.find_spec("mcp") is not None


def bundle_of(
    setup: Setup, found: Mapping[str, McpServer], redact: Callable[[str], str], tell: Callable[[str], None]
) -> "Bundle":
    """These servers, not yet asked anything."""
    from hone.tools.mcp.bundle import Around, Bundle  # noqa: PLC0415 - only where servers are configured

    given = setup.given
    environ = command_environ(given.environ, referenced_names(setup.settings))

    def expanded(text: str, where: str) -> str:
        return expand(text, given.environ, where)

    return Bundle(Around(given.home, environ, expanded, redact, tell, given.clock.now()), found)
