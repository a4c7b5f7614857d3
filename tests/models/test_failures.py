"""Error answers become errors that say what to do."""

import json

import pytest

from hone.config.settings import ModelEntry
from hone.errors import AuthError, BadRequest, ContextTooLong, ModelNotFound, ProviderError, ServerError
from hone.models.endpoint import Endpoint
from hone.models.failures import excerpt, failure, failure_in_answer

ENDPOINT = Endpoint("acme", "https://acme.example/v1", "sk-secret", ModelEntry(id="big"))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, '{"error": {"code": "context_length_exceeded", "message": "Please reduce"}}'),
        (
            400,
            '{"error": {"message": "This model\'s maximum context length is 4096 tokens. However, you requested 5000"}}',
        ),
        (
            400,
            '{"error": {"type": "exceed_context_size_error", "message": "the request exceeds the available context size"}}',
        ),
        (500, '{"error": {"message": "the request exceeds the available context size. try increasing it"}}'),
        (400, '{"error": {"message": "prompt is too long: 208310 tokens > 200000 maximum"}}'),
        (
            400,
            '{"error": {"message": "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000"}}',
        ),
        (400, '{"error": "prompt too long; exceeded max context length by 12 tokens"}'),
        (
            400,
            '{"error": {"message": "Provider returned error", "metadata": {"raw": "prompt is too long: 1 > 0"}}}',
        ),
        (400, '{"error": {"message": "This endpoint\'s maximum context length is 32768 tokens."}}'),
        (
            400,
            '{"error": {"message": "The input token count (9) exceeds the maximum number of tokens allowed (8)."}}',
        ),
        (413, ""),
    ],
)
def test_a_request_that_is_too_long_is_recognised_in_the_words_of_common_servers(
    status: int, body: str
) -> None:
    error = failure(ENDPOINT, status, body)

    assert isinstance(error, ContextTooLong)
    assert "larger" in str(error)


@pytest.mark.parametrize(
    ("status", "body", "kind", "says"),
    [
        (401, "", AuthError, "check api_key of provider 'acme' in config.yaml or the variable that it names"),
        (403, "", AuthError, "check api_key"),
        (404, '{"error": {"message": "no such model"}}', ModelNotFound, "https://acme.example/v1/models"),
        (400, '{"error": {"message": "temperature must be 1"}}', BadRequest, "temperature must be 1"),
        (402, '{"detail": "pay first"}', BadRequest, "pay first"),
        (500, "boom", ServerError, "boom"),
    ],
)
def test_the_message_says_who_answered_what_and_what_to_do(
    status: int, body: str, kind: type[ProviderError], says: str
) -> None:
    error = failure(ENDPOINT, status, body)

    assert type(error) is kind
    assert error.status == status
    assert says in str(error)
    assert f"acme (https://acme.example/v1) answered {status}" in str(error)


def test_a_missing_key_is_said_to_be_missing() -> None:
    keyless = Endpoint("acme", "https://acme.example/v1", "", ModelEntry(id="big"))

    assert "no key was sent" in str(failure(keyless, 401, ""))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"message": "x"}, ServerError),
        ({"message": "x", "code": 401}, AuthError),
        ({"message": "x", "code": "401"}, AuthError),
        ({"message": "x", "code": "server_error"}, ServerError),
        ({"message": "x", "code": "context_length_exceeded"}, ContextTooLong),
        ("overloaded", ServerError),
    ],
)
def test_an_error_within_an_answer_has_the_kind_of_its_code(error: object, kind: type[ProviderError]) -> None:
    assert type(failure_in_answer(ENDPOINT, error, json.dumps({"error": error}))) is kind


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", "(no text)"),
        ("plain\nwords", "plain words"),
        ('{"error": {"message": "m"}}', "m"),
        ('{"error": "m"}', "m"),
        ('[{"error": {"message": "m"}}]', "m"),
        ('{"message": "m"}', "m"),
        ('{"detail": [{"message": "m"}]}', "m"),
        ('{"error": {"message": "m", "metadata": {"raw": "why"}}}', "m: why"),
        ('{"a": 1}', '{"a": 1}'),
        ("[]", "[]"),
        ("<html><title>Bad gateway</title>", "an HTML page (Bad gateway)"),
        ("<!DOCTYPE html><p>x", "an HTML page"),
        ("wrong key sk-secret", "wrong key [key]"),
        ("\x1b[31mred", "[31mred"),
        ("x" * 300, "x" * 199 + "…"),
    ],
)
def test_an_excerpt_is_the_endpoint_s_own_words_on_one_short_line_without_the_key(
    body: str, words: str
) -> None:
    assert excerpt(body, "sk-secret") == words


@pytest.mark.parametrize("key", ["", "x", "ollama"])
def test_a_key_too_short_to_be_secret_does_not_spoil_the_words(key: str) -> None:
    assert excerpt("ollama exploded", key) == "ollama exploded"
