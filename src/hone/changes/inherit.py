"""Trust that is kept through revision: what takes the place of a line is trusted no more than the line was."""

from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher

import msgspec

from hone.changes.blame import blame
from hone.changes.change import Change, Effect
from hone.changes.ledger import Ledger
from hone.changes.plan import effects_of
from hone.errors import Conflict, UsageError
from hone.messages import least_trusted


def inherited(change: Change, ledger: Ledger, read: Callable[[str], bytes | None]) -> Change:
    """`change` with the least trust of its own and of the lines that it takes out or rewrites.

    `read` gives the bytes of a path below the home. What the user does is the user's. A change that does not fit the files
    is left as it is: whoever carries it out says so. Raises HomeError if state.db cannot be read.
    """
    if change.origin == "user" or not (versions := ledger.history_of(change.target)):
        return change
    try:
        effects = effects_of(change, read)
    except (Conflict, UsageError):
        return change
    lost = set(_lost(effects, change.target))
    lines = blame(versions, read(change.target) or b"") if lost else ()
    levels = (line.by.change.trust for line in lines if line.by and line.line in lost)
    return msgspec.structs.replace(change, trust=least_trusted(change.trust, *levels))


def _lost(effects: Sequence[Effect], target: str) -> Iterator[int]:
    """The numbers of the lines of the target that are not there any more afterwards, from 1."""
    for effect in effects:
        if effect.path == target and not effect.moved_to:
            before, after = ((data or b"").splitlines() for data in (effect.before, effect.after))
            matcher = SequenceMatcher(None, before, after, autojunk=False)
            for tag, start, end, _, _ in matcher.get_opcodes():
                if tag in ("replace", "delete"):
                    yield from range(start + 1, end + 1)
