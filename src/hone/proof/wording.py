"""What `hone stats` says, in plain words. "Saves" stands only where the coin has shown it; before and after is "observed"."""

import datetime
import math
from collections.abc import Mapping, Sequence

from hone.proof.curve import Curve, said_together
from hone.proof.receipts import Cost, Receipt
from hone.proof.replays import Replayed
from hone.proof.stats import Amount, SkillStats, State, Stats, is_compared
from hone.proof.values import FIRST_TASKS, LOOKS, Measure, Saving

_UNITS: dict[str, str] = {"calls": "calls", "errors": "errors", "tokens": "tokens", "seconds": "seconds"}
_BEYOND_SENSE = 1e300  # or no number at all
_OF_A_BOUND = 3  # digits that tell: with two the bounds of a narrow range would be one number
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
    if not _looked(stats) or saved is None:
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
        f"By chance {counted(with_skill, 'task')} had their skill and {without:,} did not. "
        "Ranges hold the truth in 90 of 100 such cases."
    )


def success_known(stats: Stats) -> str:
    """Of how many tasks it is known whether they succeeded, and how it can be of more."""
    if not stats.tasks:
        return "No task is recorded."
    if stats.success_known == stats.tasks:
        return "Whether it succeeded is known of every task."
    known = (
        f"of {stats.success_known:,} of {counted(stats.tasks, 'task')}"
        if stats.success_known
        else "of no task"
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
    if worth.net:
        so_far = "" if _looked(stats) else " so far, before any look"
        said += f" Net{so_far}: {' and '.join(_net(net, measure) for measure, net in worth.net.items())}."
    if _looked(stats) and worth.break_even is not None:
        done = "has" if worth.tasks >= worth.break_even else "will have"
        said += f" It {done} paid for itself after {counted(worth.break_even, 'task')}; there were {worth.tasks:,}."
    elif _looked(stats) and worth.net:
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
            said = f"proven after {receipt.looks[-1].tasks} tasks" + (f": {_shown(saving)}" if saving else "")
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
    return (
        f"{said}; observed: {observed(seen)}"
        if seen and not saving and each.state in ("trial", "untested")
        else said
    )


def progress(receipt: Receipt) -> str:
    """How far a skill on trial is from its next look."""
    judged = receipt.with_skill + receipt.without
    if receipt.looks and receipt.verdict != "go_on":
        return f"{receipt.verdict} after {receipt.looks[-1].tasks} tasks, which is on hold or was taken back"
    if receipt.always and not judged:
        return f"{counted(receipt.always, 'task')} with it and none without: chance decided of none"
    if not judged and receipt.first < FIRST_TASKS:
        return f"{receipt.first} of its first {FIRST_TASKS} tasks, before chance decides"
    if due := [
        look for look in LOOKS if look <= judged and look not in {each.tasks for each in receipt.looks}
    ]:
        return f"{counted(judged, 'task')}, its {_ORDINALS[due[-1]]} look is due"
    if receipt.next_look is None:
        return f"{counted(judged, 'task')}, all looks are made"
    return f"{judged} of the {receipt.next_look} tasks of the {_ORDINALS[receipt.next_look]} look"


def family(curve: Curve, skills: Sequence[SkillStats]) -> str:
    """How a family fared, in a few words; `skills` are all that are known."""
    tasks = counted(len(curve.calls), "task")
    if not curve.came:
        return f"{tasks}, {decimal(curve.before.calls) if curve.before else 0} calls each; no skill yet"
    states = {each.receipt.skill: _NUMBERED[each.state] for each in skills}
    first = curve.came[0]
    names = said_together([_with_state(each.skill, states) for each in curve.came])
    said = f"{tasks}; since {day(curve.at[first.task - 1])} {names}"
    before, after = curve.before, curve.after
    if before and after:
        return (
            f"{said}; observed: {decimal(before.calls)} calls a task before, {decimal(after.calls)} with it"
        )
    return f"{said}; {f'{decimal(after.calls)} calls a task with it' if after else 'not used yet'}"


def difference(saving: Saving) -> str:
    """What a task takes less or more, whatever that shows: `2.1 calls a task fewer (90%: 0.4 more to 4.6 fewer)`."""
    if not all(map(math.isfinite, (saving.saved, saving.low, saving.high))):
        return "not known"
    value = _signed(saving.saved, saving.measure, unit=True)
    if saving.low * saving.high >= 0:
        low, high = (_number(each, saving.measure) for each in sorted((saving.low, saving.high), key=abs))
    else:
        low, high = (_signed(each, saving.measure) for each in (saving.low, saving.high))
    borrowed = f", {saving.borrowed:.0%} of it from other skills" if saving.borrowed >= 0.05 else ""
    return f"{value} (90%: {low} to {high}{borrowed})"


def observed(saving: Saving) -> str:
    """Before and after: `14.0 calls a task before it, 6.2 with it`."""
    before, after = amount(saving.without, saving.measure), amount(saving.with_skill, saving.measure)
    what = "succeeded" if saving.measure == "success" else f"{_UNITS.get(saving.measure, '')} a task".strip()
    return f"{before} {what} before it, {after} with it"


def replay(found: Replayed) -> str:
    """What came of recorded tasks that were done again with and without a skill."""
    tasks = f"{counted(found.tasks, 'recorded task')} done again on {day(found.at)} by {found.model}"
    calls = f"{_signed(found.calls_saved, 'calls', unit=True)} ({_by_chance(found.p_calls)})"
    tokens = f"{_signed(found.tokens_saved, 'tokens', unit=True)} ({_by_chance(found.p_tokens)})"
    if not found.judged:
        return f"{tasks}: {calls}, {tokens}; whether they succeeded is not known"
    succeeded = f"of {found.judged} judged by {found.judged_by} {found.with_ok} succeeded with it, {found.without_ok} without"
    return f"{tasks}: {calls}, {tokens}; {succeeded}"


def cost(spent: Cost) -> str:
    """`3 requests, 18,000 tokens, $0.0540`."""
    price = "price not known" if spent.cost_usd is None else money(spent.cost_usd)
    return f"{counted(spent.requests, 'request')}, {spent.tokens:,} tokens, {price}"


def amount(value: float, measure: Measure) -> str:
    """A measured number, without its unit but for money and success."""
    if measure == "cost_usd":
        return money(value)
    if measure == "success":
        return f"{value:.0%}" if math.isfinite(value) else "not known"
    return rounded(value) if measure == "tokens" else decimal(value)


def rounded(value: float, telling: int = 2) -> str:
    """With so many digits that tell: 41,234 is `41,000`."""
    if not abs(value) < _BEYOND_SENSE:
        return "not known"
    digits = 0 if value == 0 else telling - 1 - math.floor(math.log10(abs(value)))
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


def _looked(stats: Stats) -> bool:
    """Whether a skill that has both arms was looked at: before that, figures are chance."""
    return any(each.receipt.looks for each in stats.skills if is_compared(each.receipt))


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


def _with_state(skill: str, states: Mapping[str, str]) -> str:
    return f"{skill} ({states[skill]})" if skill in states else skill


def _by_chance(p: float) -> str:
    """A p-value in words."""
    return f"chance alone: {'less than 1' if p < 0.01 else f'{p * 100:.0f}'} in 100"


def _net(net: Amount, measure: str) -> str:
    said = money(net.value) if measure == "cost_usd" else f"{rounded(net.value)} tokens"
    return f"{said} ({_range(net, measure)})"


def _range(amount: Amount, measure: str) -> str:
    low, high = (
        money(each) if measure == "cost_usd" else rounded(each, _OF_A_BOUND)
        for each in (amount.low, amount.high)
    )
    return f"90%: {low} to {high}"


def _telling(receipt: Receipt) -> Saving | None:
    """The difference that tells most of a skill: of the measure that decided, else calls."""
    if not is_compared(receipt):
        return None
    by_measure = {each.measure: each for each in receipt.savings}
    chances: Mapping[Measure, float] = {}
    if receipt.looks and receipt.verdict in ("proven", "harmful"):
        chances = receipt.looks[-1].better if receipt.verdict == "proven" else receipt.looks[-1].worse
    usual: tuple[Measure, ...] = ("calls", "errors")
    order = [*sorted(chances, key=lambda measure: chances[measure]), *usual]
    return next((by_measure[each] for each in order if each in by_measure), None)


def _shown(saving: Saving) -> str:
    """What the coin has shown of a proven skill: `saves 5.2 calls a task (90%: 3.1 to 7.4)`."""
    if saving.measure == "success" or saving.low < 0:
        return difference(saving)
    unit = f" {_UNITS[saving.measure]}" if saving.measure in _UNITS else ""
    value, low, high = (amount(each, saving.measure) for each in (saving.saved, saving.low, saving.high))
    return f"saves {value}{unit} a task (90%: {low} to {high})"


def _signed(value: float, measure: Measure, *, unit: bool = False) -> str:
    """A difference with its direction: `2.1 fewer`, `2.1 calls a task fewer`."""
    if measure == "success":
        of_tasks = f"{_number(value, measure)} of 100 tasks" if unit else _number(value, measure)
        return f"{of_tasks} {'more' if value >= 0 else 'fewer'}{' succeed' if unit else ''}"
    less = "fewer" if measure in ("calls", "errors", "tokens") else "less"
    what = f" {_UNITS.get(measure, '')}".rstrip() + " a task" if unit else ""
    return f"{_number(value, measure)}{what} {less if value >= 0 else 'more'}"


def _number(value: float, measure: Measure) -> str:
    """A difference without its direction; of success in 100 tasks."""
    return rounded(abs(value) * 100) if measure == "success" else amount(abs(value), measure)
