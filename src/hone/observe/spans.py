"""OpenTelemetry spans of a conversation, after the conventions for generative AI, made of its events alone.

`invoke_agent hone` is a turn, in it `chat MODEL` a request and `execute_tool NAME` a call. Sending is `sender`'s part.
"""

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import httpx2

from hone.config.load import expand
from hone.config.settings import Provider
from hone.errors import ConfigError
from hone.events import (
    AnyEvent,
    Compacted,
    ReasoningDelta,
    Retrying,
    StepFinished,
    StepStarted,
    TextDelta,
    ToolFinished,
    ToolStarted,
    TurnFinished,
    TurnStarted,
)
from hone.messages import Usage
from hone.observe.sender import Sender
from hone.observe.trace import Around

if TYPE_CHECKING:
    from opentelemetry.trace import Span

_CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
_CAPTURED = ("true", "span_only", "span_and_event")


class Spans:
    """Turns events into spans. That they do not arrive is told of once, to `tell`. Raises UsageError without the extra."""

    def __init__(self, providers: Sequence[Provider], around: Around, tell: Callable[[str], None]) -> None:
        self._providers, self._around, self._tell = providers, around, tell
        self._sender = Sender(around.environ)
        self._with_content = around.environ.get(_CAPTURE, "").strip().lower() in _CAPTURED
        self._told = False
        self._session = ""
        self._turn: Span | None = None
        self._chat: Span | None = None
        self._answered_at: int | None = None  # when the last reply of the turn was whole
        self._requested = 0.0
        self._has_begun = False
        self._tools: dict[str, Span] = {}

    def __call__(self, event: AnyEvent) -> None:
        """Hear of one event."""
        match event:
            case TurnStarted():
                self._begin_turn(event.text)
            case StepStarted():
                self._begin_turn()
                self._begin_chat(event)
            case TextDelta() | ReasoningDelta():
                self._first_piece()
            case Retrying() if self._chat:
                self._chat.add_event("retrying", {"gen_ai.request.model": _model(event.model)}, self._now())
            case StepFinished() if self._chat:
                self._finish_chat(event)
            case ToolStarted():
                self._begin_tool(event)
            case ToolFinished() if event.reply.call_id in self._tools:
                self._finish_tool(event)
            case Compacted() if event.model:
                self._begin_turn()
                self._whole_chat(event)
            case TurnFinished():
                self._finish_turn(event)
            case _:
                pass
        self._tell_of_failure()

    def close(self) -> None:
        """End what is open and send what is left, in at most two seconds."""
        for span in (*self._tools.values(), self._chat, self._turn):
            if span:
                _fail(span, "interrupted")
                span.end(self._now())
        self._sender.close()
        self._tell_of_failure()

    def _begin_turn(self, text: str | None = None) -> None:
        if self._turn is not None:
            return
        self._session = self._around.session()
        attributes = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.provider.name": "hone",
            "gen_ai.agent.name": "hone",
            "gen_ai.conversation.id": self._session,
        }
        if text is not None:
            attributes |= self._content("gen_ai.input.messages", [_said("user", text)])
        self._turn = self._sender.start("invoke_agent hone", attributes, self._now())

    def _begin_chat(self, event: StepStarted) -> None:
        self._requested, self._has_begun = self._around.clock.monotonic(), False
        self._chat = self._start_chat(event.model, self._now())

    def _start_chat(self, name: str, at: int) -> "Span":
        attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": _provider(name),
            "gen_ai.request.model": _model(name),
            "gen_ai.conversation.id": self._session,
            **self._server(_provider(name)),
        }
        return self._sender.start(f"chat {_model(name)}", attributes, at, self._turn, remote=True)

    def _first_piece(self) -> None:
        if self._chat and not self._has_begun:
            self._has_begun = True
            seconds = self._around.clock.monotonic() - self._requested
            self._chat.set_attribute("gen_ai.response.time_to_first_chunk", seconds)

    def _finish_chat(self, event: StepFinished) -> None:
        assert self._chat
        self._chat.set_attributes({"gen_ai.response.model": _model(event.model), **_tokens(event.usage)})
        reply = _said("assistant", event.message.text)
        calls = event.message.tool_calls
        reply["parts"] += [
            {"type": "tool_call", "id": call.id, "name": call.name, "arguments": call.arguments}
            for call in calls
        ]
        self._chat.set_attributes(self._content("gen_ai.output.messages", [reply]))
        if calls:
            self._end_chat("tool_call", self._now())
        else:  # a cut answer and a whole one differ only in how the turn ends
            self._answered_at = self._now()

    def _end_chat(self, reason: str, at: int) -> None:
        assert self._chat
        self._chat.set_attribute("gen_ai.response.finish_reasons", [reason])
        self._chat.end(at)
        self._chat = self._answered_at = None

    def _whole_chat(self, event: Compacted) -> None:
        now = self._now()
        span = self._start_chat(event.model, now - int(event.seconds * 1e9))
        span.set_attributes({"gen_ai.response.model": _model(event.model), **_tokens(event.usage)})
        span.end(now)

    def _begin_tool(self, event: ToolStarted) -> None:
        call = event.call
        attributes = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": call.name,
            "gen_ai.tool.call.id": call.id,
            "gen_ai.tool.type": "function",
            **self._content("gen_ai.tool.call.arguments", call.arguments),
        }
        self._tools[call.id] = self._sender.start(
            f"execute_tool {call.name}", attributes, self._now(), self._turn
        )

    def _finish_tool(self, event: ToolFinished) -> None:
        span = self._tools.pop(event.reply.call_id)
        span.set_attributes(self._content("gen_ai.tool.call.result", event.reply.text))
        if not event.reply.ok:
            _fail(span, "tool_error")
        span.end(self._now())

    def _finish_turn(self, event: TurnFinished) -> None:
        if self._answered_at:
            self._end_chat("stop" if event.status == "answered" else "length", self._answered_at)
        elif self._chat:
            _fail(self._chat, event.status)
            self._chat.end(self._now())
            self._chat = None
        for span in self._tools.values():
            _fail(span, event.status)
            span.end(self._now())
        self._tools.clear()
        if self._turn:
            self._turn.set_attributes(_tokens(event.usage))
            self._turn.set_attributes(
                self._content("gen_ai.output.messages", [_said("assistant", event.answer)])
            )
            if event.status != "answered":
                _fail(self._turn, event.status)
            self._turn.end(self._now())
            self._turn = None

    def _server(self, provider: str) -> dict[str, Any]:
        """Where the provider is reached, if the settings say so."""
        for each in self._providers:
            if each.name == provider:
                try:
                    url = httpx2.URL(
                        expand(each.api_base, self._around.environ, f"provider {provider}").strip()
                    )
                except (ConfigError, httpx2.InvalidURL):
                    return {}
                port = url.port or (443 if url.scheme == "https" else 80)
                return {"server.address": url.host, "server.port": port}
        return {}

    def _content(self, name: str, value: object) -> dict[str, str]:
        """An attribute with what was said, which nobody gets who did not ask for it."""
        if not self._with_content:
            return {}
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return {name: self._around.redact(text)}

    def _tell_of_failure(self) -> None:
        if self._sender.failure and not self._told:
            self._told = True
            self._tell(f"spans are not sent (otel), the work goes on: {self._sender.failure}")

    def _now(self) -> int:
        return int(self._around.clock.now() * 1e9)


def _provider(name: str) -> str:
    return name.partition(":")[0]


def _model(name: str) -> str:
    return name.partition(":")[2]


def _tokens(usage: Usage) -> dict[str, Any]:
    return {
        "gen_ai.usage.input_tokens": usage.input,
        "gen_ai.usage.output_tokens": usage.output,
        "gen_ai.usage.cache_read.input_tokens": usage.cached,
        "gen_ai.usage.reasoning.output_tokens": usage.reasoning,
    }


def _said(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": text}] if text else []}


def _fail(span: "Span", kind: str) -> None:
    from opentelemetry.trace import StatusCode  # noqa: PLC0415 - only with `otel: true`

    span.set_attribute("error.type", kind)
    span.set_status(StatusCode.ERROR)
