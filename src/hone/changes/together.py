"""What the changes of one review come to together: each may be slight, and all of them a memory file written anew. Pure."""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

import msgspec

from hone.changes.change import Add, Change, Effect, Verdict
from hone.changes.rules import shape
from hone.errors import Conflict, UsageError

MOST_ENTRIES = 10
"""New entries of one memory file that a review writes unasked: more would crowd others out of the prompt."""

_FEW = 2  # entries changed or removed, each judged alone


def together(
    verdicts: Sequence[Verdict], plan: Callable[[Change], tuple[Effect, ...]]
) -> tuple[Verdict, ...]:
    """`verdicts`, those held that together change too much of a memory file; `plan` says what a change would do."""
    slight = [each for each in verdicts if each.decision == "accept" and each.change.skill is None]
    held: dict[int, tuple[str, ...]] = {}
    for _, group in groupby(sorted(slight, key=_target), key=_target):
        same = list(group)
        if reasons := tuple(_too_much(same, plan)):
            held |= {id(each): reasons for each in same}
    return tuple(_held(each, held[id(each)]) if id(each) in held else each for each in verdicts)


def _too_much(verdicts: list[Verdict], plan: Callable[[Change], tuple[Effect, ...]]) -> Iterable[str]:
    ops = tuple(op for each in verdicts for op in each.change.ops)
    added = sum(isinstance(op, Add) for op in ops)
    if added > MOST_ENTRIES:
        yield f"{added} entries at once: a review writes {MOST_ENTRIES} unasked"
    if len(ops) - added > _FEW:
        whole = msgspec.structs.replace(verdicts[0].change, ops=ops)
        try:
            effects = plan(whole)
        except (Conflict, UsageError):  # they are in each other's way: each is met by the text that it names
            return
        yield from (finding.reason for finding in shape.rewrites(whole, effects))


def _held(verdict: Verdict, reasons: tuple[str, ...]) -> Verdict:
    reasons = (*verdict.reasons, *reasons)
    change = msgspec.structs.replace(verdict.change, reasons=reasons)
    return msgspec.structs.replace(verdict, decision="hold", change=change, reasons=reasons)


def _target(verdict: Verdict) -> str:
    return verdict.change.target
