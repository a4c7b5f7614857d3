"""Taking an edit back from a file that went on since: three versions of bytes, by lines. Pure; knows no paths.

An edit is taken back where its lines stand untouched, or not at all.
"""

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from hone.errors import Conflict

_SHOWN = 60  # characters of a line in a message


def reverse(after: bytes | None, before: bytes | None, present: bytes | None) -> bytes | None:
    """`present` without the edit that made `after` of `before`; None is no file. No line added since is lost.

    A line taken out that comes back stands next to the one that it followed, before what was added there since.
    Raises Conflict if a line of the edit was edited since, or if the place is not clear.
    """
    if present == after:
        return before
    if present == before:
        raise Conflict("it is as it was before this change already")
    if after is None:
        raise Conflict("it was removed by this change and is there again: move it away first")
    if before is None:
        raise Conflict("it was made by this change and is not as it was made: undo the later changes first")
    if present is None:
        raise Conflict("it is gone: undo that first")
    merged = b"".join(_taken_back(_lines(after), _lines(before), _lines(present)))
    open_ended = _open_ended(before) if _open_ended(present) == _open_ended(after) else _open_ended(present)
    return merged.removesuffix(b"\n").removesuffix(b"\r") if open_ended else merged


def _taken_back(after: Sequence[bytes], before: Sequence[bytes], present: Sequence[bytes]) -> list[bytes]:
    places = _places(after, present)
    held = set(places.values())
    added = {line for place, line in enumerate(present) if place not in held}
    result = list(present)
    for tag, start, end, back, back_end in reversed(_matcher(after, before).get_opcodes()):
        if tag == "equal":
            continue
        returning = before[back:back_end]
        words = {line for line in returning if line.strip()}
        if words and words <= added:
            raise Conflict(f"{_shown(returning)} stands there again already")
        going = after[start:end]
        place = _place_of(going, start, present, places) if going else _gap(after, start, places)
        if place is not None and _has_heading(going) and not _has_heading(returning):
            # What was added below a heading since would come to stand below another one.
            place = place if places.get(end) == place + len(going) else None
        if place is None:
            raise Conflict(
                f"{_shown(going or returning)} was edited since, or what is around it:"
                " undo the later change first, or edit the file by hand"
            )
        result[place : place + len(going)] = returning
    return result


def _places(after: Sequence[bytes], present: Sequence[bytes]) -> Mapping[int, int]:
    """Where each line of `after` that still stands is in `present`; the ends of one are the ends of the other."""
    places = {-1: -1, len(after): len(present)}
    for ours, theirs, size in _matcher(after, present).get_matching_blocks():
        places |= {ours + n: theirs + n for n in range(size)}
    return places


def _place_of(
    block: Sequence[bytes], start: int, present: Sequence[bytes], places: Mapping[int, int]
) -> int | None:
    """Where the lines `block`, which begin at `start`, stand in `present`; None if they do not, or it is not sure."""
    end = start + len(block)
    place = _standing(start, end, places)
    if place is None:
        return None
    stop = place + len(block)
    follows, precedes = places.get(start - 1) == place - 1, places.get(end) == stop
    copies = sum(present[n : n + len(block)] == list(block) for n in range(len(present)))
    return place if follows or precedes or copies == 1 else None


def _gap(after: Sequence[bytes], at: int, places: Mapping[int, int]) -> int | None:
    """Where in the present lines what stood before the line `at` belongs; None if its neighbours are gone."""
    if not after:
        return 0
    above = at - 1
    while above > 0 and not after[above].strip():
        above -= 1  # a blank line alone could be any
    if at and _standing(above, at, places) is not None:
        return places[at - 1] + 1
    return places.get(at) if at < len(after) and after[at].strip() else None


def _has_heading(lines: Sequence[bytes]) -> bool:
    return any(line.startswith(b"#") for line in lines)


def _standing(start: int, end: int, places: Mapping[int, int]) -> int | None:
    """Where the lines from `start` to `end` stand, one below the other as they did."""
    first = places.get(start)
    if first is None or any(places.get(start + n) != first + n for n in range(end - start)):
        return None
    return first


def _matcher(one: Sequence[bytes], other: Sequence[bytes]) -> SequenceMatcher[bytes]:
    return SequenceMatcher(None, one, other, autojunk=False)


def _lines(data: bytes) -> list[bytes]:
    """The lines with their ends; the last one has an end as the first one has."""
    lines = data.splitlines(keepends=True)
    if _open_ended(data):
        lines[-1] += b"\r\n" if lines[0].endswith(b"\r\n") else b"\n"
    return lines


def _open_ended(data: bytes) -> bool:
    return data != b"" and not data.endswith((b"\n", b"\r"))


def _shown(lines: Sequence[bytes]) -> str:
    """The first line that says something, for a message."""
    first = next((line for line in lines if line.strip()), b"").decode("utf-8", "replace").strip()
    clean = "".join(char if char.isprintable() else " " for char in first)
    text = clean if len(clean) <= _SHOWN else clean[: _SHOWN - 1] + "…"
    return f"“{text}”" if text else "a blank line"
