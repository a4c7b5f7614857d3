"""A change in one plain line, for the log, for git and for the line after a review. Pure."""

from collections import Counter
from collections.abc import Iterator

from hone.changes.change import (
    Add,
    AddGotcha,
    AddStep,
    AnyOp,
    Archive,
    Change,
    Create,
    Effect,
    Pin,
    Remove,
    RemoveGotcha,
    RemoveStep,
    Replace,
    ReplaceGotcha,
    ReplaceStep,
    Restore,
    RetireTripwire,
    SetDescription,
    SetPins,
    SetStatus,
    SetWhen,
    Unpin,
    Write,
)
from hone.changes.paths import skill_directory
from hone.skills.read import one_line

_SHOWN = 60  # characters of a text

_EDITS: dict[type[AnyOp], tuple[str, str]] = {
    AddStep: ("added", "step"),
    ReplaceStep: ("replaced", "step"),
    RemoveStep: ("removed", "step"),
    AddGotcha: ("added", "gotcha"),
    ReplaceGotcha: ("replaced", "gotcha"),
    RemoveGotcha: ("removed", "gotcha"),
}
_STATES: dict[type[AnyOp], str] = {
    Archive: "archived",
    Restore: "restored",
    Pin: "pinned",
    Unpin: "unpinned",
    SetWhen: "set when to use it",
    SetDescription: "set the description",
    Write: "edited",
}


def summary_of(change: Change) -> str:
    """What `change` does, such as `learned skill deploy-to-staging (3 gotchas)` or `memory: added "…"`."""
    first = change.ops[0]
    if isinstance(first, Create):
        verb = "created" if change.origin == "user" else "learned"
        gotchas = f" ({_count(len(first.gotchas), 'gotcha')})" if first.gotchas else ""
        return f"{verb} skill {change.skill}{gotchas}"
    if isinstance(first, Write) and first.text is None:
        return f"{place_of(change.target)}: deleted"
    if isinstance(first, Write) and change.skill and change.base_sha256 is None:
        return f"created skill {change.skill}"
    said = ", ".join(_said(change.ops))
    if all(isinstance(op, SetPins) for op in change.ops):
        said = "refreshed what it relies on"
    if change.note and isinstance(first, SetPins | SetStatus | Archive):
        said += f": {one_line(change.note)}"
    return f"{place_of(change.target)}: {said}"


def summary_by_hand(effect: Effect) -> str:
    """What a person did to a file, whatever it says now."""
    verb = "added" if effect.before is None else "deleted" if effect.after is None else "edited"
    directory = skill_directory(effect.path)
    inner = effect.path.removeprefix(f"{directory}/")
    what = f" {inner}" if directory and inner != "SKILL.md" else ""
    return f"{place_of(effect.path)}: {verb}{what} by hand"


def place_of(path: str) -> str:
    """A target in words: `skill NAME`, `user`, `memory`, `project SLUG`."""
    directory = skill_directory(path)
    if directory:
        place, name = directory.rsplit("/", 1)
        return f"archived skill {name}" if place.endswith(".archive") else f"skill {name}"
    parts = path.split("/")
    return f"project {parts[1]}" if len(parts) > 1 else path.removesuffix(".md")


def _said(ops: tuple[AnyOp, ...]) -> Iterator[str]:
    for (verb, thing), count in Counter(_edit(op) for op in ops if type(op) in _EDITS).items():
        yield f"{verb} a {thing}" if count == 1 else f"{verb} {_count(count, thing)}"
    for op in ops:
        match op:
            case Add():
                yield f"added {_quoted(op.text)}"
            case Replace():
                yield f"replaced {_quoted(op.old)} with {_quoted(op.text)}"
            case Remove():
                yield f"removed {_quoted(op.old)}"
            case SetStatus():
                yield op.status
            case RetireTripwire():
                yield f"retired tripwire {op.id}, which was in the way more often than it helped"
            case _ if type(op) in _STATES:
                yield _STATES[type(op)]


def _edit(op: AnyOp) -> tuple[str, str]:
    if isinstance(op, ReplaceGotcha) and op.old == op.text:
        return "put a tripwire on", "gotcha"
    return _EDITS[type(op)]


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _quoted(text: str) -> str:
    line = one_line(text)
    return f'"{line[: _SHOWN - 1]}…"' if len(line) > _SHOWN else f'"{line}"'
