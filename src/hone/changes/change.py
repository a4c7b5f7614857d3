"""A change as a value: one proposed edit of a skill or of a memory file, where it came from and what it rests on.

What the operations do to a file is `hone.changes.plan`'s part, whether they may, `hone.changes.gate`'s.
"""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Literal

import msgspec

from hone.messages import Trust
from hone.skills.pins import PinnedFact
from hone.skills.tripwires import Condition

Origin = Literal["review", "tool", "dream", "import", "sync", "user"]
"""Who proposes: a review, the agent in the foreground (`remember`), later writers, or the user (by hand or by command)."""

Status = Literal["proposed", "applying", "applied", "held", "rejected", "undone"]


class Op(msgspec.Struct, frozen=True, tag_field="op", omit_defaults=True, forbid_unknown_fields=True):
    """Base of all operations. `old` is the text of the line or item meant, `evidence` are event ids of the session."""


class Gotcha(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something learned the hard way, and how to see the mistake coming, if there is a way."""

    text: str
    evidence: tuple[str, ...] = ()
    tripwire: Condition | None = None


class Create(Op, frozen=True, tag="create"):
    """A new skill; `scope` is `all`, or `project:<slug>` for one that is about the files of a project.

    `pins` are taken by code, not by who proposes it.
    """

    title: str
    description: str
    when_to_use: str
    steps: tuple[str, ...]
    gotchas: tuple[Gotcha, ...] = ()
    scope: str = "all"
    pins: tuple[PinnedFact, ...] = ()


class AddStep(Op, frozen=True, tag="add_step"):
    """A new step before the one that is number `index` (from 1), by default at the end."""

    text: str
    index: int | None = None
    evidence: tuple[str, ...] = ()


class ReplaceStep(Op, frozen=True, tag="replace_step"):
    """Another text for a step."""

    old: str
    text: str
    index: int | None = None
    evidence: tuple[str, ...] = ()


class RemoveStep(Op, frozen=True, tag="remove_step"):
    """One step less; the others keep their lines and numbers."""

    old: str
    index: int | None = None


class AddGotcha(Op, frozen=True, tag="add_gotcha"):
    """A new gotcha, at the end of the section, which is made if absent."""

    text: str
    evidence: tuple[str, ...] = ()
    tripwire: Condition | None = None


class ReplaceGotcha(Op, frozen=True, tag="replace_gotcha"):
    """Another text for a gotcha, and another tripwire: those of the old one are retired."""

    old: str
    text: str
    evidence: tuple[str, ...] = ()
    tripwire: Condition | None = None


class RemoveGotcha(Op, frozen=True, tag="remove_gotcha"):
    """One gotcha less; its tripwires are retired."""

    old: str


class SetWhen(Op, frozen=True, tag="set_when"):
    """Another text below `## When to use`."""

    text: str


class SetDescription(Op, frozen=True, tag="set_description"):
    """Another description in the frontmatter."""

    text: str


class Add(Op, frozen=True, tag="add"):
    """A new memory entry."""

    text: str
    evidence: tuple[str, ...] = ()


class Replace(Op, frozen=True, tag="replace"):
    """Another text for a memory entry; `old` is a unique part of it or its six-digit hash."""

    old: str
    text: str
    evidence: tuple[str, ...] = ()


class Remove(Op, frozen=True, tag="remove"):
    """One memory entry less; `old` as for `replace`."""

    old: str
    evidence: tuple[str, ...] = ()


class Write(Op, frozen=True, tag="write"):
    """The whole text of the target, as a person wrote it; None: the file is gone."""

    text: str | None


class Archive(Op, frozen=True, tag="archive"):
    """The skill's directory goes to skills/.archive."""


class Restore(Op, frozen=True, tag="restore"):
    """The skill's directory comes back from skills/.archive."""


class Pin(Op, frozen=True, tag="pin"):
    """`pinned: true` in hone.yaml."""


class Unpin(Op, frozen=True, tag="unpin"):
    """`pinned: false` in hone.yaml."""


class SetPins(Op, frozen=True, tag="set_pins"):
    """The facts of the world that the skill relies on, as they are now, in hone.yaml; only written by code."""

    pins: tuple[PinnedFact, ...]


class RetireTripwire(Op, frozen=True, tag="retire_tripwire"):
    """The tripwire stays in hone.yaml and stops nothing any more; only written by code."""

    id: str


class SetStatus(Op, frozen=True, tag="set_status"):
    """What its receipts say of the skill, in hone.yaml; only written by code."""

    status: Literal["proven", "undecided"]


SkillEdit = (
    AddStep | ReplaceStep | RemoveStep | AddGotcha | ReplaceGotcha | RemoveGotcha | SetWhen | SetDescription
)
MemoryEdit = Add | Replace | Remove
SidecarEdit = Pin | Unpin | SetPins | RetireTripwire | SetStatus
AnyOp = Create | SkillEdit | MemoryEdit | Write | Archive | Restore | SidecarEdit


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One proposed edit of one target, all of whose operations happen or none.

    `target` is a file relative to the home: `skills/<name>/SKILL.md`, `user.md`, `memory.md`,
    `projects/<slug>/memory.md`. `base_sha256` is of the target's bytes as the proposer saw them, None if there was no
    such file. `trust` is the least of all that the proposer had seen. `model` wrote it, if one did. `project` is the
    slug of the project that the work was done in. `note` is the proposer's reason, `reasons` are the gate's.
    `id` is empty until the ledger gives one.
    """

    target: str
    ops: tuple[AnyOp, ...]
    origin: Origin
    base_sha256: str | None = None
    evidence: tuple[str, ...] = ()
    trust: Trust = "user"
    session: str | None = None
    turn: int | None = None
    project: str | None = None
    model: str | None = None
    nudge: int | None = None
    ordinal: int | None = None
    note: str = ""
    reasons: tuple[str, ...] = ()
    id: str = ""
    created: str = ""  # ISO 8601, UTC

    @property
    def op(self) -> str:
        """One word for what it does, as in `hone log`: `create`, `revise` for edits of a skill, else the operation."""
        first = self.ops[0]
        if isinstance(first, SkillEdit):
            return "revise"
        return str(first.__struct_config__.tag)

    @property
    def skill(self) -> str | None:
        """The name of the skill that it is about, None for memory."""
        parts = PurePosixPath(self.target).parts
        return parts[-2] if parts[0] == "skills" and len(parts) > 2 else None


class Tried(msgspec.Struct, frozen=True):
    """A tool call that ran, and how it went. `events` are the ids that show it: its step, its start, its result."""

    events: tuple[str, ...]
    tool: str
    arguments: str  # JSON
    ok: bool
    trust: Trust = "workspace"  # of its result


class Facts(msgspec.Struct, frozen=True):
    """What the gate may know beyond the change and the file.

    `events` are the calls, results and messages of the turn by event id, as text. `neighbours` are the other skills by
    name, as the whole text of their SKILL.md. `pinned`: the user wants the skill as it is. `calls` are those of the turn
    in their order; `worked` are the calls of earlier turns, turn by turn, newest first. `said` is what the user said
    in it, message by message.
    """

    events: Mapping[str, str] = {}
    neighbours: Mapping[str, str] = {}
    pinned: bool = False
    calls: tuple[Tried, ...] = ()
    worked: tuple[tuple[Tried, ...], ...] = ()
    said: tuple[str, ...] = ()


class Verdict(msgspec.Struct, frozen=True):
    """The gate's word on `change`, which it may have trimmed (unknown evidence).

    `reasons` are for people and for the model that proposed it. `vague` are the texts of items that name nothing of the
    turn: `hone.changes.gate.without` drops them. `also` are changes that belong elsewhere (a negative claim becomes a memory
    entry that expires); their items are already gone from `change`, which has no operations left if those were all.
    """

    decision: Literal["accept", "hold", "reject"]
    change: Change
    reasons: tuple[str, ...] = ()
    vague: tuple[str, ...] = ()
    also: tuple[Change, ...] = ()


class Effect(msgspec.Struct, frozen=True):
    """What a change does to one path below the home: bytes for bytes (None: no file), or a directory's new place."""

    path: str
    before: bytes | None = None
    after: bytes | None = None
    moved_to: str | None = None


class Outcome(msgspec.Struct, frozen=True):
    """What became of a change. `unchanged`: the file says so already. `conflict`: nothing was written, `reasons` say why."""

    change: Change
    status: Literal["applied", "held", "rejected", "unchanged", "conflict"]
    reasons: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the home now says what the change wanted."""
        return self.status in ("applied", "unchanged")


def as_json(value: Any) -> Any:
    """`value` as plain JSON values, for `--json` and the inbox."""
    return msgspec.to_builtins(value)
