"""What a skill relies on when it is learned or revised: the facts that its text names, taken from the world by code; and
anew when it worked although some had changed.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from hone.changes.change import Change, Create, SetPins
from hone.changes.plan import effects_of
from hone.errors import Conflict, UsageError
from hone.events import StepFinished, ToolFinished
from hone.history.rows import Recorded
from hone.learning.calls import arguments_of
from hone.learning.tried import tried
from hone.skills.facts.pinning import take
from hone.skills.literals import holds, searched
from hone.skills.pins import PinnedFact, Stale, World, pins_from, read_pins
from hone.skills.read import Skill, read_file
from hone.skills.sidecar import read_sidecar_fields
from hone.skills.tripwires import subject_of


def with_pins(
    change: Change, read: Callable[[str], bytes | None], world: World, written: Collection[str]
) -> Change:
    """`change` of a skill with the pins of the text that it leads to; `written` are paths that the turn itself changed.

    `read` gives the bytes of a path below the home. A change that does not fit the files is left as it is.
    """
    if change.op not in ("create", "revise"):
        return change
    try:
        effects = effects_of(change, read)
        there, _ = pins_from(_fields(read(f"skills/{change.skill}/hone.yaml")).get("pins"))
    except (Conflict, UsageError):  # whoever carries it out says so
        return change
    effect = next((each for each in effects if each.path == change.target), None)
    if effect is None or effect.after is None:
        return change
    before, text = ((data or b"").decode(errors="replace") for data in (effect.before, effect.after))
    pins = take(text, world, written=written)
    first = change.ops[0]
    if isinstance(first, Create):
        return msgspec.structs.replace(
            change, ops=(msgspec.structs.replace(first, pins=pins), *change.ops[1:])
        )
    pins = (*(pin for pin in there if not _goes(pin, before, text, world)), *pins)
    return change if pins == there else msgspec.structs.replace(change, ops=(*change.ops, SetPins(pins)))


def _goes(pin: PinnedFact, before: str, after: str, world: World) -> bool:
    """Whether a pin is not kept as it is: it is taken anew, or the text that named it is gone. What a person added stays."""
    if pin.project not in ("", world.project):
        return False
    name = _name(pin)
    return name in after or name in before


def _fields(sidecar: bytes | None) -> Mapping[str, Any]:
    return read_sidecar_fields((sidecar or b"").decode(errors="replace"))


def renewal(
    skill: Skill, changed: Sequence[Stale], world: World, events: Sequence[Recorded]
) -> Change | None:
    """The pins of a skill that did its job although they had `changed`, those that `events` used as they are in `world`.

    None if nothing that changed was used with success; what is gone, or was not used, stays as it is and goes on being said.
    """
    used = [searched(subject_of(call.tool, call.arguments)) for call in tried(events) if call.ok]
    fresh = {_place(pin): pin for pin in take(read_file(skill.path)[0], world)}
    proven = {
        each.pin: msgspec.structs.replace(each.pin, value=now.value, seen=now.seen)
        for each in changed
        if (now := fresh.get(_place(each.pin))) and any(holds(text, _name(each.pin)) for text in used)
    }
    if not proven:
        return None
    changed = [each for each in changed if each.pin in proven]
    pins = (proven.get(pin, pin) for pin in read_pins(Path(skill.directory)))
    return Change(
        target=f"skills/{Path(skill.directory).name}/SKILL.md",
        ops=(SetPins(tuple(pins)),),
        origin="review",
        trust="workspace",
        project=world.project,
        note=f"it worked although {'; '.join(each.said for each in changed)}",
    )


def _name(pin: PinnedFact) -> str:
    """The word by which a call uses what is pinned: the script, target or service of a manifest, else the file or command."""
    return pin.key.rpartition(".")[2] or PurePosixPath(pin.target).name


def _place(pin: PinnedFact) -> tuple[str, str, str]:
    return pin.kind, pin.target, pin.key


def written_by(events: Sequence[Recorded]) -> frozenset[str]:
    """The paths that `write` and `edit` changed, as the model named them."""
    asked = {
        call.id: call
        for each in events
        if isinstance(each.event, StepFinished)
        for call in each.event.message.tool_calls
    }
    return frozenset(
        str(arguments_of(asked[each.event.reply.call_id]).get("path", ""))
        for each in events
        if isinstance(each.event, ToolFinished)
        and each.event.reply.name in ("write", "edit")
        and each.event.reply.ok
        and each.event.reply.call_id in asked
    )
