"""What `hone stats` says, in plain words. "Saves" stands only where the coin has shown it; before and after is "observed"."""

import datetime
import math
from collections.abc import Sequence

from hone.proof.curve import Curve
from hone.proof.receipts import Cost, Receipt
from hone.proof.stats import Amount, SkillStats, State, Stats, is_compared
from hone.proof.values import FIRST_TASKS, LOOKS, Measure, Saving

_UNITS: dict[str, str] = {"calls": "calls", "errors": "errors", "tokens": "tokens", "seconds": "seconds"}
_ORDINALS = dict(zip(LOOKS, ("first", "second", "third", "last"), strict=True))
_NUMBERED: dict[State, str] = {
    "proven": "proven",
    "trial": "on trial",
    "undecided": "undecided",
    "quarantined": "set aside",
    "harmful": "harmful",
    "retired": "retired",
    "untested": "not on trial",
}


def worth_it(stats: Stats) -> str:
    """Whether learning is worth it: `Yes: since 3 Nov learning saved about ...`."""
    worth = stats.worth
    saved = worth.saved.get("tokens")
    looked = any(each.receipt.looks for each in stats.skills if is_compared(each.receipt))
    if not looked or saved is None:
        return f"Not yet known: {_why_not_known(stats)}."
    since = f"since {day(worth.since)} " if worth.since else ""
    verdict = {"yes": "Yes", "no": "No", "undecided": "Not yet known"}[worth.verdict]
    return f"{verdict}: {since}learning {_saved(saved)} and cost {rounded(worth.cost.tokens)}."


def certainty(stats: Stats) -> str:
    """How much is behind that."""
    compared = [each.receipt for each in stats.skills if is_compared(each.receipt)]
    if not compared:
        return "No task with a skill has one without it to be compared with."
    with_skill, without = (sum(getattr(each, arm) for each in compared) for arm in ("with_skill", "without"))
    return (
        f"By chance {counted(with_skill, 'task')} had their skill and {without} did not. "
        "Ranges hold the truth in 90 of 100 such cases."
    )


def success_known(stats: Stats) -> str:
    """Of how many tasks it is known whether they succeeded, and how it can be of more."""
    if stats.success_known == stats.tasks:
        return f"Whether it succeeded is known for every one of {counted(stats.tasks, 'task')}."
    known = (
        f"for {stats.success_known:,} of {counted(stats.tasks, 'task')}"
        if stats.success_known
        else "for no task"
    )
    return f"Whether it succeeded is known {known}: /good and /bad say so, or hone run --check COMMAND."


def bill(stats: Stats) -> str:
    """What learning cost, what is left of what it saved, and when it breaks even."""
    worth = stats.worth
    if not stats.spent.learning.requests:
        said = "Learning has asked no model yet."
    else:
        said = f"Learning: {cost(stats.spent.learning)}."
    if stats.spent.proving.requests:
        said += f" Proving by replay, not counted here: {cost(stats.spent.proving)}."
    for measure, net in worth.net.items():
        amount = money(net.value) if measure == "cost_usd" else f"{rounded(net.value)} tokens"
        said += f" Net: {amount} ({_range(net, measure)})."
    if worth.break_even is not None:
        done = "has" if worth.tasks >= worth.break_even else "will have"
        said += f" It {done} paid for itself after {counted(worth.break_even, 'task')} with a skill on trial; there were {worth.tasks:,}."
    elif "tokens" in worth.saved:
        said += " As it is, it does not break even."
    return said


def states(skills: Sequence[SkillStats]) -> str:
    """How many skills are in which state."""
    found = [each.state for each in skills]
    counts = [f"{found.count(state)} {word}" for state, word in _NUMBERED.items() if state in found]
    return ", ".join(counts) or "none yet"


def skill(each: SkillStats) -> str:
    """What is known of a skill, in a line."""
    receipt = each.receipt
    saving = _telling(receipt)
    match each.state:
        case "proven":
            said = f"proven after {receipt.looks[-1].tasks} tasks" + (
                f": {_shown(saving)}" if saving else ""
            )
        case "harmful":
            said = f"harmful after {receipt.looks[-1].tasks} tasks" + (
                f": {difference(saving)}" if saving else ""
            )
            said += ", retired" if receipt.status == "retired" else ""
        case "undecided":
            after = f" after {receipt.looks[-1].tasks} tasks" if receipt.looks else ""
            said = f"undecided{after}" + (f": {difference(saving)}" if saving else "")
        case "quarantined":
            said = f"set aside until it is revised: {receipt.misfires} of {counted(receipt.loads, 'use')} led to failures"
        case "trial":
            said = f"on trial, {progress(receipt)}" + (f": so far {difference(saving)}" if saving else "")
        case "retired":
            said = "retired"
        case "untested":
            said = "not on trial"
    seen = next((each for each in receipt.observed if each.measure == "calls"), None)
    return f"{said}; observed: {observed(seen)}" if seen and each.state in ("trial", "untested") else said


def progress(receipt: Receipt) -> str:
    """How far a skill on trial is from its next look."""
    judged = receipt.with_skill + receipt.without
    if not judged and receipt.first < FIRST_TASKS:
        return f"{receipt.first} of the {FIRST_TASKS} tasks that come before the coin"
    if receipt.next_look is None:
        return f"{counted(judged, 'task')}, all looks are made"
    return f"{judged} of the {receipt.next_look} tasks of the {_ORDINALS[receipt.next_look]} look"


def family(curve: Curve) -> str:
    """How a family fared, in a few words."""
    tasks = counted(len(curve.calls), "task")
    if curve.before and curve.after:
        change = f"{decimal(curve.before.calls)} calls before, {decimal(curve.after.calls)} since"
        return f"{tasks}; observed: {change} {_names(curve)} came"
    means = curve.after or curve.before
    calls = f"{decimal(means.calls)} calls each" if means else ""
    return f"{tasks}, {calls}; {f'all since {_names(curve)} came' if curve.after else 'no skill yet'}"


