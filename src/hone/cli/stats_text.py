"""`hone stats` on a terminal: answers in words, then a line for each family and skill. No control characters."""

import textwrap
from collections.abc import Iterator, Sequence

import msgspec

from hone.cli.telling import one_line
from hone.proof.curve import Curve, condensed
from hone.proof.receipts import Receipt
from hone.proof.stats import SkillStats, Stats, is_compared
from hone.proof.values import Look
from hone.proof.wording import (
    amount,
    bill,
    certainty,
    cost,
    counted,
    day,
    difference,
    family,
    observed,
    replay,
    skill,
    states,
    success_known,
    worth_it,
)

_BARS = "▁▂▃▄▅▆▇█"
_ASCII_BARS = "_.-=+*%#"
_MOST_FAMILIES = 8
_NARROWEST, _WIDEST = 40, 100  # columns
_LABEL = 12  # characters


class Screen(msgspec.Struct, frozen=True):
    """How wide the lines may be, and whether bars may be drawn beyond ASCII."""

    width: int = 80
    unicode: bool = True

    @property
    def columns(self) -> int:
        """How many are written on: very long lines are hard to read, very short ones cannot be helped."""
        return max(_NARROWEST, min(self.width, _WIDEST))

    def bars(self, values: Sequence[float], width: int, most: float) -> str:
        """A bar for each value, as high as its share of `most`."""
        marks = _BARS if self.unicode else _ASCII_BARS
        top = len(marks) - 1
        return "".join(marks[round(top * value / most) if most else 0] for value in condensed(values, width))


def overview(stats: Stats, screen: Screen) -> Iterator[str]:
    """Everything, the most telling first."""
    yield from _asked("Is it worth it?", worth_it(stats), screen)
    if stats.settings.mode == "off":
        yield "  Learning is off (learning.mode): nothing new is learned."
    if not stats.tasks and not stats.skills:
        return
    recurring = [each for each in stats.families if len(each.calls) > 1 or each.came]
    if stats.families:
        yield "For which work, and since when?"
    yield from _families(recurring, stats.skills, screen)
    if len(recurring) < len(stats.families):
        single = len(stats.families) - len(recurring)
        yield f"  {counted(single, 'task')} did not recur yet." if recurring else "  No task recurred yet."
    yield from _asked("How sure is that?", f"{certainty(stats)} {success_known(stats)}", screen)
    yield from _asked("What did it cost?", bill(stats), screen)
    yield f"Skills: {states(stats.skills)}"
    for each in stats.skills:
        yield from _wrapped(f"{each.receipt.skill}: {skill(each)}", screen)


def of_skill(stats: Stats, screen: Screen) -> Iterator[str]:
    """The receipt of one skill."""
    (each,) = stats.skills
    receipt = each.receipt
    yield from _wrapped(f"{receipt.skill}: {skill(each)}", screen, indent="")
    for label, fact in _facts(receipt):
        yield from _wrapped(fact, screen, label=label)
    if is_compared(receipt) and receipt.savings:
        yield "A task with it and one without, by chance"
        for saving in receipt.savings:
            with_it, without = (amount(each, saving.measure) for each in (saving.with_skill, saving.without))
            words = f"{with_it} with it, {without} without: {difference(saving)}"
            yield from _wrapped(words, screen, label=_NAMES[saving.measure])
    if receipt.observed:
        yield "Before it came and since, only observed"
        for saving in receipt.observed:
            yield from _wrapped(observed(saving), screen, label=_NAMES[saving.measure])
    if stats.families:
        yield "Its work"
        for curve in stats.families[:_MOST_FAMILIES]:
            yield from _family(curve, stats.skills, screen)
            yield from _drawn("errors", curve, curve.errors, screen)
            yield from _drawn("tokens", curve, curve.tokens, screen)


_NAMES = {"cost_usd": "money"} | {name: name for name in ("calls", "errors", "tokens", "seconds", "success")}
_LOOKED = {"go_on": "too early to say", "proven": "helps", "harmful": "harms", "undecided": "nobody can say"}


