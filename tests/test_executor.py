"""The role executor through the whole of hone: who is asked, what is told, what is recorded of it."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hone.app import App
from hone.clock import SystemClock
from hone.config.environ import process_environ
from hone.database import Database
from hone.errors import NotFound
from hone.events import AnyEvent, Notice, StepFinished, TurnFinished
from hone.given import Given
from hone.messages import Assistant
from hone.testing import WireReply, WireServer, call, say, status
from hone.workbench import Face

SKILL = """---
name: greet-the-crowd
description: Greets the crowd. Use it to greet the crowd.
---

## Steps

1. Run `./greet.sh`.
"""
REQUEST = "greet the crowd"
FAILS = call("shell", command="echo no >&2; exit 3")


class Shop:
    """A home with a skill, and an endpoint with the models `big` (main) and `small`."""

    def __init__(self, directory: Path, respond: Callable[[dict[str, Any]], WireReply]) -> None:
        self.directory = directory
        self.respond = respond
        self.events: list[AnyEvent] = []
        for name in ("home/skills/greet-the-crowd", "user", "work"):
            (directory / name).mkdir(parents=True, exist_ok=True)
        (directory / "home/skills/greet-the-crowd/SKILL.md").write_text(SKILL)

    def run(
        self, *requests: str, executor: str = "small", status: str = "proven", resume: bool = False
    ) -> list[TurnFinished]:
        """The turns of one session: a new one, or with `resume` the last one in a process of its own. A request `/NAME` takes
        the skill of that name.
        """
        (self.directory / "home/skills/greet-the-crowd/hone.yaml").write_text(f"v: 1\nstatus: {status}\n")
        return asyncio.run(self._run(requests, executor, resume=resume))

    async def _run(self, requests: tuple[str, ...], executor: str, *, resume: bool) -> list[TurnFinished]:
        home = self.directory / "home"
        environ = {
            "PATH": process_environ()["PATH"],
            "HOME": str(self.directory / "user"),
            "HONE_HOME": str(home),
        }
        given = Given(environ, self.directory / "work", SystemClock(), random.Random())
        with WireServer(self.respond) as server:
            (home / "config.yaml").write_text(
                f"providers: [{{name: p, api_base: '{server.base_url}', models: [big, small]}}]\n"
                f"roles: {{executor: [{executor}]}}\napprovals: {{mode: yes}}\n"
            )
            app = await App.build(given, Face("run", self.events.append), {})
            try:
                session = app.reopen("last") if resume else app.start()
                finished = [await session.resume()] if resume and not requests else []
                for each in requests:
                    taken = [app.bench(session).shelf.take(each[1:])] if each.startswith("/") else []
                    finished.append(await session.run(each, taken))
                return finished
            finally:
                await app.aclose()

    @property
    def answered(self) -> list[str]:
        """The model of each step, in order."""
        return [each.model for each in self.events if isinstance(each, StepFinished)]

    @property
    def notices(self) -> list[str]:
        return [each.text for each in self.events if isinstance(each, Notice)]

    def roles(self) -> list[str]:
        """As what each step is in the books."""
        database = Database.open(self.directory / "home" / "state.db")
        rows = database.rows("SELECT role FROM steps ORDER BY session, event")
        database.close()
        return [row[0] for row in rows]

    def recorded(self) -> list[str | None]:
        database = Database.open(self.directory / "home" / "state.db")
        rows = database.rows("SELECT executor FROM tasks ORDER BY at")
        database.close()
        return [row[0] for row in rows]


def by_model(**replies: list[WireReply]) -> Callable[[dict[str, Any]], WireReply]:
    """Each model's replies, the last one again and again."""

    def respond(request: dict[str, Any]) -> WireReply:
        left = replies[request["model"]]
        return left.pop(0) if len(left) > 1 else left[0]

    return respond


@pytest.mark.parametrize(
    ("executor", "status", "request_", "model", "use"),
    [
        ("small", "proven", REQUEST, "p:small", "kept"),
        ("small", "trial", REQUEST, "p:big", None),
        ("small", "undecided", REQUEST, "p:big", None),
        ("small", "proven", "what is 6 times 7?", "p:big", None),
        ("", "proven", REQUEST, "p:big", None),
    ],
)
def test_only_a_request_with_a_proven_skill_goes_to_the_executor(
    tmp_path: Path, executor: str, status: str, request_: str, model: str, use: str | None
) -> None:
    shop = Shop(tmp_path, lambda _request: say("done"))

    shop.run(request_, executor=executor, status=status)

    assert (shop.answered, shop.recorded(), shop.notices) == ([model], [use], [])


def test_two_failures_bring_the_main_model_back_for_the_rest_of_the_session(tmp_path: Path) -> None:
    big: list[WireReply] = [call("shell", command="echo hello"), say("greeted")]
    shop = Shop(tmp_path, by_model(small=[FAILS], big=big))

    first, second = shop.run(REQUEST, "/greet-the-crowd")

    assert (first.status, first.answer, second.answer) == ("answered", "greeted", "greeted")
    assert shop.answered == ["p:small", "p:small", "p:big", "p:big", "p:big"]
    assert shop.roles() == ["executor", "executor", "main", "main", "main"]
    assert shop.notices == ["executor p:small failed twice in a row: p:big goes on"]
    assert shop.recorded() == ["returned", None]


def test_an_endpoint_that_refuses_leaves_the_turn_to_the_main_model(tmp_path: Path) -> None:
    shop = Shop(tmp_path, by_model(small=[status(401, "no")], big=[say("greeted")]))

    (finished,) = shop.run(REQUEST)

    assert (finished.answer, shop.answered, shop.recorded()) == ("greeted", ["p:big"], ["returned"])
    (notice,) = shop.notices
    assert notice.startswith("executor p:small gave no answer (")


def test_a_session_that_is_reopened_stays_with_the_main_model(tmp_path: Path) -> None:
    shop = Shop(tmp_path, by_model(small=[status(401, "no")], big=[say("greeted")]))
    shop.run(REQUEST)

    shop.run("/greet-the-crowd", resume=True)

    assert shop.answered == ["p:big", "p:big"]


def test_a_turn_that_is_resumed_is_decided_alike(tmp_path: Path) -> None:
    def respond(request: dict[str, Any]) -> WireReply:
        if request["model"] == "small":
            return FAILS
        return status(401, "no") if len(shop.answered) == 2 and not fixed else say("greeted")

    fixed: list[bool] = []
    shop = Shop(tmp_path, respond)
    (stopped,) = shop.run(REQUEST)
    assert stopped.status == "provider"
    fixed.append(True)

    (finished,) = shop.run(resume=True)

    assert (finished.answer, shop.answered) == ("greeted", ["p:small", "p:small", "p:big"])
    assert len(shop.notices) == 1
    assert shop.recorded() == ["returned"]


def test_an_executor_of_an_unknown_provider_is_said_before_anything_is_done(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="nobody"):
        Shop(tmp_path, lambda _request: Assistant("done")).run(REQUEST, executor="'nobody:small'")
