"""Runs one task from outside, on a home and in a workspace of the caller's choice: what `hone prove` and `hone bench` stand on."""

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from hone.app import App
from hone.events import AnyEvent, TurnFinished
from hone.given import Given
from hone.shelf import SkillUse
from hone.workbench import Face


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """A task for a session of its own. `given` names home (HONE_HOME in its environment) and workspace (its `cwd`).

    `flags` are dotted settings. `learn`: what is due is reviewed before it ends.
    """

    given: Given
    request: str
    flags: Mapping[str, Any] = {}
    skills: SkillUse = "attached"
    learn: bool = False


class Done(msgspec.Struct, frozen=True):
    """How an errand went; `complaints` say what was not learned, and why."""

    session: str
    finished: TurnFinished
    complaints: tuple[str, ...] = ()


async def run_errand(errand: Errand, show: Callable[[AnyEvent], None] = lambda _event: None) -> Done:
    """Do it. Nobody is there to be asked. Raises HoneError for settings or a home that cannot be used."""
    app = await App.build(errand.given, Face("run", show), errand.flags)
    async with contextlib.aclosing(app):
        session = app.start(skills=errand.skills)
        finished = await session.run(errand.request)
        complaints: tuple[str, ...] = ()
        if errand.learn:
            app.release()
            with contextlib.closing(app.learner()) as learner:
                complaints = tuple((await learner.drain()).complaints)
        return Done(session.id, finished, complaints)
