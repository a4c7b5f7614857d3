"""What `hone prove` says, in plain words: before it begins, meanwhile and at the end. Pure functions."""

from collections.abc import Iterator

from hone.proof.replays import Compared, Replayed
from hone.proving import Plan, Progressed, Wish

_CHANCE = 0.05
_FEWEST = 6  # tasks: fewer cannot show a difference that chance makes in less than 5 of 100 cases
_TOO_FEW = f"fewer than {_FEWEST} tasks cannot rule out chance, whatever they show"
_NAMES = {"tokens": "tokens", "seconds": "seconds", "cost_usd": "dollars"}
_WIDTH = 60  # characters of a request


def plan_lines(wish: Wish, plan: Plan) -> Iterator[str]:
    """What is about to be done, before anything is spent."""
    if plan.tasks:
        times = f", {wish.repetitions} times" if wish.repetitions > 1 else ""
        left = len(plan.left)
        every = len(plan.tasks) * 2 * wish.repetitions
        before = f"; {every - left} of {every} are done already" if left < every else ""
        yield (
            f"hone: {_counted(len(plan.tasks), 'recorded task')} with {wish.skill} and without it{times}, by {plan.model}{before}"
        )
        if left:
            yield (
                f"hone: {_counted(left, 'replay')}, about {plan.tokens:,} tokens; the budget is {wish.budget:,}"
            )
            if len(plan.tasks) < _FEWEST:
                yield f"hone: {_TOO_FEW}"
        yield f"hone: whether a task succeeded is told by {plan.judged_by or 'nobody'}" + (
            "" if plan.judged_by else ": only calls and tokens are compared (--check COMMAND, or roles.judge)"
        )
    if plan.web:
        yield f"hone: {_counted(plan.web, 'task')} used the web, which may be different today"
    if plan.unfit and not plan.tasks:
        yield from _unfit(plan)


def progress_line(word: Progressed, total: int) -> str:
    """A replay that has ended."""
    assert word.took
    took, side = word.took, word.replay.arm
    mark = {True: " ✓", False: " ✗", None: ""}[took.success]
    request = " ".join(word.task.request.split())
    shown = request if len(request) <= _WIDTH else f"{request[: _WIDTH - 1]}…"
    return f"· {word.number} of {total} · {side:<7} · {_counted(took.calls, 'call')}, {took.tokens:,} tokens{mark} · {shown}"


def report_lines(skill: str, shown: Replayed | None, plan: Plan) -> Iterator[str]:
    """What the replays show."""
    if shown is None:
        yield f"{skill}: no task was done on both sides yet"
    else:
        yield f"{skill}: {_sentence(shown)}"
        yield ""
        yield f"{'':<10}{'with':>12}{'without':>12}{'saved':>12}"
        for each in shown.measures:
            yield f"{_name(each):<10}{_figure(each, each.with_skill):>12}{_figure(each, each.without):>12}{_figure(each, each.saved):>12}"
        yield ""
        yield f"Means of {_counted(shown.tasks, 'task')}, by {shown.model}. p: how often chance alone would differ so much."
        if shown.judged_by:
            yield f"Success is judged by {_judge(shown.judged_by)}."
        if shown.tasks < _FEWEST:
            yield f"{_TOO_FEW.capitalize()}."
    yield from _unfit(plan)


def _sentence(shown: Replayed) -> str:
    tasks = _counted(shown.tasks, "task")
    said = "; ".join(_saves(each, each.p, tasks) for each in shown.measures if each.p is not None)
    if not shown.judged:
        return f"{said}; success not known"
    return (
        f"{said}; success {shown.with_ok}/{shown.judged} with, {shown.without_ok}/{shown.judged} without "
        f"(p = {_p(shown.p_success or 0.0)})"
    )


def _saves(each: Compared, p: float, tasks: str) -> str:
    amount, name = _figure(each, abs(each.saved)), _name(each)
    if not each.saved:
        return f"as many {name} ({tasks})"
    what = f"saves {amount} {name} a task" if each.saved > 0 else f"takes {amount} more {name} a task"
    return f"{what} (p = {_p(p)}{'' if p <= _CHANCE else ': may be chance'}, {tasks})"


def _unfit(plan: Plan) -> Iterator[str]:
    if plan.unfit:
        listed = "; ".join(f"{reason} ({count})" for reason, count in plan.unfit.items())
        yield f"{sum(plan.unfit.values())} not replayable: {listed}"


def _name(each: Compared) -> str:
    return _NAMES.get(each.measure, each.measure)


def _figure(each: Compared, value: float) -> str:
    digits = {"tokens": 0, "cost_usd": 4}.get(each.measure, 1)
    return f"{round(value, digits) + 0.0:,.{digits}f}"  # no -0.0


def _p(p: float) -> str:
    return f"{p:.2f}" if p >= 0.01 else f"{p:.4f}"


def _judge(judged_by: str) -> str:
    return "a check command" if judged_by == "check" else judged_by.replace("check, ", "a check command, ")


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
