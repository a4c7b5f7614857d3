"""Sessions through the public test kit: turns, resume, steering, interruption. Real SQLite, real files, real shell."""

import asyncio
from pathlib import Path

import pytest

from hone.config.environ import process_environ
from hone.errors import AuthError, UsageError
from hone.events import AnyEvent, Attached, StepFinished, ToolFinished, TurnFinished, TurnStarted
from hone.messages import Assistant, System, ToolReply, User
from hone.models.base import Request
from hone.safety.sandbox import probe
from hone.testing import ScriptedModel, call, make_app, say, together
from hone.tools.base import Tool, tool_from_function


def run(tmp_path: Path, model: ScriptedModel, *tasks: str, tools: tuple[Tool, ...] = ()) -> list[AnyEvent]:
    """The events of a session with one turn for each of `tasks`."""
    events: list[AnyEvent] = []

    async def go() -> None:
        async with make_app(tmp_path, model, show=events.append) as app:
            session = app.start(tools)
            for task in tasks:
                await session.run(task)

    asyncio.run(go())
    return events


def test_a_turn_is_recorded_before_it_is_shown_and_sums_up(tmp_path: Path) -> None:
    model = ScriptedModel(call("shell", command="echo hello; exit 3"), say("it says hello"))
    events = run(tmp_path, model, "say hello")
    finished = events[-1]
    assert isinstance(finished, TurnFinished)
    assert (finished.turn, finished.status, finished.answer) == (1, "answered", "it says hello")
    assert (finished.steps, finished.tool_calls, finished.errors) == (2, 1, 1)
    assert events[0] == TurnStarted("say hello")


def test_the_second_turn_has_the_first_in_its_messages(tmp_path: Path) -> None:
    model = ScriptedModel(say("one"), say("two"))
    run(tmp_path, model, "first", "second")
    assert model.requests[1].messages[1:] == (User("first"), Assistant("one"), User("second"))
    assert model.requests[1].messages[0] == model.requests[0].messages[0]


def test_an_empty_task_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the task is empty"):
        run(tmp_path, ScriptedModel(), "  \n")


def test_a_failing_provider_ends_the_turn_and_the_next_turn_goes_on(tmp_path: Path) -> None:
    model = ScriptedModel(call("find", pattern="*"), AuthError("no key"), say("fine now"))
    events = run(tmp_path, model, "first", "second")
    ends = [event for event in events if isinstance(event, TurnFinished)]
    assert [(end.status, end.reason) for end in ends] == [("provider", "no key"), ("answered", "")]
    texts = [message.text for message in model.requests[2].messages if isinstance(message, User)]
    assert texts == ["first", "second"]


def test_what_the_user_says_meanwhile_is_heard_at_the_next_step(tmp_path: Path) -> None:
    async def go() -> tuple[ScriptedModel, list[AnyEvent]]:
        events: list[AnyEvent] = []

        def speak(_: Request) -> Assistant:
            session.steer("use python3")
            return call("find", pattern="*")

        model = ScriptedModel(speak, say("ok"))
        async with make_app(tmp_path, model, show=events.append) as app:
            session = app.start()
            await session.run("go")
        return model, events

    model, events = asyncio.run(go())
    assert model.requests[1].messages[-1] == User("use python3")
    assert Attached("steering", "user", "use python3") in events


def test_a_cancelled_turn_is_recorded_and_its_open_calls_are_answered_before_the_next(tmp_path: Path) -> None:
    async def go() -> tuple[ScriptedModel, list[AnyEvent]]:
        events: list[AnyEvent] = []
        waiting = asyncio.Event()

        async def wait() -> str:
            waiting.set()
            await asyncio.Event().wait()
            return "never"

        model = ScriptedModel(together(call("wait"), call("find", pattern="*")), say("second"))
        async with make_app(tmp_path, model, show=events.append) as app:
            session = app.start((tool_from_function(wait),))
            turn = asyncio.create_task(session.run("first"))
            await waiting.wait()
            turn.cancel()
            with pytest.raises(asyncio.CancelledError):
                await turn
            await session.run("second")
        return model, events

    model, events = asyncio.run(go())
    assert [event.status for event in events if isinstance(event, TurnFinished)] == [
        "interrupted",
        "answered",
    ]
    replies = [message for message in model.requests[1].messages if isinstance(message, ToolReply)]
    assert [(reply.name, reply.ok) for reply in replies] == [("wait", False), ("find", False)]
    assert model.requests[1].messages[-1] == User("second")


def test_a_reopened_session_sends_the_same_prefix_and_goes_on(tmp_path: Path) -> None:
    async def go() -> ScriptedModel:
        model = ScriptedModel(call("find", pattern="*"), say("one"), say("two"))
        async with make_app(tmp_path, model) as app:
            session = app.start()
            await session.run("first")
            (tmp_path / "home").joinpath("user.md").write_text("- likes tea\n")
            again = app.reopen(session.id[:12])
            await again.run("second")
        return model

    model = asyncio.run(go())
    before, after = model.requests[1].messages, model.requests[2].messages
    assert after[: len(before)] == before
    assert isinstance(after[0], System)


