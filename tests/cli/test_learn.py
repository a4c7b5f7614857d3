"""`hone learn` and `hone learning status`."""

import json
import time
from pathlib import Path

import pytest
from tests.cli.driving import Hone
from tests.cli.learning_home import KEEP, NOTHING, SESSION, record_turn, remembered, reviewed, state, waiting

from hone.clock import SystemClock
from hone.jobs.nudge import Nudge
from hone.jobs.queue import Queue
from hone.learning.budget import Spend
from hone.messages import Usage
from hone.testing import WireServer, in_order, status


@pytest.mark.parametrize("which", [(), (SESSION[:12],), ("last",), ("--turn", "1")])
def test_a_turn_is_reviewed_when_a_person_asks(hone: Hone, which: tuple[str, ...]) -> None:
    record_turn(hone, nudged=False)
    with WireServer(in_order(KEEP)) as server:
        done = hone.use(server).here("learn", *which)

    assert done.code == 0
    assert "· hone undo c" in done.out
    assert done.out.count("\n") == 1
    assert remembered(hone) == 1
    (nudge,) = reviewed(hone)
    assert nudge.reasons == ("learn",)


def test_why_nothing_was_kept_is_said(hone: Hone) -> None:
    record_turn(hone, nudged=False)
    with WireServer(in_order(NOTHING)) as server:
        done = hone.use(server).here("learn")

    assert done.code == 0
    assert "it was routine" in done.out
    assert not (hone.home / "memory.md").exists()


def test_a_nudge_that_is_held_for_the_turn_is_the_one_reviewed(hone: Hone) -> None:
    record_turn(hone)
    with WireServer(in_order(KEEP)) as server:
        hone.use(server).here("learn")

    (nudge,) = reviewed(hone)
    assert (nudge.reasons, waiting(hone)) == (("fix", "learn"), ())


def test_a_turn_can_be_reviewed_anew(hone: Hone) -> None:
    record_turn(hone)
    with WireServer(in_order(NOTHING, KEEP)) as server:
        hone.use(server).here("learn")
        again = hone.here("learn")

    assert (again.code, remembered(hone)) == (0, 1)


@pytest.mark.parametrize(
    "wrong", [("nobody",), ("--turn", "7"), ("--turn", "0"), (SESSION, "another"), ("--turn", "x")]
)
def test_what_cannot_be_learned_from_is_one_line_and_changes_nothing(
    hone: Hone, wrong: tuple[str, ...]
) -> None:
    record_turn(hone, nudged=False)
    hone.use("http://127.0.0.1:9/v1")

    assert hone.here("learn", *wrong).is_usage_error()
    assert (waiting(hone), reviewed(hone)) == ((), ())


def test_without_a_session_there_is_nothing_to_learn_from(hone: Hone) -> None:
    assert hone.use("http://127.0.0.1:9/v1").here("learn").is_usage_error()


def test_a_provider_that_fails_is_75_and_the_nudge_waits(hone: Hone) -> None:
    record_turn(hone, nudged=False)
    with WireServer(in_order(status(401))) as server:
        done = hone.use(server).here("learn")

    assert (done.code, done.out) == (75, "")
    (nudge,) = waiting(hone)
    assert nudge.reasons == ("learn",)


def test_the_status_of_a_new_home_creates_nothing(hone: Hone) -> None:
    before = hone.contents()

    done = hone.here("learning", "status")

    assert done.code == 0
    assert "auto" in done.out
    assert "empty" in done.out
    assert "0 tokens of 300,000 tokens" in done.out
    assert hone.contents() == before


def filled(hone: Hone) -> None:
    """One nudge done for 1,200 tokens, one due, one held, and three failures in a row."""
    now = time.time()
    with state(hone) as database:
        queue, spend = Queue(database, SystemClock()), Spend(database, SystemClock())
        with database.transaction() as execute:
            for turn, held in ((1, 0.0), (2, 0.0), (3, 3_600.0)):
                queue.add(
                    execute,
                    Nudge(
                        session=f"s{turn}", first_turn=1, turn=turn, reasons=("fix",), not_before=now + held
                    ),
                )
        spend.record(1, "review", "wire:m", Usage(input=1_000, output=200, cost_usd=0.0125))
        queue.finish(1, "learned skill deploy (3 gotchas)")
        for _ in range(3):
            queue.fail(2, "the endpoint is gone", "provider")


def test_the_status_says_what_waits_what_it_costs_and_what_came_of_it(hone: Hone) -> None:
    filled(hone)
    (hone.home / "config.yaml").write_text("learning: {mode: hold, daily_usd: 1.5}\n")

    lines = hone.here("learning", "status").out.splitlines()

    text = "\n".join(lines)
    assert "hold: everything goes to the inbox" in text
    assert "1 due, 1 waiting for a later time, 1 reviewed" in text
    assert "1,200 tokens, $0.0125 of 300,000 tokens and $1.50" in text
    assert "the last 3 reviews failed" in text
    assert "s2 turn 1-2  fix  due  the endpoint is gone" in text
    assert "s3 turn 1-3  fix  not before" in text
    assert "s1 turn 1  fix  learned skill deploy (3 gotchas)  (1,200 tokens, $0.0125)" in text


def test_the_status_as_json_has_it_all(hone: Hone) -> None:
    filled(hone)

    shown = json.loads(hone.here("learning", "status", "--json").out)

    assert shown["mode"] == "auto"
    assert shown["queue"] == {"due": 1, "later": 1, "at_work": 0, "done": 1, "given_up": 0}
    assert (shown["today"]["input"], shown["today"]["cost_usd"]) == (1_000, 0.0125)
    assert (shown["today"]["daily_tokens"], shown["today"]["no_room"]) == (300_000, None)
    assert (shown["failures_in_a_row"], shown["long_work_pays"]) == (3, True)
    assert shown["paused_until"].endswith("Z")
    assert [each["session"] for each in shown["waiting"]] == ["s2", "s3"]
    (review,) = shown["reviews"]
    assert (review["state"], review["result"], review["input"]) == (
        "done",
        "learned skill deploy (3 gotchas)",
        1_000,
    )


def test_a_used_up_budget_is_said(hone: Hone) -> None:
    filled(hone)
    (hone.home / "config.yaml").write_text("learning: {daily_tokens: 1200}\n")

    assert "used up: 1,200 of 1,200 tokens" in hone.here("learning", "status").out


def test_the_status_of_a_read_only_home_is_shown(hone: Hone, tmp_path: Path) -> None:
    filled(hone)
    hone.home.chmod(0o500)
    try:
        assert hone("learning", "status").code == 0
    finally:
        hone.home.chmod(0o700)
