"""Files that came beside a skill after a change made it: taking that change back must not leave them without their skill."""

import itertools
from collections.abc import Sequence
from pathlib import Path

from hone.changes.change import Effect
from hone.changes.hand import LIBRARY
from hone.changes.ledger import Ledger, Row
from hone.errors import Conflict

_SHOWN = 5


def check_alone(home: Path, ledger: Ledger, row: Row, back: Sequence[Effect]) -> None:
    """Raise Conflict, with what to do first, if `back`, which takes back `row`, removes a skill that has other files by now.

    Raises HomeError if state.db cannot be read.
    """
    gone = {effect.path for effect in back if effect.after is None and not effect.moved_to}
    for directory in (path.rpartition("/")[0] for path in gone if path.endswith("/SKILL.md")):
        beside = {f"{directory}/{place.name}" for place in (home / directory).iterdir()} - gone
        came = sorted(path for path in beside if not ledger.stood_before(row.change.id, path))
        writers = [_later(ledger, row, path) for path in came]
        names = [path.rpartition("/")[2] for path in came]
        if came and all(writers):
            ids = ", ".join(dict.fromkeys(itertools.chain(*writers)))
            raise Conflict(f"later changes wrote {', '.join(names)} beside it: undo those first: {ids}")
        if came:
            raise Conflict(f"{home / directory} also holds {', '.join(names[:_SHOWN])}: move that away first")


def _later(ledger: Ledger, row: Row, path: str) -> list[str]:
    """The changes of a file since `row` that can be undone, in the order in which to do so."""
    versions = [each for each, _ in reversed(ledger.history_of(path))]
    later = itertools.takewhile(lambda each: each.change.id != row.change.id, versions)
    return [
        each.change.id
        for each in later
        if each.status == "applied" and not each.undoes and each.change.target != LIBRARY
    ]
