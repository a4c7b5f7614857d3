"""`hone mcp`: which MCP servers there are, whether they answer, and what they offer."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
import typer

from hone.cli.sessions import printable
from hone.cli.stoppable import run_stoppable
from hone.config.environ import process_environ
from hone.config.load import load
from hone.config.servers import McpServer, servers
from hone.errors import NotFound, UsageError
from hone.given import Given, set_up
from hone.servers import MISSING, bundle_of, installed
from hone.tools.mcp.bundle import BUDGET
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


class Answer(msgspec.Struct, frozen=True):
    """What a server offered now, and what there is to say of it."""

    found: list[Fitted]
    told: list[str]


@app.command("list")
def list_servers(
    as_json: Annotated[bool, typer.Option("--json", help="Print the servers as JSON.")] = False,
) -> int:
    """Connect to every server of the settings, and say what it offers. Exit code 1 if one does not answer."""
    listed = look(configured(load(process_environ()).settings.mcp))
    if as_json:
        print(msgspec.json.encode(listed).decode())
    elif not listed:
        print("no MCP servers: name them under mcp: in config.yaml")
    else:
        for each in listed:
            offered = f"{each.tools} tools, {each.tokens:,} tokens"
            what = (
                each.problem
                if each.state == "failed"
                else offered + (f"; {each.problem}" if each.problem else "")
            )
            print(f"{each.name}  {each.transport}  {each.state}  {printable(what)}")
        if sum(each.tokens for each in listed) > BUDGET:
            print(f"together over {BUDGET:,} tokens: offered through mcp_search and mcp_call")
    return int(any(each.state == "failed" for each in listed))


@app.command("tools")
def list_tools(
    server: Annotated[str, typer.Argument(help="A server of the settings.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the tools as JSON.")] = False,
) -> int:
    """List the tools of a server as a session would offer them. This also renews what hone remembers of it."""
    known = configured(load(process_environ()).settings.mcp)
    if server not in known:
        raise NotFound("MCP server", server, known)
    (answer,) = run_stoppable(lambda: _asked({server: known[server]}))
    if as_json:
        print(msgspec.json.encode([_shown(each) for each in answer.found]).decode())
    else:
        for each in answer.found:
            print(f"{each.name}: {printable(each.offer.description)}")
    for line in answer.told:
        typer.echo(f"hone: {printable(line)}", err=True)
    return int(not answer.found)


def configured(entries: Mapping[str, Any]) -> dict[str, McpServer]:
    """The servers that `mcp:` of the settings names. Raises UsageError if the extra is missing, ConfigError for an entry that is none."""
    found = servers(entries)
    if found and not installed():
        raise UsageError(MISSING)
    return found


def look(entries: Mapping[str, McpServer]) -> list[Listed]:
    """Connect to these servers at once, and say how they stand."""
    if not entries:
        return []
    answers = run_stoppable(lambda: _asked(entries))
    return [_listed(name, entry, each) for (name, entry), each in zip(entries.items(), answers, strict=True)]


async def _asked(entries: Mapping[str, McpServer]) -> list[Answer]:
    setup = await set_up(Given.by_process(), {}, needs_model=False)
    redact = setup.redactor().redact

    async def asked(name: str, entry: McpServer) -> Answer:
        told: list[str] = []
        bundle = bundle_of(setup, {name: entry}, redact, told.append)
        try:
            return Answer(await bundle.renewed(name), told)
        finally:
            await bundle.aclose()

    return await asyncio.gather(*(asked(name, entry) for name, entry in entries.items()))


def _listed(name: str, entry: McpServer, answer: Answer) -> Listed:
    transport = "http" if entry.url else "stdio"
    problem = answer.told[0] if answer.told else ""
    if problem and not answer.found:
        return Listed(name, transport, "failed", 0, 0, problem)
    return Listed(
        name, transport, "connected", len(answer.found), sum(each.tokens for each in answer.found), problem
    )


def _shown(each: Fitted) -> dict[str, object]:
    return {
        "name": each.name,
        "description": each.offer.description,
        "schema": each.offer.schema,
        "destructive": each.offer.destructive,
    }
