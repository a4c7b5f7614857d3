"""What the operations of a change do to the hone.yaml beside the skill: its pins, and the tripwires of its gotchas. Pure.

A tripwire knows its gotcha by a hash of what that says, and is retired when the gotcha goes or says something else.
"""

import hashlib
from collections.abc import Iterator, Sequence

import msgspec

from hone.changes.change import (
    AddGotcha,
    Create,
    Gotcha,
    Pin,
    RemoveGotcha,
    ReplaceGotcha,
    RetireTripwire,
    SetPins,
    SetStatus,
    SidecarEdit,
    SkillEdit,
)
from hone.memory.entries import identity
from hone.skills.locate import locate
from hone.skills.markdown import item_lines
from hone.skills.page import Page
from hone.skills.sidecar import (
    add_tripwires,
    new_sidecar,
    read_tripwires,
    retire_tripwire,
    set_fields,
    set_pins,
)
from hone.skills.tripwires import Tripwire

_OF_A_PERSON = "v: 1\nstatus: proven\n"  # as if there were none


def of_new_skill(text: str | None, op: Create, *, on_trial: bool) -> str | None:
    """The hone.yaml of a new skill, where `text` may stand already; None if it says nothing that is not the default."""
    tripwires = tuple(_tripwires(op.gotchas))
    if text is None and (on_trial or op.scope != "all"):
        text = new_sidecar("trial" if on_trial else "proven", op.scope)
    if op.pins:
        text = set_pins(text or _OF_A_PERSON, op.pins)
    return add_tripwires(text or _OF_A_PERSON, tripwires) if tripwires else text


def edited(text: str | None, op: SidecarEdit) -> str | None:
    """hone.yaml after an edit of its own. Raises SpliceError if it cannot be made."""
    match op:
        case SetPins(pins=pins):
            return set_pins(text or _OF_A_PERSON, pins) if text or pins else text
        case RetireTripwire(id=tripwire):
            return retire_tripwire(text or "", tripwire)
        case SetStatus(status=status):
            return set_fields(text or "v: 1\n", {"status": status})
        case _:
            return set_fields(text or "v: 1\n", {"pinned": isinstance(op, Pin)})


def following(text: str | None, skill: str, op: SkillEdit) -> str | None:
    """hone.yaml after `op` changed the SKILL.md that said `skill`: tripwires come with gotchas and are retired with them.

    Raises SpliceError if there is no such gotcha, or the text cannot be edited.
    """
    if isinstance(op, ReplaceGotcha | RemoveGotcha) and text is not None:
        gone = _hashes(skill, op.old)
        for tripwire in read_tripwires(text):
            if tripwire.gotcha in gone and not tripwire.retired:
                text = retire_tripwire(text, tripwire.id)
    if isinstance(op, AddGotcha | ReplaceGotcha) and op.tripwire is not None:
        return add_tripwires(text or _OF_A_PERSON, tuple(_tripwires((op,))))
    return text


def hash_of_gotcha(text: str) -> str:
    """Six hex digits that name a gotcha within its skill, by what it says."""
    said = " ".join(" ".join(item_lines(text)).split())
    return hashlib.sha256(identity(said).encode("utf-8", "replace")).hexdigest()[:6]


def _tripwires(gotchas: Sequence[Gotcha | AddGotcha | ReplaceGotcha]) -> Iterator[Tripwire]:
    """The tripwires of `gotchas`, without ids."""
    for gotcha in gotchas:
        if gotcha.tripwire is not None:
            yield Tripwire(
                **msgspec.structs.asdict(gotcha.tripwire),
                evidence=gotcha.evidence,
                gotcha=hash_of_gotcha(gotcha.text),
            )


def _hashes(skill: str, old: str) -> frozenset[str]:
    """The hashes of the gotcha that `old` names: of what is named, and of the whole item."""
    outline = Page(skill).outline
    span = locate(outline, "gotchas", old)
    return frozenset(map(hash_of_gotcha, (span.said, outline.text(span.item, span.item.end))))
