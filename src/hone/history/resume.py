"""From the recorded events of a session back to the messages of its next request: a pure function.

`hone.session` runs what was left pending and goes on from there.
"""

from collections.abc import Iterable, Sequence

import msgspec

from hone.events import Attached, Compacted, StepFinished, StepStarted, ToolFinished, ToolStarted, TurnStarted
from hone.history.rows import Recorded
from hone.messages import Message, System, ToolCall, ToolReply, User


class Rebuilt(msgspec.Struct, frozen=True):
    """A conversation as it stood at the last recorded event. It holds that:

    - `messages` begin with the System message. Behind an Assistant message come, in the order of its calls, the replies
      that were recorded, before anything else.
    - Each call has exactly one reply, but for those of the last step that are `pending` (never started) or
      `interrupted` (started, its effect unknown). Both are in the order of the calls.
    - A step that was in flight has left nothing.
    - If the last message is an Assistant message without calls, the turn's answer is there.

    `turn` is the number of the last turn, finished or not, None if there was none; `step` that of its last whole step,
    0 if there was none. `held` is what the user said while
    calls were outstanding: it belongs behind their replies and is empty if there are none.
    """

    messages: tuple[Message, ...]
    turn: int | None = None
    step: int = 0
    pending: tuple[ToolCall, ...] = ()
    interrupted: tuple[ToolCall, ...] = ()
    held: tuple[User, ...] = ()


def rebuild(system_prompt: str, events: Iterable[Recorded]) -> Rebuilt:
    """The conversation that `events`, all of a session in order, have recorded; see Rebuilt for what holds of it.

    A call that has no reply although the conversation went on gets one that says so.
    """
    messages: list[Message] = [System(system_prompt)]
    turn: int | None = None
    step = _Step()
    request: int | None = None  # the index of the user's message while texts may still be attached to it
    for record in events:
        match record.event:
            case TurnStarted(text=text):
                messages += step.closed()
                step, turn, request = _Step(), record.turn, len(messages)
                messages.append(User(text))
            case Attached(kind="skill" | "note", text=text) if request is not None:
                messages[request] = _attached(messages[request], text)
            case Attached(text=text):
                step.said.append(User(text))
            case Compacted():
                messages += step.closed()
                step, request = _Step(step.number), None
                messages = compacted(messages, record.event)
            case StepStarted():
                messages += step.closed()
                step, request = _Step(step.number), None
            case StepFinished(step=number, message=message):
                messages.append(message)
                step.number, step.calls = number, message.tool_calls
            case ToolStarted(call=call):
                step.started.append(call)
            case ToolFinished(reply=reply):
                step.replies.append(reply)
            case _:
                pass
    return step.left_open(messages, turn)


def compacted(messages: list[Message], event: Compacted) -> list[Message]:
    """The conversation after a compaction: the System message, its text, and what it kept."""
    kept = messages[len(messages) - event.kept :]
    return [messages[0], User(event.text, event.trust), *shortened(kept, event.longest)]


def shortened(messages: Sequence[Message], longest: int | None) -> list[Message]:
    """The messages with texts of the user and of tools in at most `longest` characters and a mark."""
    if longest is None:
        return list(messages)
    return [
        msgspec.structs.replace(message, text=without_middle(message.text, longest))
        if isinstance(message, User | ToolReply)
        else message
        for message in messages
    ]


def without_middle(text: str, longest: int) -> str:
    """`text` in at most `longest` characters and a mark: its beginning and its end."""
    if len(text) <= longest:
        return text
    head, tail = text[: longest - longest // 2], text[len(text) - longest // 2 :]
    return f"{head}\n[… {len(text) - longest:,} characters left out …]\n{tail}"


class _Step:
    """The calls of one step while its events go by, and what the user said meanwhile."""

    def __init__(self, number: int = 0) -> None:
        self.number = number  # of this step once it has a reply, else of the one before
        self.calls: tuple[ToolCall, ...] = ()
        self.started: list[ToolCall] = []
        self.replies: list[ToolReply] = []
        self.said: list[User] = []

    def paired(self) -> list[tuple[ToolCall, ToolReply | None]]:
        """Each call with its reply. Some models number their calls anew or not at all: equal ids pair in order."""
        left = list(self.replies)
        pairs = []
        for call in self.calls:
            reply = next((reply for reply in left if reply.call_id == call.id), None)
            if reply:
                left.remove(reply)
            pairs.append((call, reply))
        return pairs

    def closed(self) -> list[Message]:
        """The replies with one made up for each call that has none, then what the user said."""
        return [*(reply or _never_answered(call) for call, reply in self.paired()), *self.said]

    def left_open(self, messages: list[Message], turn: int | None) -> Rebuilt:
        """The end of the conversation, where calls may still be without a reply."""
        replies = [reply for _, reply in self.paired() if reply]
        unanswered = [call for call, reply in self.paired() if not reply]
        return Rebuilt(
            messages=(*messages, *replies, *(() if unanswered else self.said)),
            turn=turn,
            step=self.number,
            pending=tuple(call for call in unanswered if call not in self.started),
            interrupted=tuple(call for call in unanswered if call in self.started),
            held=tuple(self.said) if unanswered else (),
        )


def _never_answered(call: ToolCall) -> ToolReply:
    return ToolReply(call.id, call.name, "hone was stopped before this call gave a result.", ok=False)


def _attached(message: Message, text: str) -> User:
    assert isinstance(message, User)
    return User(f"{message.text}\n\n{text}")
