"""Servers by hand: slow to come up, silent, talkative; and what is kept of their standard error."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from tests.tools.mcp.world import World, entry

from hone.tools.base import Tool, ToolOutput
from hone.tools.mcp.log import ServerLog

pytestmark = pytest.mark.slow  # a server process for each


async def no_work(_tools: dict[str, Tool]) -> None:
    pass


@pytest.mark.parametrize(
    ("mode", "said"), [("silent", "did not answer within"), ("silent-list", "did not list its tools in time")]
)
def test_a_server_that_is_silent_is_given_up_in_time(world: World, mode: str, said: str) -> None:
    world.patience = 0.5
    begun = time.monotonic()
    world.with_bundle({"raw": entry("raw.py", mode)}, no_work)
    assert time.monotonic() - begun < 15
    (told,) = world.told
    assert said in told


def test_a_server_that_lists_nothing_is_told_of(world: World) -> None:
    world.with_bundle({"raw": entry("raw.py", "no-list")}, no_work)
    (told,) = world.told
    assert "no list of tools here" in told


@pytest.mark.parametrize("mode", ["leaves", "falls-silent"])
def test_a_server_that_has_gone_meanwhile_is_started_again_before_a_call_is_sent(
    world: World, mode: str
) -> None:
    async def work(tools: dict[str, Tool]) -> None:
        assert not (await tools["mcp__raw__refuse"].run({})).ok
        assert await tools["mcp__raw__hello"].run({}) == ToolOutput("hello")

    world.patience = 5
    world.with_bundle({"raw": entry("raw.py", mode)}, work)


def test_a_server_that_cannot_be_started_any_more_is_a_failed_call(world: World) -> None:
    remembered = {"raw": entry("raw.py", cwd=str(world.home / "place"))}

    async def work(tools: dict[str, Tool]) -> None:
        failed = await tools["mcp__raw__hello"].run({})
        assert not failed.ok
        assert "the MCP server raw" in failed.text

    (world.home / "place").mkdir()
    world.with_bundle(remembered, no_work)
    (world.home / "place").rmdir()
    world.with_bundle(remembered, work)
    assert world.told == []


def test_what_cannot_be_remembered_is_told(world: World) -> None:
    (world.home / ".cache").write_text("a file")
    world.with_bundle({"raw": entry("raw.py")}, no_work)
    (told,) = world.told
    assert ".cache" in told


def test_a_variable_that_is_not_set_costs_only_its_server(world: World) -> None:
    async def work(tools: dict[str, Tool]) -> None:
        assert "mcp__raw__hello" in tools

    world.with_bundle({"raw": entry("raw.py"), "other": {"command": "x", "args": ["${NOT_SET}"]}}, work)
    (told,) = world.told
    assert "NOT_SET" in told
    assert "the tools of the MCP server other are missing" in told


def test_all_pages_of_tools_are_read_and_what_cannot_be_shown_is_named(world: World) -> None:
    async def work(tools: dict[str, Tool]) -> None:
        assert list(tools) == ["mcp__raw__hello", "mcp__raw__refuse", "mcp__raw__links", "mcp__raw__drop"]
        refused = await tools["mcp__raw__refuse"].run({})
        assert refused == ToolOutput("the MCP server raw refused the call: no tools/call here", ok=False)
        shown = await tools["mcp__raw__links"].run({})
        assert shown.text.splitlines() == [
            "the text of a",
            "[resource file:///a: not shown]",
            "[resource file:///b: not shown]",
        ]

    world.with_bundle({"raw": entry("raw.py")}, work)


def test_what_a_server_chats_is_not_ours_to_print_and_its_log_has_no_secrets(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    async def work(tools: dict[str, Tool]) -> None:
        assert await tools["mcp__raw__hello"].run({}) == ToolOutput("hello")

    world.with_bundle({"raw": entry("raw.py", "noisy")}, work)
    assert capfd.readouterr().err == ""
    log = (world.home / "logs" / "mcp-raw.log").read_text()
    assert "the key is [redacted" in log
    assert "sk-proj" not in log


def test_a_call_that_is_stopped_while_it_connects_leaves_nothing_behind(world: World) -> None:
    async def work(tools: dict[str, Tool]) -> None:
        waiting = asyncio.create_task(_run(tools["mcp__raw__hello"]))
        while not (world.home / "logs" / "mcp-raw.log").exists():  # noqa: ASYNC110 - made by the call
            await asyncio.sleep(0.01)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await tools["mcp__raw__hello"].run({}) == ToolOutput("hello")

    world.with_bundle({"raw": entry("raw.py")}, no_work)
    (world.home / "logs" / "mcp-raw.log").unlink()
    world.with_bundle({"raw": entry("raw.py")}, work)


async def _run(tool: Tool) -> Any:
    return await tool.run({})


def test_a_log_is_bounded_and_keeps_the_last_line_in_mind(tmp_path: Path) -> None:
    log = ServerLog(tmp_path / "logs" / "x.log", str)

    async def writing() -> None:
        async with log.taken() as file:
            for number in range(40):
                await asyncio.to_thread(file.write, f"{number} {'x' * 50_000}\n")
            file.write("the end, without a newline")
            file.flush()

    asyncio.run(writing())
    assert (tmp_path / "logs" / "x.log").stat().st_size == 1_000_000
    assert log.last == "the end, without a newline"


def test_a_log_that_cannot_be_written_costs_only_its_server(world: World) -> None:
    (world.home / "logs").write_text("a file")
    world.with_bundle({"raw": entry("raw.py")}, no_work)
    (told,) = world.told
    assert "logs" in told
