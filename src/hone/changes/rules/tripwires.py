"""Rule: a tripwire must hit the failure that taught it and spare everything that worked; another is left out.

The gotcha that carries it stays as it is.
"""

from collections.abc import Iterator, Sequence

from hone.changes import items
from hone.changes.change import Change, Facts, Tried
from hone.changes.rules.breadth import is_too_broad
from hone.changes.rules.finding import Finding
from hone.safety.invisible import reveal
from hone.skills.tripwires import Condition, hits, subject_of

MAX_SAY = 300  # characters
_MAX_LITERALS = 600  # characters of all of them
_SHOWN = 60  # characters of a text in a reason


def fitting(change: Change, facts: Facts) -> tuple[Change, tuple[Finding, ...]]:
    """`change` with only the tripwires that may stay, and a remark for each that was left out."""
    remarks: list[Finding] = []

    def choose(tripwire: Condition, evidence: tuple[str, ...]) -> Condition | None:
        why = _unfit(tripwire, evidence, facts)
        if not why:
            return tripwire
        remarks.append(Finding("accept", f"tripwire left out: {why}"))
        return None

    return items.with_tripwires(change, choose), tuple(remarks)


def _unfit(tripwire: Condition, evidence: Sequence[str], facts: Facts) -> str:
    """Why `tripwire` may not stay; empty if it may."""
    if why := _misshapen(tripwire):
        return why
    failed = [call for call in facts.calls if not call.ok]
    cited = [call for call in failed if not set(evidence).isdisjoint(call.events)] or failed
    stopped = list(_stopped(tripwire, facts.calls))
    if not any(call in cited for call in stopped):
        return f"it does not stop the call that failed ({_shown(' … '.join(tripwire.has))})"
    for turn in (facts.calls, *facts.worked):
        harmless = next((call for call in _stopped(tripwire, turn) if call.ok), None)
        if harmless is not None:
            return (
                f"it would have stopped what worked: {_shown(subject_of(harmless.tool, harmless.arguments))}"
            )
    return ""


def _misshapen(tripwire: Condition) -> str:
    literals = (*tripwire.has, *tripwire.lacks, *tripwire.unless_after)
    if not tripwire.has or not all(literal.strip() for literal in literals):
        return "it names nothing that the call holds"
    if sum(map(len, literals)) > _MAX_LITERALS:
        return f"its conditions have more than {_MAX_LITERALS} characters"
    if is_too_broad(tripwire.has):
        return (
            f"{_shown(' … '.join(tripwire.has))} alone is in too many calls: name more of the one that fails"
        )
    if not tripwire.say.strip():
        return "it does not say what to do instead"
    if len(tripwire.say.splitlines()) > 1 or len(tripwire.say) > MAX_SAY:
        return f"what it says is not one line of at most {MAX_SAY} characters"
    return ""


def _stopped(tripwire: Condition, turn: Sequence[Tried]) -> Iterator[Tried]:
    """The calls of `turn` that it would have stopped."""
    for at, call in enumerate(turn):
        if call.tool != tripwire.tool:
            continue
        subject = subject_of(call.tool, call.arguments)
        if not hits(tripwire, call.tool, subject, ()):
            continue
        before = (each for each in turn[:at] if each.ok) if tripwire.unless_after else ()
        if hits(tripwire, call.tool, subject, [subject_of(each.tool, each.arguments) for each in before]):
            yield call


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return f"`{reveal(line if len(line) <= _SHOWN else line[: _SHOWN - 1] + '…')}`"
