"""Taking back what a change wrote into hone.yaml: a tripwire stands for itself, as an entry of memory does. Pure.

What code has noted since, a renewed pin or a retired tripwire, is no edit that an undo would have to respect.
"""

from collections.abc import Iterator
from typing import Any

from hone.changes.merge import reverse
from hone.errors import Conflict, SpliceError
from hone.skills import sidecar_lists as lists
from hone.skills.outline import MARK
from hone.skills.sidecar import read_pins, read_sidecar_fields, set_pins

_LISTS = ("pins", "tripwires")
_RETIRED = "retired"


def reverse_sidecar(
    after: bytes | None, before: bytes | None, present: bytes | None, *, with_skill: bool
) -> bytes | None:
    """`present` without the edit that made `after` of `before`; None is no file.

    `with_skill`: the skill itself came with that edit and goes with it. Raises Conflict as `merge.reverse` does.
    """
    if after is None or present is None or present in (after, before):
        return reverse(after, before, present)
    then, earlier, now = (_text(data) for data in (after, before, present))
    try:
        if before is None and with_skill:
            if _bare(now) == _bare(then):
                return None
        elif before is None or _bare(earlier) == _bare(then):
            result = _without_tripwires_of(then, earlier, now)
            return _with_pins_of(then, earlier, result).encode("utf-8", "surrogateescape")
    except SpliceError:
        pass  # no YAML, or no lists of ours: a text like any other
    return reverse(after, before, present)


def _text(data: bytes | None) -> str:
    return (data or b"").decode("utf-8", "surrogateescape")


def _bare(text: str) -> dict[str, Any]:
    """What is said beside the lists."""
    return {key: value for key, value in read_sidecar_fields(text).items() if key not in _LISTS}


def _without_tripwires_of(after: str, before: str, present: str) -> str:
    """`present` without the tripwires that came, and with those that were retired at work again."""
    known = {str(each.get("id")): each for each in _tripwires(before)}
    if not known.keys() <= {str(each.get("id")) for each in _tripwires(after)}:
        raise SpliceError("a tripwire was taken out")
    mark = MARK if present.startswith(MARK) else ""
    present = present.removeprefix(MARK)
    for tripwire in _tripwires(after):
        name = str(tripwire.get("id"))
        if tripwire == known.get(name):
            continue
        place = _place(present, tripwire)
        if name not in known:
            present = lists.without_item(present, "tripwires", place)
        elif _apart_from_retired(known[name]) == _apart_from_retired(tripwire):
            present = lists.with_field(present, "tripwires", place, _RETIRED, "false")
        else:
            raise SpliceError("a tripwire was edited")
    return mark + present


def _place(text: str, tripwire: dict[str, Any]) -> int:
    there = lists.list_in(text, "tripwires")
    for place, each in enumerate(there):
        if isinstance(each, dict) and _apart_from_retired(each) == _apart_from_retired(tripwire):
            return place
    raise Conflict(f"tripwire {tripwire.get('id')} was edited since: edit the file by hand")


def _with_pins_of(after: str, before: str, present: str) -> str:
    """`present` with the pins as they were, unless they are others by now."""
    if read_pins(present) != read_pins(after):
        return present
    return set_pins(present, read_pins(before))


def _tripwires(text: str) -> Iterator[dict[str, Any]]:
    items = lists.list_in(text.removeprefix(MARK), "tripwires")
    return (each for each in items if isinstance(each, dict))


def _apart_from_retired(tripwire: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in tripwire.items() if key != _RETIRED}
