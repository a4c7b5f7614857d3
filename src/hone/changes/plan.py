"""What a change would do to the files as they are now. Pure: files are read through a function and never written.

Edits find their place by the text that they name, so a change fits also after others have edited the file.
"""

import hashlib
from collections.abc import Callable

from hone.changes import sidecars as beside
from hone.changes.change import (
    Add,
    AddGotcha,
    AddStep,
    AnyOp,
    Archive,
    Change,
    Create,
    Effect,
    MemoryEdit,
    RemoveGotcha,
    RemoveStep,
    Replace,
    ReplaceGotcha,
    ReplaceStep,
    Restore,
    SetWhen,
    SidecarEdit,
    SkillEdit,
    Write,
)
from hone.changes.paths import check_target
from hone.errors import Conflict, UsageError
from hone.memory import splice as memory
from hone.skills import spec, splice
from hone.skills.render import render_skill

Read = Callable[[str], bytes | None]
"""The bytes of a path below the home, None if there is no such file."""

_ON_TRIAL = ("review", "dream", "import")


def effects_of(change: Change, read: Read) -> tuple[Effect, ...]:
    """The effects of all operations together; none if the files say so already.

    Raises Conflict (SpliceError for text that is not found) if they do not fit the files, UsageError if they are of no
    use for this target, whatever it says.
    """
    check_target(change.target)
    if not change.ops:
        raise UsageError(f"{change.target}: a change without operations")
    if isinstance(change.ops[0], Archive | Restore):
        return _moved(change, read)
    _check_name(change, read)
    draft = _Draft(change, read)
    for op in change.ops:
        draft.take(op)
    return draft.effects()


class _Draft:
    """The files of one target while the operations go over them, as text; bytes that are not UTF-8 survive."""

    def __init__(self, change: Change, read: Read) -> None:
        self._change = change
        self._read = read
        self._directory, _, self._file = change.target.rpartition("/")
        self._sidecar = f"{self._directory}/hone.yaml"
        self._before = {path: read(path) for path in dict.fromkeys((change.target, self._sidecar_of_skill()))}
        self._texts = {path: _decoded(data) for path, data in self._before.items()}

    def take(self, op: AnyOp) -> None:
        """Go over the texts with one operation."""
        target = self._change.target
        if isinstance(op, Write):
            self._check_base()
            self._texts[target] = op.text
        elif self._file == "SKILL.md":
            self._take_for_skill(op)
        elif isinstance(op, MemoryEdit) and self._file != "hone.yaml":
            self._texts[target] = _memory_edited(self._texts[target] or "", op)
        else:
            raise UsageError(f"{target}: {self._change.op} is not for this file")

    def effects(self) -> tuple[Effect, ...]:
        """What is other than before."""
        after = {path: _encoded(text, path) for path, text in self._texts.items()}
        return tuple(
            Effect(path, self._before[path], data)
            for path, data in after.items()
            if data != self._before[path]
        )

    def _take_for_skill(self, op: AnyOp) -> None:
        target, name = self._change.target, self._change.skill
        text = self._texts[target]
        if isinstance(op, Create):
            if text is not None:
                raise Conflict(f"there is a skill {name} already: revise that one")
            self._create(op)
        elif text is None:
            raise Conflict(f"there is no skill {name}")
        elif isinstance(op, SidecarEdit):
            self._texts[self._sidecar] = beside.edited(self._texts[self._sidecar], op)
        elif isinstance(op, SkillEdit):
            self._texts[target] = _skill_edited(text, op)
            self._texts[self._sidecar] = beside.following(self._texts[self._sidecar], text, op)
        else:
            raise UsageError(f"{target}: {self._change.op} is for memory, not for skills")

    def _create(self, op: Create) -> None:
        self._texts[self._change.target] = render_skill(
            str(self._change.skill),
            title=op.title,
            description=op.description,
            when_to_use=op.when_to_use,
            steps=op.steps,
            gotchas=[gotcha.text for gotcha in op.gotchas],
        )
        on_trial = self._change.origin in _ON_TRIAL
        self._texts[self._sidecar] = beside.of_new_skill(self._texts[self._sidecar], op, on_trial=on_trial)

    def _check_base(self) -> None:
        """A whole file must not go over edits that its writer has not seen."""
        present = self._before[self._change.target]
        hashed = None if present is None else hashlib.sha256(present).hexdigest()
        if hashed != self._change.base_sha256:
            raise Conflict(
                f"{self._change.target} is not as it was when this was written: begin with the present text"
            )

    def _sidecar_of_skill(self) -> str:
        return self._sidecar if self._file == "SKILL.md" else self._change.target


def _moved(change: Change, read: Read) -> tuple[Effect, ...]:
    name, back = change.skill, isinstance(change.ops[0], Restore)
    if len(change.ops) > 1 or not name:
        raise UsageError(f"{change.target}: {change.op} stands alone, and is for skills")
    here, archive = f"skills/{name}", f"skills/.archive/{name}"
    source, place = (archive, here) if back else (here, archive)
    if read(f"{source}/SKILL.md") is None:
        raise Conflict(f"there is no {'archived ' if back else ''}skill {name}")
    number = 1
    while read(f"{place}/SKILL.md") is not None:
        if back:
            raise Conflict(f"there is a skill {name} again: move it away first")
        number += 1
        place = f"{archive}-{number}"
    return (Effect(source, moved_to=place),)


def _check_name(change: Change, read: Read) -> None:
    """A skill that is there may have any name, a new one must have a proper one."""
    name = change.skill
    if name and not spec.NAME.fullmatch(name) and read(f"skills/{name}/SKILL.md") is None:
        raise UsageError(
            f"{name!r} is no name for a skill: use lower-case letters a-z, digits and single hyphens"
        )


def _skill_edited(text: str, op: SkillEdit) -> str:
    match op:
        case AddStep():
            return splice.add_step(text, op.text, op.index)
        case ReplaceStep():
            return splice.replace_step(text, op.old, op.text, op.index)
        case RemoveStep():
            return splice.remove_step(text, op.old, op.index)
        case AddGotcha():
            return splice.add_gotcha(text, op.text)
        case ReplaceGotcha():
            return splice.replace_gotcha(text, op.old, op.text)
        case RemoveGotcha():
            return splice.remove_gotcha(text, op.old)
        case SetWhen():
            return splice.set_when(text, op.text)
        case _:
            return splice.set_description(text, op.text)


def _memory_edited(text: str, op: MemoryEdit) -> str:
    match op:
        case Add():
            return memory.add_entry(text, op.text)
        case Replace():
            return memory.replace_entry(text, op.old, op.text)
        case _:
            return memory.remove_entry(text, op.old)


def _decoded(data: bytes | None) -> str | None:
    return None if data is None else data.decode("utf-8", "surrogateescape")


def _encoded(text: str | None, path: str) -> bytes | None:
    try:
        return None if text is None else text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise UsageError(f"{path}: the text holds half a character (a lone surrogate)") from error
