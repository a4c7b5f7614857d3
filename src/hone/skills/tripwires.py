"""Tripwires: conditions carried by gotchas, checked before a tool call runs. Pure.

They come from a skill's hone.yaml. Who has a call stopped is `hone.workbench`; which ones a skill may carry, the gate says.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from hone.events import AnyEvent, StepFinished, ToolFinished, ToolStarted, Tripped
from hone.messages import ToolCall
from hone.skills.literals import Searched, holds, searched
from hone.skills.shell_text import without_text

MOST_STOPS = 3
"""How many calls a tripwire stops in one turn."""

MAX_TEXT = 400  # characters that the model is told
_MAX_NAMED = 64

_FILE_TOOLS = frozenset({"read", "write", "edit", "find"})
_NOTHING = ("~", "null")  # scalars are read as the text that is written
_YES = frozenset({"true", "yes", "on"})
_AGAIN = "To run it all the same, send the identical call again."


class Condition(msgspec.Struct, frozen=True, omit_defaults=True):
    """When a call of `tool` is about to repeat a known mistake, and what to say then.

    All texts are literal and token-bounded: the call holds all of `has` and none of `lacks`, and no call that succeeded
    earlier in the turn holds one of `unless_after`.
    """

    tool: str
    has: tuple[str, ...]
    lacks: tuple[str, ...] = ()
    unless_after: tuple[str, ...] = ()
    say: str = ""


class Tripwire(Condition, frozen=True, omit_defaults=True):
    """A condition as hone.yaml keeps it. `id` is unique within the skill; `evidence` are events of the turn that taught it.

    `gotcha` is the hash of the gotcha that carries it, empty if unknown. A retired one is kept and does nothing.
    """

    id: str = ""
    evidence: tuple[str, ...] = ()
    gotcha: str = ""
    retired: bool = False


class Armed(msgspec.Struct, frozen=True):
    """A tripwire and the name of its skill."""

    skill: str
    tripwire: Tripwire


def objection(call: ToolCall, armed: Sequence[Armed], events: Sequence[AnyEvent]) -> Tripped | None:
    """What stands against running `call` now, given all events of its turn so far; None: nothing does.

    A result with `passed` says that the model insists: it was told why this very call was stopped, and sent it again.
    """
    subject = subject_of(call.name, call.arguments)
    looked_at = searched(subject)
    near = [
        each
        for each in armed
        if not each.tripwire.retired and _fits(each.tripwire, call.name, subject, looked_at)
    ]
    if not near:
        return None
    succeeded = [searched(each) for each in _succeeded(events)]
    meant = [each for each in near if not _was_prepared(each.tripwire, succeeded)]
    known = [event for event in events if isinstance(event, Tripped) and _is_same(event.call, call)]
    stop = next((event for event in known if not event.passed and _was_told(event, events)), None)
    if stop is not None:
        insists = any((each.skill, each.tripwire.id) == (stop.skill, stop.tripwire) for each in meant)
        if not insists or any(event.passed for event in known):
            return None
        return Tripped(call, stop.skill, stop.tripwire, "sent again as it was", passed=True)
    for each in meant:
        if _stops(each, events) < MOST_STOPS:
            return Tripped(call, each.skill, each.tripwire.id, _text(each))
    return None


def hits(condition: Condition, tool: str, subject: str, succeeded: Sequence[str]) -> bool:
    """Whether a call of `tool` on `subject` meets `condition`, where `succeeded` are the subjects of earlier calls."""
    return _fits(condition, tool, subject, searched(subject)) and not _was_prepared(
        condition, map(searched, succeeded)
    )


def subject_of(tool: str, arguments: str) -> str:
    """What conditions look at: a shell's command, the path of a file tool, else the arguments as compact JSON.

    Empty if the arguments are not understood, or do not have it.
    """
    written = _understood(arguments)
    if written is None:
        return ""
    if tool == "shell" or tool in _FILE_TOOLS:
        subject = written.get("command" if tool == "shell" else "path")
        return subject if isinstance(subject, str) else ""
    return msgspec.json.encode(written).decode()


def tripwires_from(value: object) -> tuple[tuple[Tripwire, ...], tuple[str, ...]]:
    """The tripwires of hone.yaml, given what YAML made of the field, and a note on each thing that is off."""
    if value is None or value == "":
        return (), ()
    if not isinstance(value, list):
        return (), ("tripwires should be a list",)
    tripwires: list[Tripwire] = []
    notes: list[str] = []
    for number, fields in enumerate(value, 1):
        if not isinstance(fields, Mapping):
            notes.append(f"tripwire {number} is left out: it should be fields such as tool, has and say")
            continue
        tool, has = _word(fields.get("tool")), _words(fields.get("has"))
        name = _word(fields.get("id")) or f"t{number}"
        if not tool or not has:
            notes.append(f"tripwire {name} is left out: it has no {'`has`' if tool else '`tool`'}")
            continue
        if not _word(fields.get("id")):
            notes.append(f"tripwire {number} has no id: {name} is assumed")
        elif any(name == other.id for other in tripwires):
            notes.append(f"two tripwires have the id {name}: they are counted as one")
        tripwires.append(_tripwire(fields, tool, has, name))
    return tuple(tripwires), tuple(notes)


def _tripwire(fields: Mapping[str, Any], tool: str, has: tuple[str, ...], name: str) -> Tripwire:
    return Tripwire(
        tool=tool,
        has=has,
        lacks=_words(fields.get("lacks")),
        unless_after=_words(fields.get("unless_after")),
        say=_word(fields.get("say")),
        id=name,
        evidence=_words(fields.get("evidence")),
        gotcha=_word(fields.get("gotcha")),
        retired=_word(fields.get("retired")).casefold() in _YES,
    )


def _word(value: object) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _words(value: object) -> tuple[str, ...]:
    """A list, of which what is no text is left out; a text alone is a list of one."""
    if isinstance(value, str) and value in _NOTHING:
        return ()
    return tuple(word for each in (value if isinstance(value, list) else [value]) if (word := _word(each)))


def _understood(arguments: str) -> dict[str, Any] | None:
    try:
        written = msgspec.json.decode(arguments or "{}")
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return written if isinstance(written, dict) else None


def _fits(condition: Condition, tool: str, subject: str, looked_at: Searched) -> bool:
    """Whether the call itself meets the condition, whatever came before it."""
    if tool != condition.tool or not condition.has or not _holds_all(looked_at, condition.has):
        return False
    if any(holds(looked_at, literal) for literal in condition.lacks):
        return False
    if tool != "shell":
        return True
    named = [searched(literal) for literal in condition.has]
    run = without_text(subject, lambda program: any(_names(literal, program) for literal in named))
    return run == subject or _holds_all(searched(run), condition.has)


def _names(literal: Searched, program: str) -> bool:
    """Whether the condition is about this program, `git commit` or `grep`, so that all that it is given counts."""
    words = literal.unquoted.split()
    name, _, subcommand = program.partition(" ")
    if not subcommand:
        return name in words
    return words == [name] or words[:1] == [subcommand] or holds(literal, program)


def _holds_all(text: Searched, literals: Iterable[str]) -> bool:
    return all(holds(text, literal) for literal in literals)


def _was_prepared(condition: Condition, succeeded: Iterable[Searched]) -> bool:
    return bool(condition.unless_after) and any(
        holds(subject, literal) for subject in succeeded for literal in condition.unless_after
    )


def _succeeded(events: Iterable[AnyEvent]) -> Iterator[str]:
    """The subjects of the calls that ran and succeeded."""
    running: dict[str, ToolCall] = {}
    for event in events:
        if isinstance(event, ToolStarted):
            running[event.call.id] = event.call
        elif isinstance(event, ToolFinished):
            call = running.pop(event.reply.call_id, None)
            if call is not None and event.reply.ok:
                yield subject_of(call.name, call.arguments)


def _is_same(one: ToolCall, other: ToolCall) -> bool:
    return one.name == other.name and _understood(one.arguments) == _understood(other.arguments)


def _was_told(stop: Tripped, events: Sequence[AnyEvent]) -> bool:
    """Whether the model has spoken since: not if the call came twice in one step, or the process ended in between."""
    after = iter(events)
    return any(event is stop for event in after) and any(isinstance(event, StepFinished) for event in after)


def _stops(armed: Armed, events: Iterable[AnyEvent]) -> int:
    return sum(
        isinstance(event, Tripped)
        and not event.passed
        and (event.skill, event.tripwire) == (armed.skill, armed.tripwire.id)
        for event in events
    )


def _text(armed: Armed) -> str:
    """Why, what is known to work, and how to insist."""
    mistake = _shortened(" and ".join(f"`{literal}`" for literal in armed.tripwire.has), _MAX_NAMED)
    skill = _shortened(armed.skill, _MAX_NAMED)
    begin = f"Not run: {mistake} is a known mistake here (skill {skill}, {armed.tripwire.id})."
    said = armed.tripwire.say
    said += "" if said.endswith((".", "!", "?")) or not said else "."
    known = _shortened(f"{begin} {said}".rstrip(), MAX_TEXT - len(_AGAIN) - 1)
    return f"{known} {_AGAIN}"


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
