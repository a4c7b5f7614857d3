"""Sessions longer than the model's window, through the whole of hone: what is sent, what is recorded, what stays findable."""

import asyncio
import itertools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.test_late_skill import REQUEST, learn

from hone.app import App
from hone.cli.transcript import as_markdown, as_text
from hone.clock import SystemClock
from hone.config.settings import ModelEntry
from hone.events import AnyEvent, Attached, Compacted, StepFinished, TurnFinished
from hone.history.store import History
from hone.messages import Assistant, ToolReply, User
from hone.models.base import Request
from hone.models.endpoint import Dialect
from hone.models.wire import encode_request
from hone.testing import ScriptedModel, WireReply, WireServer, call, make_app, say, status
from hone.tools.base import Tool, tool_from_function

SUMMARY = "Wanted: all pieces.\nOpen: the next piece."
Wire = dict[str, Any]


def configure(directory: Path, *models: str, base: str = "http://127.0.0.1:9/v1") -> None:
    (directory / "home").mkdir(exist_ok=True)
    (directory / "home" / "config.yaml").write_text(
        f"providers:\n  - name: p\n    api_base: {base}\n    models: [{', '.join(models)}]\n"
    )


def piece_tool(length: int = 1_500) -> Tool:
    async def piece(number: int) -> str:
        """Do a piece."""
        return f"piece {number} is amber-{number}. " + "x" * length

    return tool_from_function(piece)


def next_piece(pieces: int) -> Callable[[Request], Assistant]:
    """A model that asks for one piece after the other; it depends on the last message only."""

    def reply(request: Request) -> Assistant:
        last = request.messages[-1]
        if not request.tools:
            return say(SUMMARY)
        found = re.match(r"piece (\d+)", last.text) if isinstance(last, ToolReply) else None
        number = int(found[1]) if found else 0
        return call("piece", number=number + 1) if number < pieces else say(f"{pieces} pieces are done")

    return reply


def work(
    directory: Path, requests: int, pieces: int, *more: Callable[[Request], Assistant]
) -> tuple[list[AnyEvent], ScriptedModel]:
    events: list[AnyEvent] = []
    model = ScriptedModel(*[next_piece(pieces)] * (requests * (pieces + 5)))

    async def go() -> None:
        async with make_app(directory, model, show=events.append) as app:
            session = app.start([piece_tool()])
            for turn in range(requests):
                await session.run(f"do part {turn}")
            if more:
                model._replies[:] = more
                await session.run("what was it?")

    asyncio.run(go())
    return events, model


def test_a_turn_larger_than_the_window_is_answered(tmp_path: Path) -> None:
    configure(tmp_path, "{id: m, context: 8000}")
    events, model = work(tmp_path, 1, 40)
    compactions = [event for event in events if isinstance(event, Compacted)]
    end = events[-1]
    assert isinstance(end, TurnFinished)
    assert (end.status, end.answer, end.steps) == ("answered", "40 pieces are done", 41)
    assert len(compactions) >= 3
    assert {request.messages[0] for request in model.requests if request.tools} == {
        model.requests[0].messages[0]
    }
    steps = sum(event.usage.input for event in events if isinstance(event, StepFinished))
    assert end.usage.input == steps + sum(event.usage.input for event in compactions)
    entry = ModelEntry(id="m")
    assert max(len(encode_request(entry, request, Dialect())) for request in model.requests) < 8_000 * 4


def test_the_next_turn_knows_of_those_before_it(tmp_path: Path) -> None:
    configure(tmp_path, "{id: m, context: 8000}")
    _, model = work(tmp_path, 3, 12)
    last = model.requests[-1].messages
    assert SUMMARY in last[1].text
    assert any(isinstance(message, User) and "do part 2" in message.text for message in last)