def test_resuming_an_answered_turn_gives_the_answer_again_without_a_request(tmp_path: Path) -> None:
    async def go() -> tuple[TurnFinished, int]:
        model = ScriptedModel(say("one"))
        async with make_app(tmp_path, model) as app:
            await app.start().run("first")
            return await app.reopen("last").resume(), len(model.requests)

    finished, requests = asyncio.run(go())
    assert (finished.answer, requests) == ("one", 1)


def test_resuming_after_a_limit_goes_on_with_the_steps_numbered_on(tmp_path: Path) -> None:
    async def go() -> list[AnyEvent]:
        events: list[AnyEvent] = []
        model = ScriptedModel(call("find", pattern="*"), call("find", pattern="a*"), say("done"))
        async with make_app(tmp_path, model, show=events.append, flags={"limits.steps": 1}) as app:
            session = app.start()
            assert (await session.run("first")).status == "limit"
            assert (await session.resume()).status == "limit"
            finished = await session.resume()
            assert (finished.status, finished.steps, finished.tool_calls) == ("answered", 3, 2)
        return events

    events = asyncio.run(go())
    assert [event.step for event in events if isinstance(event, StepFinished)] == [1, 2, 3]


def test_a_skill_that_was_loaded_is_named_at_the_end_and_not_loaded_twice(tmp_path: Path) -> None:
    skill = tmp_path / "home" / "skills" / "greet"
    skill.mkdir(parents=True)
    (skill / "SKILL.md").write_text('---\nname: greet\ndescription: "How to greet."\n---\nSay hello.\n')
    model = ScriptedModel(call("skill", name="greet"), say("one"), call("skill", name="greet"), say("two"))
    events = run(tmp_path, model, "first", "second")
    assert isinstance(model.requests[0].messages[0], System)
    assert "- greet: How to greet." in model.requests[0].messages[0].text
    ends = [event for event in events if isinstance(event, TurnFinished)]
    assert ends[0].skills == ("greet",)
    replies = [event.reply.text for event in events if isinstance(event, ToolFinished)]
    assert "Say hello." in replies[0]
    assert "already loaded" in replies[1]


def test_without_skills_and_people_there_is_neither_index_nor_tool_for_them(tmp_path: Path) -> None:
    model = ScriptedModel(say("done"))
    run(tmp_path, model, "first")
    names = [tool.name for tool in model.requests[0].tools]
    assert names == ["shell", "read", "write", "edit", "find", "web_fetch", "recall", "remember"]


@pytest.mark.parametrize("mode", ["yes", "sandbox"])
def test_the_files_of_a_skill_can_be_read_and_run_and_not_changed(tmp_path: Path, mode: str) -> None:
    if mode == "sandbox" and probe(process_environ()):
        pytest.skip("bubblewrap does not work here")
    skill = tmp_path / "home" / "skills" / "greet"
    (skill / "scripts").mkdir(parents=True)
    (skill / "SKILL.md").write_text(
        '---\nname: greet\ndescription: "How to greet."\n---\nRun scripts/greet.sh.\n'
    )
    (skill / "scripts" / "greet.sh").write_text("echo hello from the skill\n")
    (tmp_path / "home" / "memory.md").write_text("- private\n")
    script = str(skill / "scripts" / "greet.sh")
    model = ScriptedModel(
        call("shell", command=f"sh {script}"),
        call("read", path=script),
        call("write", path=script, content="echo bad"),
        call("read", path=str(tmp_path / "home" / "memory.md")),
        say("done"),
    )
    events: list[AnyEvent] = []

    async def go() -> None:
        async with make_app(tmp_path, model, show=events.append, flags={"approvals.mode": mode}) as app:
            await app.start().run("greet")

    asyncio.run(go())
    ran, read, write, private = [event.reply for event in events if isinstance(event, ToolFinished)]
    assert "hello from the skill" in ran.text
    assert read.text == "echo hello from the skill"
    assert (write.ok, private.ok) == (False, False)
    assert "private" not in private.text
    assert (skill / "scripts" / "greet.sh").read_text() == "echo hello from the skill\n"


def test_without_a_network_in_the_sandbox_nothing_is_fetched_either(tmp_path: Path) -> None:
    model = ScriptedModel(say("done"))

    async def go() -> None:
        flags = {"approvals.mode": "sandbox", "approvals.network": False}
        async with make_app(tmp_path, model, flags=flags) as app:
            await app.start().run("hello")

    asyncio.run(go())
    assert "web_fetch" not in [tool.name for tool in model.requests[0].tools]
