"""A benchmark's result as one value, and what is told of it: findings in words, and tables for whoever prints them."""

import random
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from hone.bench.arms import ARMS, FRESH, Names
from hone.bench.measures import (
    ArmFigures,
    Measured,
    Row,
    Saved,
    ScenarioFigures,
    figures,
    scenario_figures,
)
from hone.bench.scenario import Kind

SIMULATED = (
    "SIMULATED: the model is a set of rules that knows only its messages. The figures show that the machinery works; "
    "they are no measure of what a language model gains."
)
_NONE = "·"


class Described(msgspec.Struct, frozen=True):
    """A scenario in words."""

    name: str
    kind: Kind
    title: str
    traps: tuple[str, ...] = ()


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a benchmark was to do."""

    simulated: bool
    models: Names
    agents: tuple[str, ...]
    arms: tuple[str, ...]
    scenarios: tuple[Described, ...]
    repeats: int
    runs: int
    seed: int
    tasks: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A benchmark's result. `seconds` is how long it took in all; `problems` say why less than planned was done, and what does not add up."""

    version: int = 1
    simulated: bool
    note: str
    plan: Plan
    seconds: float
    problems: tuple[str, ...]
    findings: tuple[str, ...]
    arms: tuple[ArmFigures, ...]
    by_scenario: tuple[ScenarioFigures, ...]
    tasks: tuple[Measured, ...]


class Table(msgspec.Struct, frozen=True):
    """A table as texts; the first column is names, the others are figures."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def report(plan: Plan, tasks: Sequence[Measured], problems: Sequence[str], seconds: float) -> Report:
    """All figures of the tasks. The same tasks give the same figures: the intervals are drawn by the plan's seed."""
    in_order = sorted(tasks, key=lambda each: (_order(plan, each), each.run, each.position))
    arms = figures(in_order, random.Random(plan.seed))  # noqa: S311 - bootstrap draws
    return Report(
        simulated=plan.simulated,
        note=SIMULATED if plan.simulated else "",
        plan=plan,
        seconds=round(seconds, 1),
        problems=(*problems, *_miscounted(arms)),
        findings=tuple(_findings(arms, plan)),
        arms=arms,
        by_scenario=scenario_figures(in_order),
        tasks=tuple(in_order),
    )


def tables(shown: Report) -> tuple[Table, ...]:
    """The report's tables, most telling first. Each title says it if the model was simulated."""
    if not shown.tasks:
        return ()
    made = (_by_repeat(shown), _savings(shown), _beyond(shown), _learning(shown), _by_scenario(shown))
    mark = " (SIMULATED)" if shown.simulated else ""
    return tuple(msgspec.structs.replace(each, title=each.title + mark) for each in made if each.rows)


def label(shown: Report, figures: ArmFigures | ScenarioFigures) -> str:
    """An arm's name, with its agent's where there are several."""
    return f"{figures.agent}: {figures.arm}" if len(shown.plan.agents) > 1 else figures.arm


def settings_line(plan: Plan) -> str:
    """With what it was made, in one line."""
    models = plan.models
    cheap = f", cheap {models.cheap}" if models.cheap else ""
    count = len(plan.scenarios)
    return (
        f"main {models.main}, writer {models.writer}{cheap}; {count} scenario{'s' if count != 1 else ''}, "
        f"{plan.repeats} repeat{'s' if plan.repeats != 1 else ''}, {plan.runs} run{'s' if plan.runs != 1 else ''}, seed {plan.seed}"
    )


def percent(share: float) -> str:
    """A share for people."""
    return f"{100 * share:.0f} %"


def _order(plan: Plan, task: Measured) -> tuple[int, int]:
    return plan.agents.index(task.agent), [arm.name for arm in ARMS].index(task.arm)


def _miscounted(arms: Sequence[ArmFigures]) -> Iterator[str]:
    """An agent's own counts that the proxy's do not bear out."""
    count = sum(arm.miscounted for arm in arms)
    if count:
        mark = "'s" if count == 1 else "s'"
        yield f"{count} task{mark} calls were counted otherwise at the endpoint (`heard_calls`)"


def _findings(arms: Sequence[ArmFigures], plan: Plan) -> Iterator[str]:
    """What it comes to, an arm a line; nothing of arms that cannot be compared."""
    for each in arms:
        calls = each.saved.get("calls")
        if calls is None:
            continue
        name = f"{each.agent}, {each.arm}" if len(plan.agents) > 1 else each.arm
        yield f"{name}: {'; '.join(_said_of(each, calls))}"


def _said_of(arm: ArmFigures, calls: Saved) -> Iterator[str]:
    word = "fewer" if calls.share >= 0 else "more"
    yield f"{percent(abs(calls.share))} {word} calls on repeats than {FRESH} ({_how_sure(calls)})"
    succeeded = [row for row in arm.repeats.values() if row.success < 1]
    if succeeded:
        lowest = min(row.success for row in succeeded)
        yield f"in the worst repeat {percent(lowest)} of the tasks succeed"
    if arm.harm is not None:
        yield (
            "no harm on distractors"
            if arm.harm <= 0
            else f"HARM on distractors: {percent(arm.harm)} fewer succeed"
        )
    if arm.changed:
        yield (
            f"after the world changed as good as {FRESH} from task {arm.recovered} on"
            if arm.recovered
            else f"NOT as good as {FRESH} after the world changed"
        )
    if arm.net_tokens is not None:
        word = "saved" if arm.net_tokens >= 0 else "cost"
        yield f"{word} {abs(arm.net_tokens):,} tokens in all, learning included"


