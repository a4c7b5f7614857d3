"""How many tokens a model takes, as its endpoint tells it: the listings of the servers in use. Nothing is sent to a model."""

import ssl
from collections.abc import Iterator
from typing import Any

import httpx2
import msgspec

from hone.models.endpoint import Endpoint

_SECONDS = 180.0  # for one whole answer of a slow machine
_KEYS = ("loaded_context_length", "context_length", "context_window", "max_model_len", "n_ctx")
_MOST = 100_000_000  # tokens; more is no window


def opened(endpoint: Endpoint) -> httpx2.AsyncClient:
    """A client for single requests to `endpoint`. The caller closes it."""
    headers = {"user-agent": "hone", **endpoint.headers}
    if endpoint.api_key:
        headers["authorization"] = f"Bearer {endpoint.api_key}"
    url = httpx2.URL(endpoint.api_base)
    # plain http needs no certificates, and loading them takes 40 ms
    verify = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if url.scheme == "http" else True
    proxied = url.scheme == "https" or url.host not in ("localhost", "127.0.0.1", "::1")
    return httpx2.AsyncClient(headers=headers, verify=verify, timeout=_SECONDS, trust_env=proxied)


async def find_window(client: httpx2.AsyncClient, endpoint: Endpoint) -> int | None:
    """Tokens; None if no listing tells. What a model was trained with does not count: a server may give it less."""
    base = endpoint.api_base.partition("?")[0].rstrip("/")
    root = base.removesuffix("/v1")
    # Ollama's list of loaded models, LM Studio's list, the list of the protocol, llama.cpp's settings
    for address in (f"{root}/api/ps", f"{root}/api/v0/models", f"{base}/models"):
        for model in _models(await _json(client, address)):
            if endpoint.entry.id in (model.get("id"), model.get("model"), model.get("name")):
                meta = model.get("meta")
                if window := _window(model) or _window(meta if isinstance(meta, dict) else {}):
                    return window
    props = await _json(client, f"{root}/props")
    settings = props.get("default_generation_settings")
    return _window(settings) if isinstance(settings, dict) else None


async def _json(client: httpx2.AsyncClient, address: str) -> dict[str, Any]:
    try:
        answer = await client.get(address)
        value = msgspec.json.decode(answer.content) if answer.status_code == 200 else {}
    except (httpx2.HTTPError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _models(listing: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for key in ("models", "data"):
        listed = listing.get(key)
        yield from (each for each in (listed if isinstance(listed, list) else ()) if isinstance(each, dict))


def _window(values: dict[str, Any]) -> int | None:
    found = (values.get(key) for key in _KEYS)
    return next((each for each in found if type(each) is int and 0 < each < _MOST), None)
