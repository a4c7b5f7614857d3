"""A skill whose facts have changed says so when it is loaded; if it does its job all the same, they are taken anew."""

import asyncio
import datetime
from pathlib import Path

import pytest

from hone.events import AnyEvent, Attached
from hone.messages import Assistant
from hone.skills.facts.freshness import stale
from hone.skills.pins import World, read_pins
from hone.testing import ScriptedModel, call, make_app, say

SKILL = """---
name: greet-the-crowd
description: Greets the crowd. Use it to greet the crowd.
---

## Steps

1. Run `./greet.sh`.
"""
PIN = "pins: [{kind: file, target: greet.sh, value: 'sha256:00', seen: 2026-01-01, why: mine}]\n"


def play(directory: Path, *replies: Assistant) -> list[AnyEvent]:
    (directory / "work").mkdir()
    script = directory / "work" / "greet.sh"
    script.write_text("#!/bin/sh\necho hello\n")
    script.chmod(0o755)
    folder = directory / "home" / "skills" / "greet-the-crowd"
    folder.mkdir(parents=True)
    (folder / "SKILL.md").write_text(SKILL)
    (folder / "hone.yaml").write_text("v: 1\n" + PIN)
    events: list[AnyEvent] = []

    async def go() -> None:
        async with make_app(directory, ScriptedModel(*replies), show=events.append) as app:
            await app.start().run("greet the crowd")

    asyncio.run(go())
    return events


def sidecar(directory: Path) -> str:
    return (directory / "home" / "skills" / "greet-the-crowd" / "hone.yaml").read_text()


def test_what_changed_stands_in_the_loaded_text(tmp_path: Path) -> None:
    events = play(tmp_path, say("hello"))
    (attached,) = (event for event in events if isinstance(event, Attached))
    assert "greet.sh changed since 2026-01-01" in attached.text


def test_a_success_that_used_it_takes_the_fact_anew_in_place(tmp_path: Path) -> None:
    play(tmp_path, call("shell", command="./greet.sh"), say("done"))
    written = sidecar(tmp_path)
    assert "why: mine" in written
    assert "2026-01-01" not in written
    world = World(tmp_path / "work", "", None, datetime.date(2026, 11, 22))
    assert stale(read_pins(tmp_path / "home" / "skills" / "greet-the-crowd"), world) == ()


@pytest.mark.parametrize(
    "replies",
    [
        (say("done"),),
        (call("shell", command="echo hello"), say("done")),
        (call("shell", command="./greet.sh --x; exit 3"), say("it failed")),
    ],
)
def test_a_turn_that_did_not_use_it_with_success_proves_nothing(
    tmp_path: Path, replies: tuple[Assistant, ...]
) -> None:
    play(tmp_path, *replies)
    assert sidecar(tmp_path) == "v: 1\n" + PIN
