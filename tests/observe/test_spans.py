"""Spans, as a collector gets them: a loopback server that decodes the protobuf."""

import gzip
import socket
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.cli.driving import Done, Hone

from hone.config.settings import Provider
from hone.events import (
    Compacted,
    Notice,
    Retrying,
    StepFinished,
    StepStarted,
    TextDelta,
    ToolStarted,
    TurnFinished,
    TurnStarted,
)
from hone.history.store import History
from hone.messages import Assistant, ToolCall, Usage
from hone.observe.spans import Spans
from hone.observe.trace import Around
from hone.testing import FakeClock, WireServer, call, in_order, say, status

OTEL = "otel: true\n"


class Collector(ThreadingHTTPServer):
    """Keeps the spans that it is sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.spans: list[Span] = []
        self.service = ""

    @property
    def environ(self) -> dict[str, str]:
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self.server_port}"}

    def named(self, name: str) -> list[Span]:
        return [span for span in self.spans if span.name == name]


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        sent = ExportTraceServiceRequest.FromString(body)
        for resource in sent.resource_spans:
            found = {each.key: each.value.string_value for each in resource.resource.attributes}
            self.server.service = found["service.name"]
            self.server.spans += [span for scope in resource.scope_spans for span in scope.spans]
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def hone(tmp_path: Path) -> Hone:
    return Hone(tmp_path)


def go(
    hone: Hone, server: WireServer, environ: dict[str, str], task: str = "hi", settings: str = OTEL
) -> Done:
    hone.environ |= environ
    return hone.use(server, settings).here("run", task, "--json")


def attributes(span: Span) -> dict[str, Any]:
    return {each.key: _value(each.value) for each in span.attributes}


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values]
    return getattr(value, kind)


def test_a_turn_is_a_span_with_its_requests_and_calls_in_it(hone: Hone, collector: Collector) -> None:
    with WireServer(in_order(call("read", path="absent"), say("done"))) as server:
        done = go(hone, server, collector.environ)
    assert (done.code, collector.service) == (0, "hone")
    (turn,) = collector.named("invoke_agent hone")
    first, second = collector.named("chat wire-model")
    (tool,) = collector.named("execute_tool read")
    assert len(collector.spans) == 4
    assert [span.parent_span_id for span in (turn, first, second, tool)] == [b"", *(3 * [turn.span_id])]
    assert turn.start_time_unix_nano <= first.start_time_unix_nano <= first.end_time_unix_nano
    assert tool.end_time_unix_nano <= second.start_time_unix_nano <= turn.end_time_unix_nano
    whole = attributes(turn)
    session = done.result["session"]
    assert (whole["gen_ai.operation.name"], whole["gen_ai.conversation.id"]) == ("invoke_agent", session)
    assert whole["gen_ai.usage.input_tokens"] == 20
    chat = attributes(first)
    assert chat["gen_ai.operation.name"] == "chat"
    assert (chat["gen_ai.provider.name"], chat["gen_ai.request.model"]) == ("wire", "wire-model")
    assert (chat["gen_ai.response.model"], chat["server.address"]) == ("wire-model", "127.0.0.1")
    assert f"127.0.0.1:{chat['server.port']}" in server.base_url
    assert chat["gen_ai.response.finish_reasons"] == ["tool_call"]
    assert attributes(second)["gen_ai.response.finish_reasons"] == ["stop"]
    assert attributes(second)["gen_ai.response.time_to_first_chunk"] > 0
    assert (first.kind, turn.kind) == (Span.SPAN_KIND_CLIENT, Span.SPAN_KIND_INTERNAL)
    ran = attributes(tool)
    assert (ran["gen_ai.tool.name"], ran["error.type"]) == ("read", "tool_error")
    assert ran["gen_ai.tool.call.id"]
    assert not any(
        "messages" in key or "arguments" in key or "result" in key for key in {**whole, **chat, **ran}
    )


def test_what_was_said_is_sent_only_to_who_asks_for_it_and_without_secrets(
    hone: Hone, collector: Collector
) -> None:
    wish = {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "true", "OTEL_SERVICE_NAME": "mine"}
    with WireServer(in_order(call("read", path="key-of-the-test"), say("said"))) as server:
        go(hone, server, collector.environ | wish, "hi key-of-the-test")
    sent = {key: value for span in collector.spans for key, value in attributes(span).items()}
    assert collector.service == "mine"
    assert '"content": "hi ' in sent["gen_ai.input.messages"]
    assert "said" in sent["gen_ai.output.messages"]
    assert '{"path": ' in sent["gen_ai.tool.call.arguments"]
    assert sent["gen_ai.tool.call.result"]
    assert not any(b"key-of-the-test" in span.SerializeToString() for span in collector.spans)


def test_a_provider_that_fails_is_an_error_of_the_request_and_the_turn(
    hone: Hone, collector: Collector
) -> None:
    with WireServer(lambda _request: status(401)) as server:
        assert go(hone, server, collector.environ).code == 75
    kinds = {span.name: (attributes(span)["error.type"], span.status.code) for span in collector.spans}
    assert kinds == dict.fromkeys(("chat wire-model", "invoke_agent hone"), ("provider", 2))


def test_a_cut_answer_is_said_to_be_one(hone: Hone, collector: Collector) -> None:
    cut = {"choices": [{"index": 0, "message": {"content": "half"}, "finish_reason": "length"}]}
    with WireServer(lambda _request: status(200, cut, content_type="application/json")) as server:
        go(hone, server, collector.environ)
    (chat,) = collector.named("chat wire-model")
    assert attributes(chat)["gen_ai.response.finish_reasons"] == ["length"]


def test_nothing_is_sent_by_default(hone: Hone, collector: Collector) -> None:
    with WireServer(lambda _request: say("ok")) as server:
        go(hone, server, collector.environ, settings="")
    assert collector.spans == []


@pytest.mark.slow
def test_a_collector_that_is_not_there_is_told_of_once(hone: Hone) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://user:pass@127.0.0.1:{free.getsockname()[1]}"
        with WireServer(lambda _request: say("ok")) as server:
            begun = time.monotonic()
            done = go(hone, server, {"OTEL_EXPORTER_OTLP_ENDPOINT": address})
    assert (done.code, done.result["answer"]) == (0, "ok")
    assert done.err.count("\n") == 1
    assert "· spans are not sent (otel), the work goes on: http://127.0.0.1:" in done.err
    assert "pass" not in done.err
    assert time.monotonic() - begun < 15


@pytest.mark.slow
def test_a_collector_that_does_not_answer_holds_nothing_up(hone: Hone) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{silent.getsockname()[1]}"}
        with WireServer(lambda _request: say("ok")) as server:
            done = hone.use(server, OTEL)("run", "hi", env=environ)
    assert (done.code, done.out) == (0, "ok\n")
    assert "no answer within 2 s" in done.err


def test_without_the_libraries_it_is_said_what_to_install(
    hone: Hone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace.export", None)
    with WireServer(lambda _request: say("ok")) as server:
        done = go(hone, server, {})
        assert server.requests == []
    assert done.is_usage_error()
    assert "pip install opentelemetry-sdk" in done.err


def test_a_variable_that_cannot_be_used_is_named(hone: Hone) -> None:
    with WireServer(lambda _request: say("ok")) as server:
        done = go(hone, server, {"OTEL_BSP_MAX_QUEUE_SIZE": "-1"})
    assert done.is_usage_error()
    assert "a variable OTEL_… of the environment cannot be used" in done.err


def spans(tmp_path: Path, api_base: str = "http://[::1]:8000/v1") -> Spans:
    history = History.open(tmp_path / "state.db", str, FakeClock())
    around = Around({}, FakeClock(), str, history, lambda: "s1")
    return Spans((Provider(name="p", api_base=api_base),), around, print)


@pytest.fixture
def sent(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> Collector:
    for name, value in collector.environ.items():
        monkeypatch.setenv(name, value)
    return collector


def test_a_resumed_turn_has_a_span_too_and_a_summary_and_a_retry_are_seen(
    tmp_path: Path, sent: Collector
) -> None:
    heard = spans(tmp_path)
    heard(Compacted("so far", 2, model="p:routine", usage=Usage(input=7), seconds=2.0))
    heard(Compacted("only cut", 2))
    heard(Retrying("nobody asked", 1.0, "p:m"))
    heard(StepStarted(4, "p:m"))
    heard(Retrying("it hung up", 1.0, "p:other"))
    for _ in range(2):
        heard(TextDelta("ok"))
    heard(StepFinished(4, Assistant("ok"), Usage(input=5), "p:other", 1.0))
    heard(TurnFinished(2, "answered", "ok", "", 1, 0, 0, Usage(input=12), 3.0))
    heard.close()
    (turn,) = sent.named("invoke_agent hone")
    (summary,) = sent.named("chat routine")
    (chat,) = sent.named("chat m")
    assert attributes(turn)["gen_ai.conversation.id"] == "s1"
    assert summary.end_time_unix_nano - summary.start_time_unix_nano == 2_000_000_000
    assert attributes(summary)["gen_ai.usage.input_tokens"] == 7
    assert [each.name for each in chat.events] == ["retrying"]
    assert attributes(chat)["gen_ai.response.model"] == "other"
    assert (attributes(chat)["server.address"], attributes(chat)["server.port"]) == ("::1", 8000)


@pytest.mark.parametrize("stopped", [True, False], ids=["by the end of the turn", "by the end of hone"])
def test_what_was_stopped_ends_as_an_error(tmp_path: Path, sent: Collector, stopped: bool) -> None:
    heard = spans(tmp_path, "https://${ABSENT}/v1")
    heard(TurnStarted("go"))
    heard(StepStarted(1, "p:m"))
    heard(StepFinished(1, Assistant(tool_calls=(ToolCall("c", "shell", "{}"),)), Usage(), "p:m", 1.0))
    heard(ToolStarted(ToolCall("c", "shell", "{}")))
    heard(StepStarted(2, "unknown:m"))
    if stopped:
        heard(TurnFinished(1, "interrupted", "", "stopped by the user", 1, 1, 0, Usage(), 1.0))
    heard.close()
    kinds = {span.name: attributes(span).get("error.type") for span in sent.spans if span.status.code}
    assert kinds == dict.fromkeys(("invoke_agent hone", "chat m", "execute_tool shell"), "interrupted")
    assert not any("server.address" in attributes(span) for span in sent.spans)


def test_the_end_of_a_turn_that_nobody_heard_begin_is_no_span(tmp_path: Path, sent: Collector) -> None:
    heard = spans(tmp_path, "https://host/v1")
    heard(TurnFinished(1, "answered", "again", "", 1, 0, 0, Usage(), 1.0))
    heard(Notice("hm"))
    heard.close()
    assert sent.spans == []


@pytest.mark.parametrize(("api_base", "port"), [("https://h/v1", 443), ("http://h/v1", 80)])
def test_the_port_is_that_of_the_scheme_unless_it_is_named(
    tmp_path: Path, sent: Collector, api_base: str, port: int
) -> None:
    heard = spans(tmp_path, api_base)
    heard(StepStarted(1, "p:m"))
    heard.close()
    assert attributes(sent.named("chat m")[0])["server.port"] == port
