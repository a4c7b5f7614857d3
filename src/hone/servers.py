"""The MCP servers of the settings, opened for a process; without any, nothing of this is loaded."""

import importlib.util
from collections.abc import Callable
from contextlib import AsyncExitStack

from hone.config.load import expand, referenced_names
from hone.config.servers import servers
from hone.given import Setup
from hone.safety.environment import command_environ
from hone.tools.base import Tool

MISSING = "the MCP servers of config.yaml need the extra mcp: pip install 'hone-agent[mcp]'"


async def open_servers(
    setup: Setup, redact: Callable[[str], str], tell: Callable[[str], None], until: AsyncExitStack
) -> tuple[Tool, ...]:
    """Their tools, which work `until` that is left. Raises ConfigError; a server that fails is told of."""
    given = setup.given
    found = servers(setup.settings.mcp)
    if not found:
        return ()
    if importlib.util.find_spec("mcp") is None:
        tell(MISSING)
        return ()
    from hone.tools.mcp.bundle import Around, Bundle  # noqa: PLC0415 - only where servers are configured

    environ = command_environ(given.environ, referenced_names(setup.settings))

    def expanded(text: str, where: str) -> str:
        return expand(text, given.environ, where)

    bundle = await Bundle.open(Around(given.home, environ, expanded, redact, tell), found)
    until.push_async_callback(bundle.aclose)
    return bundle.tools()
