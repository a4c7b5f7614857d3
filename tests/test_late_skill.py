"""What is learned while a session is at work reaches it: with the next step, or with the next message."""

import asyncio
import random
from pathlib import Path

from hone.app import App
from hone.changes.change import AddGotcha, AnyOp, Change, Create
from hone.changes.door import Door
from hone.database import Database
from hone.events import AnyEvent, Attached
from hone.git import Git
from hone.messages import System, User
from hone.shelf import SkillUse
from hone.testing import FakeClock, ScriptedModel, call, make_app, say
from hone.tools.base import tool_from_function

REQUEST = "Deploy the shop to staging and show that its health check passes."
SKILL = Create(
    title="Deploy the shop to staging",
    description="Deploy the shop to staging and check its health. Use it for every release of the shop.",
    when_to_use=REQUEST,
    steps=("Run `./build`.", "Run `./deploy`."),
)


def learn(home: Path, session: str | None = None, op: AnyOp = SKILL) -> None:
    """What a worker does in a process of its own."""
    database = Database.open(home / "state.db")
    git = Git(home, {"PATH": "/usr/bin:/bin", "HOME": str(home)})
    door = Door(home, database, git, FakeClock(), random.Random(1))
    change = Change(target="skills/deploy-shop/SKILL.md", ops=(op,), origin="review", session=session, turn=1)
    assert door.submit(change).status == "applied"
    database.close()


def work(
    directory: Path, model: ScriptedModel, *requests: str, skills: SkillUse = "attached"
) -> list[AnyEvent]:
    """Let a session do `requests`; its tool `wait_for_worker` is the time in which something is learned."""
    events: list[AnyEvent] = []

    def wait_for_worker() -> str:
        """Wait."""
        learn(directory / "home")
        return "done"

    async def go() -> None:
        async with make_app(directory, model, show=events.append) as app:
            await each(app)

    async def each(app: App) -> None:
        session = app.start([tool_from_function(wait_for_worker)], skills=skills)
        for request in requests:
            await session.run(request)

    asyncio.run(go())
    return events


def test_a_skill_learned_meanwhile_comes_with_the_next_step_once(tmp_path: Path) -> None:
    model = ScriptedModel(call("wait_for_worker"), call("shell", command="true"), say("done"))
    events = work(tmp_path, model, REQUEST)
    attached = [event for event in events if isinstance(event, Attached)]
    assert [(event.kind, event.name) for event in attached] == [("skill", "deploy-shop")]
    second, third = model.requests[1].messages, model.requests[2].messages
    assert isinstance(second[-1], User)
    assert "has just been learned" in second[-1].text
    assert "Run `./deploy`." in second[-1].text
    assert third[: len(second)] == second
    assert sum("./deploy" in message.text for message in third if isinstance(message, User)) == 1
    assert isinstance(third[0], System)
    assert "deploy-shop" not in third[0].text


def test_it_comes_with_a_later_message_if_that_is_what_it_fits(tmp_path: Path) -> None:
    model = ScriptedModel(call("wait_for_worker"), say("done"), say("deployed"))
    work(tmp_path, model, "How many lines has README.md?", REQUEST)
    assert "deploy-shop" not in str(model.requests[1].messages)
    last = model.requests[2].messages[-1]
    assert isinstance(last, User)
    assert last.text.startswith(REQUEST)
    assert '<skill_content name="deploy-shop">' in last.text


def test_without_attachment_nothing_comes(tmp_path: Path) -> None:
    model = ScriptedModel(call("wait_for_worker"), say("done"))
    assert not any(isinstance(event, Attached) for event in work(tmp_path, model, REQUEST, skills="offered"))


def test_the_very_same_request_gets_what_it_taught_whatever_its_words(tmp_path: Path) -> None:
    model = ScriptedModel(say("done"), say("done"), say("done"))

    async def go() -> list[tuple[str, ...]]:
        async with make_app(tmp_path, model) as app:
            first = app.start()
            await first.run("the usual, please")
            learn(tmp_path / "home", first.id)
            again = await app.start().run(" the usual, please\n")
            other = await app.start().run("the unusual, please")
            return [again.skills, other.skills]

    assert asyncio.run(go()) == [("deploy-shop",), ()]


def runs(directory: Path, first: str, *later: str) -> list[tuple[str, ...]]:
    """The skills of sessions with one request each; the first of them taught the skill about the shop."""
    model = ScriptedModel(*[say("done")] * (1 + len(later)))

    async def go() -> list[tuple[str, ...]]:
        async with make_app(directory, model) as app:
            taught = app.start()
            await taught.run(first)
            learn(directory / "home", taught.id)
            return [(await app.start().run(each)).skills for each in later]

    return asyncio.run(go())


def test_a_task_that_recurs_gets_what_its_kind_taught_in_words_that_alone_would_not_do(
    tmp_path: Path,
) -> None:
    taught = "run the usual morning release of the storefront"
    again = "please run the usual morning release of the storefront for anna"
    assert runs(tmp_path, taught, again) == [("deploy-shop",)]


def test_another_kind_of_task_does_not(tmp_path: Path) -> None:
    taught = "run the usual morning release of the storefront"
    other = "revert the usual morning release of the storefront"
    assert runs(tmp_path, taught, other) == [()]


def test_what_fits_by_its_words_goes_before(tmp_path: Path) -> None:
    directory = tmp_path / "home" / "skills" / "morning-storefront"
    directory.mkdir(parents=True)
    (directory / "SKILL.md").write_text(
        "---\nname: morning-storefront\ndescription: Opens the storefront in the morning, as usual.\n---\n"
    )
    taught = "run the usual morning release of the storefront"
    again = "please run the usual morning release of the storefront for anna"
    assert runs(tmp_path, taught, again) == [("morning-storefront",)]


def test_a_revision_in_a_turn_that_had_the_skill_teaches_nothing_of_its_kind(tmp_path: Path) -> None:
    async def go() -> tuple[str, ...]:
        async with make_app(tmp_path, ScriptedModel(say("done"), say("done"))) as app:
            learn(tmp_path / "home")
            session = app.start()
            named = app.bench(session).shelf.take("deploy-shop")
            await session.run("run the usual morning release of the storefront", [named])
            learn(tmp_path / "home", session.id, AddGotcha("`./deploy` waits for `./build`"))
            finished = await app.start().run("please run the usual morning release of the storefront")
            return finished.skills

    assert asyncio.run(go()) == ()