def test_what_was_compacted_is_found_by_recall_and_what_still_stands_there_is_not(tmp_path: Path) -> None:
    configure(tmp_path, "{id: m, context: 8000}")
    events, _ = work(
        tmp_path,
        1,
        16,
        lambda _: call("recall", query="amber-2"),
        lambda _: call("recall", query="amber-16"),
        lambda request: say(request.messages[-3].text + "NEXT" + request.messages[-1].text),
    )
    assert any(isinstance(event, Compacted) for event in events)
    end = events[-1]
    assert isinstance(end, TurnFinished)
    early, late = end.answer.split("NEXT")
    assert "amber-2." in early
    assert "amber-16." not in late


def test_a_compacted_session_is_still_shown_whole(tmp_path: Path) -> None:
    configure(tmp_path, "{id: m, context: 8000}")
    work(tmp_path, 1, 16)
    history = History.open_for_reading(tmp_path / "home" / "state.db", SystemClock())
    row = history.session(history.sessions()[0].id)
    turns, events = history.turns(row.id), history.events(row.id)
    history.close()
    for shown in (as_text(row, turns, events, full=True), as_markdown(row, turns, events)):
        assert all(f"piece {number} is" in shown for number in range(1, 17))
        assert "or the model all above but the last" in shown
        assert SUMMARY.splitlines()[0] in shown


def test_without_a_compaction_recall_leaves_the_present_session_out(tmp_path: Path) -> None:
    configure(tmp_path, "{id: m, context: 8000}")
    events, _ = work(
        tmp_path,
        1,
        2,
        lambda _: call("recall", query="amber-2"),
        lambda request: say(request.messages[-1].text),
    )
    end = events[-1]
    assert isinstance(end, TurnFinished)
    assert end.answer.startswith("nothing found")


def test_a_compacted_session_goes_on_with_the_same_messages_in_another_process(tmp_path: Path) -> None:
    configure(tmp_path, "{id: m, context: 8000}")
    tools = [piece_tool()]

    async def go() -> tuple[ScriptedModel, ScriptedModel]:
        first, second = ScriptedModel(*[next_piece(30)] * 60), ScriptedModel(say("all is done"))
        async with make_app(tmp_path, first) as app:
            session = app.start(tools)
            await session.run("do it")
        async with make_app(tmp_path, second) as app:
            await app.reopen(session.id, tools).run("is it done?")
        return first, second

    first, second = asyncio.run(go())
    before, after = first.requests[-1].messages, second.requests[0].messages
    assert after[: len(before)] == before
    assert len(after) == len(before) + 2


def wire_piece(request: Wire) -> WireReply:
    """The same model over the wire, whose results may stand in messages of the user."""
    if not request.get("tools") and "To use a tool" not in request["messages"][0]["content"]:
        return say(SUMMARY)
    found = re.findall(r"piece (\d+) is", str(request["messages"][-1]["content"]))
    number = int(found[-1]) if found else 0
    asked = call("piece", number=number + 1) if number < 6 else say("done")
    if request.get("tools") or not asked.tool_calls:
        return asked
    block = {"name": "piece", "arguments": {"number": number + 1}}
    return say(f"<tool_call>\n{json.dumps(block)}\n</tool_call>")


@pytest.mark.parametrize("tools", ["native", "text"])
def test_every_request_begins_with_the_one_before_it(tmp_path: Path, tools: str) -> None:
    """With steering, a skill that is learned meanwhile, several turns, and a second process."""
    events: list[AnyEvent] = []

    async def converse(app: App, server: WireServer) -> str:
        session = app.start([piece_tool(), tool_from_function(steer)])
        told.append(session.steer)
        await session.run(REQUEST)
        learn(tmp_path / "home")
        await session.run(REQUEST)
        return session.id

    told: list[Callable[[str], None]] = []

    async def steer() -> str:
        """Unused; it is there to be offered."""
        return ""

    def respond(request: Wire) -> WireReply:
        if len(request["messages"]) == 6 and told:
            told.pop()("and be quick")
        return wire_piece(request)

    async def go() -> list[Wire]:
        with WireServer(respond) as server:
            configure(tmp_path, f"{{id: m, tools: {tools}}}", base=server.base_url)
            async with make_real_app(tmp_path, events) as app:
                name = await converse(app, server)
            async with make_real_app(tmp_path, events) as app:
                again = app.reopen(name, [piece_tool(), tool_from_function(steer)])
                await again.run("once more")
            return server.requests

    requests = asyncio.run(go())
    attached = {event.kind for event in events if isinstance(event, Attached)}
    assert attached == {"steering", "skill"}
    assert len(requests) > 15
    for before, after in itertools.pairwise(requests):
        head = json.dumps(before["messages"])[:-1]
        assert json.dumps(after["messages"]).startswith(head)
        assert json.dumps(after.get("tools")) == json.dumps(before.get("tools"))


