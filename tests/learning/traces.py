"""Traces as compact literals: what was called and what came back, made into the events of a session."""

import json
from collections.abc import Iterable
from typing import Any

from hone.events import (
    AnyEvent,
    ApprovalDecided,
    Attached,
    LearningNote,
    StepFinished,
    StepStarted,
    ToolFinished,
    ToolStarted,
    TurnFinished,
    TurnStarted,
)
from hone.history.rows import Recorded
from hone.learning.friction import mine
from hone.messages import Assistant, ToolCall, ToolReply, Usage

Did = tuple[str, int, str] | tuple[str, int] | str | AnyEvent | tuple[AnyEvent, ...] | dict[str, Any]
"""(command, exit, output), a command that passed, or whole events."""

USAGE = Usage(input=100, output=10)


def tool(
    name: str, /, *, ok: bool = True, text: str = "done", ran: bool = True, **arguments: Any
) -> dict[str, Any]:
    """A call of another tool."""
    return {"name": name, "ok": ok, "text": text, "ran": ran, "arguments": arguments}


def edit(path: str = "src/app.py") -> dict[str, Any]:
    return tool("edit", path=path, old="a", new="b", text=f"edited {path} (1 replacement)")


def shell(command: str, exit_code: int = 0, text: str = "", **arguments: Any) -> dict[str, Any]:
    shown = f"{text}\n[exit {exit_code}]" if text else f"[exit {exit_code}]"
    made = tool("shell", ok=exit_code == 0, text=shown, command=command, **arguments)
    return made | {"exit": exit_code}


def refused(command: str) -> dict[str, Any]:
    return tool("shell", ok=False, text="refused: it would delete files", ran=False, command=command) | {
        "refused": True
    }


def attached(name: str, text: str) -> Attached:
    return Attached("skill", name, f'<skill_content name="{name}">\n{text}\n</skill_content>')


def steer(text: str) -> Attached:
    return Attached("steering", "user", text)


def trace(*did: Did, request: str = "do it", answer: str = "done") -> list[Recorded]:
    """The events of a turn; each call is a step of its own, a second apart."""
    events: list[Recorded] = []

    def add(event: AnyEvent, step: int) -> None:
        number = len(events) + 1
        events.append(Recorded(f"e{number}", 1, step, 1000.0 + number, event))

    add(TurnStarted(request), 0)
    step = 0
    for each in did:
        if isinstance(each, (Attached, TurnStarted)):
            add(each, step)
            continue
        step += 1
        made = _as_call(each)
        call = ToolCall(f"c{step}", made["name"], made.get("raw") or json.dumps(made["arguments"]))
        add(StepStarted(step, "m"), step)
        add(StepFinished(step, Assistant(tool_calls=(call,)), USAGE, "m", 0.5), step)
        if made.get("refused"):
            add(ApprovalDecided(call.id, call.name, "x", "refused", asked=True, reason="no"), step)
        elif made["ran"]:
            add(ToolStarted(call), step)
        reply = ToolReply(call.id, call.name, made["text"], ok=made["ok"], exit_code=made.get("exit"))
        add(ToolFinished(reply, 0.25), step)
    if answer:
        step += 1
        add(StepStarted(step, "m"), step)
        add(StepFinished(step, Assistant(answer), USAGE, "m", 0.5), step)
    return events


def _as_call(did: Any) -> dict[str, Any]:
    match did:
        case str():
            return shell(did)
        case dict():
            return did
        case (command, code):
            return shell(command, code)
        case (command, code, output):
            return shell(command, code, output)
    raise AssertionError(did)


def finished(events: Iterable[Recorded], **changes: Any) -> TurnFinished:
    """The end of a turn that was answered, its sums as the events give them."""
    each = [recorded.event for recorded in events]
    replies = [event.reply for event in each if isinstance(event, ToolFinished)]
    sums: dict[str, Any] = {
        "turn": 1,
        "status": "answered",
        "answer": "done",
        "reason": "",
        "steps": sum(isinstance(event, StepFinished) for event in each),
        "tool_calls": len(replies),
        "errors": sum(not reply.ok for reply in replies),
        "usage": Usage(),
        "seconds": 1.0,
        "learning": LearningNote(),
    }
    return TurnFinished(**(sums | changes))


def found(*did: Did, said_next: str = "") -> list[str]:
    """What is mined from a trace, each episode as a line."""
    return [told(episode) for episode in mine(trace(*did), said_next)]


def told(episode: Any) -> str:
    text = f"{episode.kind}: {episode.said or episode.failed}"
    text += f" => {episode.worked}" if episode.worked and episode.worked != episode.failed else ""
    text += f" needs {episode.needed}" if episode.needed else ""
    return text + (f" in {episode.skill}" if episode.skill else "")
