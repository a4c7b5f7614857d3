"""`hone mcp`: which MCP servers there are, whether they answer, and what they offer."""

import asyncio
import importlib.util
from typing import Annotated

import msgspec
import typer

from hone.cli.sessions import printable
from hone.config.environ import process_environ
from hone.config.load import expand, load, referenced_names
from hone.config.servers import McpServer, servers
from hone.errors import NotFound, UsageError
from hone.given import Given
from hone.safety.environment import command_environ
from hone.safety.secrets import Redactor
from hone.servers import MISSING
from hone.tools.mcp.bundle import BUDGET, Around, Bundle
from hone.tools.mcp.offer import Fitted

app = typer.Typer(no_args_is_help=True, help="MCP servers: what they offer.")


class Listed(msgspec.Struct, frozen=True):
    """One server: how it is reached, whether it answered now, and how much its tools would take of a prompt."""

    name: str
    transport: str
    state: str
    tools: int
    tokens: int
    problem: str = ""


@app.command("list")
def list_servers(
    as_json: Annotated[bool, typer.Option("--json", help="Print the servers as JSON.")] = False,
) -> int:
    """Connect to every server of the settings, and say what it offers. Exit code 1 if one does not answer."""
    configured = _configured()
    listed = [_listed(name, entry, *_asked(name, entry)) for name, entry in configured.items()]
    if as_json:
        print(msgspec.json.encode(listed).decode())
    elif not listed:
        print("no MCP servers: name them under mcp: in config.yaml")
    else:
        for each in listed:
            what = each.problem or f"{each.tools} tools, {each.tokens:,} tokens"
            print(f"{each.name}  {each.transport}  {each.state}  {printable(what)}")
        if sum(each.tokens for each in listed) > BUDGET:
            print(f"together over {BUDGET:,} tokens: offered through mcp_search and mcp_call")
    return int(any(each.problem for each in listed))


@app.command("tools")
def list_tools(
    server: Annotated[str, typer.Argument(help="A server of the settings.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the tools as JSON.")] = False,
) -> int:
    """List the tools of a server as a session would offer them. This also renews what hone remembers of it."""
    configured = _configured()
    if server not in configured:
        raise NotFound("MCP server", server, configured)
    found, told = _asked(server, configured[server])
    if as_json:
        print(msgspec.json.encode([_shown(each) for each in found]).decode())
    else:
        for each in found:
            print(f"{each.name}: {printable(each.offer.description)}")
    for line in told:
        typer.echo(f"hone: {printable(line)}", err=True)
    return int(not found)


def _configured() -> dict[str, McpServer]:
    found = servers(load(process_environ()).settings.mcp)
    if found and importlib.util.find_spec("mcp") is None:
        raise UsageError(MISSING)
    return found


def _asked(name: str, entry: McpServer) -> tuple[list[Fitted], list[str]]:
    """What a server offers now, and what there is to say of it."""
    given, told = Given.by_process(), list[str]()
    settings = load(given.environ).settings
    environ = command_environ(given.environ, referenced_names(settings))

    def expanded(text: str, where: str) -> str:
        return expand(text, given.environ, where)

    async def asking() -> list[Fitted]:
        bundle = Bundle(Around(given.home, environ, expanded, Redactor().redact, told.append), {name: entry})
        try:
            return await bundle.renewed(name)
        finally:
            await bundle.aclose()

    return asyncio.run(asking()), told


def _listed(name: str, entry: McpServer, found: list[Fitted], told: list[str]) -> Listed:
    transport = "http" if entry.url else "stdio"
    if not found and told:
        return Listed(name, transport, "failed", 0, 0, told[0])
    return Listed(name, transport, "connected", len(found), sum(each.tokens for each in found))


def _shown(each: Fitted) -> dict[str, object]:
    return {
        "name": each.name,
        "description": each.offer.description,
        "schema": each.offer.schema,
        "destructive": each.offer.destructive,
    }
