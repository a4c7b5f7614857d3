"""The texts of a change: what of it stands alone (a step, a gotcha, a memory entry), and what may be dropped or rewritten.

Pure. What is right or wrong about a text, `hone.changes.rules` say.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import msgspec

from hone.changes.change import (
    Add,
    AddGotcha,
    AddStep,
    AnyOp,
    Change,
    Create,
    Effect,
    Gotcha,
    Replace,
    ReplaceGotcha,
    ReplaceStep,
    SetDescription,
    SetPins,
    SetWhen,
    Write,
)
from hone.skills.tripwires import Condition

_AnyGotcha = TypeVar("_AnyGotcha", bound=Gotcha | AddGotcha | ReplaceGotcha)
_ONE_ITEM = (AddStep, ReplaceStep, AddGotcha, ReplaceGotcha, Add, Replace)


class Item(msgspec.Struct, frozen=True):
    """A text that stands alone in its file. `place` names it for people: `gotcha 2`."""

    place: str
    text: str
    evidence: tuple[str, ...] = ()


def items(change: Change) -> tuple[Item, ...]:
    """The steps, gotchas and memory entries that `change` would write."""
    return tuple(item for op in change.ops for item in _items(op))


def texts(change: Change, effects: Sequence[Effect]) -> tuple[Item, ...]:
    """All that `change` adds in words of its own, the items among it; of a file that it writes whole the new lines."""
    said = [*_headings(change), *items(change), *_tripwires(change)]
    if change.note:
        said.append(Item("note", change.note))
    if any(isinstance(op, Write) for op in change.ops):
        said += [line for effect in effects for line in _added_lines(effect)]
    return tuple(said)


def keep(change: Change, wanted: Callable[[str], bool]) -> Change:
    """`change` with those of its items whose text is `wanted`; without operations if it had items and none is left."""
    ops = tuple(kept for op in change.ops if (kept := _keep(op, wanted)) is not None)
    if len(ops) < len(change.ops) and all(isinstance(op, SetPins) for op in ops):
        ops = ()  # the pins were those of what is gone
    return msgspec.structs.replace(change, ops=ops)


def rewrite(change: Change, reword: Callable[[str], str]) -> Change:
    """`change` with every text of its own, a whole file included, as `reword` puts it."""
    return msgspec.structs.replace(
        change, ops=tuple(_rewrite(op, reword) for op in change.ops), note=reword(change.note)
    )


def with_evidence(change: Change, choose: Callable[[tuple[str, ...]], tuple[str, ...]]) -> Change:
    """`change` with the evidence of each of its operations as `choose` says."""
    return msgspec.structs.replace(change, ops=tuple(_with_evidence(op, choose) for op in change.ops))


def with_tripwires(
    change: Change, choose: Callable[[Condition, tuple[str, ...]], Condition | None]
) -> Change:
    """`change` with the tripwire of each of its gotchas as `choose` says, given it and the gotcha's evidence."""
    return msgspec.structs.replace(change, ops=tuple(_with_tripwires(op, choose) for op in change.ops))


def _headings(change: Change) -> Iterator[Item]:
    for op in change.ops:
        match op:
            case Create():
                yield from (
                    Item("title", op.title),
                    Item("description", op.description),
                    Item("when to use", op.when_to_use),
                )
            case SetDescription():
                yield Item("description", op.text)
            case SetWhen():
                yield Item("when to use", op.text)
            case _:
                pass


def _tripwires(change: Change) -> Iterator[Item]:
    """All that tripwires hold is text of the change: it is written down, and `say` is told to a model."""
    for op in change.ops:
        for gotcha in op.gotchas if isinstance(op, Create) else (op,):
            if (tripwire := getattr(gotcha, "tripwire", None)) is not None:
                literals = (*tripwire.has, *tripwire.lacks, *tripwire.unless_after)
                yield Item("tripwire", "\n".join(filter(None, (tripwire.say, *literals))))


