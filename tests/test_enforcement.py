"""A gotcha that is read and not heeded, end to end: after the second time the call is stopped before it runs."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from hone.events import AnyEvent, Tripped
from hone.messages import Assistant
from hone.skills.read import Skill, read_skill
from hone.testing import ScriptedModel, call, make_app, say

SKILL = """---
name: greet-the-crowd
description: Greets the crowd. Use it to greet the crowd.
---

## Steps

1. Run `./greet.sh` with the environment.

## Gotchas

- The environment is `production`: `prod` is unknown
"""
SCRIPT = """#!/bin/sh
[ "$2" = production ] && echo fine && exit 0
echo "unknown environment $2, expected production" >&2
exit 3
"""
WRONG = call("shell", command="./greet.sh --env prod")
RIGHT = call("shell", command="./greet.sh --env production")


def work(directory: Path, *replies: Assistant, tripwires: bool = True) -> list[AnyEvent]:
    """One task, and the review of it."""
    events: list[AnyEvent] = []

    async def go() -> None:
        model = ScriptedModel(*replies, call("learn_nothing", reason="it is known"))
        flags = {"learning.tripwires": tripwires}
        async with make_app(directory, model, show=events.append, flags=flags) as app:
            await app.start().run("greet the crowd")
            app.release()
            with contextlib.closing(app.learner()) as learner:
                await learner.drain()

    asyncio.run(go())
    return events


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    for name, text in {"home/skills/greet-the-crowd/SKILL.md": SKILL, "work/greet.sh": SCRIPT}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
    return tmp_path


def skill(shop: Path) -> Skill:
    read = read_skill(shop / "home/skills/greet-the-crowd")
    assert isinstance(read, Skill)
    return read


def test_after_the_second_time_the_call_is_stopped_before_it_runs(shop: Path) -> None:
    work(shop, WRONG, RIGHT, say("fine"))
    assert skill(shop).tripwires == ()
    work(shop, WRONG, RIGHT, say("fine"))
    (wire,) = skill(shop).tripwires
    assert (wire.lacks, wire.say) == (("production",), "The environment is `production`: `prod` is unknown")

    events = work(shop, WRONG, RIGHT, say("fine"))

    assert [(each.skill, each.tripwire) for each in events if isinstance(each, Tripped)] == [
        ("greet-the-crowd", "t1")
    ]
    assert (shop / "home/skills/greet-the-crowd/SKILL.md").read_text() == SKILL


def test_where_no_tripwires_are_wanted_none_is_written(shop: Path) -> None:
    for _ in range(3):
        work(shop, WRONG, RIGHT, say("fine"), tripwires=False)

    assert skill(shop).tripwires == ()
