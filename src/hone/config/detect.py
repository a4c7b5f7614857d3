"""A model without any configuration: keys in the environment first, then servers on this machine.

Only asks what it needs: a socket must answer before a request is sent, and a hosted endpoint is asked for its models
only if `OPENAI_BASE_URL` names one that is not known here.
"""

import asyncio
import re
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx2
import msgspec

from hone.config.settings import Provider


class Hosted(msgspec.Struct, frozen=True):
    """A hosted endpoint: the variable that holds its key, and the models for main and routine."""

    name: str
    key: str
    api_base: str
    models: tuple[str, ...]


class Local(msgspec.Struct, frozen=True):
    """A server that people run on their own machine, and its usual port."""

    label: str
    port: int

    @property
    def name(self) -> str:
        """The provider's name: letters and digits."""
        return "".join(character for character in self.label.lower() if character.isalnum())

    @property
    def api_base(self) -> str:
        """Where its Chat Completions are."""
        return f"http://127.0.0.1:{self.port}/v1"


class Detection(msgspec.Struct, frozen=True):
    """What was found. `note` is one line for the user; `tried`, joined, is the message when nothing was: what was looked
    at and how to set a model."""

    provider: Provider | None
    note: str
    tried: tuple[str, ...]


# Model ids as the providers listed them in November 2026.
HOSTED = (
    Hosted("openai", "OPENAI_API_KEY", "https://api.openai.com/v1", ("gpt-5.4", "gpt-5.4-mini")),
    Hosted(
        "openrouter",
        "OPENROUTER_API_KEY",
        "https://openrouter.ai/api/v1",
        ("anthropic/claude-sonnet-4.6", "anthropic/claude-haiku-4.5"),
    ),
    Hosted(
        "anthropic",
        "ANTHROPIC_API_KEY",
        "https://api.anthropic.com/v1/",
        ("claude-sonnet-5", "claude-haiku-4-5"),
    ),
)
LOCAL = (Local("Ollama", 11434), Local("LM Studio", 1234), Local("llama.cpp", 8080), Local("vLLM", 8000))

_LOCAL_SECONDS = 0.4  # for all ports together
_REMOTE_SECONDS = 5.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_MAX_BYTES = 4 * 1024 * 1024
_NOT_CHAT = re.compile(
    r"embed|rerank|(^|[-_/])(bge|e5|gte|minilm|whisper|tts|dall-e|moderation)([-_/]|$)", re.IGNORECASE
)


async def detect(
    environ: Mapping[str, str], *, model: str | None = None, local_ports: tuple[Local, ...] = LOCAL
) -> Detection:
    """The first provider that can be used: of the environment, else of this machine.

    `model` (`provider:model` or `model`) is what a flag or setting names already, else `HONE_MODEL` and `OPENAI_MODEL`
    do. At most 0.5 s for local servers, 5 s for `OPENAI_BASE_URL`. Raises nothing; what failed is in `tried`.
    """
    provider, named = _split(model or environ.get("HONE_MODEL", "").partition(",")[0].strip(), local_ports)
    openai_model = named or environ.get("OPENAI_MODEL", "")
    if environ.get("OPENAI_BASE_URL") and provider in ("", "openai"):
        return await _custom(environ, openai_model)
    for hosted in HOSTED:
        if environ.get(hosted.key) and provider in ("", hosted.name):
            return _hosted(hosted, openai_model if hosted.name == "openai" else named)
    ports = tuple(server for server in local_ports if provider in ("", server.name))
    return await _local(ports, named)


