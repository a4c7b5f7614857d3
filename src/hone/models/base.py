"""What the rest of hone knows of a model: a request goes in, a whole reply comes out, pieces are shown on the way."""

from collections.abc import Callable
from typing import Literal, Protocol

import msgspec

from hone.events import Doer, ReasoningDelta, Retrying, TextDelta
from hone.messages import Assistant, Message, ToolSpec, Usage

Finish = Literal["stop", "tool_calls", "length"]
"""Why the model stopped; `length`: its output was cut at a limit."""

Progress = Callable[[TextDelta | ReasoningDelta | Retrying], None]


class Request(msgspec.Struct, frozen=True):
    """One model request. The messages begin with the session's System message."""

    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()


class Reply(msgspec.Struct, frozen=True):
    """A whole reply. `model` is the one that answered, which in a fallback chain may not be the first; `role` is whose turn it was."""

    message: Assistant
    usage: Usage
    finish: Finish
    model: str
    role: Doer = "main"


class Model(Protocol):
    """Something that answers requests: an endpoint's model, a fallback chain, a scripted model in tests."""

    @property
    def name(self) -> str:
        """`provider:model`, for people and records."""
        ...

    async def complete(self, request: Request, progress: Progress) -> Reply:
        """One whole reply to `request`; retries are inside. Raises ProviderError."""
        ...

    async def aclose(self) -> None:
        """Release connections."""
        ...
