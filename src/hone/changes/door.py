"""The one door: whoever wants to change a skill or memory comes through here, the user's own hand edits included.

Judged by `gate`, planned by `plan`, written by `apply`, recorded by `journal`, committed by `repository`. Who is killed in
between leaves a row that says so; the next one to come through finishes it first.
"""

import contextlib
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from hone.changes import gate, hand, inbox
from hone.changes.apply import carry_out, read_file, sweep, take_back, with_contents
from hone.changes.beside import check_alone
from hone.changes.change import Change, Effect, Facts, Outcome, Status, Verdict
from hone.changes.inherit import inherited
from hone.changes.journal import Journal, is_change_id
from hone.changes.ledger import Ledger, Row
from hone.changes.paths import check_target
from hone.changes.plan import effects_of
from hone.changes.repository import HONE, USER, Commit, Repository
from hone.changes.rules.leaks import leaks, without_known_forms, without_named_secrets, without_secrets
from hone.changes.summary import summary_of
from hone.changes.together import together
from hone.changes.undo import reversed_effects
from hone.changes.unkept import keepable
from hone.clock import Clock, local_date
from hone.database import Database
from hone.errors import Conflict, HomeError, NotFound, UsageError
from hone.files import locked
from hone.git import Git
from hone.skills.sidecar import is_pinned

Mode = Literal["auto", "hold"]

_NO_FACTS = Facts()
_SAYS_SO = "nothing to change: the file says so already"
_WHY_NOT = {
    "undone": "it is undone already",
    "held": "it was never applied: it waits in the inbox",
    "proposed": "it was not applied yet",
    "rejected": "it was never applied: it was rejected",
}
_DELETED = "its file was deleted from the inbox"
_MAY_WAIT = ("held", "proposed", "rejected")
_MANY_AT_ONCE = "it took in many files as they were: edit or delete what you do not want"


