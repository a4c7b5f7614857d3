"""hone.yaml as text: a new one, its fields set in place, its tripwires and pins. What the fields mean, `read` knows.

Whatever is not named stays byte for byte. Every function that gives a text raises SpliceError if it cannot be edited so.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from hone.errors import SpliceError, UsageError
from hone.skills import frontmatter as fm
from hone.skills import sidecar_lists as lists
from hone.skills.outline import MARK
from hone.skills.pins import PinnedFact, pins_from
from hone.skills.read import YES
from hone.skills.scalars import scalar, set_field
from hone.skills.tripwires import Tripwire, tripwires_from


def new_sidecar(status: str = "trial", scope: str = "all") -> str:
    """The hone.yaml of a new skill."""
    return set_fields("", {"v": 1, "status": status, "pinned": False, "scope": scope})


def read_sidecar_fields(text: str) -> dict[str, Any]:
    """The fields of a hone.yaml, every scalar as the text that was written. Raises SpliceError if it is not YAML."""
    try:
        return fm.parse_mapping(text.removeprefix(MARK))
    except UsageError as error:
        raise SpliceError(f"hone.yaml: {error}") from error


def is_pinned(text: str) -> bool:
    """Whether a hone.yaml says that its skill is to stay as it is; one that cannot be read says nothing."""
    try:
        fields = read_sidecar_fields(text)
    except SpliceError:
        return False
    return str(fields.get("pinned", "")).casefold() in YES


def read_tripwires(text: str) -> tuple[Tripwire, ...]:
    """The tripwires in a hone.yaml, retired ones included; none of one that cannot be read."""
    return tripwires_from(_field(text, "tripwires"))[0]


def read_pins(text: str) -> tuple[PinnedFact, ...]:
    """The pins in a hone.yaml; none of one that cannot be read."""
    return pins_from(_field(text, "pins"))[0]


def set_fields(text: str, fields: Mapping[str, str | bool | int]) -> str:
    """The hone.yaml `text` with these fields, new ones last.

    A field that says so already keeps its spelling. A field that is a list or mapping cannot be set.
    """

    def edit(plain: str) -> str:
        for key, value in fields.items():
            plain = set_field(plain, key, scalar(value))
        return plain

    read_sidecar_fields(text)
    return _edited(text, edit)


def add_tripwires(text: str, tripwires: Sequence[Tripwire]) -> str:
    """`tripwires` behind those that are there, each with the id after the highest so far: `t1`, `t2`, …"""

    def edit(plain: str) -> str:
        number = max(map(_number, _ids(plain)), default=0)
        for tripwire in tripwires:
            number += 1
            plain = lists.with_item(
                plain, "tripwires", _as_item(msgspec.structs.replace(tripwire, id=f"t{number}"))
            )
        return plain

    return _edited(text, edit)


def retire_tripwire(text: str, tripwire: str) -> str:
    """The tripwire of that id marked as retired; it stays."""

    def edit(plain: str) -> str:
        places = [place for place, name in enumerate(_ids(plain)) if name == tripwire]
        if not places:
            raise SpliceError(f"hone.yaml: there is no tripwire {tripwire}")
        for place in places:
            (read,), _ = tripwires_from([lists.list_in(plain, "tripwires")[place]])
            if not read.retired:
                plain = lists.with_field(plain, "tripwires", place, "retired", scalar(True))
        return plain

    return _edited(text, edit)


def set_pins(text: str, pins: Sequence[PinnedFact]) -> str:
    """`pins` in the place of those that are there; each that is of the same thing keeps its place, new ones come last."""

    def edit(plain: str) -> str:
        wanted = {_thing(pin): pin for pin in pins}
        items = lists.list_in(plain, "pins")
        for place in reversed(range(len(items))):
            for old in pins_from([items[place]])[0]:
                new = wanted.pop(_thing(old), None)
                if new is None:
                    plain = lists.without_item(plain, "pins", place)
                elif new != old and new.value and new.seen:
                    for field in ("value", "seen"):
                        plain = lists.with_field(plain, "pins", place, field, lists.put(getattr(new, field)))
                elif new != old:
                    plain = lists.with_item_replaced(plain, "pins", place, _pin_as_item(new))
        for pin in wanted.values():
            plain = lists.with_item(plain, "pins", _pin_as_item(pin))
        return plain

    return _edited(text, edit)


def _edited(text: str, edit: Callable[[str], str]) -> str:
    mark = MARK if text.startswith(MARK) else ""
    return mark + edit(text.removeprefix(MARK))


def _field(text: str, key: str) -> object:
    try:
        return read_sidecar_fields(text).get(key)
    except SpliceError:
        return None


def _ids(text: str) -> list[str]:
    """The id of each item, that of a tripwire without one as it is read; empty for what is no tripwire."""
    fields = [each if isinstance(each, dict) else {} for each in lists.list_in(text, "tripwires")]
    return [str(each.get("id") or f"t{number}") if each else "" for number, each in enumerate(fields, 1)]


def _number(tripwire: str) -> int:
    found = re.fullmatch(r"t(\d{1,9})", tripwire)
    return int(found[1]) if found else 0


def _as_item(tripwire: Tripwire) -> str:
    fields: dict[str, str | Sequence[str]] = {
        name: getattr(tripwire, name)
        for name in ("id", "tool", "has", "lacks", "unless_after", "say", "evidence")
    }
    if tripwire.gotcha:
        fields["gotcha"] = tripwire.gotcha
    return lists.written(fields, in_quotes=("has", "lacks", "unless_after", "say"))


def _thing(pin: PinnedFact) -> tuple[str, ...]:
    """What a pin is about, whatever it says of it."""
    return pin.kind, pin.target, pin.key, pin.project


def _pin_as_item(pin: PinnedFact) -> str:
    return lists.written({name: text for name, text in msgspec.structs.asdict(pin).items() if text})
