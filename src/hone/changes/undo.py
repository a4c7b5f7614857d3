"""What undoing a change would do to the files as they are now. Pure; `hone.changes.door` does it."""

from collections.abc import Callable, Sequence, Set

from hone.changes.change import Effect
from hone.changes.merge import reverse
from hone.changes.undo_sidecar import reverse_sidecar
from hone.errors import Conflict

Read = Callable[[str], bytes | None]
"""The bytes of a path below the home, None if there is no such file."""


def reversed_effects(effects: Sequence[Effect], read: Read) -> tuple[Effect, ...]:
    """The effects that take `effects` back, last one first. Other edits of the same files stay.

    Raises Conflict, which names the file, if any one of them cannot be taken back.
    """
    if not effects:
        raise Conflict("it wrote nothing that could be taken back")
    made = frozenset(effect.path for effect in effects if effect.before is None)
    back = [
        _moved_back(effect.path, effect.moved_to, read)
        if effect.moved_to
        else _taken_back(effect, made, read)
        for effect in reversed(effects)
    ]
    changing = tuple(effect for effect in back if effect.moved_to or effect.before != effect.after)
    if not changing:
        raise Conflict("what it noted was noted anew since: there is nothing to take back")
    return changing


def _taken_back(effect: Effect, made: Set[str], read: Read) -> Effect:
    present = read(effect.path)
    directory, _, file = effect.path.rpartition("/")
    try:
        if effect.path.startswith("skills/") and file == "hone.yaml":
            with_skill = f"{directory}/SKILL.md" in made
            result = reverse_sidecar(effect.after, effect.before, present, with_skill=with_skill)
            return Effect(effect.path, present, result)
        if effect.path.startswith("skills/") or present is None or present == effect.after:
            return Effect(effect.path, present, reverse(effect.after, effect.before, present))
        # Entries of a memory file stand for themselves: one that made or emptied the file is taken back like others,
        # and the file goes with the last of them, in whatever order they are taken back.
        result = reverse(effect.after or b"", effect.before or b"", present)
    except Conflict as error:
        raise Conflict(f"{effect.path}: {error}") from error
    was_empty = effect.before == b""
    return Effect(effect.path, present, result if result or was_empty else None)


def _moved_back(origin: str, place: str, read: Read) -> Effect:
    if read(f"{place}/SKILL.md") is None:
        raise Conflict(f"{place} is gone: undo that first")
    if read(f"{origin}/SKILL.md") is not None:
        raise Conflict(f"{origin} is there again: move it away first")
    return Effect(place, moved_to=origin)
