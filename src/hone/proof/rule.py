"""The rule that decides what becomes of a skill on trial: when it is looked at, and how large a difference has to be. Pure.

Whoever looks often finds chance, and whoever measures many things does too. So the looks are fixed, and five per cent of
error in either direction are shared out beforehand among them and among the measures: of skills that change nothing at most
five in a hundred are ever called proven, and at most five harmful, however long they are used.
"""

import math
from collections.abc import Iterable, Iterator, Sequence

from hone.proof.ranks import larger, more_often, smaller
from hone.proof.values import LOOKS, Look, Measure, Task, Verdict

ERROR = 0.05
"""How often a skill that changes nothing may be called proven, over all looks and measures; harmful likewise."""

NOT_WORSE = 0.05
"""What a proven skill may not show of being worse in another measure, and a harmful one not of being better."""

Chances = dict[Measure, float]

_LEAST = 2  # tasks in each group; with fewer nothing is compared


def due(tasks: int, looked: Iterable[int]) -> tuple[int, ...]:
    """The looks that so many tasks allow and that were not made."""
    done = set(looked)
    return tuple(each for each in LOOKS if each <= tasks and each not in done)


def share_of(at: int) -> float:
    """What a look may use up of the error: spent over time as Pocock's boundary does (Lan and DeMets, Biometrika 1983).

    Spending it evenly lets a large effect be seen at the first look, where the group without the skill is small.
    """
    before = max((each for each in LOOKS if each < at), default=0)
    return _spent(at) - _spent(before)


def look(tasks: Sequence[Task], at: int) -> Look:
    """What the first `at` of the tasks say that take part in the analysis."""
    judged = [each for each in tasks if each.is_judged][:at]
    better, worse = dict(_chances(judged, better=True)), dict(_chances(judged, better=False))
    return Look(tasks=at, verdict=_verdict(better, worse, at), better=better, worse=worse)


def _spent(tasks: int) -> float:
    return ERROR * math.log1p((math.e - 1) * tasks / LOOKS[-1])


def _verdict(better: Chances, worse: Chances, at: int) -> Verdict:
    enough = share_of(at) / max(len(better), 1)
    for verdict, wanted, unwanted in (("proven", better, worse), ("harmful", worse, better)):
        is_shown = any(chance <= enough for chance in wanted.values())
        if is_shown and all(chance > NOT_WORSE for chance in unwanted.values()):
            return verdict  # type: ignore[return-value]
    return "undecided" if at == LOOKS[-1] else "go_on"


def _chances(tasks: Sequence[Task], *, better: bool) -> Iterator[tuple[Measure, float]]:
    """For each measure that has data the chance of such a difference without any effect."""
    with_it = [each for each in tasks if each.arm == "with"]
    without = [each for each in tasks if each.arm == "without"]
    if min(len(with_it), len(without)) < _LEAST:
        return
    compare = smaller if better else larger
    yield "calls", compare([each.calls for each in with_it], [each.calls for each in without])
    yield "errors", compare([each.errors for each in with_it], [each.errors for each in without])
    told, told_without = (
        [each.success for each in group if each.success is not None] for group in (with_it, without)
    )
    if min(len(told), len(told_without)) >= _LEAST:
        ours, theirs = (told, told_without) if better else (told_without, told)
        yield "success", more_often(sum(ours), len(ours), sum(theirs), len(theirs))
