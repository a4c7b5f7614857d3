"""Events as they may be shown: what a model wrote may hold a secret, and is shown as it is recorded."""

from collections.abc import Callable

import msgspec

from hone.events import AnyEvent, Retrying, StepFinished, ToolStarted, Tripped, TurnFinished
from hone.messages import ToolCall

Redact = Callable[[str], str]


def without_secrets(event: AnyEvent, redact: Redact) -> AnyEvent:
    """`event` with every text of a model as `redact` puts it. Pieces of a stream pass: a secret may lie across two."""
    match event:
        case ToolStarted(call=call) | Tripped(call=call):
            return msgspec.structs.replace(event, call=_safe(call, redact))
        case StepFinished(message=message):
            calls = tuple(_safe(call, redact) for call in message.tool_calls)
            message = msgspec.structs.replace(message, text=redact(message.text), tool_calls=calls)
            return msgspec.structs.replace(event, message=message)
        case TurnFinished(answer=answer, reason=reason):
            return msgspec.structs.replace(event, answer=redact(answer), reason=redact(reason))
        case Retrying(reason=reason):
            return msgspec.structs.replace(event, reason=redact(reason))
        case _:
            return event


def _safe(call: ToolCall, redact: Redact) -> ToolCall:
    return msgspec.structs.replace(call, arguments=redact(call.arguments))
