"""A turn's events as a short transcript for the writer, and as what may be quoted of them. Pure.

Every line of it is either a header that begins with an event's id or, after `| `, text that somebody else wrote.
What else the writer gets to read is put together in `hone.learning.brief`.
"""

import json
from collections.abc import Mapping, Sequence, Set

import msgspec

from hone.events import Attached, StepFinished, ToolFinished, ToolStarted, TurnFinished, TurnStarted
from hone.history.rows import Recorded
from hone.learning.calls import arguments_of
from hone.learning.heard import Heard
from hone.learning.telling import telling_part
from hone.messages import ToolCall, ToolReply, estimate_tokens
from hone.safety.invisible import reveal

_USER, _USER_SHORT = 2_000, 300  # characters, as all lengths here
_ANSWER = 600
_CALL, _CALL_SHORT = 800, 200
_ARGUMENT = 160  # of each argument but the first
_RESULT = 500
_HEAD, _TAIL = 120, 200  # of a longer result
_QUOTED = 2_000
_PART_LEFT_OUT = "[parts of this work are left out for lack of room; gaps in the numbers show where]"


def cost(text: str) -> int:
    """Tokens of `text` as a JSON string on the wire, at four characters each."""
    return estimate_tokens(json.dumps(text, ensure_ascii=False))


def condense(events: Sequence[Recorded], keep: Set[str], room: int, heard: Heard | None = None) -> str:
    """The transcript of `events` in at most `room` tokens, without the external texts that were `heard`.

    Where it has to be thinned, the oldest go first; the user's words and the events in `keep` go last.
    """
    entries = _entries(events, keep, heard or Heard(events))
    whole = "\n".join(entry.forms[0] for entry in entries)
    if cost(whole) <= room:
        return whole
    chosen = _thinned(entries, room - cost(_PART_LEFT_OUT) - 1)
    return "\n".join([_PART_LEFT_OUT, *chosen]) if cost(_PART_LEFT_OUT) <= room else ""


def quotable(events: Sequence[Recorded]) -> dict[str, str]:
    """What a person would quote of each event, by id: a call with its result, the user's words, an answer."""
    calls = _calls(events)
    return {each.id: _excerpt(_quoted(each, calls.get(each.id)), _QUOTED) for each in events}


def loaded_skills(events: Sequence[Recorded]) -> tuple[str, ...]:
    """The names of the skills that were attached or loaded, in order."""
    calls = _calls(events)
    names: dict[str, None] = {}
    for each in events:
        match each.event:
            case Attached(kind="skill", name=name):
                names[name] = None
            case ToolFinished(reply=ToolReply(name="skill", ok=True)) if each.id in calls:
                names[str(arguments_of(calls[each.id]).get("name", ""))] = None
            case _:
                pass
    return tuple(name for name in names if name)


def one_line(text: str, length: int) -> str:
    """The beginning of `text` as one line of at most `length` characters, nothing invisible in it."""
    line = " ".join(text[: 4 * length].split())
    return reveal(line if len(line) <= length else f"{line[: length - 1]}…")


class _Entry(msgspec.Struct, frozen=True):
    """One event; `forms` are its texts: in full, on a line, left out."""

    kept: bool
    forms: tuple[str, str, str]


def _entries(events: Sequence[Recorded], keep: Set[str], heard: Heard) -> list[_Entry]:
    calls = _calls(events)
    found = []
    for each in events:
        forms = _forms(each, calls.get(each.id), heard)
        if forms:
            is_user = isinstance(each.event, TurnStarted)
            found.append(_Entry(is_user or each.id in keep, (forms[0], forms[-1], "")))
    return found


def _thinned(entries: Sequence[_Entry], room: int) -> list[str]:
    levels = [0] * len(entries)
    costs = [[cost(form) if form else 0 for form in entry.forms] for entry in entries]
    left = room - sum(each[0] for each in costs)
    for kept in (False, True):
        for level in (1, 2):
            for place, entry in enumerate(entries):
                if left >= 0:
                    break
                if entry.kept == kept:
                    left += costs[place][level - 1] - costs[place][level]
                    levels[place] = level
    return [entry.forms[level] for entry, level in zip(entries, levels, strict=True) if entry.forms[level]]


