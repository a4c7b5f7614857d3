"""What a model behind an endpoint can do, found out by asking it: a few tiny requests. Writing it down is the caller's part."""

import json
import random
from collections.abc import Callable
from typing import Any, Literal

import httpx2
import msgspec

from hone.clock import Clock
from hone.events import ReasoningDelta, Retrying, TextDelta
from hone.messages import Assistant, Message, System, ToolSpec, Usage, User
from hone.models import failures
from hone.models.base import Request
from hone.models.chat import ChatModel
from hone.models.constrained import read_step
from hone.models.draft import Draft
from hone.models.endpoint import Dialect, Endpoint, ToolUse, without_refused
from hone.models.text_tools import parse_json, read_calls
from hone.models.window import find_window, opened
from hone.models.wire import decode_answer, encode_request

SMALL_WINDOW = 16_384  # tokens; up to here the compact prompt is worth what it leaves out
LONGEST_OF_SMALL = 1_500  # tokens; one that has lost the thread writes on until its window is full
SLOW = 20.0  # tokens a second
_TRIES, _ENOUGH = 3, 2  # of so many calls so many must be right
_NOTE = ToolSpec(
    "note",
    "Write a code down.",
    {"type": "object", "properties": {"code": {"type": "string"}}, "required": ["code"]},
)

Finding = Literal["works", "fails", "unknown"]


class Probed(msgspec.Struct, frozen=True):
    """One line: what was tried and what came of it."""

    name: str
    finding: Finding
    text: str


class Probe(msgspec.Struct, frozen=True):
    """All of it, what it cost, and what follows for the model's entry. `why` is the reason for the compact prompt."""

    model: str
    checks: tuple[Probed, ...]
    tools: ToolUse
    context: int | None  # tokens
    tokens_per_second: float
    why: str
    requests: int
    usage: Usage

    @property
    def values(self) -> dict[str, str | int]:
        """The keys of the entry."""
        context: dict[str, str | int] = {"context": self.context} if self.context else {}
        small = {"temperature": 0, "max_output": LONGEST_OF_SMALL}
        prompt: dict[str, str | int] = {"prompt": "compact", **small} if self.why else {"prompt": "full"}
        return {"tools": self.tools, **context, **prompt}


async def probe(
    endpoint: Endpoint, clock: Clock, rng: random.Random, tell: Callable[[Probed], None]
) -> Probe:
    """Ask everything, one after the other; `tell` hears of each line at once.

    Raises ProviderError if the model does not answer, or stops doing so; what it refuses or gets wrong is a finding.
    """
    checks: list[Probed] = []

    def found(check: Probed) -> Finding:
        checks.append(check)
        tell(check)
        return check.finding

    async with opened(endpoint) as client:
        asking = _Asking(endpoint, client, clock, rng)
        answers, streaming, speed = await asking.answer()
        found(answers)
        found(streaming)
        native = found(await asking.calls("native"))
        found(await asking.calls("text"))
        schema = found(await asking.calls("schema") if await asking.holds_to_a_schema() else _NO_SCHEMA)
        window = await find_window(client, endpoint)
    size = f"{window:,} tokens" if window else "the endpoint does not tell: set context in the entry"
    found(Probed("context", "works" if window else "unknown", size))
    return Probe(
        model=endpoint.name,
        checks=tuple(checks),
        tools=chosen(native, schema),
        context=window,
        tokens_per_second=round(speed, 1),
        why=why_compact(window, speed),
        requests=asking.requests,
        usage=asking.usage,
    )


def chosen(native: Finding, schema: Finding) -> ToolUse:
    """How tools are best offered: by the protocol, else by replies in a fixed form, else by the prompt alone."""
    return "native" if native == "works" else "schema" if schema == "works" else "text"


def why_compact(window: int | None, speed: float) -> str:
    """Why the compact prompt is the better one; empty if it is not."""
    if window and window <= SMALL_WINDOW:
        return f"the window has {window:,} tokens"
    return f"it writes {speed:.0f} tokens a second" if 0 < speed < SLOW else ""


_NAMES: dict[ToolUse, str] = {
    "native": "native tool calls",
    "text": "calls as text",
    "schema": "JSON schema",
}
_NO_SCHEMA = Probed(_NAMES["schema"], "fails", "a response_format is refused or not heeded")


