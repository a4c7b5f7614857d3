"""Receipts and tasks made up for tests: a plain one of each, to change what a test is about."""

from typing import Any

from hone.proof.receipts import Cost, ExecutorUse, Receipt
from hone.proof.record import FamilyTask
from hone.proof.values import Look, Saving

CAME = 1_793_700_000.0  # 3 Nov 2026
DAY = 86_400.0


def receipt(skill: str = "deploy", **more: Any) -> Receipt:
    """Of a skill on trial that nothing was done with yet."""
    fields: dict[str, Any] = {
        "skill": skill,
        "status": "trial",
        "since": CAME,
        "written_by": "w:m",
        "used_by": {},
        "families": ("f1",),
        "verdict": "go_on",
        "next_look": 16,
        "cost": Cost(2, 18_000, None),
        "executor": ExecutorUse(),
    }
    counts = ["loads", "misfires", "eligible", "first", "with_skill", "without", "always", "named", "later"]
    nothing = dict.fromkeys(["saved_tokens", "net_tokens", "break_even", "replay"])
    empty = dict.fromkeys(["savings", "observed", "looks"], ())
    return Receipt(**{**dict.fromkeys(counts, 0), **nothing, **empty, "quarantined": False, **fields, **more})


def looked(verdict: Any = "proven", tasks: int = 16, **more: Any) -> Receipt:
    """Of a skill that was looked at after so many tasks."""
    look = Look(tasks=tasks, verdict=verdict, better={"calls": 0.001}, worse={"errors": 0.002}, at=CAME + DAY)
    arms = {"with_skill": tasks - tasks // 4, "without": tasks // 4, "verdict": verdict, "looks": (look,)}
    status = {"go_on": "trial", "harmful": "retired"}.get(verdict, verdict)
    return receipt(**{**arms, "status": status, "next_look": 32 if verdict == "go_on" else None, **more})


def saving(
    measure: Any = "calls", saved: float = 8.0, low: float = 6.0, high: float = 10.0, **more: Any
) -> Saving:
    """By default 8 calls of 12."""
    fields: dict[str, Any] = {"with_skill": 12 - saved, "without": 12.0, "tasks_with": 12, "tasks_without": 4}
    return Saving(measure=measure, saved=saved, low=low, high=high, **{**fields, **more})


def task(number: int = 1, **more: Any) -> FamilyTask:
    """The task of a day: `number` days after the skill came."""
    fields: dict[str, Any] = {"family": "f1", "session": f"s{number}", "turn": 1, "at": CAME + number * DAY}
    took = {"request": "deploy the shop", "calls": 4, "errors": 0, "tokens": 3_000, "seconds": 9.0}
    return FamilyTask(**{**fields, **took, **more})


def tasks(before: int, after: int, skill: str = "deploy") -> tuple[FamilyTask, ...]:
    """Tasks of a family before its skill came, and with it."""
    first = [task(number - before, calls=12, errors=2, tokens=9_000) for number in range(before)]
    return (*first, *(task(number + 1, skills=(skill,)) for number in range(after)))
