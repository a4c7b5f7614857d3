"""A model that is shown no secret. Most texts come redacted; what a model itself wrote into a call ran as it stood."""

from collections.abc import Callable, Mapping

import msgspec

from hone.messages import Assistant, Message, ToolCall
from hone.models.base import Model, Progress, Reply, Request


class RedactingModel:
    """`model`, asked with every message as `redact` puts it. What was asked before is not gone through again."""

    def __init__(self, model: Model, redact: Callable[[str], str]) -> None:
        self._model = model
        self._redact = redact
        self._safe: Mapping[Message, Message] = {}

    @property
    def name(self) -> str:
        """`provider:model`."""
        return self._model.name

    async def complete(self, request: Request, progress: Progress) -> Reply:
        """The model's reply, as it is. Raises ProviderError."""
        known = self._safe
        self._safe = {each: known.get(each) or self._redacted(each) for each in request.messages}
        messages = tuple(self._safe[each] for each in request.messages)
        return await self._model.complete(msgspec.structs.replace(request, messages=messages), progress)

    async def aclose(self) -> None:
        """Close the model's connections."""
        await self._model.aclose()

    def _redacted(self, message: Message) -> Message:
        message = msgspec.structs.replace(message, text=self._redact(message.text))
        if not isinstance(message, Assistant):
            return message
        calls = tuple(self._redacted_call(call) for call in message.tool_calls)
        return msgspec.structs.replace(message, tool_calls=calls, reasoning=self._redact(message.reasoning))

    def _redacted_call(self, call: ToolCall) -> ToolCall:
        return msgspec.structs.replace(call, arguments=self._redact(call.arguments))