class Door:
    """Changes of the skills and memory of one home. Calls block, some for as long as another process writes.

    Every method raises HomeError if the home cannot be read or written, and UsageError for a change that no home could
    take; then nothing was changed.
    """

    def __init__(
        self, home: Path, database: Database, git: Git, clock: Clock, rng: random.Random, mode: Mode = "auto"
    ) -> None:
        self.ledger = Ledger(database)
        self._home = home
        self._journal = Journal(database, clock, rng)
        self._repository = Repository(home, git)
        self._clock = clock
        self._mode: Mode = mode

    def judge(self, change: Change, facts: Facts = _NO_FACTS) -> Verdict:
        """The gate's verdict on `change` against the files as they are; one that does not fit them is rejected."""
        change = inherited(change, self.ledger, self._read)
        try:
            effects = self._plan(change)
        except HomeError:
            raise
        except (Conflict, UsageError) as error:
            return Verdict("reject", without_secrets(change), (without_known_forms(str(error)),))
        if not effects:
            return Verdict("reject", without_secrets(change), (_SAYS_SO,))
        return self._gate(change, effects, facts)

    def submit(self, change: Change, facts: Facts = _NO_FACTS) -> Outcome:
        """Judge `change` and do as the verdict says: make it, put it into the inbox, or refuse it."""
        with self._alone():
            outcome = self._submit(change, facts)
        self.commit()
        return outcome

    def propose(self, nudge: int, verdicts: Sequence[Verdict]) -> None:
        """Record what a review came to, so that `settle` carries it out exactly once; nothing if that was done before."""
        with self._alone():
            judged = [
                each
                for verdict in verdicts
                for each in (verdict, *(self.judge(change) for change in verdict.also))
                if each.change.ops
            ]
            taken: list[str] = []
            proposals = []
            for verdict in together(judged, self._plan):
                row = self._new(verdict.change, verdict.reasons, taken)
                taken.append(row.change.id)
                status: Status = "rejected" if verdict.decision == "reject" else "proposed"
                proposals.append((msgspec.structs.replace(row, status=status), verdict))
            self._journal.propose(nudge, proposals)

    def proposed(self, nudge: int) -> bool:
        """Whether the changes of this review were recorded, whatever became of them."""
        return self._journal.has_proposals(nudge)

    def settle(self, nudge: int | None = None) -> tuple[Outcome, ...]:
        """Finish what others left unfinished and carry out what was proposed. Each happens once, whoever calls."""
        with self._alone() as finished:
            carried = [self._carry_out(row, decision) for row, decision in self._journal.proposals(nudge)]
        self.commit()
        return (*finished, *carried)

    def scan(self) -> tuple[Row, ...]:
        """Record what was edited by hand since hone last looked, as changes by the user."""
        differs = hand.differing(self._home, self._journal.known(), self._clock.now())
        if not differs and not self._dropped():
            return ()
        with self._alone():
            found = hand.differing(self._home, self._journal.known(), self._clock.now())
            rows = self._record_edits(found)
        self.commit()
        return rows

    def unkept(self) -> tuple[str, ...]:
        """A line for each file that was edited by hand and of which no copy is kept, because it holds a secret."""
        found = hand.differing(self._home, self._journal.known(), self._clock.now())
        return hand.edits(self._home, self._journal, found).unkept

    def accept(self, change_id: str) -> Outcome:
        """Make a change that waits in the inbox. What does not fit, or holds a secret, goes on waiting: a conflict."""
        with self._alone():
            waiting = self._waiting(change_id)
            outcome = self._accept(waiting) if isinstance(waiting, Change) else waiting
        self.commit()
        return outcome

    def reject(self, change_id: str) -> Outcome | None:
        """Drop a change that waits in the inbox. None: its file was no change, and is deleted."""
        with self._alone():
            try:
                waiting = self._waiting(change_id)
            except NotFound:
                raise
            except UsageError:
                inbox.remove(self._home, inbox.find(self._home, change_id))
                self._drop()
                return None
            if not isinstance(waiting, Change):
                return waiting
            outcome = self._refuse(_row(waiting, waiting.reasons))
            inbox.remove(self._home, waiting.id)
        return outcome

    def undo(self, change_id: str) -> Outcome:
        """Take back what a change did and leave the edits of others; a conflict writes nothing."""
        with self._alone():
            outcome = self._undo(self.ledger.get(change_id))
        self.commit()
        return outcome

    def commit(self) -> None:
        """Bring git up to the ledger. Without git, or with a broken one, the ledger waits."""
        if not self._journal.has_uncommitted():
            return
        with locked(self._home / ".cache/commit.lock"):
            if not self._repository.exists():
                self._journal.forget_commits()
            rows = self._journal.uncommitted()
            if rows and self._repository.record([self._commit_of(row) for row in rows]):
                self._journal.mark_committed(rows)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[list[Outcome]]:
        """Nobody else changes this home meanwhile. Gives what became of the changes that a dead process left half done."""
        with locked(self._home / ".cache/changes.lock"):
            finished = [self._resume(row) for row in self._journal.unfinished()]
            self._drop()
            yield finished

    def _submit(self, change: Change, facts: Facts) -> Outcome:
        check_target(change.target)
        self._record_edits(hand.around(self._home, self._journal, change.target))
        change = inherited(change, self.ledger, self._read)
        try:
            verdict, effects = self._judged(change, facts)
        except Conflict as error:
            reason = without_known_forms(str(error))
            if change.origin == "user":
                return Outcome(change, "conflict", (reason,))
            return self._hold(self._new(change, (reason,)))
        also = [self._submit(each, facts) for each in verdict.also]
        if not verdict.change.ops and also:
            return msgspec.structs.replace(also[0], reasons=(*verdict.reasons, *also[0].reasons))
        if verdict.decision == "reject":
            return self._refuse(self._new(verdict.change, verdict.reasons))
        if not effects:
            return Outcome(change, "unchanged", (_SAYS_SO,))
        row = self._new(verdict.change, verdict.reasons)
        return self._apply(row, effects) if verdict.decision == "accept" else self._hold(row)

    def _judged(self, change: Change, facts: Facts) -> tuple[Verdict, tuple[Effect, ...]]:
        """The verdict, and the effects of what is left of the change after it."""
        effects = self._plan(change)
        if not effects:
            return Verdict("accept", change), ()
        verdict = self._gate(change, effects, facts)
        trimmed = verdict.decision != "reject" and verdict.change.ops != change.ops
        return verdict, self._plan(verdict.change) if trimmed else effects

    def _gate(self, change: Change, effects: Sequence[Effect], facts: Facts) -> Verdict:
        sidecar = self._read(f"skills/{change.skill}/hone.yaml") if change.skill else None
        pinned = is_pinned((sidecar or b"").decode("utf-8", "replace"))
        facts = msgspec.structs.replace(facts, pinned=pinned)
        return gate.judge(change, effects, facts, mode=self._mode, today=local_date(self._clock))

    def _carry_out(self, row: Row, decision: str) -> Outcome:
        """What was proposed happens now; files that changed since are met by the text that the operations name."""
        self._record_edits(hand.around(self._home, self._journal, row.change.target))
        if decision == "hold":
            return self._hold(row)
        try:
            effects = self._plan(row.change)
        except HomeError:
            raise
        except Conflict as error:
            return self._hold(_with_reason(row, str(error)))
        except UsageError as error:
            return self._refuse(_with_reason(row, str(error)))
        if effects:
            return self._apply(row, effects)
        self._refuse(_with_reason(row, _SAYS_SO))
        return Outcome(row.change, "unchanged", (_SAYS_SO,))

    def _accept(self, change: Change) -> Outcome:
        check_target(change.target)
        self._record_edits(hand.around(self._home, self._journal, change.target))
        row = _row(change, change.reasons)
        try:
            effects = self._plan(change)
        except Conflict as error:
            return Outcome(change, "conflict", (str(error),))
        if not effects:
            inbox.remove(self._home, change.id)
            self._refuse(_with_reason(row, _SAYS_SO))
            return Outcome(change, "unchanged", (_SAYS_SO,))
        verdict = self.judge(change)
        if verdict.decision == "reject":
            return Outcome(change, "conflict", verdict.reasons)
        return self._apply(row, effects)

    def _undo(self, row: Row) -> Outcome:
        if row.status != "applied" or row.change.target == hand.LIBRARY:
            return Outcome(row.change, "conflict", (_WHY_NOT.get(row.status, _MANY_AT_ONCE),))
        effects = self.ledger.effects(row.change.id)
        for path in (path for effect in effects for path in (effect.path, effect.moved_to) if path):
            self._record_edits(hand.around(self._home, self._journal, path))
        try:
            back = reversed_effects(effects, self._read)
            check_alone(self._home, self.ledger, row, back)
        except Conflict as error:
            return Outcome(row.change, "conflict", (str(error),))
        change = Change(target=row.change.target, ops=row.change.ops, origin="user")
        words = f"took back {row.change.id}: {row.summary}"
        undoing = Row(change, 0.0, "undo", "applied", words, undoes=row.change.id)
        return self._apply(self._journal.new(undoing, inbox.ids(self._home)), back)

    def _apply(self, row: Row, effects: Sequence[Effect]) -> Outcome:
        by_user = row.change.origin == "user"
        try:
            contents = tuple(with_contents(self._home, effects))
            kept = keepable(contents, self._journal.last_version, by_user=by_user)
        except Conflict as error:
            if by_user:
                return msgspec.structs.replace(self._refuse(_with_reason(row, str(error))), status="conflict")
            return self._hold(_with_reason(row, str(error)))
        self._journal.begin(row, kept)
        return self._finish(row, effects)

    def _resume(self, row: Row) -> Outcome:
        effects = self.ledger.effects(row.change.id)
        sweep(self._home, effects)
        return self._finish(row, effects)

    def _finish(self, row: Row, effects: Sequence[Effect]) -> Outcome:
        """From the row that says `applying` to the end."""
        inbox.remove(self._home, row.change.id)
        try:
            for effect in effects:
                carry_out(self._home, effect)
        except (Conflict, HomeError) as error:
            take_back(self._home, effects)
            for effect in effects:
                self._record_edits(hand.around(self._home, self._journal, effect.path))
            if row.undoes or row.change.origin == "user":
                return msgspec.structs.replace(self._refuse(_with_reason(row, str(error))), status="conflict")
            return self._hold(_with_reason(row, str(error)))
        self._journal.finish(row)
        return Outcome(row.change, "applied", row.change.reasons)

    def _hold(self, row: Row) -> Outcome:
        if secrets := leaks(row.change, ()):
            return self._refuse(_row(without_secrets(row.change), (*row.change.reasons, secrets[0].reason)))
        inbox.put(self._home, row.change)
        self._journal.set_aside(msgspec.structs.replace(row, status="held"))
        return Outcome(row.change, "held", row.change.reasons)

    def _refuse(self, row: Row) -> Outcome:
        self._journal.set_aside(msgspec.structs.replace(row, status="rejected"))
        return Outcome(row.change, "rejected", row.change.reasons)

    def _record_edits(self, stamps: hand.Stamps) -> tuple[Row, ...]:
        edits = hand.edits(self._home, self._journal, stamps)
        if edits.seen:
            self._journal.record(edits.made, edits.seen)
        return tuple(row for row, _ in edits.made)

    def _waiting(self, change_id: str) -> Change | Outcome:
        """The change in the inbox, or the conflict that it is not there any more."""
        try:
            name = inbox.find(self._home, change_id)
        except NotFound:
            row = self.ledger.get(change_id)
            return Outcome(row.change, "conflict", (f"it is {row.status}, not on hold",))
        return self._owned(inbox.read(self._home, name))

    def _owned(self, change: Change) -> Change:
        """A change from the inbox with the row that it had there; a copy of one is a change of its own."""
        row = self._journal.find(change.id)
        if row and row.status in _MAY_WAIT:
            return msgspec.structs.replace(change, nudge=row.change.nudge, ordinal=row.change.ordinal)
        own = msgspec.structs.replace(change, nudge=None, ordinal=None)
        if not row and is_change_id(own.id):
            return own
        own = self._new(own, own.reasons).change
        inbox.put(self._home, own)
        inbox.remove(self._home, change.id)
        return own

    def _dropped(self) -> list[Row]:
        """The changes on hold whose file the user deleted."""
        held = self.ledger.rows(status="held")
        waiting = set(inbox.ids(self._home)) if held else ()
        return [row for row in held if row.change.id not in waiting]

    def _drop(self) -> None:
        for row in self._dropped():
            self._refuse(_with_reason(row, _DELETED))

    def _new(self, change: Change, reasons: Sequence[str], taken: Sequence[str] = ()) -> Row:
        return self._journal.new(_row(change, reasons), (*taken, *inbox.ids(self._home)))

    def _plan(self, change: Change) -> tuple[Effect, ...]:
        return effects_of(change, self._read)

    def _read(self, path: str) -> bytes | None:
        return read_file(self._home, path)

    def _commit_of(self, row: Row) -> Commit:
        change = row.change
        trailers = (
            ("Session", change.session or ""),
            ("Turn", str(change.turn or "")),
            ("Evidence", " ".join(change.evidence)),
            ("Trust", change.trust),
            ("Model", change.model or ""),
        )
        author = USER if change.origin == "user" else HONE
        files = tuple(self._journal.after(change.id))
        return Commit(change.id, row.summary, author, row.at, trailers, files)


def _row(change: Change, reasons: Sequence[str]) -> Row:
    change = without_named_secrets(change)
    change = msgspec.structs.replace(change, reasons=tuple(map(without_known_forms, reasons)))
    return Row(change, 0.0, change.op, "applied", summary_of(change))


def _with_reason(row: Row, reason: str) -> Row:
    change = msgspec.structs.replace(row.change, reasons=(*row.change.reasons, without_known_forms(reason)))
    return msgspec.structs.replace(row, change=change)