def make_real_app(directory: Path, events: list[AnyEvent]) -> Any:
    return make_app(directory, None, show=events.append, flags={"learning.mode": "off"})  # type: ignore[arg-type]


def test_an_endpoint_that_takes_less_than_is_known_gets_less(tmp_path: Path) -> None:
    """Nothing is said of the window: the refusal tells."""
    refused: list[int] = []

    def respond(request: Wire) -> WireReply:
        size = len(json.dumps(request))
        if size > 24_000:
            refused.append(size)
            return status(400, {"error": {"code": "context_length_exceeded", "message": "too long"}})
        if not request.get("tools"):
            return say(SUMMARY)
        found = re.match(r"piece (\d+)", str(request["messages"][-1]["content"]))
        number = int(found[1]) if found else 0
        return call("piece", number=number + 1) if number < 25 else say("done")

    events: list[AnyEvent] = []

    async def go() -> None:
        with WireServer(respond) as server:
            configure(tmp_path, "main", "{id: routine, context: 6000}", base=server.base_url)
            async with make_real_app(tmp_path, events) as app:
                await app.start([piece_tool()]).run("do it")

    asyncio.run(go())
    end = events[-1]
    assert isinstance(end, TurnFinished)
    assert (end.status, end.answer) == ("answered", "done")
    assert len(refused) == 1  # what was learned holds


def test_an_endpoint_that_refuses_everything_ends_the_turn(tmp_path: Path) -> None:
    async def go() -> tuple[TurnFinished, int]:
        def respond(request: Wire) -> WireReply:
            if len(request["messages"]) < 20 and not refusing:
                return call("piece", number=1)
            refusing.append(True)
            return status(400, {"error": {"code": "context_length_exceeded", "message": "too long"}})

        refusing: list[bool] = []
        with WireServer(respond) as server:
            configure(tmp_path, "m", base=server.base_url)
            async with make_real_app(tmp_path, []) as app:
                ended = await app.start([piece_tool()]).run("do it")
        return ended, len(refusing)

    ended, asked = asyncio.run(go())
    assert ended.status == "provider"
    assert "does not fit" in ended.reason
    assert asked <= 8


@pytest.mark.slow
def test_the_last_step_of_a_long_session_costs_no_more_than_an_early_one(tmp_path: Path) -> None:
    configure(tmp_path, "{id: m, context: 16000}")
    worked: list[int] = []  # instructions of the database, in fifties, at each request
    sizes: list[int] = []
    ticks = [0]

    def tick() -> int:
        ticks[0] += 1
        return 0

    def counting(request: Request) -> Assistant:
        if request.tools:
            worked.append(ticks[0])
            sizes.append(len(encode_request(ModelEntry(id="m"), request, Dialect())))
        return next_piece(20)(request)

    async def go() -> None:
        model = ScriptedModel(*[counting] * 1_200)
        async with make_app(tmp_path, model) as app:
            app.history._database._connection.set_progress_handler(tick, 50)
            session = app.start([piece_tool()])
            for turn in range(40):
                ended = await session.run(f"do part {turn}")
                assert ended.status == "answered"

    asyncio.run(go())
    tenth = len(worked) // 10
    early, late = worked[2 * tenth] - worked[tenth], worked[-1] - worked[-1 - tenth]
    assert len(worked) == 40 * 21
    assert late < 1.5 * early
    assert max(sizes[-tenth:]) < 1.1 * max(sizes[tenth : 2 * tenth])
    assert max(sizes) < 16_000 * 4
