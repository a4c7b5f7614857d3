"""What `hone stats` has to say, as values: whether learning is worth it, what is known of each skill, and how families fare.

Pure: made of receipts and tasks that were read elsewhere. How it is said is in `hone.proof.wording`.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from hone.config.settings import Learning
from hone.proof.curve import Curve, curves
from hone.proof.receipts import Cost, Receipt
from hone.proof.record import FamilyTask
from hone.proof.values import Saving

State = Literal["proven", "trial", "undecided", "harmful", "quarantined", "retired", "untested"]
"""What is known of a skill, in a word. `untested`: it is used without a coin, so nothing can prove it."""

STATES: tuple[State, ...] = (
    "proven",
    "trial",
    "undecided",
    "quarantined",
    "harmful",
    "retired",
    "untested",
)


class Amount(msgspec.Struct, frozen=True):
    """An estimate of a sum; the true one is between `low` and `high` in 90 of 100 such cases."""

    value: float
    low: float
    high: float

    def less(self, cost: float) -> "Amount":
        """What is left of it after a cost that is known exactly."""
        return Amount(self.value - cost, self.low - cost, self.high - cost)


class Spent(msgspec.Struct, frozen=True):
    """What models took to learn, and to prove by replay. `since`: when the first was spent."""

    learning: Cost = Cost()
    proving: Cost = Cost()
    since: float | None = None


class Worth(msgspec.Struct, frozen=True, kw_only=True):
    """Whether learning is worth it: what it saved, by measure, in the `tasks` that had a skill with a control arm.

    `net` is that less the cost of all learning: of tokens, and of money where all prices are known. `break_even`: the
    number of such tasks after which it has paid, None if that is not to be seen.
    """

    verdict: Literal["yes", "no", "undecided"]
    since: float | None
    tasks: int
    saved: dict[str, Amount]
    cost: Cost
    net: dict[str, Amount]
    break_even: int | None


class SkillStats(msgspec.Struct, frozen=True):
    """What is known of a skill."""

    state: State
    receipt: Receipt


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. `success_known`: of so many `tasks` somebody or something said whether they succeeded."""

    worth: Worth
    skills: tuple[SkillStats, ...]
    families: tuple[Curve, ...]
    settings: Learning
    spent: Spent
    tasks: int
    success_known: int


def stats(
    receipts: Sequence[Receipt],
    tasks: Sequence[FamilyTask],
    titles: Mapping[str, str],
    spent: Spent,
    settings: Learning,
) -> Stats:
    """What the receipts and tasks come to. `titles` are those of families; skills come by state, then by use."""
    skills = [SkillStats(state_of(each), each) for each in receipts]
    return Stats(
        worth=worth(receipts, tasks, spent),
        skills=tuple(sorted(skills, key=lambda each: (STATES.index(each.state), -each.receipt.loads))),
        families=curves(tasks, receipts, titles),
        settings=settings,
        spent=spent,
        tasks=len(tasks),
        success_known=sum(each.success is not None for each in tasks),
    )


def only(whole: Stats, skill: str) -> Stats:
    """What is about one skill: its receipt, and the families that it serves."""
    skills = tuple(each for each in whole.skills if each.receipt.skill == skill)
    served = {family for each in skills for family in each.receipt.families}
    families = tuple(each for each in whole.families if each.family in served)
    return msgspec.structs.replace(whole, skills=skills, families=families)


def worth(receipts: Iterable[Receipt], tasks: Iterable[FamilyTask], spent: Spent) -> Worth:
    """Whether what was learned has paid for the learning. Not to be known before a skill has been looked at."""
    compared = [each for each in receipts if is_compared(each)]
    uses = Counter(skill for task in tasks for skill in task.skills)
    saved = _in_all([(each, uses[each.skill]) for each in compared])
    cost = spent.learning
    net = {"tokens": saved["tokens"].less(cost.tokens)} if "tokens" in saved else {}
    if cost.cost_usd is not None and "cost_usd" in saved:
        net["cost_usd"] = saved["cost_usd"].less(cost.cost_usd)
    with_skill = sum(uses[each.skill] for each in compared)
    begun = [each.since for each in compared if each.since > 0]
    return Worth(
        verdict=_verdict(net.get("tokens")) if any(each.looks for each in compared) else "undecided",
        since=min(begun, default=spent.since),
        tasks=with_skill,
        saved=saved,
        cost=cost,
        net=net,
        break_even=_break_even(cost.tokens, saved.get("tokens"), with_skill),
    )


def is_compared(receipt: Receipt) -> bool:
    """Whether a coin gave tasks with and without the skill to compare."""
    return bool(receipt.with_skill and receipt.without)


def state_of(receipt: Receipt) -> State:
    """What is known of a skill, in a word. One on trial stays so until what was decided is done; so if it was taken back."""
    if receipt.status == "retired":
        return "harmful" if receipt.verdict == "harmful" else "retired"
    if receipt.quarantined:
        return "quarantined"
    if receipt.status == "trial":
        return "trial"
    if receipt.verdict in ("harmful", "proven"):
        return "harmful" if receipt.verdict == "harmful" else "proven"
    return "undecided" if "undecided" in (receipt.verdict, receipt.status) else "untested"


def _verdict(net: Amount | None) -> Literal["yes", "no", "undecided"]:
    if net is None or net.low <= 0 <= net.high:
        return "undecided"
    return "yes" if net.value > 0 else "no"


def _in_all(uses: Iterable[tuple[Receipt, int]]) -> dict[str, Amount]:
    """What skills saved in so many tasks each, by measure; success is no sum."""
    parts: dict[str, list[tuple[Saving, int]]] = {}
    for receipt, tasks in uses:
        for saving in receipt.savings:
            if saving.measure != "success" and all(
                map(math.isfinite, (saving.saved, saving.low, saving.high))
            ):
                parts.setdefault(saving.measure, []).append((saving, tasks))
    return {measure: _sum(part) for measure, part in parts.items()}


def _sum(parts: Sequence[tuple[Saving, int]]) -> Amount:
    """Skills err independently of each other, but for what they borrow from the library: there all err alike."""
    value = sum(saving.saved * tasks for saving, tasks in parts)
    below = [((saving.saved - saving.low) * tasks, saving.borrowed) for saving, tasks in parts]
    above = [((saving.high - saving.saved) * tasks, saving.borrowed) for saving, tasks in parts]
    return Amount(value, value - _together(below), value + _together(above))


def _together(errors: Sequence[tuple[float, float]]) -> float:
    alike = sum(error * borrowed for error, borrowed in errors)
    return math.hypot(alike, *(error * (1 - borrowed) for error, borrowed in errors))


def _break_even(cost: int, saved: Amount | None, tasks: int) -> int | None:
    if saved is None or saved.value <= 0 or not tasks:
        return None
    return math.ceil(cost / (saved.value / tasks))