def _forms(recorded: Recorded, call: ToolCall | None, heard: Heard) -> tuple[str, ...]:
    """The event as the transcript tells it, in full and on a line; nothing for those that tell nothing."""
    external = recorded.trust == "external"
    match recorded.event:
        case TurnStarted(text=text) | Attached(kind="steering", text=text):
            full, short = (_under(_excerpt(text, length)) for length in (_USER, _USER_SHORT))
            return f"[{recorded.id}] user:\n{full}", f"[{recorded.id}] user:\n{short}"
        case Attached(kind="skill", name=name):
            return (f"[{recorded.id}] the skill {one_line(name, 80)} was attached to the request",)
        case StepFinished(message=message) if message.text and not message.tool_calls:
            said = (
                _stub(message.text, "an answer")
                if external
                else _excerpt(heard.out_of(message.text), _ANSWER)
            )
            return (f"[{recorded.id}] agent answered:\n{_under(said)}",)
        case ToolFinished(reply=reply):
            return _forms_of_result(recorded, reply, heard.out_of_call(call) if call else None, heard)
        case TurnFinished(status=status, reason=reason) if status != "answered":
            return (f"[{recorded.id}] the work ended without an answer: {one_line(reason or status, 200)}",)
        case _:
            return ()


def _forms_of_result(
    recorded: Recorded, reply: ToolReply, call: ToolCall | None, heard: Heard
) -> tuple[str, ...]:
    how = f"exit {reply.exit_code}" if reply.exit_code is not None else "ok" if reply.ok else "failed"
    header = f"[{recorded.id}] {one_line(reply.name, 64)}, {how}: "
    command = _command(call) if call else ""
    short = header + one_line(command, _CALL_SHORT)
    if recorded.trust == "external" or reply.trust == "external":
        result = _stub(reply.text, f"{reply.name} {command}".strip())
    elif reply.name == "skill" and reply.ok:
        result = ""  # it is among the skills
    else:
        said = heard.out_of(reply.text.removesuffix(f"[exit {reply.exit_code}]").rstrip())
        result = _excerpt(said, _RESULT, "" if reply.ok else telling_part(said))
    full = header + one_line(command, _CALL)
    return (f"{full}\n{_under(result)}" if result else full, short)


def _quoted(recorded: Recorded, call: ToolCall | None) -> str:
    match recorded.event:
        case TurnStarted(text=text) | Attached(text=text):
            return text
        case StepFinished(message=message):
            return "\n".join([message.text, *map(_command, message.tool_calls)]).strip()
        case ToolStarted(call=started):
            return _command(started)
        case ToolFinished(reply=reply):
            return f"{_command(call)}\n{reply.text}" if call else reply.text
        case _:
            return ""


def _calls(events: Sequence[Recorded]) -> Mapping[str, ToolCall]:
    """The call of each result by the id of the result's event. Ids of calls may come again in later steps."""
    latest: dict[str, ToolCall] = {}
    found: dict[str, ToolCall] = {}
    for each in events:
        match each.event:
            case StepFinished(message=message):
                latest |= {call.id: call for call in message.tool_calls}
            case ToolFinished(reply=reply) if reply.call_id in latest:
                found[each.id] = latest[reply.call_id]
            case _:
                pass
    return found


def _command(call: ToolCall) -> str:
    """A call as a person would type it: its first argument, the others in brackets."""
    given = [(name, _as_text(value)) for name, value in arguments_of(call).items()]
    if not given:
        return call.readable_arguments
    others = ", ".join(f"{name}={_excerpt(value, _ARGUMENT)}" for name, value in given[1:])
    return f"{given[0][1]} ({others})" if others else given[0][1]


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _stub(text: str, source: str) -> str:
    return f"[external text, {len(text):,} characters, from {one_line(source, _CALL_SHORT)}]"


def _excerpt(text: str, length: int, telling: str = "") -> str:
    """`text` if it has about `length` characters, else its beginning, what is `telling` in its middle, and its end."""
    text = text.replace("\r\n", "\n")
    if len(text) <= length:
        return reveal(text)
    head, tail = text[: _HEAD * length // _RESULT].rstrip(), text[-_TAIL * length // _RESULT :].lstrip()
    pieces = [head, f"[… {len(text) - len(head) - len(tail):,} characters left out …]", tail]
    if telling and telling not in head and telling not in tail:
        pieces.insert(2, telling)
    return reveal("\n".join(pieces))


def _under(text: str) -> str:
    """`text` as lines that cannot be taken for the transcript's own."""
    return "\n".join(f"| {line}" for line in text.splitlines())
