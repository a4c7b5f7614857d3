"""MCP servers from the command line and in a run: real processes on both sides."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.cli.driving import Hone, needs_sandbox

from hone.testing import WireReply, WireServer, call, say

pytestmark = pytest.mark.slow  # a server process for each

SERVERS = Path(__file__).parents[1] / "tools" / "mcp" / "servers"


def entry(program: str = "everything.py") -> str:
    return f"{{command: '{sys.executable}', args: ['{SERVERS / program}']}}"


def raw() -> str:
    return entry("raw.py")


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
    assert "mcp__all__echo: Say the text back." in hone("mcp", "tools", "all").out
    assert hone.here("mcp", "tools", "al").is_usage_error()


def test_a_list_for_people(hone: Hone) -> None:
    hone.use("http://127.0.0.1:9/v1", f"mcp: {{raw: {raw()}, other: {{url: 'http://127.0.0.1:9/mcp'}}}}\n")
    raw_line, other = hone("mcp", "list").out.splitlines()
    assert raw_line.startswith("raw  stdio  connected  4 tools, ")
    assert other.startswith("other  http  failed  the MCP server other (http://127.0.0.1:9/mcp)")


def test_without_servers_it_says_where_they_go(hone: Hone) -> None:
    assert hone.here("mcp", "list").out == "no MCP servers: name them under mcp: in config.yaml\n"


def test_doctor_has_a_line_for_each_server(hone: Hone) -> None:
    hone.use("http://127.0.0.1:9/v1", f"mcp: {{raw: {raw()}, gone: {{command: no-such-program}}}}\n")
    checks = {each["name"]: each for each in json.loads(hone("doctor", "--json").out)}
    assert checks["mcp raw"]["state"] == "ok"
    assert checks["mcp gone"]["state"] == "problem"


def test_a_run_that_knows_its_tools_begins_without_the_sdk_and_the_server(hone: Hone) -> None:
    with WireServer(lambda _request: say("ok")) as server:
        hone.use(server, f"mcp: {{raw: {raw()}}}\n")
        assert hone("mcp", "tools", "raw", "--json").code == 0
        (hone.home / "logs" / "mcp-raw.log").unlink()
        # A program that fails as soon as the SDK is imported.
        (hone.directory / "mcp.py").write_text("raise SystemExit('the SDK was imported')\n")
        done = hone("run", "hi", env={"PYTHONPATH": str(hone.directory)})
        names = [tool["function"]["name"] for tool in server.requests[-1]["tools"]]
    assert (done.code, done.out) == (0, "ok\n"), done
    assert "mcp__raw__hello" in names
    assert not (hone.home / "logs" / "mcp-raw.log").exists()


def test_keys_that_only_other_clients_know_are_said_to(hone: Hone) -> None:
    with WireServer(lambda _request: say("ok")) as server:
        hone.use(server, f"mcp: {{raw: {raw().removesuffix('}')}, autoApprove: []}}}}\n")
        assert "mcp.raw in config.yaml: autoApprove is not known to hone" in hone("run", "hi").err


@pytest.mark.parametrize("command", [("run", "x"), ("mcp", "list")])
def test_an_entry_that_is_none_is_one_line(hone: Hone, command: tuple[str, ...]) -> None:
    hone.use("http://127.0.0.1:9/v1", "mcp: {all: {args: [x]}}\n")
    done = hone.here(*command)
    assert done.is_usage_error(), done
    assert "mcp.all" in done.err


@needs_sandbox
def test_a_run_calls_a_tool_and_what_it_says_is_external(hone: Hone) -> None:
    with WireServer(model("mcp__raw__hello")) as server:
        done = hone.use(server, f"mcp: {{raw: {raw()}}}\n")("run", "say hi", "--json")
        assert (done.code, done.result["answer"]) == (0, "result: hello")
        session = done.result["session"]
    events = json.loads(hone.here("sessions", "export", session).out)
    assert '"trust":"external"' in json.dumps(events).replace(" ", "")


@needs_sandbox
def test_nobody_is_there_to_allow_what_may_destroy(hone: Hone) -> None:
    with WireServer(model("mcp__raw__drop")) as server:
        hone.use(server, f"mcp: {{raw: {raw()}}}\n")
        assert "mcp.raw.allow: [drop]" in hone("run", "drop it", "--json").result["answer"]
        hone.use(server, f"mcp: {{raw: {raw().removesuffix('}')}, allow: [drop]}}}}\n")
        assert hone("run", "drop it", "--json").result["answer"] == "result: drop"


def test_a_server_that_fails_is_one_line_and_the_run_goes_on(hone: Hone) -> None:
    with WireServer(lambda _request: say("done")) as server:
        hone.use(server, "mcp: {gone: {command: no-such-program}}\n")
        done = hone("run", "x")
    assert (done.code, done.out) == (0, "done\n")
    assert "the MCP server gone (no-such-program)" in done.err
    assert "Traceback" not in done.err


def test_without_the_extra_a_run_goes_on_and_the_verbs_say_what_to_install(
    hone: Hone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    with WireServer(lambda _request: say("done")) as server:
        hone.use(server, f"mcp: {{raw: {raw()}}}\n")
        done = hone.here("run", "x")
    assert (done.code, done.out) == (0, "done\n")
    assert "pip install mcp" in done.err
    assert "pip install mcp" in hone.here("mcp", "list").err