def _how_sure(calls: Saved) -> str:
    if calls.low is None or calls.high is None:
        return "one scenario: no interval"
    sure = "" if calls.low > 0 or calls.high < 0 else "; this may be chance"
    return f"90 % interval: {100 * calls.low:.0f} to {percent(calls.high)} fewer{sure}"


def _by_repeat(shown: Report) -> Table:
    rows = [
        (label(shown, arm) if number == min(arm.repeats) else "", str(number), *_cells(row))
        for arm in shown.arms
        for number, row in arm.repeats.items()
    ]
    return Table("Each repeat of the same work", ("arm", "repeat", *_COLUMNS), tuple(rows))


_COLUMNS = ("success", "calls", "errors", "requests", "tokens", "seconds", "cost")


def _cells(row: Row) -> tuple[str, ...]:
    return (
        percent(row.success),
        f"{row.calls:.1f}",
        f"{row.errors:.1f}",
        f"{row.requests:.1f}",
        f"{row.tokens:,.0f}",
        f"{row.seconds:.1f}",
        _money(row.cost_usd),
    )


def _savings(shown: Report) -> Table:
    measures = ("calls", "errors", "tokens", "seconds", "cost_usd")
    rows = [
        (label(shown, arm), *(_interval(arm.saved.get(measure)) for measure in measures))
        for arm in shown.arms
        if arm.saved
    ]
    title = f"Saved against {FRESH}, from the second repeat on (90 % intervals)"
    return Table(title, ("arm", "calls", "errors", "tokens", "seconds", "cost"), tuple(rows))


def _interval(saved: Saved | None) -> str:
    if saved is None:
        return _NONE
    if saved.low is None or saved.high is None:
        return percent(saved.share)
    return f"{percent(saved.share)} ({100 * saved.low:.0f} to {100 * saved.high:.0f})"


def _beyond(shown: Report) -> Table:
    rows = [
        (
            label(shown, arm),
            _success_and_calls(arm.variants),
            _success_and_calls(arm.distractors),
            _success_and_calls(arm.changed.get(1)),
            _success_and_calls(arm.changed.get(2)),
        )
        for arm in shown.arms
    ]
    headings = ("arm", "variants", "distractors", "changed, 1st", "changed, 2nd")
    return Table("Other parameters, look-alikes, and a changed world: success, calls", headings, tuple(rows))


def _success_and_calls(row: Row | None) -> str:
    return _NONE if row is None else f"{percent(row.success)}, {row.calls:.1f}"


def _learning(shown: Report) -> Table:
    rows = [
        (
            label(shown, arm),
            f"{arm.learning.requests:,}",
            f"{arm.learning.tokens:,}",
            f"{arm.learning.seconds:.1f}",
            _money(arm.learning.cost_usd) if arm.learning.requests else _NONE,
            _NONE if arm.net_tokens is None else f"{arm.net_tokens:+,}",
            _NONE if arm.net_tokens is None else str(arm.break_even or "not within these"),
        )
        for arm in shown.arms
        if arm.arm != FRESH
    ]
    headings = ("arm", "requests", "tokens", "seconds", "cost", "net tokens saved", "paid from repeat")
    return Table("What learning took, and whether it paid", headings, tuple(rows))


def _by_scenario(shown: Report) -> Table:
    labels = tuple(dict.fromkeys(label(shown, arm) for arm in shown.arms))
    cells = {(each.scenario, label(shown, each)): _story(each) for each in shown.by_scenario}
    names = [each.name for each in shown.plan.scenarios if any(key[0] == each.name for key in cells)]
    rows = [(name, *(cells.get((name, arm), _NONE) for arm in labels)) for name in names]
    title = (
        "Each scenario: calls at the first repeat → later → after the change; success where it is not 100 %"
    )
    return Table(title, ("scenario", *labels), tuple(rows))


def _story(figures: ScenarioFigures) -> str:
    rows = (figures.first, figures.later, figures.changed)
    calls = " → ".join(_NONE if row is None else f"{row.calls:.0f}" for row in rows)
    success = _success(row for row in rows if row is not None)
    return calls if success == 1 else f"{calls} ({percent(success)})"


def _success(rows: Iterable[Row]) -> float:
    every = list(rows)
    return sum(row.success * row.tasks for row in every) / sum(row.tasks for row in every)


def _money(cost: float | None) -> str:
    return "not known" if cost is None else f"${cost:.4f}"


def as_json(shown: Report) -> bytes:
    """For programs. Keys stay as they are; new ones may come."""
    return msgspec.json.format(msgspec.json.encode(_rounded(msgspec.to_builtins(shown))), indent=2) + b"\n"


def _rounded(value: Any) -> Any:
    """Without digits that nobody measured."""
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, list | tuple) else value
