"""What the writer can answer, as tools, and each answer as a change.

How leniently arguments are read, `answers` says; what a change may do is not decided here but by `hone.changes.gate`.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta

from hone.changes.change import AnyOp, Change, Create, Gotcha, MemoryEdit, SkillEdit
from hone.errors import UsageError
from hone.learning.answers import lean, tidied
from hone.messages import ToolCall, ToolSpec, Trust
from hone.skills.spec import MAX_NAME
from hone.skills.tripwires import Condition
from hone.tools.base import json_schema


class SkillCreate(msgspec.Struct, frozen=True):
    """Arguments of `skill_create`."""

    name: str
    title: str
    description: str
    when_to_use: str
    steps: Annotated[tuple[str, ...], Meta(min_length=1)]
    gotchas: tuple[Gotcha, ...] = ()


class Edit(msgspec.Struct, frozen=True):
    """One operation of `skill_revise`; zero and empty stand for what is left out."""

    op: Literal[
        "add_step",
        "replace_step",
        "remove_step",
        "add_gotcha",
        "replace_gotcha",
        "remove_gotcha",
        "set_when",
        "set_description",
    ]
    index: int = 0
    old: str = ""
    text: str = ""
    evidence: tuple[str, ...] = ()
    tripwire: Condition | None = None


class SkillRevise(msgspec.Struct, frozen=True):
    """Arguments of `skill_revise`."""

    name: str
    reason: str
    ops: Annotated[tuple[Edit, ...], Meta(min_length=1)]


class MemoryUpdate(msgspec.Struct, frozen=True):
    """Arguments of `memory_update`."""

    file: Literal["user", "memory", "project"]
    op: Literal["add", "replace", "remove"]
    text: str
    old: str = ""
    evidence: tuple[str, ...] = ()


class LearnNothing(msgspec.Struct, frozen=True):
    """Arguments of `learn_nothing`."""

    reason: str


Proposal = SkillCreate | SkillRevise | MemoryUpdate

_KINDS: dict[str, type[Proposal] | type[LearnNothing]] = {
    "skill_create": SkillCreate,
    "skill_revise": SkillRevise,
    "memory_update": MemoryUpdate,
    "learn_nothing": LearnNothing,
}
_DESCRIPTIONS = {
    "skill_create": "Write a new skill.",
    "skill_revise": "Change lines of a skill. old: the present text of the step or gotcha; index: number of a step.",
    "memory_update": "Change one memory entry. old: the present text of the entry, for replace and remove.",
    "learn_nothing": "Nothing is worth keeping.",
}
TOOLS = tuple(ToolSpec(name, _DESCRIPTIONS[name], lean(json_schema(kind))) for name, kind in _KINDS.items())
"""The tools of a review. They only propose; none reads or runs anything."""
ONLY_MEMORY = tuple(tool for tool in TOOLS if tool.name in ("memory_update", "learn_nothing"))
"""Those of a review where skills are off."""


class Source(msgspec.Struct, frozen=True):
    """Where the changes of a review come from. `evidence` are the turn's own events.

    `read` gives a file's bytes, `is_project_file` says whether a word names a file of the repository that the work was in.
    """

    session: str
    turn: int
    nudge: int
    project: str | None
    trust: Trust
    model: str
    evidence: tuple[str, ...]
    read: Callable[[str], bytes | None]
    is_project_file: Callable[[str], bool] = lambda _word: False


def understood(call: ToolCall, tools: Sequence[ToolSpec] = TOOLS) -> Proposal | LearnNothing:
    """The answer that `call` of one of `tools` is. Raises UsageError, in words for the model, if it is none."""
    kind = _KINDS.get(call.name)
    names = [tool.name for tool in tools]
    if kind is None or call.name not in names:
        raise UsageError(f"no tool named {call.name!r}; the tools are: {', '.join(names)}")
    try:
        written = msgspec.json.decode(call.arguments or "{}")
        if isinstance(written, str):  # JSON in JSON
            written = msgspec.json.decode(written)
        if isinstance(written, dict):
            written = tidied(written, call.name)
        return msgspec.convert(written, kind, strict=False)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise UsageError(f"the arguments were not understood: {error}") from error


def change_of(proposal: Proposal, source: Source) -> Change:
    """The change that `proposal` asks for. Raises UsageError, in words for the model, if something is missing."""
    ops: tuple[AnyOp, ...]
    note = ""
    match proposal:
        case SkillCreate(name=name):
            target, ops = _skill_file(normal_name(name)), (_create(proposal, source),)
        case SkillRevise(name=name):
            target, ops = _skill_file(_existing(name, source)), tuple(map(_edit, proposal.ops))
            note = proposal.reason.strip()
        case MemoryUpdate(file=file):
            target, note = _memory_file(file, source.project)
            ops = (_memory_edit(proposal),)
    data = source.read(target)
    return Change(
        target=target,
        ops=ops,
        origin="review",
        base_sha256=None if data is None else hashlib.sha256(data).hexdigest(),
        evidence=tuple(dict.fromkeys([*cited(ops), *source.evidence])),
        trust=source.trust,
        session=source.session,
        turn=source.turn,
        project=source.project,
        model=source.model,
        nudge=source.nudge,
        note=note,
    )


def merged(first: Change, second: Change) -> Change:
    """`second` with the operations of `first`, of the same skill and the same review, before its own."""
    return msgspec.structs.replace(
        second,
        ops=tuple(dict.fromkeys([*first.ops, *second.ops])),
        evidence=tuple(dict.fromkeys([*first.evidence, *second.evidence])),
        note="; ".join(dict.fromkeys(filter(None, [first.note, second.note]))),
    )


def cited(ops: Sequence[AnyOp]) -> tuple[str, ...]:
    """The ids of the events that `ops` rest on."""
    resting = [item for op in ops for item in (op.gotchas if isinstance(op, Create) else (op,))]
    return tuple(dict.fromkeys(each for item in resting for each in getattr(item, "evidence", ())))


def normal_name(name: str) -> str:
    """`name` in the format of a skill's name. Raises UsageError if nothing of it can be kept."""
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", re.sub(r"['’`]", "", ascii_only))
    while len("-".join(words)) > MAX_NAME and len(words) > 1:
        words.pop()
    if not words:
        raise UsageError(
            f"name {name!r}: use lower-case letters a-z, digits and hyphens, such as publish-release"
        )
    return "-".join(words)[:MAX_NAME]


def _skill_file(name: str) -> str:
    return f"skills/{name}/SKILL.md"


def _existing(name: str, source: Source) -> str:
    plain = name.strip()
    found = plain if re.fullmatch(r"[^/\\\0]+", plain) and plain not in (".", "..") else normal_name(name)
    if source.read(_skill_file(found)) is None:
        found = normal_name(name)
    if source.read(_skill_file(found)) is None:
        raise UsageError(
            f"there is no skill {plain!r} that can be revised: use a name that was shown, or skill_create"
        )
    return found


def _memory_file(file: str, project: str | None) -> tuple[str, str]:
    if file != "project":
        return f"{file}.md", ""
    if project is None:
        return "memory.md", "the work was done in no project"
    return f"projects/{project}/memory.md", ""


def _create(proposal: SkillCreate, source: Source) -> Create:
    said = {field: getattr(proposal, field).strip() for field in ("title", "description", "when_to_use")}
    steps = tuple(step for step in proposal.steps if step)
    missing = [field for field, text in said.items() if not text] + ([] if steps else ["steps"])
    if missing:
        raise UsageError(f"skill_create needs {' and '.join(missing)}")
    gotchas = tuple(gotcha for gotcha in proposal.gotchas if gotcha.text)
    return Create(**said, steps=steps, gotchas=gotchas, scope=_scope(steps, source))


def _scope(steps: Sequence[str], source: Source) -> str:
    """A skill whose steps name files of a project is of use in that project only."""
    words = (word for step in steps for word in re.findall(r"[\w@.+/-]+", step))
    if source.project and any(map(source.is_project_file, words)):
        return f"project:{source.project}"
    return "all"


_EDITS: dict[str, Any] = {kind.__struct_config__.tag: kind for kind in get_args(SkillEdit)}
_MEMORY_EDITS: dict[str, Any] = {kind.__struct_config__.tag: kind for kind in get_args(MemoryEdit)}


def _edit(edit: Edit) -> SkillEdit:
    kind = _EDITS[edit.op]
    given = _given(edit, kind.__struct_fields__)
    if "index" in given:
        given["index"] = edit.index if edit.index > 0 else None
    made: SkillEdit = kind(**given)
    return made


def _memory_edit(proposal: MemoryUpdate) -> MemoryEdit:
    if proposal.op == "remove" and not proposal.old:
        proposal = msgspec.structs.replace(proposal, old=proposal.text)
    kind = _MEMORY_EDITS[proposal.op]
    made: MemoryEdit = kind(**_given(proposal, kind.__struct_fields__))
    return made


def _given(edit: Edit | MemoryUpdate, fields: Sequence[str]) -> dict[str, Any]:
    given = {field: getattr(edit, field) for field in fields}
    missing = [field for field in ("old", "text") if not given.get(field, "-").strip()]
    if missing:
        raise UsageError(f"{edit.op} needs {' and '.join(missing)}")
    return given