def difference(saving: Saving) -> str:
    """What a task takes less or more, whatever that shows: `2.1 calls a task fewer (90 %: 0.4 more to 4.6 fewer)`."""
    low, high = _signed(saving.low, saving.measure), _signed(saving.high, saving.measure)
    value = _signed(saving.saved, saving.measure, unit=True)
    borrowed = f", {saving.borrowed:.0%} of it from other skills" if saving.borrowed >= 0.05 else ""
    return f"{value} (90 %: {low} to {high}{borrowed})"


def observed(saving: Saving) -> str:
    """Before and after: `14.0 calls a task before it, 6.2 with it`."""
    before, after = amount(saving.without, saving.measure), amount(saving.with_skill, saving.measure)
    unit = _UNITS.get(saving.measure, "")
    return " ".join(f"{before} {unit} a task before it, {after} with it".split())


def cost(spent: Cost) -> str:
    """`3 requests, 18,000 tokens, $0.0540`."""
    price = "price not known" if spent.cost_usd is None else money(spent.cost_usd)
    return f"{counted(spent.requests, 'request')}, {spent.tokens:,} tokens, {price}"


def amount(value: float, measure: Measure) -> str:
    """A measured number, without its unit but for money and success."""
    if measure == "cost_usd":
        return money(value)
    if measure == "success":
        return f"{value:.0%} succeed" if math.isfinite(value) else "not known"
    return rounded(value) if measure == "tokens" else decimal(value)


def rounded(value: float) -> str:
    """With two digits that tell: 41,234 is `41,000`."""
    if not math.isfinite(value):
        return "not known"
    digits = 0 if value == 0 else 1 - math.floor(math.log10(abs(value)))
    return f"{round(value, min(digits, 0)):,.0f}"


def decimal(value: float) -> str:
    """With one decimal place."""
    return f"{value:,.1f}" if math.isfinite(value) else "not known"


def money(value: float) -> str:
    """US dollars."""
    if not math.isfinite(value):
        return "not known"
    return f"{'-' if value < 0 else ''}${abs(value):,.4f}"


def counted(number: int, thing: str) -> str:
    """`1 task`, `2 tasks`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def day(at: float) -> str:
    """`3 Nov 2026`, where the user is."""
    date = datetime.datetime.fromtimestamp(at).astimezone()
    return f"{date.day} {date:%b %Y}"


def _why_not_known(stats: Stats) -> str:
    holdout = stats.settings.holdout
    on_trial = [each.receipt for each in stats.skills if each.state == "trial"]
    if not stats.skills:
        why = "no skill was learned yet" if stats.tasks else "no task was done yet"
    elif on_trial:
        nearest = max(on_trial, key=lambda each: (each.with_skill + each.without, each.first))
        why = f"{progress(nearest)} ({nearest.skill})"
        if not nearest.without and not (holdout.run or holdout.repl):
            why += "; learning.holdout is 0, so no task will ever go without the skill"
    else:
        why = "no skill is on trial, so no task goes without its skill and nothing can be compared"
    return f"{why}; learning is off" if stats.settings.mode == "off" else why


def _saved(saved: Amount) -> str:
    if saved.value < 0:
        lost = Amount(-saved.value, -saved.high, -saved.low)
        return f"took about {rounded(lost.value)} tokens more ({_range(lost, 'tokens')})"
    return f"saved about {rounded(saved.value)} tokens ({_range(saved, 'tokens')})"


def _range(amount: Amount, measure: str) -> str:
    said = money if measure == "cost_usd" else rounded
    return f"90 %: {said(amount.low)} to {said(amount.high)}"


def _telling(receipt: Receipt) -> Saving | None:
    """The difference that tells most of a skill: of the measure that decided, else calls."""
    if not is_compared(receipt):
        return None
    by_measure: dict[str, Saving] = {each.measure: each for each in receipt.savings}
    chances: dict[str, float] = {}
    if receipt.looks and receipt.verdict in ("proven", "harmful"):
        chances = receipt.looks[-1].better if receipt.verdict == "proven" else receipt.looks[-1].worse
    order = sorted(chances, key=lambda measure: chances[measure])
    return next((found for each in (*order, "calls", "errors") if (found := by_measure.get(each))), None)


def _shown(saving: Saving) -> str:
    """What the coin has shown of a proven skill: `saves 5.2 calls a task (90 %: 3.1 to 7.4)`."""
    if saving.measure == "success" or saving.low < 0:
        return difference(saving)
    unit = f" {_UNITS[saving.measure]}" if saving.measure in _UNITS else ""
    value, low, high = (amount(each, saving.measure) for each in (saving.saved, saving.low, saving.high))
    return f"saves {value}{unit} a task (90 %: {low} to {high})"


def _signed(value: float, measure: Measure, *, unit: bool = False) -> str:
    if not math.isfinite(value):
        return "not known"
    if measure == "success":
        tasks = " of 100 tasks" if unit else ""
        return f"{abs(value) * 100:.0f}{tasks} {'more' if value >= 0 else 'fewer'}{' succeed' if unit else ''}"
    less = "fewer" if measure in ("calls", "errors", "tokens") else "less"
    what = f" {_UNITS[measure]}" if unit and measure in _UNITS else ""
    return f"{amount(abs(value), measure)}{what}{' a task' if unit else ''} {less if value >= 0 else 'more'}"


def _names(curve: Curve) -> str:
    first, *others = [each.skill for each in curve.came]
    return f"{first} and {len(others)} more" if others else first
