"""The words of `hone prove`."""

from typing import Any

import pytest

from hone.cli.prove_text import plan_lines, progress_line, report_lines
from hone.proof.replay import Recorded
from hone.proof.replays import Compared, Replay, Replayed, Took
from hone.proving import Plan, Progressed, Wish

TASK = Recorded(session="s", turn=1, request="deploy  the\nsite", tokens=900, cwd="/w", workspace="/w")


def plan(**more: Any) -> Plan:
    fields: dict[str, Any] = {
        "tasks": (TASK,),
        "left": (),
        "tokens": 0,
        "unfit": {},
        "judged_by": "",
        "model": "p:m",
    }
    return Plan(**{**fields, "web": 0, **more})


def shown(saved: float, p: float, **more: Any) -> Replayed:
    figures: dict[str, Any] = {"p_calls": p, "p_tokens": p, "calls_saved": saved, "tokens_saved": 0.0}
    success = {"judged": 0, "with_ok": 0, "without_ok": 0, "p_success": None, "judged_by": ""}
    fields = {
        **figures,
        **success,
        "at": 1.0,
        "model": "p:m",
        "measures": (Compared("calls", 5.0 - saved, 5.0, p),),
    }
    return Replayed(**{"tasks": 8, **fields, **more})


@pytest.mark.parametrize(
    ("result", "sentence"),
    [
        (shown(5.2, 0.03), "deploy: saves 5.2 calls a task (p = 0.03, 8 tasks); success not known"),
        (
            shown(-2, 0.4),
            "deploy: takes 2.0 more calls a task (p = 0.40: may be chance, 8 tasks); success not known",
        ),
        (shown(0, 1.0, tasks=1), "deploy: as many calls (1 task); success not known"),
        (
            shown(5.2, 0.003, judged=8, with_ok=8, without_ok=6, p_success=0.5, judged_by="p:j"),
            "deploy: saves 5.2 calls a task (p = 0.0030, 8 tasks); success 8/8 with, 6/8 without (p = 0.50)",
        ),
        (None, "deploy: no task was done on both sides yet"),
    ],
)
def test_the_first_line_says_it_all(result: Replayed | None, sentence: str) -> None:
    assert next(report_lines("deploy", result, plan())) == sentence


def test_who_judged_and_what_was_not_replayable_is_said() -> None:
    result = shown(1, 0.1, judged=8, p_success=1.0, judged_by="check, p:j")
    *_, judge, unfit = report_lines(
        "deploy", result, plan(unfit={"no snapshot: too large": 2, "the same": 1})
    )

    assert judge == "Success is judged by a check command, p:j."
    assert unfit == "3 not replayable: no snapshot: too large (2); the same (1)"


def test_the_plan_says_how_much_by_whom_and_what_is_done_already() -> None:
    left = ((TASK, Replay("s", 1, "with", 2)),)
    said = list(plan_lines(Wish(skill="deploy", repetitions=2), plan(left=left, tokens=900, web=1)))

    nobody = "hone: whether a task succeeded is told by nobody: only calls and tokens are compared"
    assert said == [
        "hone: 1 recorded task with deploy and without it, 2 times, by p:m; 3 of 4 are done already",
        "hone: 1 replay, about 900 tokens; the budget is 200,000",
        "hone: fewer than 6 tasks cannot rule out chance, whatever they show",
        f"{nobody} (--check COMMAND, or roles.judge)",
        "hone: 1 task used the web, which may be different today",
    ]


@pytest.mark.parametrize(("tasks", "warned"), [(5, True), (6, False)])
def test_a_proof_that_can_show_nothing_says_so_before_it_costs(tasks: int, warned: bool) -> None:
    left = ((TASK, Replay("s", 1, "with", 1)),)
    said = list(plan_lines(Wish(skill="deploy"), plan(tasks=(TASK,) * tasks, left=left)))

    assert any("cannot rule out chance" in line for line in said) == warned


def test_progress_names_side_cost_success_and_request() -> None:
    took = Took(calls=3, errors=0, tokens=1200, seconds=1.0, success=False)
    word = Progressed(1, TASK, Replay("s", 1, "with", 1), took)

    assert progress_line(word, 4) == "· 1 of 4 · with    · 3 calls, 1,200 tokens ✗ · deploy the site"