def _added_lines(effect: Effect) -> Iterator[Item]:
    known = set((effect.before or b"").splitlines())
    for number, line in enumerate((effect.after or b"").splitlines(), 1):
        if line not in known:
            yield Item(f"line {number} of {effect.path}", line.decode(errors="replace"))


def _items(op: AnyOp) -> Iterator[Item]:
    if isinstance(op, Create):
        yield from (Item(f"step {number}", text) for number, text in enumerate(op.steps, 1))
        yield from (
            Item(f"gotcha {number}", gotcha.text, gotcha.evidence)
            for number, gotcha in enumerate(op.gotchas, 1)
        )
    elif isinstance(op, _ONE_ITEM):
        place = "step" if isinstance(op, AddStep | ReplaceStep) else "entry"
        place = "gotcha" if isinstance(op, AddGotcha | ReplaceGotcha) else place
        yield Item(place, op.text, op.evidence)


def _keep(op: AnyOp, wanted: Callable[[str], bool]) -> AnyOp | None:
    if isinstance(op, Create):
        steps = tuple(text for text in op.steps if wanted(text))
        gotchas = tuple(gotcha for gotcha in op.gotchas if wanted(gotcha.text))
        return msgspec.structs.replace(op, steps=steps, gotchas=gotchas) if steps or gotchas else None
    return op if all(wanted(item.text) for item in _items(op)) else None


def _rewrite(op: AnyOp, reword: Callable[[str], str]) -> AnyOp:
    if isinstance(op, Create):
        return msgspec.structs.replace(
            op,
            title=reword(op.title),
            description=reword(op.description),
            when_to_use=reword(op.when_to_use),
            steps=tuple(map(reword, op.steps)),
            gotchas=tuple(_reworded(gotcha, reword) for gotcha in op.gotchas),
        )
    if isinstance(op, Write):
        return Write(None if op.text is None else reword(op.text))
    if isinstance(op, AddGotcha | ReplaceGotcha):
        return _reworded(op, reword)
    if isinstance(op, (*_ONE_ITEM, SetDescription, SetWhen)):
        return msgspec.structs.replace(op, text=reword(op.text))
    return op


def _reworded(gotcha: _AnyGotcha, reword: Callable[[str], str]) -> _AnyGotcha:
    tripwire = gotcha.tripwire
    if tripwire is not None:
        tripwire = Condition(
            tool=tripwire.tool,
            has=tuple(map(reword, tripwire.has)),
            lacks=tuple(map(reword, tripwire.lacks)),
            unless_after=tuple(map(reword, tripwire.unless_after)),
            say=reword(tripwire.say),
        )
    return msgspec.structs.replace(gotcha, text=reword(gotcha.text), tripwire=tripwire)


def _with_evidence(op: AnyOp, choose: Callable[[tuple[str, ...]], tuple[str, ...]]) -> AnyOp:
    if isinstance(op, Create):
        gotchas = tuple(
            msgspec.structs.replace(gotcha, evidence=choose(gotcha.evidence)) for gotcha in op.gotchas
        )
        return msgspec.structs.replace(op, gotchas=gotchas)
    if hasattr(op, "evidence"):
        return msgspec.structs.replace(op, evidence=choose(op.evidence))
    return op


def _with_tripwires(op: AnyOp, choose: Callable[[Condition, tuple[str, ...]], Condition | None]) -> AnyOp:
    if isinstance(op, Create):
        return msgspec.structs.replace(op, gotchas=tuple(_with_tripwire(each, choose) for each in op.gotchas))
    return _with_tripwire(op, choose) if isinstance(op, AddGotcha | ReplaceGotcha) else op


def _with_tripwire(
    gotcha: _AnyGotcha, choose: Callable[[Condition, tuple[str, ...]], Condition | None]
) -> _AnyGotcha:
    if gotcha.tripwire is None:
        return gotcha
    return msgspec.structs.replace(gotcha, tripwire=choose(gotcha.tripwire, gotcha.evidence))
