"""From what an endpoint answered to a typed error that says what to do. Which errors are worth another try: `retry`."""

import re
from typing import Any

import msgspec

from hone.errors import (
    AuthError,
    BadRequest,
    ConnectionFailed,
    ContextTooLong,
    ModelNotFound,
    NotChatCompletions,
    ProviderError,
    RateLimited,
    ServerError,
)
from hone.late import late
from hone.models.endpoint import Endpoint

_EXCERPT = 200  # characters of an endpoint's own words in a message
_SHORTEST_KEY = 8  # characters; anything shorter stands for no key and is part of ordinary words

_TOO_LONG = late(
    r"context_length_exceeded|exceed_context_size"
    r"|maximum (context|prompt|input) length|max context length"
    r"|(prompt|input|request|conversation|messages?)( is| are)? too (long|large)"
    r"|(exceed|overflow|longer than|larger than|greater than|too large for|too long for)[^\n]{0,80}context"
    r"|context[^\n]{0,60}(exceed|overflow)"
    r"|input token count[^\n]{0,60}exceeds"
    r"|reduce the length of the (messages|prompt|input)",
    re.IGNORECASE,
)


class EmptyReply(NotChatCompletions):
    """A reply of the protocol with neither text nor calls."""


def failure(endpoint: Endpoint, status: int, body: str, retry_after: float | None = None) -> ProviderError:
    """The typed error for an error answer; `body` is the answer's text, `retry_after` in seconds."""
    said = excerpt(body, endpoint.api_key)
    where = f"{endpoint.provider} ({endpoint.shown_base}) answered {status}: {said}"
    if status in (401, 403):
        return AuthError(f"{where}; {_check_key(endpoint)}", status=status)
    if status == 413 or ((status in (400, 422) or status >= 500) and _TOO_LONG.search(body)):
        hint = f"the request does not fit the context of {endpoint.entry.id}: start a new session or use a model with a larger one"
        return ContextTooLong(f"{hint}; {where}", status=status)
    if status == 404:
        hint = f"it has no model {endpoint.entry.id!r}, or api_base is wrong; {endpoint.shown_base}/models lists its models"
        return ModelNotFound(f"{where}; {hint}", status=status)
    if status == 429:
        return _rate_limited(where, body, retry_after)
    if status in (408, 409, 425) or status >= 500:
        return ServerError(
            f"{where}; try again later or name a fallback model", status=status, retry_after=retry_after
        )
    if status < 400:
        return NotChatCompletions(
            f"{where}; check that api_base is the final address of a Chat Completions endpoint", status=status
        )
    return BadRequest(f"{where}; check the settings of model {endpoint.entry.id!r}", status=status)


def failure_in_answer(endpoint: Endpoint, error: Any, body: str) -> ProviderError:
    """The typed error for an error object inside an answer that began well."""
    code = str(error.get("code", "")) if isinstance(error, dict) else ""
    status = int(code) if re.fullmatch(r"[45]\d\d", code, re.ASCII) else 500
    return failure(endpoint, status, body)


def unreachable(endpoint: Endpoint, reason: str) -> ConnectionFailed:
    """No answer, or only a part of one."""
    return ConnectionFailed(
        f"{endpoint.provider} ({endpoint.shown_base}): {reason}; check that it runs and that api_base is right"
    )


def moved(endpoint: Endpoint, status: int, address: str) -> NotChatCompletions:
    """A redirect that is not followed."""
    shown = re.sub(r"//[^/]*@", "//", address).partition("?")[0]
    return NotChatCompletions(
        f"{endpoint.provider} ({endpoint.shown_base}) answered {status}: it has moved to {shown}; if that is right, set api_base to it",
        status=status,
    )


def unusable(endpoint: Endpoint, reason: str) -> ConnectionFailed:
    """A setting keeps requests from being sent at all; no other attempt helps."""
    error = ConnectionFailed(f"{endpoint.provider} ({endpoint.shown_base}) cannot be asked: {reason}")
    error.retryable = False
    return error


def not_the_protocol(endpoint: Endpoint, reason: str, body: str = "") -> NotChatCompletions:
    """An answer that is none of Chat Completions."""
    said = f": {excerpt(body, endpoint.api_key)}" if body else ""
    return NotChatCompletions(
        f"{endpoint.provider} ({endpoint.shown_base}): {reason}{said}; api_base must be a Chat Completions address, usually ending in /v1"
    )


def empty(endpoint: Endpoint) -> EmptyReply:
    """A reply with neither text nor calls."""
    return EmptyReply(f"{endpoint.name} answered with nothing; if it keeps doing so, use another model")


def withheld(endpoint: Endpoint) -> BadRequest:
    """A reply that the endpoint's content filter left nothing of; the same request fares no better again."""
    return BadRequest(
        f"{endpoint.name}: its content filter withheld the answer, or the rest of it; ask in other words or use another model"
    )


def excerpt(body: str, api_key: str = "") -> str:
    """What an error answer says, on one line of at most 200 characters and without the key."""
    text = _words_of(body)
    if len(api_key) >= _SHORTEST_KEY:
        text = text.replace(api_key, "[key]")
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= _EXCERPT else text[: _EXCERPT - 1] + "…"


def _words_of(body: str) -> str:
    if re.match(r"\s*<(!doctype|html)", body, re.IGNORECASE):
        title = re.search(r"<title[^>]*>([^<]*)", body, re.IGNORECASE)
        return f"an HTML page{f' ({title[1].strip()})' if title and title[1].strip() else ''}"
    try:
        value = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return body.strip() or "(no text)"
    return _message_in(value) or body


def _message_in(value: Any) -> str:
    if isinstance(value, list) and value:
        return _message_in(value[0])
    if not isinstance(value, dict):
        return value if isinstance(value, str) else ""
    found = next((m for key in ("error", "message", "detail") if (m := _message_in(value.get(key)))), "")
    metadata = value.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, dict) else None  # OpenRouter: the provider's own words
    return f"{found}: {raw}" if found and isinstance(raw, str) else found


def _check_key(endpoint: Endpoint) -> str:
    setting = f"api_key of provider {endpoint.provider!r} in config.yaml or the variable that it names"
    return f"check {setting}" if endpoint.api_key else f"no key was sent: set {setting}"


def _rate_limited(where: str, body: str, retry_after: float | None) -> RateLimited:
    if "insufficient_quota" not in body:
        return RateLimited(f"{where}; wait, or name a fallback model", status=429, retry_after=retry_after)
    error = RateLimited(f"{where}; add credit to the account or name a fallback model", status=429)
    error.retryable = False
    return error