async def list_models(
    api_base: str, api_key: str = "", *, seconds: float = _REMOTE_SECONDS
) -> tuple[str, ...]:
    """The chat models that `{api_base}/models` lists, without embedding models; empty if it gives no such answer."""
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    # Plain HTTP needs no certificates, which take 90 ms to load; with none loaded, any TLS fails closed.
    verify = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if api_base.startswith("http://") else True
    try:
        address = urlsplit(api_base)
        proxied = (
            address.port != 0 and address.hostname not in _LOOPBACK
        )  # `port` raises if it is out of range
        async with (
            asyncio.timeout(seconds),
            httpx2.AsyncClient(verify=verify, trust_env=proxied) as client,
            client.stream(
                "GET", f"{api_base.rstrip('/')}/models", headers=headers, timeout=seconds
            ) as answer,
        ):
            answer.raise_for_status()
            return _chat_models(await _read_capped(answer))
    except (TimeoutError, OSError, ValueError, httpx2.HTTPError, httpx2.InvalidURL):
        return ()


async def _custom(environ: Mapping[str, str], model: str) -> Detection:
    """`OPENAI_BASE_URL`: a choice of the user, so nothing else is looked at if it cannot be used."""
    base = environ["OPENAI_BASE_URL"]
    key = environ.get("OPENAI_API_KEY", "")
    known = next((hosted.models for hosted in HOSTED if hosted.api_base.rstrip("/") == base.rstrip("/")), ())
    models = (model,) if model else known or (await list_models(base, key))[:1]
    if not models:
        tried = (
            f"OPENAI_BASE_URL is {base}, but {base.rstrip('/')}/models lists no model; set HONE_MODEL to one"
        )
        return Detection(None, "", (tried,))
    provider = Provider(
        name="openai", api_base=base, api_key="${OPENAI_API_KEY}" if key else "", models=models
    )
    return Detection(provider, f"no config: using OPENAI_BASE_URL ({base}), model {models[0]}", ())


def _hosted(hosted: Hosted, model: str) -> Detection:
    models = (model,) if model else hosted.models
    provider = Provider(
        name=hosted.name, api_base=hosted.api_base, api_key=f"${{{hosted.key}}}", models=models
    )
    return Detection(provider, f"no config: using {hosted.key} ({hosted.name}), model {models[0]}", ())


async def _local(ports: tuple[Local, ...], model: str) -> Detection:
    """The first server that lists `model`, else the first that lists any."""
    listed = await asyncio.gather(*(_ask_local(server) for server in ports))
    found = [(server, models) for server, models in zip(ports, listed, strict=True) if models]
    if not found:
        asked = ", ".join(f"{server.label} ({server.port})" for server in ports)
        keys = ", ".join(hosted.key for hosted in HOSTED)
        tried = (f"none of OPENAI_BASE_URL, {keys} is set", f"no local server answers: {asked}")
        return Detection(None, "", (*tried, "run hone setup, or export one of those keys"))
    server, models = next((pair for pair in found if model in pair[1]), found[0])
    chosen = model or models[0]
    provider = Provider(name=server.name, api_base=server.api_base, models=(chosen,))
    address = server.api_base.removesuffix("/v1")
    return Detection(provider, f"no config: using {server.label} at {address}, model {chosen}", ())


async def _ask_local(server: Local) -> tuple[str, ...]:
    try:
        async with asyncio.timeout(_LOCAL_SECONDS / 2):
            _, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.close()
            await writer.wait_closed()
    except (TimeoutError, OSError):
        return ()
    return await list_models(server.api_base, seconds=_LOCAL_SECONDS / 2)


async def _read_capped(answer: httpx2.Response) -> bytes:
    body = bytearray()
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > _MAX_BYTES:
            raise ValueError("the list of models is too long")
    return bytes(body)


class _Entry(msgspec.Struct):
    id: str


class _Listing(msgspec.Struct):
    data: list[_Entry]


def _chat_models(body: bytes) -> tuple[str, ...]:
    listing = msgspec.json.decode(body, type=_Listing)
    return tuple(entry.id for entry in listing.data if entry.id and not _NOT_CHAT.search(entry.id))


def _split(model: str, ports: tuple[Local, ...]) -> tuple[str, str]:
    """Provider and model; a colon can be part of a model's name (`qwen3:8b`), so only known providers count."""
    provider, colon, name = model.partition(":")
    known = {hosted.name for hosted in HOSTED} | {server.name for server in ports}
    return (provider, name) if colon and provider in known else ("", model)
