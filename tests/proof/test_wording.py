"""What is said of proof: plain words, and "saves" only where the coin has shown it."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.proof.receipt_values import CAME, looked, receipt, saving, task, tasks

from hone.config.settings import Holdout, Learning
from hone.proof import wording
from hone.proof.receipts import Cost, Receipt
from hone.proof.replays import Replayed
from hone.proof.stats import SkillStats, Spent, Stats, state_of, stats
from hone.proof.values import LOOKS, Look

SPENT = Spent(Cost(2, 18_000, None), since=CAME)
LOOKED = tuple(Look(tasks=number, verdict="go_on", better={}, worse={}) for number in LOOKS)
TOKENS = (saving("tokens", 4_123.0, 2_200.0, 6_000.0),)


def all_of(*receipts: Receipt, done: Any = None, spent: Spent = SPENT, **settings: Any) -> Stats:
    return stats(receipts, tasks(0, 10) if done is None else done, {}, spent, Learning(**settings))


def said(found: Receipt) -> str:
    return wording.skill(SkillStats(state_of(found), found))


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            all_of(looked(savings=TOKENS)),
            "Yes: since 3 Nov 2026 learning saved about 41,000 tokens (90%: 22,000 to 60,000) and cost 18,000.",
        ),
        (
            all_of(looked(savings=(saving("tokens", -500.0, -900.0, -100.0),))),
            "No: since 3 Nov 2026 learning took about 5,000 tokens more (90%: 1,000 to 9,000) and cost 18,000.",
        ),
        (
            all_of(
                looked(savings=(saving("tokens", 1_200.0, -300.0, 2_700.0),), since=0.0),
                spent=Spent(SPENT.learning),
            ),
            "Not yet known: learning saved about 12,000 tokens (90%: -3,000 to 27,000) and cost 18,000.",
        ),
        (all_of(done=()), "Not yet known: no task was done yet."),
        (all_of(done=(), mode="off"), "Not yet known: no task was done yet; learning is off."),
        (all_of(), "Not yet known: no skill was learned yet."),
        (
            all_of(receipt("a", first=3), receipt("b", with_skill=8, without=1)),
            "Not yet known: 9 of the 16 tasks of the first look (b).",
        ),
        (all_of(receipt(first=2)), "Not yet known: 2 of its first 3 tasks, before chance decides (deploy)."),
        (
            all_of(receipt(first=3), holdout=Holdout(run=0.0, repl=0.0)),
            (
                "Not yet known: 0 of the 16 tasks of the first look (deploy); learning.holdout is 0, "
                "so no task will ever go without the skill."
            ),
        ),
        (
            all_of(receipt(status="proven", verdict="observed")),
            "Not yet known: no skill is on trial, so no task goes without its skill and nothing can be compared.",
        ),
    ],
)
def test_whether_it_is_worth_it_is_said_with_its_reason(found: Stats, words: str) -> None:
    assert wording.worth_it(found) == words


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (looked(savings=(saving(),)), "proven after 16 tasks: saves 8.0 calls a task (90%: 6.0 to 10.0)"),
        (looked(), "proven after 16 tasks"),
        (looked(savings=(saving("success", 0.1, 0.02, 0.2),)), "proven after 16 tasks"),
        (
            looked(savings=(saving(low=-1.0),)),
            "proven after 16 tasks: 8.0 calls a task fewer (90%: 1.0 more to 10.0 fewer)",
        ),
        (
            looked("harmful", 32, savings=(saving(), saving("errors", -1.0, -2.0, -0.5)), status="retired"),
            "harmful after 32 tasks: 1.0 errors a task more (90%: 0.5 to 2.0), retired",
        ),
        (looked("harmful", 32), "harmful after 32 tasks, retired"),
        (
            looked("proven", status="trial"),
            "on trial, proven after 16 tasks, which is on hold or was taken back",
        ),
        (receipt(always=6), "on trial, 6 tasks with it and none without: chance decided of none"),
        (
            looked("undecided", 128, savings=(saving(saved=0.4, low=-1.0, high=1.8),)),
            "undecided after 128 tasks: 0.4 calls a task fewer (90%: 1.0 more to 1.8 fewer)",
        ),
        (receipt(status="undecided"), "undecided"),
        (
            receipt(quarantined=True, loads=3, misfires=2),
            "set aside until it is revised: 2 of 3 uses led to failures",
        ),
        (receipt(first=1), "on trial, 1 of its first 3 tasks, before chance decides"),
        (
            receipt(with_skill=7, without=2, savings=(saving(borrowed=0.61),)),
            (
                "on trial, 9 of the 16 tasks of the first look: so far 8.0 calls a task fewer "
                "(90%: 6.0 to 10.0, 61% of it from other skills)"
            ),
        ),
        (
            looked("go_on", 128, next_look=None, status="trial", looks=LOOKED),
            "on trial, 128 tasks, all looks are made",
        ),
        (receipt(with_skill=12, without=5), "on trial, 17 tasks, its first look is due"),
        (
            receipt(with_skill=9, observed=(saving(),)),
            "on trial, 9 of the 16 tasks of the first look; observed: 12.0 calls a task before it, 4.0 with it",
        ),
        (receipt(status="retired"), "retired"),
        (
            receipt(status="proven", verdict="observed", observed=(saving(),)),
            "not on trial; observed: 12.0 calls a task before it, 4.0 with it",
        ),
        (receipt(status="proven", verdict="observed"), "not on trial"),
    ],
)
def test_a_skill_saves_only_if_it_is_proven(found: Receipt, words: str) -> None:
    assert said(found) == words


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (saving("tokens", 1_234.0, 900.0, 1_600.0), "1,200 tokens a task fewer (90%: 900 to 1,600)"),
        (saving("seconds", -2.0, -4.0, -1.0), "2.0 seconds a task more (90%: 1.0 to 4.0)"),
        (saving("cost_usd", 0.01, 0.0, 0.02), "$0.0100 a task less (90%: $0.0000 to $0.0200)"),
        (saving("success", 0.08, 0.02, 0.14), "8 of 100 tasks more succeed (90%: 2 to 14)"),
        (saving("success", -0.08, -0.14, 0.02), "8 of 100 tasks fewer succeed (90%: 14 fewer to 2 more)"),
    ],
)
def test_a_difference_has_its_direction_in_words(found: Any, words: str) -> None:
    assert wording.difference(found) == words


@pytest.mark.parametrize(
    ("measure", "words"),
    [
        ("calls", "2.0 calls a task before it, 1.0 with it"),
        ("cost_usd", "$2.0000 a task before it, $1.0000 with it"),
        ("success", "200% succeeded before it, 100% with it"),
    ],
)
def test_what_was_observed_is_before_and_after(measure: str, words: str) -> None:
    assert wording.observed(saving(measure, with_skill=1.0, without=2.0)) == words


@pytest.mark.parametrize(
    ("before", "after", "receipts", "words"),
    [
        (2, 0, (), "2 tasks, 12.0 calls each; no skill yet"),
        (
            2,
            3,
            (looked(),),
            "5 tasks; since 4 Nov 2026 deploy (proven); observed: 12.0 calls a task before, 4.0 with it",
        ),
        (0, 1, (receipt(),), "1 task; since 4 Nov 2026 deploy (on trial); 4.0 calls a task with it"),
    ],
)
def test_a_family_says_since_when_it_has_its_skill(
    before: int, after: int, receipts: Any, words: str
) -> None:
    found = all_of(*receipts, done=tasks(before, after))
    assert wording.family(found.families[0], found.skills) == words


def test_a_family_names_a_skill_that_no_task_had_yet() -> None:
    found = all_of(receipt(), done=[task(1)])
    assert wording.family(found.families[0], ()) == "1 task; since 4 Nov 2026 deploy; not used yet"


def test_the_bill_says_what_is_left_and_when_it_has_paid() -> None:
    savings = (*TOKENS, saving("cost_usd", 0.01, 0.005, 0.02))
    spent = Spent(Cost(2, 18_000, 0.05), Cost(1, 400, None), CAME)
    assert wording.bill(all_of(looked(savings=savings), spent=spent)) == (
        "Learning: 2 requests, 18,000 tokens, $0.0500. Proving by replay, not counted here: 1 request, 400 tokens, "
        "price not known. Net: 23,000 tokens (90%: 4,000 to 42,000) and $0.0500 (90%: $0.0000 to $0.1500). "
        "It has paid for itself after 5 tasks; there were 10."
    )


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (all_of(spent=Spent()), "Learning has asked no model yet."),
        (
            all_of(looked(savings=(saving("tokens", 100.0, 50.0, 150.0),))),
            "It will have paid for itself after 180 tasks",
        ),
        (all_of(looked(savings=(saving("tokens", -9.0, -20.0, 2.0),))), "As it is, it does not break even."),
    ],
)
def test_the_bill_says_so_if_nothing_was_won(found: Stats, words: str) -> None:
    assert words in wording.bill(found)


def test_certainty_is_said_by_the_tasks_that_were_compared() -> None:
    assert wording.certainty(all_of(looked(), receipt())).startswith(
        "By chance 12 tasks had their skill and 4 did not."
    )
    assert (
        wording.certainty(all_of(receipt())) == "No task with a skill has one without it to be compared with."
    )


@pytest.mark.parametrize(
    ("outcomes", "words"),
    [
        ([True], "Whether it succeeded is known of every task."),
        (
            [True, None],
            "Whether it succeeded is known of 1 of 2 tasks: /good and /bad say so, or hone run --check COMMAND.",
        ),
        (
            [None],
            "Whether it succeeded is known of no task: /good and /bad say so, or hone run --check COMMAND.",
        ),
    ],
)
def test_it_is_said_of_how_many_tasks_success_is_known(outcomes: list[bool | None], words: str) -> None:
    done = [task(number, success=outcome) for number, outcome in enumerate(outcomes)]
    assert wording.success_known(all_of(done=done)) == words


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (
            {"judged": 7, "with_ok": 7, "without_ok": 5, "judged_by": "check"},
            "of 7 judged by check 7 succeeded with it, 5 without",
        ),
        ({}, "whether they succeeded is not known"),
    ],
)
def test_a_replay_is_told_with_what_chance_does(more: dict[str, Any], words: str) -> None:
    known = {
        "calls_saved": 5.2,
        "tokens_saved": -1_234.0,
        "p_calls": 0.03,
        "p_tokens": 0.001,
        "p_success": None,
    }
    nobody = {"judged": 0, "with_ok": 0, "without_ok": 0, "judged_by": ""}
    found = Replayed(tasks=8, at=CAME, model="p:m", **{**known, **nobody, **more})
    assert wording.replay(found) == (
        "8 recorded tasks done again on 3 Nov 2026 by p:m: 5.2 calls a task fewer (chance alone: 3 in 100), "
        f"1,200 tokens a task more (chance alone: less than 1 in 100); {words}"
    )


def test_states_are_counted() -> None:
    assert wording.states(all_of(looked(), receipt("a"), receipt("b")).skills) == "1 proven, 2 on trial"
    assert wording.states(()) == "none yet"


@pytest.mark.parametrize(
    ("value", "words"),
    [(0, "0"), (0.4, "0"), (7.6, "8"), (41_234, "41,000"), (-999_999, "-1,000,000"), (math.inf, "not known")],
)
def test_a_large_number_has_two_digits_that_tell(value: float, words: str) -> None:
    assert wording.rounded(value) == words


@given(st.floats(), st.sampled_from(["calls", "errors", "tokens", "seconds", "cost_usd", "success"]))
def test_no_number_is_said_that_is_none(value: float, measure: Any) -> None:
    words = wording.difference(saving(measure, value, value, value)) + wording.amount(value, measure)
    assert not {"nan", "inf"} & set(words.replace("$", "").split())
