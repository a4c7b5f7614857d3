"""What is said between the user, the model and the tools: plain frozen values, independent of any wire format.

`hone.models.chat` turns them into Chat Completions and back; `hone.history` stores them inside events.
"""

import json
import re
from typing import Any, Literal

import msgspec

Trust = Literal["user", "workspace", "external"]
"""Where a text came from, most trusted first."""

_ESCAPES = re.compile(
    r"(?:\\u[0-9a-fA-F]{4})+|\\."
)  # the second kind only so that `\\u` is not taken for the first

_TRUST_ORDER: tuple[Trust, ...] = ("user", "workspace", "external")


def least_trusted(*levels: Trust) -> Trust:
    """The lowest of `levels`; `user` of none. What is made of several texts has the least trust among them."""
    return max(levels, key=_TRUST_ORDER.index, default="user")


class ToolCall(msgspec.Struct, frozen=True):
    """A tool call as the model wrote it; `arguments` is its JSON text and may be malformed."""

    id: str
    name: str
    arguments: str

    @property
    def readable_arguments(self) -> str:
        """`arguments` for people and the index: text that JSON wrote as `\\uXXXX` as it reads, all else as it stands."""
        return _ESCAPES.sub(_unescaped, self.arguments)


class System(msgspec.Struct, frozen=True, tag="system", tag_field="role"):
    """The frozen prefix of a session."""

    text: str


class User(msgspec.Struct, frozen=True, tag="user", tag_field="role"):
    """A message of the person, or of hone on the person's behalf; `trust` is lower where it sums up what others said."""

    text: str
    trust: Trust = "user"


class Assistant(msgspec.Struct, frozen=True, tag="assistant", tag_field="role", omit_defaults=True):
    """One reply of the model. Without tool calls it is an answer."""

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    reasoning: str = ""


class ToolReply(msgspec.Struct, frozen=True, tag="tool", tag_field="role", omit_defaults=True):
    """What a tool call gave back. A failing tool is a reply with `ok` false, never an exception."""

    call_id: str
    name: str
    text: str
    ok: bool = True
    exit_code: int | None = None
    trust: Trust = "workspace"


Message = System | User | Assistant | ToolReply


class ToolSpec(msgspec.Struct, frozen=True):
    """A tool as the model sees it; `parameters` is a JSON Schema of type object."""

    name: str
    description: str
    parameters: dict[str, Any]


class Usage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Tokens of one or more requests. `cached` is part of `input`, `reasoning` part of `output`.

    `cost_usd` is None while any part of the cost is unknown.
    """

    input: int = 0
    cached: int = 0
    output: int = 0
    reasoning: int = 0
    cost_usd: float | None = None

    def __add__(self, other: "Usage") -> "Usage":
        known = self.cost_usd is not None and other.cost_usd is not None
        if self == Usage():
            return other
        return Usage(
            input=self.input + other.input,
            cached=self.cached + other.cached,
            output=self.output + other.output,
            reasoning=self.reasoning + other.reasoning,
            cost_usd=(self.cost_usd or 0.0) + (other.cost_usd or 0.0) if known else None,
        )


def estimate_tokens(text: str) -> int:
    """Tokens of `text` at four characters each, rounded up: the common rule where an endpoint does not say better."""
    return -(-len(text) // 4)


def _unescaped(escapes: re.Match[str]) -> str:
    """What a JSON string must escape, and what cannot be seen, stays an escape."""
    if len(escapes[0]) == 2:  # some other escape, or the beginning of a broken one
        return escapes[0]
    text = bytes.fromhex(escapes[0].replace("\\u", "")).decode("utf-16-be", "surrogatepass")
    return "".join(
        char if char.isprintable() and char not in '"\\' else json.dumps(char)[1:-1] for char in text
    )