class _Asking:
    """Tiny requests to one endpoint, and what they cost."""

    def __init__(
        self, endpoint: Endpoint, client: httpx2.AsyncClient, clock: Clock, rng: random.Random
    ) -> None:
        self._endpoint = endpoint
        self._client = client
        self._clock = clock
        self._rng = rng
        self.requests = 0
        self.usage = Usage()

    async def answer(self) -> tuple[Probed, Probed, float]:
        """(it answers, it streams, tokens a second). Raises ProviderError."""
        entry = msgspec.structs.replace(self._endpoint.entry, max_output=64)
        endpoint = msgspec.structs.replace(self._endpoint, entry=entry)
        model = ChatModel(endpoint, self._clock, self._rng, attempts=2)
        began, heard = self._clock.monotonic(), list[float]()

        def progress(delta: TextDelta | ReasoningDelta | Retrying) -> None:
            self.requests += isinstance(delta, Retrying)
            heard.append(self._clock.monotonic())

        self.requests += 1
        try:
            reply = await model.complete(
                Request((User("Count from 1 to 20, with commas, nothing else."),)), progress
            )
        finally:
            await model.aclose()
        self.usage += reply.usage
        ended = self._clock.monotonic()
        first = heard[0] if len(heard) > 1 else began
        speed = reply.usage.output / (ended - first) if ended > first else 0.0
        text = f"{self._endpoint.name} at {self._endpoint.shown_base}, after {first - began:.1f} s"
        streaming = Probed(
            "streaming", "works" if len(heard) > 1 else "fails", f"{speed:.0f} tokens a second"
        )
        return Probed("answers", "works", text), streaming, speed

    async def calls(self, tools: ToolUse) -> Probed:
        """Whether a call of a tool comes back right, offered in this way."""
        right = 0
        for tried in range(1, _TRIES + 1):
            code = str(self._rng.randrange(1000, 10_000))
            said, refusal = await self._ask(
                tools,
                System("You are an agent that works with tools."),
                User(f"Use the tool {_NOTE.name} to write down the code {code}."),
            )
            if said is None:
                return Probed(_NAMES[tools], "fails", refusal)
            right += code in _codes(said, tools)
            if right == _ENOUGH or tried - right > _TRIES - _ENOUGH:
                break
        return Probed(_NAMES[tools], "works" if right >= _ENOUGH else "fails", f"{right} of {tried} right")

    async def holds_to_a_schema(self) -> bool:
        """Whether a reply has the form that is asked for where the words ask for another."""
        code = str(self._rng.randrange(1000, 10_000))
        schema = {
            "type": "object",
            "properties": {"code": {"type": "string", "enum": [code]}},
            "required": ["code"],
            "additionalProperties": False,
        }
        form = {
            "type": "json_schema",
            "json_schema": {"name": "code", "strict": True, "schema": schema},
        }
        said, _ = await self._ask("native", User("Say hello."), tools=(), response_format=form)
        return said is not None and parse_json(said.text) == {"code": code}

    async def _ask(
        self, use: ToolUse, *messages: Message, tools: tuple[ToolSpec, ...] = (_NOTE,), **more: Any
    ) -> tuple[Assistant | None, str]:
        """(the reply as it came, "") or (None, why there is none)."""
        request = Request(messages, tools)
        body = encode_request(self._endpoint.entry, request, Dialect(stream=False, tools=use))
        self.requests += 1
        try:
            answer = await self._client.post(
                _beside(self._endpoint, "/chat/completions"), json=json.loads(body) | more
            )
        except httpx2.HTTPError as error:
            raise failures.unreachable(self._endpoint, str(error) or type(error).__name__) from error
        status = answer.status_code
        refused = without_refused(Dialect(stream=False, tools=use), status, answer.text) or status < 500
        if (
            status in (401, 403, 408, 429) or not refused
        ):  # a failure of this moment, from which nothing follows
            raise failures.failure(self._endpoint, status, answer.text)
        if status != 200:
            return None, f"refused ({status})"
        try:
            chunks = [decode_answer(event) for event in _events(answer.content)]
        except (ValueError, RecursionError):
            return None, "the answer is no Chat Completions JSON"
        draft = Draft(())  # a call that is written as text is none here
        for chunk in chunks:
            draft.add(chunk)
        self.usage += draft.usage or Usage()
        said, _, _ = draft.close()
        return said, "" if draft.has_choice else "the answer is empty"


def _beside(endpoint: Endpoint, path: str) -> str:
    base, mark, query = endpoint.api_base.partition("?")
    return f"{base.rstrip('/')}{path}{mark}{query}"


def _events(body: bytes) -> list[bytes]:
    """The answer's JSON texts: one, or several where a server streams although it was not asked to."""
    if not body.lstrip().startswith((b"data:", b"event:", b":")):
        return [body]
    data = (line.removeprefix(b"data:").strip() for line in body.splitlines() if line.startswith(b"data:"))
    return [each for each in data if each and each != b"[DONE]"]


def _codes(said: Assistant, tools: ToolUse) -> list[Any]:
    """The codes that the calls of `note` in a reply hold."""
    if tools == "native":
        arguments = [call.arguments for call in said.tool_calls if call.name == _NOTE.name]
    else:
        read = read_step if tools == "schema" else read_calls
        arguments = [call.arguments for call in read(said.text, [_NOTE.name])[1]]
    values = [parse_json(each) for each in arguments]
    return [value.get("code") for value in values if isinstance(value, dict)]
