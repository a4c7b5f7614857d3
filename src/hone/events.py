"""Everything observable about a session, as one union of frozen values.

The loop and the tools emit events; `hone.history` stores the durable ones and gives them their ids (`e1`, `e2`, … within
a session); faces render them. `TextDelta`, `ReasoningDelta` and `Retrying` are passing: shown, never stored.
"""

from typing import Literal

import msgspec

from hone.messages import Assistant, ToolCall, ToolReply, Trust, Usage

Status = Literal["answered", "gave_up", "limit", "refused", "provider", "interrupted"]
"""How a turn ended."""

Doer = Literal["main", "executor"]
"""The role that does a step of a turn."""

Outcome = Literal["good", "bad", "unknown"]
"""What is known of whether a turn did its job; `unknown` unless somebody or something said so."""


class Event(msgspec.Struct, frozen=True, tag_field="type", omit_defaults=True):
    """Base of all events."""


class TurnStarted(Event, frozen=True, tag="turn_started"):
    """The user's message, as it was typed. `trust` is `user`."""

    text: str
    trust: Trust = "user"


class Attached(Event, frozen=True, tag="attached"):
    """A text that hone added for this turn: a skill, steering, a note. `kind` says which."""

    kind: Literal["skill", "steering", "note"]
    name: str
    text: str
    trust: Trust = "user"


class Withheld(Event, frozen=True, tag="withheld"):
    """A skill that would have been offered and was not, and why."""

    name: str
    reason: str


class StepStarted(Event, frozen=True, tag="step_started"):
    """A model request is about to be sent, with so many messages and tools."""

    step: int
    model: str
    messages: int = 0
    tools: int = 0


class TextDelta(Event, frozen=True, tag="text"):
    """A piece of the reply as it streams."""

    text: str


class ReasoningDelta(Event, frozen=True, tag="reasoning"):
    """A piece of the model's reasoning as it streams."""

    text: str


class Retrying(Event, frozen=True, tag="retrying"):
    """An attempt failed; what was streamed of it is void. The next one starts in `seconds`."""

    reason: str
    seconds: float
    model: str


class StepFinished(Event, frozen=True, tag="step_finished"):
    """A whole model reply. `trust` is the least of all that the model had seen when it wrote it; `role` is the model's."""

    step: int
    message: Assistant
    usage: Usage
    model: str
    seconds: float
    trust: Trust = "user"
    role: Doer = "main"


class Compacted(Event, frozen=True, tag="compacted"):
    """What was said so far, but for the system prompt and the last `kept` messages, is `text` from here on.

    Where `longest` is set, a longer text of the user or of a tool among those has lost its middle: it has so many
    characters. `model` wrote `text`, for `usage`; empty: nobody was asked, old results were only left out.
    """

    text: str
    kept: int
    model: str = ""
    usage: Usage = Usage()
    seconds: float = 0.0
    trust: Trust = "user"
    longest: int | None = None


class ApprovalDecided(Event, frozen=True, tag="approval"):
    """Whether a call may run: by a rule, or because somebody was asked."""

    call_id: str
    tool: str
    subject: str
    decision: Literal["allowed", "refused"]
    asked: bool
    reason: str


class Tripped(Event, frozen=True, tag="tripped"):
    """A tripwire of `skill` met a call: it was stopped before it ran, or, sent again as it was, let `passed`."""

    call: ToolCall
    skill: str
    tripwire: str
    text: str
    passed: bool = False


class ToolStarted(Event, frozen=True, tag="tool_started"):
    """A tool call is about to run."""

    call: ToolCall


class ToolFinished(Event, frozen=True, tag="tool_finished"):
    """What a tool call gave back. `trust` is the reply's."""

    reply: ToolReply
    seconds: float
    trust: Trust = "workspace"


class Notice(Event, frozen=True, tag="notice"):
    """One line for the user that is no part of the conversation."""

    text: str


class LearningNote(msgspec.Struct, frozen=True):
    """Whether a turn was queued for a review, and why or why not."""

    queued: bool = False
    reason: str = ""


class TurnFinished(Event, frozen=True, tag="turn_finished"):
    """The end of a turn and its sums; `errors` counts failed tool calls, `skills` names the skills that were loaded."""

    turn: int
    status: Status
    answer: str
    reason: str
    steps: int
    tool_calls: int
    errors: int
    usage: Usage
    seconds: float
    skills: tuple[str, ...] = ()
    trust: Trust = "user"
    learning: LearningNote = LearningNote()


AnyEvent = (
    TurnStarted
    | Attached
    | Withheld
    | StepStarted
    | TextDelta
    | ReasoningDelta
    | Retrying
    | StepFinished
    | Compacted
    | ApprovalDecided
    | Tripped
    | ToolStarted
    | ToolFinished
    | Notice
    | TurnFinished
)

PASSING = (TextDelta, ReasoningDelta, Retrying)
"""The kinds that are shown and never stored."""
