"""Takes back what turns did to files: first a plan, which writes nothing, then all of it or nothing.

A plan is made from the files as they are now; what a person or a later turn changed since stays.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from hone.checkpoints.place import File, barrier, files_below, read, remove, write
from hone.checkpoints.records import Checkpoint, Records, Rewind
from hone.checkpoints.reverse import reversed_file
from hone.checkpoints.shadow import Shadow
from hone.checkpoints.trees import Difference, differences, files
from hone.errors import Conflict, HoneError, NotFound, UsageError

_SECONDS = 30.0  # somebody waits, and wants it done


class Edit(msgspec.Struct, frozen=True):
    """A file as it is now and as it will be; None: no file."""

    path: str
    now: File | None
    then: File | None


class Plan(msgspec.Struct, frozen=True):
    """What a rewind will write. `present` is the tree of all files now; `left` are (path, why) it cannot bring back."""

    session: str
    turns: tuple[int, ...]
    edits: tuple[Edit, ...]
    left: tuple[tuple[str, str], ...]
    present: str
    whole: bool = True
    undoes: int | None = None


class TurnFiles(msgspec.Struct, frozen=True):
    """What a turn did to files. `rewound`: it was taken back. `skipped` says why it cannot be."""

    turn: int
    files: tuple[Difference, ...]
    rewound: bool
    skipped: str


class Rewinder:
    """Takes back turns of `session`, whose files are in the workspace of `shadow`."""

    def __init__(self, shadow: Shadow, records: Records, session: str) -> None:
        self._shadow = shadow
        self._records = records
        self._session = session

    def turns(self) -> tuple[TurnFiles, ...]:
        """The turns that may have changed files, in order."""
        rewound = self._rewound()
        checkpoints = self._records.of_session(self._session)
        return tuple(self._files_of(each, each.turn in rewound) for each in checkpoints)

    def plan(
        self, turns: Sequence[int] | None = None, *, since: int | None = None, path: str | None = None
    ) -> Plan:
        """How to take back `turns`, or all from turn `since` on; by default the last one that changed something.

        With `path` only what was done to that file or directory. Raises UsageError where there is nothing of that kind,
        Conflict where something was changed since in the same place.
        """
        known = {each.turn: each for each in self._records.of_session(self._session)}
        if since is not None:
            turns = [turn for turn in known if turn >= since and turn not in self._rewound()]
        elif turns is None:
            turns = self._last_that_changed_something(known)
        if not turns:
            raise UsageError(
                f"nothing to take back in session {self._session}: hone rewind --list shows what was done"
            )
        chosen = [self._with_files(turn, known) for turn in sorted(turns, reverse=True)]
        present = self._shadow.snapshot(_SECONDS)
        steps = [(str(each.before), each.after or present) for each in chosen]
        edits, left = self._reversed(steps, path)
        return Plan(self._session, tuple(each.turn for each in chosen), edits, left, present, path is None)

    def plan_redo(self) -> Plan:
        """How to bring back what was taken back last. Raises UsageError if nothing was."""
        rewinds = [
            each for each in self._records.rewinds(self._session) if not each.undoes and not each.undone
        ]
        if not rewinds:
            raise UsageError(
                f"nothing was taken back in session {self._session}: there is nothing to bring back"
            )
        last = rewinds[-1]
        present = self._shadow.snapshot(_SECONDS)
        edits, left = self._reversed([(last.before, last.after)], None)
        return Plan(self._session, last.turns, edits, left, present, last.whole, last.id)

    def apply(self, plan: Plan) -> None:
        """Write what is planned, all of it or nothing, so that it can be taken back itself.

        Raises Conflict if a file changed since the plan was made, HoneError if one cannot be written.
        """
        root = self._shadow.workspace
        for edit in plan.edits:
            if read(root, edit.path) != edit.now:
                raise Conflict(f"{shown(edit.path)} was changed just now: nothing was written; try again")
        _write_all(root, plan.edits)
        done = Rewind(
            id=0,
            session=self._session,
            turns=plan.turns,
            paths=tuple(shown(edit.path) for edit in plan.edits),
            whole=plan.whole,
            before=plan.present,
            after=self._shadow.snapshot(_SECONDS),
            undoes=plan.undoes,
            undone=False,
        )
        self._records.add_rewind(done, str(root))

    def _rewound(self) -> frozenset[int]:
        rewinds = self._records.rewinds(self._session)
        return frozenset(
            turn
            for each in rewinds
            if each.whole and not each.undone and not each.undoes
            for turn in each.turns
        )

    def _files_of(self, checkpoint: Checkpoint, rewound: bool) -> TurnFiles:
        if checkpoint.before is None:
            return TurnFiles(checkpoint.turn, (), rewound, checkpoint.skipped)
        try:
            after = checkpoint.after or self._shadow.snapshot(_SECONDS)
            return TurnFiles(
                checkpoint.turn, differences(self._shadow, checkpoint.before, after), rewound, ""
            )
        except HoneError as error:
            return TurnFiles(checkpoint.turn, (), rewound, str(error))

    def _last_that_changed_something(self, known: Mapping[int, Checkpoint]) -> list[int]:
        rewound = self._rewound()
        for turn in sorted(known.keys() - rewound, reverse=True):
            if self._files_of(known[turn], False).files or known[turn].skipped:
                return [turn]
        return []

    def _with_files(self, turn: int, known: Mapping[int, Checkpoint]) -> Checkpoint:
        if turn not in known:
            raise NotFound("turn that changed files", str(turn), map(str, known))
        if known[turn].before is None:
            raise UsageError(f"turn {turn} cannot be taken back: {known[turn].skipped}")
        return known[turn]

    def _reversed(
        self, steps: Sequence[tuple[str, str]], only: str | None
    ) -> tuple[tuple[Edit, ...], tuple[tuple[str, str], ...]]:
        """What reversing the changes from each first to each second tree does to the files, in the order given."""
        root, merge = self._shadow.workspace, self._shadow.merge
        then: dict[str, File | None] = {}
        left: dict[str, str] = {}
        conflicts: list[str] = []
        touched: set[str] = set()
        for before, after in steps:
            differing = [
                each for each in differences(self._shadow, before, after) if _is_within(each.path, only)
            ]
            touched |= {each.path for each in differing}
            left |= {each.path: each.why_not_kept for each in differing if each.why_not_kept}
            kept = [each for each in differing if not each.why_not_kept]
            contents = files(self._shadow, [e for each in kept for e in (each.before, each.after) if e])
            for each in kept:
                now = then[each.path] if each.path in then else read(root, each.path)
                old, new = (contents[entry] if entry else None for entry in (each.before, each.after))
                try:
                    then[each.path] = reversed_file(old, new, now, merge)
                except Conflict as conflict:
                    conflicts.append(f"{shown(each.path)} {conflict}")
        if only is not None and not touched:
            raise NotFound("file changed there", only, sorted(self._changed(steps)))
        edits = [Edit(path, read(root, path), file) for path, file in sorted(then.items())]
        edits = [edit for edit in edits if edit.now != edit.then]
        conflicts += _obstacles(root, edits)
        if conflicts:
            raise Conflict(f"nothing was written: {'; '.join(dict.fromkeys(conflicts))}")
        return tuple(edits), tuple(sorted(left.items()))

    def _changed(self, steps: Sequence[tuple[str, str]]) -> set[str]:
        return {
            shown(each.path) for before, after in steps for each in differences(self._shadow, before, after)
        }


def shown(path: str) -> str:
    """A path for people and for JSON: bytes that are not UTF-8 as escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _is_within(path: str, only: str | None) -> bool:
    return only is None or only in (path, ".") or path.startswith(f"{only}/")


def _obstacles(root: Path, edits: Sequence[Edit]) -> Iterator[str]:
    """What stands where a file is to be, and is not going to be removed."""
    removed = {edit.path for edit in edits if edit.then is None}
    for edit in edits:
        if edit.then is None:
            continue
        if (in_the_way := barrier(root, edit.path)) and in_the_way not in removed:
            yield f"{shown(in_the_way)} is no directory any more"
        if any(path not in removed for path in files_below(root, edit.path)):
            yield f"{shown(edit.path)} is a directory now"


def _write_all(root: Path, edits: Sequence[Edit]) -> None:
    """Removals first, so that a directory can become a file. What was done is reversed if something fails."""
    ordered = sorted(edits, key=lambda edit: edit.then is not None)
    done: list[Edit] = []
    try:
        for edit in ordered:
            done.append(edit)
            _put(root, edit.path, edit.then)
    except OSError as error:
        for edit in sorted(done, key=lambda edit: edit.now is not None):
            _put(root, edit.path, edit.now)
        raise HoneError(
            f"{shown(done[-1].path)} cannot be written ({error.strerror}): all files are as they were"
        ) from error


def _put(root: Path, path: str, file: File | None) -> None:
    if file is None:
        remove(root, path)
    else:
        write(root, path, file)
