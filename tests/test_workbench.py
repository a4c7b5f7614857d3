"""What a session attaches unasked: the skill that a request is clearly about, once, and never a surprise."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

from hone.app import App
from hone.events import AnyEvent, Attached
from hone.messages import User
from hone.models.base import Request
from hone.session import Session
from hone.skills.render import render_skill
from hone.testing import ScriptedModel, call, make_app, say

BAKE = "bake a rye bread with the starter"


def put_skill(folder: Path, name: str = "bake-bread", *, status: str = "") -> Path:
    directory = folder / name
    directory.mkdir(parents=True)
    text = render_skill(
        name,
        title="Bake bread",
        description="Bakes rye bread with the starter. Use it to bake bread.",
        when_to_use="To bake bread.",
        steps=["Feed the rye starter."],
        gotchas=[],
    )
    (directory / "SKILL.md").write_text(text)
    if status:
        (directory / "hone.yaml").write_text(f"v: 1\nstatus: {status}\n")
    return directory


class World:
    """An app with a scripted model; `attached` are the names of what came with requests, in order."""

    def __init__(self, app: App, model: ScriptedModel, events: list[AnyEvent]) -> None:
        self.app, self._model, self._events = app, model, events

    @property
    def attached(self) -> list[str]:
        return [event.name for event in self._events if isinstance(event, Attached)]

    async def say(self, session: Session, text: str, *replies: object) -> str:
        """A turn; what the model was sent as the user's words."""
        self._model.enqueue(*replies or (say("done"),))  # type: ignore[arg-type]
        asked = len(self._model.requests)
        await session.run(text)
        return user_words(self._model.requests[asked])


def user_words(request: Request) -> str:
    return [message.text for message in request.messages if isinstance(message, User)][-1]


def within(directory: Path, scenario: Callable[[World], Awaitable[None]]) -> None:
    async def go() -> None:
        model, events = ScriptedModel(), list[AnyEvent]()
        async with make_app(directory, model, show=events.append) as app:
            await scenario(World(app, model, events))

    asyncio.run(go())


def test_a_skill_that_clearly_fits_comes_with_the_request_once_a_session(tmp_path: Path) -> None:
    put_skill(tmp_path / "home/skills")

    async def scenario(world: World) -> None:
        session = world.app.start()
        words = await world.say(session, BAKE)
        assert words.startswith(f'{BAKE}\n\n<skill_content name="bake-bread">\n')
        assert "Feed the rye starter." in words
        assert await world.say(session, BAKE) == BAKE
        assert world.attached == ["bake-bread"]
        await world.say(world.app.start(), BAKE)
        assert world.attached == ["bake-bread", "bake-bread"]

    within(tmp_path, scenario)


def test_a_skill_on_trial_comes_too_and_a_retired_one_does_not(tmp_path: Path) -> None:
    put_skill(tmp_path / "home/skills", "bake-bread", status="trial")
    put_skill(tmp_path / "home/skills", "bake-bread-of-old", status="retired")

    async def scenario(world: World) -> None:
        await world.say(world.app.start(), BAKE)
        assert world.attached == ["bake-bread"]

    within(tmp_path, scenario)


def test_nothing_comes_where_nothing_fits(tmp_path: Path) -> None:
    put_skill(tmp_path / "home/skills")

    async def scenario(world: World) -> None:
        request = "why does the login page answer 500?"
        assert await world.say(world.app.start(), request) == request
        assert world.attached == []

    within(tmp_path, scenario)


def test_nothing_comes_unasked_where_the_user_does_not_want_it(tmp_path: Path) -> None:
    put_skill(tmp_path / "home/skills")

    async def scenario(world: World) -> None:
        session = world.app.start(skills="offered")
        assert await world.say(session, BAKE) == BAKE
        await world.say(session, "load it then", call("skill", name="bake-bread"), say("done"))
        assert world.attached == []

    within(tmp_path, scenario)


def test_a_skill_that_the_model_has_loaded_does_not_come_again(tmp_path: Path) -> None:
    put_skill(tmp_path / "home/skills")

    async def scenario(world: World) -> None:
        session = world.app.start()
        await world.say(session, "which skills do you have?", call("skill", name="bake-bread"), say("one"))
        assert await world.say(session, BAKE) == BAKE
        assert world.attached == []

    within(tmp_path, scenario)


def test_a_session_that_is_reopened_knows_what_came_before(tmp_path: Path) -> None:
    put_skill(tmp_path / "home/skills")
    sessions: list[str] = []

    async def first(world: World) -> None:
        session = world.app.start()
        await world.say(session, BAKE)
        sessions.append(session.id)

    async def second(world: World) -> None:
        assert await world.say(world.app.reopen(sessions[0]), BAKE) == BAKE
        assert world.attached == []

    within(tmp_path, first)
    within(tmp_path, second)


def test_a_skill_that_went_since_the_session_began_is_no_error(tmp_path: Path) -> None:
    directory = put_skill(tmp_path / "home/skills")

    async def scenario(world: World) -> None:
        session = world.app.start()
        shutil.move(directory, tmp_path / "away")
        assert await world.say(session, BAKE) == BAKE
        shutil.move(tmp_path / "away", directory)
        assert "Feed the rye starter." in await world.say(session, BAKE)
        assert world.attached == ["bake-bread"]

    within(tmp_path, scenario)


def test_skills_of_a_project_that_is_not_trusted_do_not_come(tmp_path: Path) -> None:
    put_skill(tmp_path / "work/.hone/skills")

    async def scenario(world: World) -> None:
        assert await world.say(world.app.start(), BAKE) == BAKE
        assert world.attached == []

    within(tmp_path, scenario)