def _facts(receipt: Receipt) -> Iterator[tuple[str, str]]:
    written = f"{day(receipt.since)}, by {receipt.written_by or 'a person'}" if receipt.since else "by hand"
    yield "written", f"{written}; {cost(receipt.cost)}"
    yield "used", f"{counted(receipt.loads, 'time')}, {receipt.misfires} of them led to failures"
    if receipt.used_by:
        yield "by", ", ".join(f"{model} ({tasks})" for model, tasks in receipt.used_by.items())
    yield "tasks", _assigned(receipt)
    yield from (("look", _look(look)) for look in receipt.looks)
    if receipt.saved_tokens is not None:
        saved, net = (amount(value, "tokens") for value in (receipt.saved_tokens, receipt.net_tokens or 0.0))
        yield "tokens", f"about {saved} saved in all its tasks, net {net}"
        yield "break-even", _break_even(receipt)
    if receipt.executor.tasks:
        use = receipt.executor
        yield "executor", f"did {counted(use.tasks, 'task')}, gave {use.returned} of them back"
    if receipt.replay:
        yield "replay", replay(receipt.replay)


def _assigned(receipt: Receipt) -> str:
    parts = {
        "the first ones": receipt.first,
        "with it by chance": receipt.with_skill,
        "without it by chance": receipt.without,
        "always with it": receipt.always,
        "named by a person": receipt.named,
        "later ones of a session": receipt.later,
    }
    shown = ", ".join(f"{number} {what}" for what, number in parts.items() if number)
    return f"{receipt.eligible} that it fits{f': {shown}' if shown else ''}"


def _look(look: Look) -> str:
    at = f", {day(look.at)}" if look.at else ""
    return f"after {look.tasks} tasks{at}: {_LOOKED[look.verdict]}"


def _break_even(receipt: Receipt) -> str:
    if receipt.break_even is None:
        return "not as it is"
    return f"after {counted(receipt.break_even, 'task')}"


def _families(curves: Sequence[Curve], skills: Sequence[SkillStats], screen: Screen) -> Iterator[str]:
    for curve in curves[:_MOST_FAMILIES]:
        yield from _family(curve, skills, screen)
    if (more := len(curves) - _MOST_FAMILIES) > 0:
        yield f"  and {more:,} more that recur: --json has all"


def _family(curve: Curve, skills: Sequence[SkillStats], screen: Screen) -> Iterator[str]:
    """What it is about, how it fared, and its calls task by task."""
    yield f"  {one_line(curve.title, screen.columns - 2)}"
    yield from _wrapped(family(curve, skills), screen, indent="    ")
    yield from _drawn("calls", curve, curve.calls, screen)


def _drawn(name: str, curve: Curve, values: Sequence[int], screen: Screen) -> Iterator[str]:
    """A bar for each task or for some together; after `|` the first skill was there."""
    if len(values) < 2:
        return
    most = max(values)
    room = max(4, screen.columns - len(f"    {name}  |  (at most {most:,})"))
    first = curve.came[0].task - 1 if curve.came else len(values)
    share = min(1.0, room / len(values))
    bars = "|".join(
        screen.bars(part, max(1, int(len(part) * share)), most)
        for part in (values[:first], values[first:])
        if part
    )
    yield f"    {name:<6} {bars}  (at most {most:,})"


def _asked(question: str, answer: str, screen: Screen) -> Iterator[str]:
    yield question
    yield from _wrapped(answer, screen)


def _wrapped(text: str, screen: Screen, indent: str = "  ", label: str = "") -> list[str]:
    first = f"{indent}{label:<{_LABEL}}" if label else indent
    hanging = " " * len(first) if label else f"{indent}  "
    return textwrap.wrap(
        text, screen.columns, initial_indent=first, subsequent_indent=hanging, break_on_hyphens=False
    )
