"""Which recorded tasks can be done again, and in which order."""

import itertools
import random
from typing import Any

import pytest

from hone.proof.replay import Recorded, in_order, sorted_out, why_not
from hone.proof.replays import Replay


def task(session: str = "s1", **more: Any) -> Recorded:
    fields: dict[str, Any] = {
        "turn": 1,
        "request": f"do {session}",
        "tokens": 100,
        "cwd": "/w",
        "workspace": "/w",
    }
    return Recorded(**{"session": session, **fields, "before": "a-tree", **more})


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({}, None),
        ({"tools": ("web_fetch",)}, None),
        ({"taught": True}, "the skill was learned from it"),
        ({"turn": 2}, "it was not the first request of its session: what was said before belongs to it"),
        ({"tools": ("mcp__shop__buy",)}, "it used tools of an MCP server, which act outside of the copy"),
        ({"before": None}, "no snapshot: it changed nothing"),
        ({"before": None, "skipped": "too large"}, "no snapshot: too large"),
    ],
)
def test_a_task_cannot_be_done_again_if(more: dict[str, Any], reason: str | None) -> None:
    assert why_not(task(**more)) == reason


def test_each_request_is_done_once_the_newest_one_that_can_be() -> None:
    newest, new, old = (
        task("s3", request="Do  it", taught=True),
        task("s2", request="do it"),
        task("s1", request="DO IT"),
    )
    fit, unfit = sorted_out([newest, new, old])

    assert fit == (new,)
    assert [each.task for each in unfit] == [newest, old]


@pytest.mark.parametrize("seed", [1, 2])
def test_the_side_that_begins_alternates(seed: int) -> None:
    tasks = [task("s1"), task("s2"), task("s3")]
    sides = [replay.arm for _, replay in in_order(tasks, 2, (), random.Random(seed))]

    firsts = sides[::2]
    assert all(one != other for one, other in itertools.pairwise(firsts))
    assert all(one != other for one, other in zip(sides[::2], sides[1::2], strict=True))


def test_what_is_done_is_left_out_and_the_rest_stays_in_order() -> None:
    tasks = [task("s1"), task("s2")]
    every = in_order(tasks, 1, (), random.Random(1))
    done = {every[0][1]}

    assert in_order(tasks, 1, done, random.Random(1)) == every[1:]


def test_repetitions_come_round_after_round() -> None:
    every = [replay for _, replay in in_order([task("s1"), task("s2")], 2, (), random.Random(1))]

    assert [each.repetition for each in every] == [1] * 4 + [2] * 4
    assert len(set(every)) == 8
    assert isinstance(every[0], Replay)


def test_the_web_may_be_different_today() -> None:
    assert task(tools=("shell", "web_fetch")).used_the_web
    assert not task(tools=("shell",)).used_the_web
