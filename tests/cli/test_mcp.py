"""MCP servers from the command line and in a run: real processes on both sides."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.cli.driving import Hone, needs_sandbox

from hone.testing import WireReply, WireServer, call, say

EVERYTHING = Path(__file__).parents[1] / "tools" / "mcp" / "servers" / "everything.py"


def entry(*more: str) -> str:
    return f"{{command: '{sys.executable}', args: ['{EVERYTHING}'{''.join(f', {each!r}' for each in more)}]}}"


def model(tool: str, **arguments: Any) -> Any:
    def respond(request: dict[str, Any]) -> WireReply:
        last = request["messages"][-1]
        return say(f"result: {last['content']}") if last["role"] == "tool" else call(tool, **arguments)

    return respond


def test_servers_and_tools_are_listed(hone: Hone) -> None:
    hone.use("http://127.0.0.1:9/v1", f"mcp:\n  all: {entry()}\n  gone: {{command: no-such-program}}\n")
    listed = hone("mcp", "list", "--json")
    assert listed.code == 1
    everything, gone = json.loads(listed.out)
    assert (everything["name"], everything["state"], everything["tools"]) == ("all", "connected", 8)
    assert (gone["state"], "no-such-program" in gone["problem"]) == ("failed", True)
    assert "all  stdio  connected  8 tools" in hone("mcp", "list").out
    tools = hone("mcp", "tools", "all")
    assert "mcp__all__echo: Say the text back." in tools.out
    assert json.loads(hone("mcp", "tools", "all", "--json").out)[0]["name"] == "mcp__all__echo"
    assert hone("mcp", "tools", "al").is_usage_error()


def test_without_servers_it_says_where_they_go(hone: Hone) -> None:
    assert hone("mcp", "list").out == "no MCP servers: name them under mcp: in config.yaml\n"


@pytest.mark.parametrize("command", [("run", "x"), ("mcp", "list")])
def test_an_entry_that_is_none_is_one_line(hone: Hone, command: tuple[str, ...]) -> None:
    hone.use("http://127.0.0.1:9/v1", "mcp: {all: {args: [x]}}\n")
    done = hone(*command)
    assert done.is_usage_error(), done
    assert "mcp.all" in done.err


@needs_sandbox
def test_a_run_calls_a_tool_and_what_it_says_is_external(hone: Hone) -> None:
    with WireServer(model("mcp__all__echo", text="hi")) as server:
        hone.use(server, f"mcp: {{all: {entry()}}}\n")
        done = hone("run", "say hi", "--json")
        assert (done.code, done.result["answer"]) == (0, "result: echo: hi")
        session = done.result["session"]
    events = json.loads(hone("sessions", "export", session).out)
    assert '"trust":"external"' in json.dumps(events).replace(" ", "")


@needs_sandbox
def test_nobody_is_there_to_allow_what_may_destroy(hone: Hone) -> None:
    with WireServer(model("mcp__all__drop", table="users")) as server:
        hone.use(server, f"mcp: {{all: {entry()}}}\n")
        assert "mcp.all.allow: [drop]" in hone("run", "drop it", "--json").result["answer"]
        hone.use(server, f"mcp: {{all: {entry().removesuffix('}')}, allow: [drop]}}}}\n")
        assert hone("run", "drop it", "--json").result["answer"] == "result: dropped users"


def test_a_server_that_fails_is_one_line_and_the_run_goes_on(hone: Hone) -> None:
    with WireServer(lambda _request: say("done")) as server:
        hone.use(server, "mcp: {gone: {command: no-such-program}}\n")
        done = hone("run", "x")
    assert (done.code, done.out) == (0, "done\n")
    assert "the MCP server gone (no-such-program)" in done.err
    assert "Traceback" not in done.err
