"""MCP servers that are real processes, made with the SDK, over stdio and over HTTP."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.tools.mcp.world import SERVERS, World, entry

from hone.config.servers import McpServer, passed_over, servers, written_keys
from hone.errors import ConfigError
from hone.tools.base import Tool, ToolOutput
from hone.tools.mcp.offer import Fitted, Offer, cache_path, fitted, read_cache, write_cache

pytestmark = pytest.mark.slow  # a server process for each

ENTRY = entry("everything.py", timeout=20)


async def call(tools: dict[str, Tool], name: str, **arguments: Any) -> ToolOutput:
    output = await tools[f"mcp__all__{name}"].run(arguments)
    assert isinstance(output, ToolOutput)
    return output


def runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return (
        "zombie" not in Path(f"/proc/{process}/status").read_text().lower()
        if Path("/proc").exists()
        else True
    )


def test_tools_of_a_process_are_offered_called_and_ended(world: World) -> None:
    async def work(tools: dict[str, Tool]) -> None:
        echo = tools["mcp__all__echo"]
        assert (echo.trust, echo.description, echo.parallel) == ("external", "Say the text back.", False)
        assert echo.spec.parameters["properties"] == {"text": {"type": "string"}}
        assert await call(tools, "echo", text="hi") == ToolOutput("echo: hi")
        assert json.loads((await call(tools, "numbers")).text) == {"one": 1, "two": 2}
        assert "image/png" in (await call(tools, "picture")).text
        failed = await call(tools, "fail")
        assert (failed.ok, "Error executing tool fail" in failed.text) == (False, True)
        seen.append(int((await call(tools, "whoami")).text.split()[0]))
        assert runs(seen[0])

    seen: list[int] = []
    world.with_bundle({"all": ENTRY}, work)
    assert not runs(seen[0])
    assert world.told == []


def test_a_process_gets_no_keys_but_those_named_for_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_API_KEY", "sk-of-the-user")

    async def work(tools: dict[str, Tool]) -> None:
        assert (await call(tools, "whoami")).text.endswith("no key for-it")

    world.with_bundle({"all": {**ENTRY, "env": {"GIVEN": "for-it"}}}, work)


def test_a_process_that_dies_is_said_to_and_started_again_for_the_next_call(world: World) -> None:
    async def work(tools: dict[str, Tool]) -> None:
        died = await call(tools, "die")
        assert not died.ok
        assert "dying now" in died.text
        assert "whether the call took effect is not known" in died.text
        assert await call(tools, "echo", text="back") == ToolOutput("echo: back")

    world.with_bundle({"all": ENTRY}, work)


def remembered(world: World, *tools: Offer) -> None:
    """As if the server had offered these tools before."""
    (server,) = servers({"all": ENTRY}).values()
    assert write_cache(cache_path(world.home, "all", server), tools) == ""


def test_tools_that_vanished_or_changed_since_are_said_to_and_known_to_the_next_session(world: World) -> None:
    remembered(
        world, Offer("old", "", {"type": "object"}), Offer("fail", "", {"type": "object", "old": True})
    )

    async def work(tools: dict[str, Tool]) -> None:
        assert len(tools) == 2
        gone = await call(tools, "old")
        assert (gone.ok, "has no tool 'old' any more" in gone.text) == (False, True)
        assert "its server has changed this tool" in (await call(tools, "fail")).text

    async def next_session(tools: dict[str, Tool]) -> None:
        assert "mcp__all__echo" in tools
        assert "mcp__all__old" not in tools

    world.with_bundle({"all": ENTRY}, work)
    world.with_bundle({"all": ENTRY}, next_session)


def test_a_call_that_takes_too_long_ends_in_time_and_leaves_the_server_usable(world: World) -> None:
    async def work(tools: dict[str, Tool]) -> None:
        slow = await call(tools, "slow", seconds=60)
        assert not slow.ok
        assert "did not answer within 0.5 s (mcp.all.timeout)" in slow.text
        assert await call(tools, "echo", text="again") == ToolOutput("echo: again")

    world.with_bundle({"all": {**ENTRY, "timeout": 0.5}}, work)


def test_a_call_can_be_stopped(world: World) -> None:
    async def work(tools: dict[str, Tool]) -> None:
        waiting = asyncio.create_task(call(tools, "slow", seconds=60))
        await call(tools, "echo", text="the server is up")
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    world.with_bundle({"all": ENTRY}, work)


def test_what_a_server_offers_is_remembered_and_it_is_not_started_before_a_call(world: World) -> None:
    async def look(tools: dict[str, Tool]) -> None:
        assert "mcp__raw__hello" in tools

    raw = {"raw": entry("raw.py")}
    world.with_bundle(raw, look)
    log = world.home / "logs" / "mcp-raw.log"
    assert log.stat().st_mode & 0o077 == 0
    log.unlink()
    world.with_bundle(raw, look)
    assert not log.exists()  # nobody was started

    async def use(tools: dict[str, Tool]) -> None:
        assert await tools["mcp__raw__hello"].run({}) == ToolOutput("hello")

    world.with_bundle(raw, use)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"command": "no-such-program-here"}, "no-such-program-here"),
        (
            {"command": sys.executable, "args": ["-c", "import sys; sys.exit('broken settings')"]},
            "broken settings",
        ),
        ({"url": "http://127.0.0.1:9/mcp"}, "http://127.0.0.1:9/mcp"),
    ],
)
def test_a_server_that_fails_is_told_of_and_the_others_are_there(
    world: World, bad: dict[str, Any], said: str
) -> None:
    async def work(tools: dict[str, Tool]) -> None:
        assert "mcp__all__hello" in tools

    world.with_bundle({"all": entry("raw.py"), "bad": bad}, work)
    (told,) = world.told
    assert told.startswith("the MCP server bad")
    assert said in told
    assert "its tools are missing" in told
    assert "\n" not in told


@contextlib.contextmanager
def http_server(port: int) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, str(SERVERS / "everything.py"), "http", str(port)], stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if "running on" in line:
                break
        yield
    finally:
        process.kill()
        process.communicate()


def test_a_server_over_http_that_was_started_again_is_found_again(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    async def work(tools: dict[str, Tool]) -> None:
        assert await call(tools, "echo", text="over http") == ToolOutput("echo: over http")
        serving.pop_all().close()
        gone = await call(tools, "echo", text="nobody there")
        assert not gone.ok
        assert "whether the call took effect is not known" in gone.text
        still_gone = await call(tools, "echo", text="nobody there")
        assert f"the MCP server all (http://127.0.0.1:{port}/mcp)" in still_gone.text
        serving.enter_context(http_server(port))
        assert await call(tools, "echo", text="back") == ToolOutput("echo: back")

    with contextlib.ExitStack() as serving:
        serving.enter_context(http_server(port))
        url = f"http://127.0.0.1:{port}/mcp"
        world.with_bundle({"all": {"type": "http", "url": url, "headers": {"x-team": "a"}}}, work)


def test_many_tools_are_found_and_called_by_two(world: World) -> None:
    async def work(tools: dict[str, Tool]) -> None:
        assert list(tools) == ["mcp_search", "mcp_call"]
        search, run = tools.values()
        found = await search.run(search.arguments("weather station 42"))
        assert "mcp__all__weather_42: The weather of station 42" in found.text
        assert '"city"' in found.text
        assert len(found.text.split("\n\n")) == 5
        done = await run.run(run.arguments("mcp__all__weather_42", {"city": "Rome"}))
        assert done == ToolOutput("Rome 42")
        missing = await run.run(run.arguments("mcp__all__weather_422", {}))
        assert "mcp_search finds them" in missing.text
        assert run.intent(run.arguments("mcp__all__drop", {})).kind == "destroy"
        assert run.intent(run.arguments("nothing", {})).kind == "free"
        nothing = await search.run(search.arguments("zebra"))
        assert nothing.text == "no tool has any of these words"

    world.with_bundle({"all": entry("everything.py", "--many")}, work)


def test_a_description_that_reads_like_an_attack_is_left_out(world: World) -> None:
    async def work(tools: dict[str, Tool]) -> None:
        assert "mcp__all__helpful" not in tools
        assert "mcp__all__echo" in tools

    world.with_bundle({"all": entry("everything.py", "--poisoned")}, work)
    (told,) = world.told
    assert "tool 'helpful' of the MCP server all is left out" in told


def test_what_is_asked_before_a_call(world: World) -> None:
    async def work(tools: dict[str, Tool]) -> None:
        kinds = {name.removeprefix("mcp__all__"): tool.intent({}).kind for name, tool in tools.items()}
        assert (kinds["echo"], kinds["drop"], kinds["fail"]) == ("call", "destroy", "free")
        assert "whoami" not in kinds
        assert '"text": "x"' in tools["mcp__all__echo"].intent({"text": "x"}).detail

    world.with_bundle({"all": {**ENTRY, "allow": ["fail"], "deny": ["whoami"]}}, work)


def offers(*described: tuple[str, str]) -> list[Offer]:
    return [Offer(name, text, {"type": "object"}) for name, text in described]


def names(kept: list[Fitted]) -> list[str]:
    return [each.name for each in kept]


def test_names_are_what_the_protocol_takes_and_unique() -> None:
    kept, _ = fitted(
        "s", McpServer(command="x"), offers(("a b/c", ""), ("a_b_c", ""), ("x" * 90, ""), ("…", "")), ()
    )
    assert names(kept)[:2] == ["mcp__s__a_b_c", "mcp__s__a_b_c_2"]
    assert all(len(name) <= 64 for name in names(kept))
    assert len(set(names(kept))) == 4


def test_descriptions_and_schemas_are_bounded_and_lose_what_cannot_be_seen() -> None:
    deep: dict[str, Any] = {"type": "object"}
    for _ in range(40):
        deep = {"type": "object", "title": "T", "properties": {"x": deep}}
    wide = {
        "type": "object",
        "properties": {f"p{n}": {"type": "string", "description": "d" * 50} for n in range(300)},
    }
    kept, _ = fitted(
        "s",
        McpServer(command="x"),
        [Offer("a", "word " * 500, deep), Offer("b", "x\u200by", wide), Offer("c", "", {})],
        (),
    )
    first, second, third = (each.offer for each in kept)
    assert len(first.description) <= 1_000
    assert "title" not in json.dumps(first.schema)
    assert len(json.dumps(first.schema)) < 1_000
    assert second.schema == {"type": "object"}
    assert "\u200b" not in second.description
    assert third.schema == {"type": "object"}


@pytest.mark.parametrize("text", ["", "{", '[{"name": 1}]'])
def test_a_broken_cache_is_no_cache(tmp_path: Path, text: str) -> None:
    path = cache_path(tmp_path, "s", McpServer(command="x"))
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert read_cache(path, 0) is None
    assert cache_path(tmp_path, "s", McpServer(command="y")) != path


def test_a_cache_holds_for_a_day(tmp_path: Path) -> None:
    path = cache_path(tmp_path, "s", McpServer(command="x"))
    assert write_cache(path, offers(("a", ""))) == ""
    written = path.stat().st_mtime
    assert read_cache(path, written + 86_000) == offers(("a", ""))
    assert read_cache(path, written + 87_000) is None


def test_what_cannot_be_remembered_is_said(tmp_path: Path) -> None:
    (tmp_path / ".cache").write_text("a file")
    assert ".cache" in write_cache(cache_path(tmp_path, "s", McpServer(command="x")), [])


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({}, "it needs a command to start or a url"),
        ({"command": "x", "url": "http://y"}, "one of the two"),
        ({"url": "ftp://x"}, "must begin with http"),
        ({"command": "x", "args": "y"}, "mcp.s"),
        ({"command": "x", "type": "sse"}, "sse"),
        ({"command": "x", "timeout": 0}, "timeout"),
    ],
)
def test_an_entry_that_is_none_is_named(entry: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=r"config\.yaml") as raised:
        servers({"s": entry})
    assert said in str(raised.value)


def test_names_of_servers_and_what_other_clients_write() -> None:
    with pytest.raises(ConfigError, match=r"mcp\.a b"):
        servers({"a b": {"command": "x"}})
    found = servers(
        {"a": {"command": "x", "autoApprove": [], "icon": "y"}, "b": {"command": "x", "disabled": True}}
    )
    assert list(found) == ["a"]
    assert list(passed_over({"a": {"command": "x", "icon": "y"}, "b": {"command": "x"}})) == [
        "mcp.a in config.yaml: icon is not known to hone and passed over"
    ]


def test_keys_that_stand_in_an_entry_are_known_by_name() -> None:
    found = written_keys(
        {
            "a": {
                "env": {"A_TOKEN": "abc", "FROM": "${HERE}"},
                "headers": {"X-Api-Key": "Bearer def", "E": ""},
            },
            "b": "none",
        }
    )
    assert list(found) == [{"A_TOKEN": "abc"}, {"X_Api_Key": "def"}]
