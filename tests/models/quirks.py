"""What servers do, what hone makes of it: the table that the tests run and docs/endpoints.md shows."""

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tests.models.raw_server import Act, Got, chunked, compressed, http, until_closed

from hone.config.settings import ModelEntry
from hone.errors import (
    BadRequest,
    ConnectionFailed,
    NotChatCompletions,
    ProviderError,
    RateLimited,
    ServerError,
)

IDLE = 0.3  # seconds: the idle timeout of these tests
CALL = ("shell", '{"command": "ls"}')
TWO = (CALL, ("shell", '{"command": "pwd"}'))


class Quirk(NamedTuple):
    """`server` does it, `hone` makes this of it. `answers` are what is written, request by request."""

    id: str
    server: str
    hone: str
    answers: Sequence[Sequence[Act]]
    text: str = "Hello you."
    calls: tuple[tuple[str, str], ...] = ()
    reasoning: str = ""
    finish: str = "stop"
    error: type[ProviderError] | None = None
    says: str = ""  # in the error's message
    requests: int = 1
    entry: ModelEntry = ModelEntry(id="m")
    asked: Callable[[Sequence[Got]], bool] = lambda _got: True


def delta(**fields: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": fields}]}


def end(reason: str | None = "stop", **fields: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": reason}]}


def part(index: int | None = 0, **fields: Any) -> dict[str, Any]:
    """A piece of a tool call: name, arguments, id."""
    function = {name: fields.pop(name) for name in ("name", "arguments") if name in fields}
    numbered = {} if index is None else {"index": index}
    return {**numbered, **fields, "function": function}


def calls(*parts: dict[str, Any]) -> dict[str, Any]:
    return delta(tool_calls=list(parts))


def sse(*events: dict[str, Any] | str, line: str = "\n", done: bool = True) -> bytes:
    said = [event if isinstance(event, str) else f"data: {json.dumps(event)}" for event in events]
    ended = [*said, "data: [DONE]"] if done else said
    return "".join(f"{event}{line}{line}" for event in ended).encode()


HELLO = (delta(role="assistant", content="Hello"), delta(content=" you."))
GOOD = sse(*HELLO, end())
WHOLE = json.dumps(
    {"choices": [{"message": {"role": "assistant", "content": "Hello you."}, "finish_reason": "stop"}]}
).encode()
HTML = b"<!doctype html><html><head><title>Sign in</title></head></html>"
FAILED = {"error": {"message": "upstream broke", "code": 502}}
LS = part(id="a", name="shell", arguments='{"command": "ls"}')
PWD = part(1, id="b", name="shell", arguments='{"command": "pwd"}')


def once(*acts: Act) -> list[list[Act]]:
    """This, and then a good answer."""
    return [list(acts), [http(GOOD)]]


def always(*acts: Act) -> list[list[Act]]:
    return [list(acts)]


def refused(message: str, status: str = "400 Bad Request") -> bytes:
    return http(json.dumps({"error": {"message": message}}).encode(), status, "application/json")


def without(name: str) -> Callable[[Sequence[Got]], bool]:
    return lambda got: name in got[0].json and name not in got[-1].json


RIGHT, AGAIN = "right answer", "asked again as a whole, then the right answer"

FRAMING = [
    Quirk(
        "comments",
        "keep-alive comments between events",
        RIGHT,
        always(http(b": working\n\n" + GOOD.replace(b"\n\n", b"\n\n: working\n\n"))),
    ),
    Quirk("crlf", "lines that end in CRLF", RIGHT, always(http(sse(*HELLO, end(), line="\r\n")))),
    Quirk("cr", "lines that end in CR", RIGHT, always(http(sse(*HELLO, end(), line="\r")))),
    Quirk("no-space", "`data:` without a space", RIGHT, always(http(GOOD.replace(b"data: ", b"data:")))),
    Quirk(
        "multi-line",
        "an event in several `data:` lines",
        RIGHT,
        always(http(GOOD.replace(b', "delta"', b',\ndata: "delta"'))),
    ),
    Quirk(
        "fields",
        "`event:`, `id:` and `retry:` lines",
        RIGHT,
        always(http(GOOD.replace(b"data: {", b"event: message\nid: 7\nretry: 10\ndata: {"))),
    ),
    Quirk("bom", "a byte order mark before the first event", RIGHT, always(http(b"\xef\xbb\xbf" + GOOD))),
    Quirk("blank-lines", "blank lines before the first event", RIGHT, always(http(b"\n\n\r\n" + GOOD))),
    Quirk(
        "byte-by-byte",
        "one byte at a time, also within a character",
        RIGHT,
        always(
            *(
                bytes([b])
                for b in chunked(
                    *(bytes([c]) for c in sse(delta(content="Grüße 漢"), end()).decode().encode())
                )
            )
        ),
        text="Grüße 漢",
    ),
    Quirk(
        "latin1-header",
        "a header that claims another encoding than UTF-8",
        RIGHT,
        always(
            http(
                'data: {"choices":[{"delta":{"content":"Grüße"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'.encode(),
                kind="text/event-stream; charset=iso-8859-1",
            )
        ),
        text="Grüße",
    ),
    Quirk(
        "until-closed",
        "no length: the end of the connection is the end of the answer",
        RIGHT,
        always(until_closed(GOOD)),
    ),
    Quirk("wrong-type", "a stream labelled as text/plain", RIGHT, always(http(GOOD, kind="text/plain"))),
    Quirk(
        "after-done", "something behind `[DONE]`", RIGHT, always(http(GOOD + b'data: {"surprise": 1}\n\n'))
    ),
    Quirk("no-last-blank", "no blank line behind `[DONE]`", RIGHT, always(until_closed(GOOD.rstrip(b"\n")))),
    Quirk("gzip", "gzip", RIGHT, always(compressed(GOOD, "gzip"))),
    Quirk("deflate", "deflate", RIGHT, always(compressed(GOOD, "deflate"))),
    Quirk(
        "ignores-stream",
        "`stream` is ignored: one JSON object",
        RIGHT,
        always(http(WHOLE, kind="application/json")),
    ),
    Quirk("ignores-stream-label", "one JSON object, labelled as a stream", RIGHT, always(http(WHOLE))),
]

CONTENT = [
    Quirk(
        "usage-chunk",
        "usage in a chunk without choices",
        RIGHT,
        always(
            http(sse(*HELLO, end(), {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2}}))
        ),
    ),
    Quirk(
        "usage-null-choices",
        "`choices: null` beside the usage",
        RIGHT,
        always(
            http(sse(*HELLO, end(), {"choices": None, "usage": {"prompt_tokens": 7, "completion_tokens": 2}}))
        ),
    ),
    Quirk(
        "usage-odd",
        "usage that is no usage",
        "right answer; tokens are estimated",
        always(http(sse(*HELLO, {**end(), "usage": {"prompt_tokens": "many", "completion_tokens": -1e300}}))),
    ),
    Quirk(
        "role-only",
        "deltas with a role only, empty deltas, `content: null`",
        RIGHT,
        always(
            http(sse(delta(role="assistant"), delta(), delta(content=None), *HELLO, delta(content=""), end()))
        ),
    ),
    Quirk(
        "no-delta",
        "a choice without a delta at the end",
        RIGHT,
        always(http(sse(*HELLO, {"choices": [{"index": 0, "finish_reason": "stop"}]}))),
    ),
    Quirk(
        "parts",
        "content as a list of parts",
        RIGHT,
        always(http(sse(delta(content=[{"type": "text", "text": "Hello you."}]), end()))),
    ),
    Quirk(
        "choices",
        "several choices",
        "the first one",
        always(http(sse(*HELLO, {"choices": [{"index": 1, "delta": {"content": "No!"}}]}, end()))),
    ),
    Quirk(
        "reasoning-content",
        "`reasoning_content`",
        "right answer; shown as reasoning, not sent back",
        always(http(sse(delta(reasoning_content="Hm."), *HELLO, end()))),
        reasoning="Hm.",
    ),
    Quirk(
        "reasoning",
        "`reasoning`",
        "the same",
        always(http(sse(delta(reasoning="Hm."), *HELLO, end()))),
        reasoning="Hm.",
    ),
    Quirk(
        "think",
        "`<think>` in the text, in pieces",
        "the same",
        always(
            http(
                sse(
                    delta(content="<th"),
                    delta(content="ink>Hm.</thi"),
                    delta(content="nk>\n\n"),
                    *HELLO,
                    end(),
                )
            )
        ),
        reasoning="Hm.",
    ),
    Quirk(
        "thinking",
        "`<thinking>` in the text, in pieces",
        "the same",
        always(http(sse(delta(content="<thinki"), delta(content="ng>Hm.</thinking>\n"), *HELLO, end()))),
        reasoning="Hm.",
    ),
    Quirk(
        "only-think",
        "reasoning and nothing else",
        "asked again, at most three times, then a typed error",
        always(http(sse(delta(content="<think>Hm."), end()))),
        error=NotChatCompletions,
        says="answered with nothing",
        requests=3,
    ),
    Quirk(
        "filtered",
        "`content_filter` and nothing else",
        "typed error, not asked again",
        always(http(sse(delta(content=""), end("content_filter")))),
        error=BadRequest,
        says="content filter",
    ),
    Quirk(
        "filtered-half",
        "`content_filter` behind half an answer",
        "the same",
        always(http(sse(*HELLO, end("content_filter")))),
        error=BadRequest,
        says="content filter",
    ),
    Quirk(
        "filtered-otherwise",
        "other words for it, such as `SAFETY`",
        "the same",
        always(http(sse(*HELLO, end("SAFETY")))),
        error=BadRequest,
        says="content filter",
    ),
    Quirk(
        "lone-surrogate",
        "half of a surrogate pair in a string",
        "right answer with a mark in its place",
        always(
            http(
                b'data: {"choices":[{"delta":{"content":"Hello \\ud83d you."},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
            )
        ),
        text="Hello � you.",
    ),
]

CALLS = [
    Quirk(
        "call-pieces",
        "a call in pieces",
        "right call",
        always(
            http(
                sse(
                    calls(part(id="a", name="shell", arguments="")),
                    calls(part(arguments='{"command":')),
                    calls(part(arguments=' "ls"}')),
                    end("tool_calls"),
                )
            )
        ),
        text="",
        calls=(CALL,),
        finish="tool_calls",
    ),
    Quirk(
        "call-whole",
        "whole calls in one delta",
        "right calls",
        always(http(sse(calls(LS, PWD), end("tool_calls")))),
        text="",
        calls=TWO,
        finish="tool_calls",
    ),
    Quirk(
        "call-no-id",
        "calls without id",
        "right call with an id of hone's",
        always(
            http(
                sse(
                    calls(part(name="shell", arguments='{"command":')),
                    calls(part(arguments=' "ls"}')),
                    end("tool_calls"),
                )
            )
        ),
        text="",
        calls=(CALL,),
        finish="tool_calls",
    ),
    Quirk(
        "call-no-index",
        "calls without index",
        "right calls, told apart by id or name",
        always(
            http(
                sse(
                    calls(part(None, id="a", name="shell", arguments='{"command":')),
                    calls(part(None, arguments=' "ls"}')),
                    calls(part(None, id="b", name="shell", arguments='{"command": "pwd"}')),
                    end("tool_calls"),
                )
            )
        ),
        text="",
        calls=TWO,
        finish="tool_calls",
    ),
    Quirk(
        "call-no-both",
        "calls with neither id nor index",
        "right calls, told apart by the name",
        always(
            http(
                sse(
                    calls(part(None, name="shell", arguments='{"command":')),
                    calls(part(None, arguments=' "ls"}')),
                    calls(part(None, name="shell", arguments='{"command": "pwd"}')),
                    end("tool_calls"),
                )
            )
        ),
        text="",
        calls=TWO,
        finish="tool_calls",
    ),
    Quirk(
        "call-all-zero",
        "all calls numbered 0",
        "right calls",
        always(
            http(
                sse(
                    calls(LS),
                    calls(part(0, id="b", name="shell", arguments='{"command": "pwd"}')),
                    end("tool_calls"),
                )
            )
        ),
        text="",
        calls=TWO,
        finish="tool_calls",
    ),
    Quirk(
        "call-interleaved",
        "pieces of two calls by turns",
        "right calls",
        always(
            http(
                sse(
                    calls(part(0, id="a", name="shell", arguments='{"command":')),
                    calls(part(1, id="b", name="shell", arguments='{"command":')),
                    calls(part(0, arguments=' "ls"}')),
                    calls(part(1, arguments=' "pwd"}')),
                    end("tool_calls"),
                )
            )
        ),
        text="",
        calls=TWO,
        finish="tool_calls",
    ),
    Quirk(
        "call-name-again",
        "the name in every piece",
        "right call",
        always(
            http(
                sse(
                    calls(part(id="a", name="shell", arguments='{"command":')),
                    calls(part(id="a", name="shell", arguments=' "ls"}')),
                    end("tool_calls"),
                )
            )
        ),
        text="",
        calls=(CALL,),
        finish="tool_calls",
    ),
    Quirk(
        "call-object",
        "arguments as an object",
        "right call",
        always(http(sse(calls(part(id="a", name="shell", arguments={"command": "ls"})), end("tool_calls")))),
        text="",
        calls=(("shell", '{"command":"ls"}'),),
        finish="tool_calls",
    ),
    Quirk(
        "call-no-arguments",
        "no arguments at all",
        "a call with none",
        always(http(sse(calls(part(id="a", name="shell")), end("tool_calls")))),
        text="",
        calls=(("shell", "{}"),),
        finish="tool_calls",
    ),
    Quirk(
        "call-same-ids",
        "two calls of one id",
        "right calls; the second gets an id of hone's",
        always(
            http(
                sse(
                    calls(LS, part(1, id="a", name="shell", arguments='{"command": "pwd"}')),
                    end("tool_calls"),
                )
            )
        ),
        text="",
        calls=TWO,
        finish="tool_calls",
    ),
    Quirk(
        "call-stop",
        "calls that end in `stop`",
        "right call",
        always(http(sse(calls(LS), end("stop")))),
        text="",
        calls=(CALL,),
        finish="tool_calls",
    ),
    Quirk(
        "call-function-call",
        "calls that end in `function_call`",
        "right call",
        always(http(sse(calls(LS), end("function_call")))),
        text="",
        calls=(CALL,),
        finish="tool_calls",
    ),
    Quirk(
        "call-fenced",
        "a call written as fenced JSON",
        "right call",
        always(
            http(sse(delta(content='```json\n{"name": "shell", "arguments": {"command": "ls"}}\n```'), end()))
        ),
        text="",
        calls=(("shell", '{"command": "ls"}'),),
        finish="tool_calls",
    ),
    Quirk(
        "call-tagged",
        "a call in `<tool_call>` tags",
        "right call",
        always(
            http(
                sse(
                    delta(
                        content='<tool_call>\n{"name": "shell", "arguments": {"command": "ls"}}\n</tool_call>'
                    ),
                    end(),
                )
            )
        ),
        text="",
        calls=(("shell", '{"command": "ls"}'),),
        finish="tool_calls",
    ),
    Quirk(
        "call-no-name",
        "a call without a name",
        "asked again once, then a typed error",
        always(http(sse(calls(part(id="a", arguments="{}")), end("tool_calls")))),
        error=NotChatCompletions,
        says="without a name",
        requests=2,
    ),
    Quirk(
        "call-cut",
        "`length` in the middle of a call's arguments",
        "a cut reply: the call does not run, the model is told",
        always(
            http(sse(calls(part(id="a", name="shell", arguments='{"command": "rm -r bui')), end("length")))
        ),
        text="",
        calls=(("shell", '{"command": "rm -r bui'),),
        finish="length",
    ),
    Quirk(
        "call-cut-early",
        "`length` behind a call's name, before its arguments",
        "the same; it is not taken for a call without arguments",
        always(http(sse(calls(LS), calls(part(1, id="b", name="shell")), end("length")))),
        text="",
        calls=(CALL, ("shell", "{")),
        finish="length",
    ),
]

ENDS = [
    Quirk("no-finish", "no finish_reason, but `[DONE]`", RIGHT, always(http(sse(*HELLO)))),
    Quirk(
        "null-finish",
        "`finish_reason: null` to the end, but `[DONE]`",
        RIGHT,
        always(http(sse(*HELLO, end(None)))),
    ),
    Quirk("no-done", "a finish_reason, but no `[DONE]`", RIGHT, always(http(sse(*HELLO, end(), done=False)))),
    Quirk("odd-finish", "a finish_reason of its own (`eos`)", RIGHT, always(http(sse(*HELLO, end("eos"))))),
    Quirk(
        "calls-finish-text",
        "`tool_calls` without a call",
        RIGHT,
        always(http(sse(*HELLO, end("tool_calls")))),
    ),
    Quirk(
        "length",
        "`length`",
        "a cut answer, said to be one (`hone run` exits with 1)",
        always(http(sse(*HELLO, end("length")))),
        finish="length",
    ),
    Quirk(
        "length-otherwise",
        "other words for `length`, such as `MAX_TOKENS` or `model_length`",
        "the same",
        always(http(sse(*HELLO, end("MAX_TOKENS")))),
        finish="length",
    ),
    Quirk(
        "reset-at-end",
        "the connection breaks behind the finish_reason",
        RIGHT,
        always(chunked(sse(*HELLO, end(), done=False), end=False), "reset"),
    ),
    Quirk(
        "hang-at-end",
        "silence behind the finish_reason",
        "right answer after at most three seconds",
        always(chunked(sse(*HELLO, end(), done=False), end=False), "hang"),
    ),
    Quirk(
        "cut-once",
        "the stream ends early, without an end mark",
        AGAIN,
        once(until_closed(sse(*HELLO, done=False))),
        requests=2,
    ),
    Quirk(
        "cut-always",
        "the same, always",
        "typed error; never half an answer",
        always(until_closed(sse(*HELLO, done=False))),
        error=ConnectionFailed,
        says="in the middle of the answer",
        requests=5,
    ),
    Quirk(
        "reset-once",
        "the connection breaks in the middle of an event",
        AGAIN,
        once(chunked(GOOD[:60], end=False), "reset"),
        requests=2,
    ),
    Quirk(
        "short-length",
        "fewer bytes than announced",
        AGAIN,
        once(http(GOOD).replace(GOOD, GOOD[:60]), "reset"),
        requests=2,
    ),
    Quirk(
        "json-cut",
        "one JSON object that breaks off",
        AGAIN,
        once(http(WHOLE[:40], kind="application/json")),
        requests=2,
    ),
    Quirk("nothing", "an empty answer of status 200", AGAIN, once(http(b"")), requests=2),
    Quirk("closed", "the connection closes without an answer", AGAIN, once("reset"), requests=2),
]

ERRORS = [
    Quirk(
        "error-in-stream",
        "an error object in a stream of status 200",
        AGAIN,
        once(http(sse(FAILED))),
        requests=2,
    ),
    Quirk(
        "error-after-half",
        "an error object behind half an answer",
        AGAIN,
        once(http(sse(*HELLO, FAILED))),
        requests=2,
    ),
    Quirk(
        "error-always",
        "the same, always",
        "typed error",
        always(http(sse(*HELLO, FAILED))),
        error=ServerError,
        says="upstream broke",
        requests=5,
    ),
    Quirk(
        "error-429",
        "an error object with code 429",
        "as for status 429",
        always(http(sse({"error": {"message": "slow down", "code": 429}}))),
        error=RateLimited,
        says="slow down",
        requests=5,
    ),
    Quirk(
        "error-event",
        "`event: error`",
        AGAIN,
        once(http(sse(*HELLO, 'event: error\ndata: {"message": "boom"}'))),
        requests=2,
    ),
    Quirk(
        "error-object",
        "an object that says of itself that it is an error",
        AGAIN,
        once(http(sse(*HELLO, {"object": "error", "message": "boom", "code": 500}))),
        requests=2,
    ),
    Quirk("error-finish", "`finish_reason: error`", AGAIN, once(http(sse(*HELLO, end("error")))), requests=2),
    Quirk(
        "error-finish-otherwise",
        "other words for it, such as `abort` or `network_error`",
        AGAIN,
        once(http(sse(*HELLO, end("abort")))),
        requests=2,
    ),
    Quirk(
        "error-string",
        "an error that is a string",
        AGAIN,
        once(http(b'data: {"error": "overloaded"}\n\n')),
        requests=2,
    ),
    Quirk(
        "html",
        "an HTML page of status 200",
        "typed error that names the page",
        always(http(HTML, kind="text/html")),
        error=NotChatCompletions,
        says="an HTML page (Sign in)",
        requests=2,
    ),
    Quirk(
        "html-502",
        "an HTML page of status 502",
        AGAIN,
        once(http(HTML, "502 Bad Gateway", "text/html")),
        requests=2,
    ),
    Quirk(
        "other-json",
        "JSON of something else",
        "typed error",
        always(http(b'{"ok": true}', kind="application/json")),
        error=NotChatCompletions,
        says="no choices",
        requests=2,
    ),
    Quirk(
        "bad-json",
        "events that are no JSON",
        "typed error",
        always(http(b"data: {oops\n\n")),
        error=NotChatCompletions,
        says="no Chat Completions",
        requests=2,
    ),
    Quirk(
        "retry-after",
        "429 with `Retry-After`",
        "waits as long as it is told, then the right answer",
        once(http(b"", "429 Too Many Requests", more="retry-after: 2\r\n")),
        requests=2,
    ),
]

REFUSALS = [
    Quirk(
        "no-tools",
        "refuses `tools`",
        "tools in the prompt and calls read from the text, remembered",
        once(refused("this model does not support tools")),
        requests=2,
        asked=without("tools"),
    ),
    Quirk(
        "no-stream-options",
        "refuses `stream_options`",
        "left out, remembered",
        once(refused("Unrecognized request argument supplied: stream_options")),
        requests=2,
        asked=without("stream_options"),
    ),
    Quirk(
        "no-max-tokens",
        "refuses `max_tokens`",
        "`max_completion_tokens` instead, remembered",
        once(refused("Unsupported parameter: 'max_tokens' is not supported with this model.")),
        requests=2,
        entry=ModelEntry(id="m", max_output=9),
        asked=lambda got: "max_tokens" in got[0].json and got[-1].json["max_completion_tokens"] == 9,
    ),
    Quirk(
        "no-stream",
        "refuses `stream`",
        "asked for one JSON object, remembered",
        [[refused("stream is not supported")], [http(WHOLE, kind="application/json")]],
        requests=2,
        asked=lambda got: got[-1].json["stream"] is False,
    ),
    Quirk(
        "no-schema",
        "refuses `response_format`",
        "calls are read from the text instead, remembered",
        once(refused("response_format is not supported")),
        requests=2,
        entry=ModelEntry(id="m", tools="schema"),
        asked=lambda got: "response_format" not in got[-1].json,
    ),
    Quirk(
        "must-alternate",
        "wants user and assistant by turns",
        "messages of the user that follow each other become one, remembered",
        once(
            refused(
                "Conversation roles must alternate user/assistant/user/assistant/...",
                "500 Internal Server Error",
            )
        ),
        requests=2,
        asked=lambda got: len(got[-1].json["messages"]) == len(got[0].json["messages"]) - 1,
    ),
    Quirk(
        "refuses-everything",
        "refuses something that hone does not send",
        "typed error with its words",
        always(refused("temperature is required")),
        error=BadRequest,
        says="temperature is required",
    ),
    Quirk(
        "parallel",
        "refuses `parallel_tool_calls`",
        "right answer: hone never sends it",
        always(http(GOOD)),
        asked=lambda got: "parallel_tool_calls" not in got[0].json,
    ),
]

DRIP: list[Act] = [act for at in range(40, len(GOOD), 40) for act in ("pause", GOOD[at : at + 40])]
TIME = [
    Quirk("hang-first", "silence before the first byte, once", AGAIN, once("hang"), requests=2),
    Quirk(
        "hang-middle",
        "silence in the middle of the answer, once",
        AGAIN,
        once(chunked(sse(*HELLO, done=False), end=False), "hang"),
        requests=2,
    ),
    Quirk(
        "drip",
        "a slow drip, with pauses that are shorter than `idle_timeout`",
        RIGHT,
        always(until_closed(GOOD[:40]), *DRIP),
    ),
    Quirk(
        "hang-always",
        "silence, always",
        "typed error when `idle_timeout` has passed so often as there is time for",
        always("hang"),
        error=ConnectionFailed,
        says="silent for too long",
        requests=5,
    ),
]
SOURCES = [
    ("Framing", FRAMING),
    ("What is in a message", CONTENT),
    ("Tool calls", CALLS),
    ("Where it ends", ENDS),
    ("Errors", ERRORS),
    ("What is refused", REFUSALS),
    ("Time", TIME),
]
QUIRKS = [quirk for _, quirks in SOURCES for quirk in quirks]
