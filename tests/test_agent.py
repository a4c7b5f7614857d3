"""The Python API: tasks, own tools, events, sessions and errors, as a program meets them."""

import asyncio
import json
import threading
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest

from hone import Agent, HoneError, Result, Tool, ToolOutput, UsageError, tool_from_function
from hone.events import AnyEvent, ToolFinished, TurnFinished, TurnStarted
from hone.testing import ScriptedModel, WireReply, WireServer, call, hang, say, status, together


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home and a current directory of the test's own; nothing of this machine's models is seen."""
    for name in ("home", "user", "work"):
        (tmp_path / name).mkdir()
    for name in (
        "OPENAI_BASE_URL",
        "OPENAI_API_KEY",
        "OPENROUTER_API_KEY",
        "ANTHROPIC_API_KEY",
        "HONE_MODEL",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("HONE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def test_a_task_takes_three_lines() -> None:
    model = ScriptedModel("It has 12 lines.")
    result = Agent(model).run("How many lines has README.md?")
    assert isinstance(result, Result)
    assert (result.status, result.answer, result.steps, result.turn) == (
        "answered",
        "It has 12 lines.",
        1,
        1,
    )


def test_a_program_with_a_loop_of_its_own_awaits() -> None:
    async def program() -> str:
        return (await Agent(ScriptedModel("yes")).arun("ok?")).answer

    assert asyncio.run(program()) == "yes"


def test_run_inside_a_loop_says_what_to_do_instead() -> None:
    async def program() -> None:
        Agent(ScriptedModel()).run("ok?")

    with pytest.raises(UsageError, match=r"await agent\.arun"):
        asyncio.run(program())


def test_the_configured_model_is_the_default_and_a_name_chooses_another(tmp_path: Path) -> None:
    with WireServer(lambda request: say(request["model"])) as server:
        (tmp_path / "home" / "config.yaml").write_text(
            f"providers: [{{name: wire, api_base: '{server.base_url}', models: [first]}}]"
        )
        assert Agent().run("hi").answer == "first"
        assert Agent("wire:second").run("hi").answer == "second"


def test_typed_functions_are_tools_sync_and_async() -> None:
    class Place(msgspec.Struct):
        city: str

    def temperature(place: Place, unit: str = "C") -> dict[str, str]:
        """The temperature somewhere."""
        return {"is": f"21 {unit} in {place.city}"}

    async def shout(text: Annotated[str, msgspec.Meta(description="what to shout")]) -> str:
        await asyncio.sleep(0)
        return text.upper()

    calls = together(call("temperature", place={"city": "Oslo"}), call("shout", text="hey"))
    model = ScriptedModel(calls, "done")
    result = Agent(model, tools=[temperature, shout]).run("use them")
    offered = {tool.name: tool for tool in model.requests[0].tools}
    replies = [
        message.text for message in model.requests[1].messages if message.__class__.__name__ == "ToolReply"
    ]
    assert replies == ['{"is":"21 C in Oslo"}', "HEY"]
    assert offered["temperature"].description == "The temperature somewhere."
    assert offered["temperature"].parameters["required"] == ["place"]
    assert offered["shout"].parameters["properties"]["text"]["description"] == "what to shout"
    assert (result.tool_calls, result.errors) == (2, 0)


def test_a_tool_that_raises_or_is_called_wrongly_is_a_failed_call_and_the_run_goes_on() -> None:
    def divide(a: int, b: int) -> float:
        """a / b"""
        return a / b

    model = ScriptedModel(
        call("divide", a=1, b=0), call("divide", a="one", b=2), call("divide", a="4", b=2), "ok"
    )
    result = Agent(model, tools=[divide]).run("divide")
    texts = [request.messages[-1].text for request in model.requests[1:]]
    assert texts[0] == "divide failed: ZeroDivisionError: division by zero"
    assert texts[1].startswith("the arguments were not understood: Expected `int`")
    assert texts[2] == "2.0"
    assert (result.answer, result.tool_calls, result.errors) == ("ok", 3, 2)


def test_a_tool_can_be_made_by_hand() -> None:
    class Nothing(msgspec.Struct):
        pass

    async def fail(_: Nothing) -> ToolOutput:
        return ToolOutput("out of order", ok=False)

    tool = Tool("elevator", "Goes up.", Nothing, fail)
    model = ScriptedModel(call("elevator"), "walk")
    assert Agent(model, tools=[tool]).run("up").errors == 1


def test_a_function_that_is_no_tool_is_refused_at_once() -> None:
    def untyped(x) -> str:  # type: ignore[no-untyped-def]
        return str(x)

    def many(*words: str) -> str:
        return " ".join(words)

    with pytest.raises(UsageError, match="the name must be letters"):
        Agent(ScriptedModel(), tools=[lambda x: x])
    with pytest.raises(UsageError, match="parameter 'x' has no type annotation; add one"):
        tool_from_function(untyped)
    with pytest.raises(UsageError, match="parameter 'words' must be an ordinary named parameter"):
        tool_from_function(many)


def test_every_event_is_heard_in_order() -> None:
    heard: list[AnyEvent] = []
    model = ScriptedModel(call("read", path="absent"), "done")
    result = Agent(model, on_event=heard.append).run("hi")
    assert isinstance(heard[0], TurnStarted)
    assert isinstance(heard[-1], TurnFinished)
    assert [event.reply.ok for event in heard if isinstance(event, ToolFinished)] == [False]
    assert heard[-1].answer == result.answer


def test_a_second_task_goes_on_with_the_session() -> None:
    model = ScriptedModel("one", "two")
    agent = Agent(model)
    first, second = agent.run("first"), agent.run("second")
    assert agent.session == first.session == second.session
    assert (first.turn, second.turn) == (1, 2)
    said = [message.text for message in model.requests[1].messages[1:]]
    assert said == ["first", "one", "second"]


def test_two_agents_have_sessions_of_their_own() -> None:
    assert Agent(ScriptedModel("a")).run("x").session != Agent(ScriptedModel("b")).run("x").session


def test_a_workspace_may_be_another_directory(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "note.txt").write_text("found me")
    model = ScriptedModel(call("read", path="note.txt"), "done")
    Agent(model, workspace=tmp_path / "elsewhere").run("read it")
    assert "found me" in model.requests[1].messages[-1].text


def test_approvals_yes_runs_commands_and_ask_refuses_them(work: Path) -> None:
    for mode, ok in (("ask", False), ("yes", True)):
        model = ScriptedModel(call("shell", command=f"touch {mode}"), "done")
        result = Agent(model, approvals=mode).run("touch")  # type: ignore[arg-type]
        assert (result.status, result.errors, (work / mode).exists()) == ("answered", int(not ok), ok)


@pytest.mark.parametrize("task", ["", " \n"])
def test_an_empty_task_is_bad_input(task: str) -> None:
    with pytest.raises(UsageError, match="the task is empty"):
        Agent(ScriptedModel()).run(task)


def test_bad_input_is_raised_before_anything_has_happened(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a directory"):
        Agent(ScriptedModel(), workspace="nowhere").run("hi")
    with pytest.raises(UsageError, match="too wide for a workspace"):
        Agent(ScriptedModel(), workspace=tmp_path / "user").run("hi")
    with pytest.raises(UsageError, match="did you mean yes"):
        Agent(ScriptedModel(), approvals="yse").run("hi")  # type: ignore[arg-type]
    (tmp_path / "home" / "config.yaml").write_text("limits: 7\n")
    with pytest.raises(HoneError, match=r"config\.yaml:1"):
        Agent(ScriptedModel()).run("hi")
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["config.yaml"]


def test_a_provider_that_fails_is_a_result(tmp_path: Path) -> None:
    with WireServer(lambda _request: status(401, {"error": {"message": "bad key"}})) as server:
        (tmp_path / "home" / "config.yaml").write_text(
            json.dumps({"providers": [{"name": "wire", "api_base": server.base_url, "models": ["m"]}]})
        )
        result = Agent().run("hi")
    assert (result.status, result.answer) == ("provider", "")
    assert "answered 401: bad key" in result.reason


def test_a_cancelled_task_is_recorded_and_the_session_goes_on(tmp_path: Path) -> None:
    heard: list[AnyEvent] = []
    asked = threading.Event()

    def respond(_request: dict[str, Any]) -> WireReply:
        if asked.is_set():
            return say("on it")
        asked.set()
        return hang()

    async def program() -> Result:
        agent = Agent(on_event=heard.append)
        task = asyncio.create_task(agent.arun("wait"))
        assert await asyncio.to_thread(asked.wait, 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await agent.arun("go on")

    with WireServer(respond) as server:
        (tmp_path / "home" / "config.yaml").write_text(
            json.dumps({"providers": [{"name": "wire", "api_base": server.base_url, "models": ["m"]}]})
        )
        result = asyncio.run(program())
    assert [event.status for event in heard if isinstance(event, TurnFinished)] == ["interrupted", "answered"]
    assert (result.turn, result.answer) == (2, "on it")
