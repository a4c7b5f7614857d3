"""The proxy that counts, before real servers on the loopback interface."""

import json
from typing import Any

import httpx2
import pytest

from hone.bench.proxy import CountingProxy, Heard, Upstream
from hone.config.settings import Price
from hone.messages import Usage
from hone.testing import FakeClock, Fault, WireServer, as_json, as_stream, call, cut, status, together


def asked(
    *messages: dict[str, Any], stream: bool = True, tools: tuple[str, ...] = ("shell",)
) -> dict[str, Any]:
    offered = [{"type": "function", "function": {"name": name}} for name in tools]
    return {"model": "m", "messages": list(messages), "stream": stream, "tools": offered}


def is_review(request: dict[str, Any]) -> bool:
    return bool(request["tools"][0]["function"]["name"] == "skill_create")


def post(base: str, body: dict[str, Any], **headers: str) -> httpx2.Response:
    with httpx2.Client(trust_env=False, timeout=10) as client:
        return client.post(f"{base}/chat/completions", json=body, headers=headers)


RESULTS = (
    {"role": "assistant", "content": None},
    {"role": "tool", "content": "ls: no such file\nexit 2"},
    {"role": "tool", "content": "fine\nexit 0"},
    {"role": "tool", "content": '{"output": "", "exit_code": 127, "error": null}'},
    {"role": "tool", "content": '{"success": true, "error": null}'},
)


@pytest.mark.parametrize("stream", [True, False])
def test_calls_failures_and_tokens_are_counted(stream: bool) -> None:
    reply = together(call("shell", command="ls"), call("shell", command="pwd"))
    usage = {"prompt_tokens": 100, "completion_tokens": 10}
    with WireServer(lambda _: (as_stream if stream else as_json)(reply, usage)) as server:
        upstream = Upstream("wire", server.base_url, prices={"m": Price(input=1, output=10)})
        with CountingProxy([upstream], is_review, FakeClock()) as proxy:
            post(proxy.base_url("wire"), asked(*RESULTS, stream=stream))
            post(proxy.base_url("wire"), asked(stream=stream, tools=("skill_create",)))
            work, learning = proxy.take()
            assert proxy.take() == (Heard(), Heard())
    assert work == Heard(1, 2, 2, Usage(input=100, output=10, cost_usd=0.0002))
    assert work + learning == learning + work
    assert (learning.requests, learning.failed, learning.tokens) == (1, 0, 110)


def test_the_answer_arrives_as_it_was_sent_and_the_key_is_the_proxys() -> None:
    answer = as_stream("hello\nthere")
    with WireServer(lambda _: answer) as server:
        upstream = Upstream("wire", f"{server.base_url}/?version=1", {"Authorization": "Bearer secret"})
        with CountingProxy([upstream], is_review, FakeClock()) as proxy:
            heard = post(proxy.base_url("wire"), asked(), Authorization="Bearer unused", X_Mine="1")
        assert heard.content == b"".join(answer.chunks)
        assert heard.headers["content-type"] == "text/event-stream"
        assert server.headers[0]["authorization"] == "Bearer secret"
        assert server.headers[0]["x_mine"] == "1"
    assert "secret" not in repr(upstream)


@pytest.mark.parametrize(
    "fault",
    [
        status(500, "no"),
        cut(as_stream("hello\nthere"), 2),
        Fault(chunks=(b"data: {nonsense\n\n",)),
        Fault(chunks=(b"[1]",)),
    ],
    ids=["failed", "cut", "nonsense", "a list"],
)
def test_what_was_not_answered_is_not_counted(fault: Fault) -> None:
    with (
        WireServer(lambda _: fault) as server,
        CountingProxy([Upstream("w", server.base_url)], is_review, FakeClock()) as proxy,
    ):
        try:
            assert post(proxy.base_url("w"), asked()).status_code == fault.status
        except httpx2.HTTPError:
            assert fault.then == "cut"
        assert proxy.take() == (Heard(), Heard())


def test_models_are_listed_and_other_paths_and_dead_endpoints_are_said() -> None:
    with WireServer(lambda _: "x", models=["m1"]) as server:
        ups = [Upstream("w", server.base_url), Upstream("dead", "http://127.0.0.1:1/v1")]
        with CountingProxy(ups, is_review, FakeClock()) as proxy, httpx2.Client(trust_env=False) as client:
            listed = client.get(f"{proxy.base_url('w')}/models").json()
            assert listed["data"] == [{"id": "m1"}]
            assert client.get(f"{proxy.base_url('nobody')}/models").status_code == 404
            assert client.get(f"{proxy.base_url('dead')}/models").status_code == 502


def test_tokens_are_estimated_where_nobody_counts_them() -> None:
    body = json.dumps({"choices": [{"message": {"content": "x" * 40}, "finish_reason": "stop"}]}).encode()
    with (
        WireServer(lambda _: Fault(chunks=(body,))) as server,
        CountingProxy([Upstream("w", server.base_url)], is_review, FakeClock()) as proxy,
    ):
        post(proxy.base_url("w"), asked({"role": "user", "content": "y" * 400}, stream=False))
        work, _ = proxy.take()
    assert work.usage.output == 10
    assert 100 <= work.usage.input <= 150
