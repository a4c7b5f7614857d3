"""When checkpoints are taken, and what is told of them."""

import asyncio
import os
import time
from pathlib import Path

import pytest
from tests.checkpoints.places import SESSION, Places

from hone.checkpoints import keeper as keeper_module
from hone.checkpoints.keeper import Keeper
from hone.checkpoints.records import Records
from hone.checkpoints.rewind import Rewinder
from hone.checkpoints.shadow import Shadow
from hone.clock import SystemClock
from hone.database import Database
from hone.messages import User
from hone.testing import ScriptedModel, call, make_app, say


def keeper_of(places: Places) -> Keeper:
    return Keeper(places.shadow, places.records, SESSION, SystemClock())


def test_before_the_first_change_of_a_turn_and_after_it(places: Places) -> None:
    async def work() -> None:
        keeper = keeper_of(places)
        places.start_turn()
        await keeper.before_change()
        places.write("a", "1")
        await keeper.before_change()
        places.write("b", "1")
        keeper.turn_ended()
        places.start_turn()
        keeper.turn_ended()  # a turn that only looked
        await keeper.aclose()

    asyncio.run(work())
    (only,) = places.rewinder.turns()
    assert [each.path for each in only.files] == ["a", "b"]
    assert places.records.of_session(SESSION)[0].after is not None


def test_a_turn_that_is_resumed_keeps_its_first_checkpoint(places: Places) -> None:
    async def work(path: str) -> None:
        keeper = keeper_of(places)
        await keeper.before_change()
        places.write(path, "1")
        keeper.turn_ended()
        await keeper.aclose()

    places.start_turn()
    asyncio.run(work("a"))
    asyncio.run(work("b"))
    assert [each.path for each in places.rewinder.turns()[0].files] == ["a", "b"]


def test_failures_are_recorded_and_after_two_it_does_not_try_again(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work() -> None:
        keeper = keeper_of(places)
        for _ in range(3):
            places.start_turn()
            await keeper.before_change()
            keeper.turn_ended()
        monkeypatch.setattr(keeper_module, "FIRST_SECONDS", 30.0)
        places.start_turn()
        await keeper.before_change()
        await keeper.aclose()

    monkeypatch.setattr(keeper_module, "FIRST_SECONDS", 0.0)
    asyncio.run(work())
    assert [each.skipped.partition(":")[0] for each in places.rewinder.turns()] == ["it took too long"] * 4


def test_the_model_is_told_once_what_was_taken_and_brought_back(places: Places) -> None:
    keeper = keeper_of(places)
    places.turn({"a": "1", **{f"f{number}": "x" for number in range(30)}})
    places.turn({"a": "2"})
    assert keeper.news() == []
    places.rewind(since=1)
    places.redo()
    back, again = keeper.news()
    assert "The user took back what was done to files in turns 1 to 2: a, f0" in back.text
    assert "and 11 more" in back.text
    assert "The user brought back" in again.text
    assert (back.kind, back.trust) == ("note", "workspace")
    assert keeper.news() == []


def test_once_a_day_what_is_old_is_dropped(places: Places) -> None:
    places.turn({"a": "1"})
    places.turn({"a": "2"})
    with places.database.transaction() as execute:
        execute("UPDATE checkpoints SET at = at - ? WHERE turn = 1", (31 * 86_400.0,))
    two_days_ago = time.time() - 2 * 86_400
    os.utime(places.shadow.directory / "pruned", (two_days_ago, two_days_ago))

    async def work() -> None:
        keeper = keeper_of(places)
        places.start_turn()
        await keeper.before_change()
        keeper.turn_ended()
        await keeper.aclose()

    asyncio.run(work())
    first, second, _ = places.rewinder.turns()
    assert first.skipped == "too old: its files are not kept any more"
    assert [each.path for each in second.files] == ["a"]
    assert time.time() - places.shadow.pruned_at() < 60


def test_of_a_store_that_is_too_large_the_older_half_is_dropped(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        places.turn({"a": str(number)})
    monkeypatch.setattr(keeper_module, "_MOST_BYTES", 1)
    monkeypatch.setattr(keeper_module, "_BETWEEN_PRUNES", -60.0)

    async def work() -> None:
        keeper = keeper_of(places)
        places.start_turn()
        await keeper.before_change()
        keeper.turn_ended()
        await keeper.aclose()

    asyncio.run(work())
    assert [bool(each.skipped) for each in places.rewinder.turns()] == [True, True, False, False, False]


def test_the_model_hears_of_a_rewind_with_the_next_message(tmp_path: Path) -> None:
    model = ScriptedModel(
        call("shell", command="echo new > file"), say("done"), call("read", path="file"), say("I see.")
    )

    async def work() -> None:
        async with make_app(tmp_path, model) as app:
            session = app.start()
            await session.run("write it")
            await rewind_all(tmp_path, session.id)
            await session.run("and now?")

    asyncio.run(work())
    assert not (tmp_path / "work" / "file").exists()
    told = next(message for message in reversed(model.requests[-1].messages) if isinstance(message, User))
    assert told.text.startswith(
        "and now?\n\n<note>The user took back what was done to files in turn 1: file."
    )


async def rewind_all(tmp_path: Path, session: str) -> None:
    """As `hone rewind` in another process, while the session is open."""
    database = Database.open(tmp_path / "home" / "state.db")
    shadow = Shadow(tmp_path / "home", tmp_path / "work", {"PATH": os.environ["PATH"]})
    rewinder = Rewinder(shadow, Records(database, SystemClock()), session)
    rewinder.apply(rewinder.plan())
    database.close()
