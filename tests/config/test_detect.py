"""A model is found in the environment or on this machine, and what was tried is said."""

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import AsyncIterator

import pytest

from hone.config.detect import HOSTED, LOCAL, Detection, Local, detect, list_models
from hone.config.settings import Provider

OPENAI_MODELS = next(hosted.models for hosted in HOSTED if hosted.name == "openai")


@contextlib.asynccontextmanager
async def server(answer: bytes, heads: list[bytes] | None = None) -> AsyncIterator[int]:
    """An HTTP server on loopback that gives `answer` to every request; empty: it never answers."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            head = await reader.readuntil(b"\r\n\r\n")
            if heads is not None:
                heads.append(head)
            if not answer:
                await reader.read()  # until the client gives up
            writer.write(answer)
            await writer.drain()
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()


def listing(*models: str, status: str = "200 OK") -> bytes:
    body = json.dumps({"object": "list", "data": [{"id": model} for model in models]}).encode()
    return http(body, status)


def http(body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def detect_with(environ: dict[str, str], *answers: bytes, model: str | None = None) -> Detection:
    """Detection with one local server for each of `answers`, named a, b, … in that order."""

    async def run() -> Detection:
        async with contextlib.AsyncExitStack() as stack:
            ports = [
                Local(label, await stack.enter_async_context(server(answer)))
                for label, answer in zip("ab", answers, strict=False)
            ]
            return await detect(environ, model=model, local_ports=tuple(ports))

    return asyncio.run(run())


@pytest.mark.parametrize("hosted", HOSTED, ids=lambda hosted: hosted.name)
def test_a_key_in_the_environment_is_used_and_stays_a_reference(hosted: object) -> None:
    name, key = hosted.name, hosted.key  # type: ignore[attr-defined]

    found = detect_with({key: "sk-secret"})

    assert found.provider is not None
    assert found.provider.name == name
    assert found.provider.api_key == f"${{{key}}}"
    assert len(found.provider.models) == 2
    assert found.note == f"no config: using {key} ({name}), model {found.provider.models[0]}"
    assert "sk-secret" not in repr(found)


@pytest.mark.parametrize(
    ("environ", "model", "name", "models"),
    [
        ({"OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "k"}, None, "openai", OPENAI_MODELS),
        ({"OPENAI_API_KEY": "k", "OPENAI_MODEL": "m"}, None, "openai", ("m",)),
        ({"OPENAI_API_KEY": "k", "OPENAI_MODEL": "m", "HONE_MODEL": "n, o"}, None, "openai", ("n",)),
        ({"OPENAI_API_KEY": "k", "HONE_MODEL": "n"}, "p", "openai", ("p",)),
        ({"OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "k"}, "anthropic:c", "anthropic", ("c",)),
        ({"ANTHROPIC_API_KEY": "k", "OPENAI_MODEL": "m"}, "qwen3:8b", "anthropic", ("qwen3:8b",)),
        ({"OPENAI_BASE_URL": "http://x/v1", "ANTHROPIC_API_KEY": "k"}, "anthropic:c", "anthropic", ("c",)),
        ({"OPENAI_BASE_URL": "http://x/v1"}, "openai:m", "openai", ("m",)),
        (
            {"OPENAI_BASE_URL": "https://api.openai.com/v1/", "OPENAI_API_KEY": "k"},
            None,
            "openai",
            OPENAI_MODELS,
        ),
    ],
)
def test_the_provider_follows_from_the_variables_and_the_named_model(
    environ: dict[str, str], model: str | None, name: str, models: tuple[str, ...]
) -> None:
    provider = detect_with(environ, model=model).provider

    assert provider is not None
    assert (provider.name, provider.models) == (name, models)


def test_a_base_url_is_asked_for_its_first_chat_model_with_the_key() -> None:
    heads: list[bytes] = []

    async def run() -> tuple[Detection, str]:
        async with server(listing("nomic-embed-text", "qwen", "other"), heads) as port:
            base = f"http://127.0.0.1:{port}/v1/"
            return await detect({"OPENAI_BASE_URL": base, "OPENAI_API_KEY": "sk"}, local_ports=()), base

    found, base = asyncio.run(run())

    assert found.provider == Provider(
        name="openai", api_base=base, api_key="${OPENAI_API_KEY}", models=("qwen",)
    )
    assert found.note == f"no config: using OPENAI_BASE_URL ({base}), model qwen"
    assert heads[0].startswith(b"GET /v1/models ")
    assert b"Bearer sk\r\n" in heads[0]


def test_a_base_url_that_lists_nothing_is_not_replaced_by_another_provider() -> None:
    base = f"http://127.0.0.1:{free_port()}/v1"

    found = detect_with({"OPENAI_BASE_URL": base, "ANTHROPIC_API_KEY": "k"}, listing("local"))

    assert found.provider is None
    assert found.tried == (
        f"OPENAI_BASE_URL is {base}, but {base}/models lists no model; set HONE_MODEL to one",
    )


def test_the_first_local_server_that_lists_a_chat_model_is_used() -> None:
    found = detect_with(
        {}, listing("bge-m3", "all-MiniLM-L6"), listing("text-embedding-3", "qwen3:8b", "llama")
    )

    assert found.provider is not None
    assert found.provider.name == "b"
    assert found.provider.models == ("qwen3:8b",)
    assert found.provider.api_key == ""
    assert (
        found.note == f"no config: using b at {found.provider.api_base.removesuffix('/v1')}, model qwen3:8b"
    )


def test_the_server_that_lists_the_named_model_is_preferred() -> None:
    found = detect_with({"HONE_MODEL": "two"}, listing("one"), listing("two"))

    assert found.provider is not None
    assert (found.provider.name, found.provider.models) == ("b", ("two",))


def test_a_named_local_server_is_the_only_one_asked() -> None:
    found = detect_with({}, listing("one"), listing("one"), model="b:one")

    assert found.provider is not None
    assert (found.provider.name, found.provider.models) == ("b", ("one",))


@pytest.mark.parametrize(
    "answer",
    [
        http(b"<html>"),
        http(b"[]"),
        http(b'{"data": [{"name": "x"}]}'),
        http(b'{"data": []}'),
        listing("x", status="500 No"),
        listing("x", status="302 Moved"),
        b"SSH-2.0-OpenSSH\r\n",
        http(b" " * 5_000_000),
    ],
)
def test_a_port_of_something_else_is_passed_over(answer: bytes) -> None:
    assert detect_with({}, answer).provider is None


def test_without_anything_it_says_what_was_tried_and_what_to_do() -> None:
    async def run() -> Detection:
        return await detect({}, local_ports=(Local("Ollama", free_port()), Local("LM Studio", free_port())))

    found = asyncio.run(run())

    assert found.provider is None
    assert found.note == ""
    said = "; ".join(found.tried)
    assert said.startswith(
        "none of OPENAI_BASE_URL, OPENAI_API_KEY, OPENROUTER_API_KEY, ANTHROPIC_API_KEY is set; "
    )
    assert "no local server answers: Ollama (" in said
    assert said.endswith("run hone setup, or export one of those keys")


def test_silent_servers_cost_half_a_second_together() -> None:
    started = time.monotonic()

    found = detect_with({}, b"", b"")

    assert found.provider is None
    assert time.monotonic() - started < 2  # the bound is 0.5 s; the rest is for a busy machine


def test_the_usual_servers_are_known_by_names_that_fit_before_a_colon() -> None:
    assert [(server.name, server.port) for server in LOCAL] == [
        ("ollama", 11434),
        ("lmstudio", 1234),
        ("llamacpp", 8080),
        ("vllm", 8000),
    ]


@pytest.mark.parametrize(
    "base", ["", "nonsense", "http://", "http://[", "http://127.0.0.1:99999/v1", "file:///etc"]
)
def test_an_address_that_is_none_lists_nothing(base: str) -> None:
    assert asyncio.run(list_models(base)) == ()


def test_a_key_that_no_header_can_hold_lists_nothing() -> None:
    assert asyncio.run(list_models(f"http://127.0.0.1:{free_port()}", "ключ\n")) == ()
