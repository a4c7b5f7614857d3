"""What is taken out of texts, what stays, and that doing it twice is doing it once."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.safety.environment import command_environ, is_secret_name, secret_values
from hone.safety.secrets import Redactor

A40 = "a1B2" * 10


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("key sk-" + A40, "key [redacted:key]"),
        ("'sk-ant-api03-" + A40 + "'", "'[redacted:key]'"),
        ("sk_live_" + A40, "[redacted:key]"),
        ("ghp_" + A40, "[redacted:github-token]"),
        ("github_pat_" + A40, "[redacted:github-token]"),
        ("glpat-" + A40, "[redacted:gitlab-token]"),
        ("AKIA" + "A1B2" * 4, "[redacted:aws-key]"),
        ("ASIA" + "A1B2" * 4, "[redacted:aws-key]"),
        ("xoxb-1234567890-abc", "[redacted:slack-token]"),
        ("AIza" + A40[:35], "[redacted:google-key]"),
        ("hf_" + A40, "[redacted:huggingface-token]"),
        ("npm_" + A40[:36], "[redacted:npm-token]"),
        ("pypi-AgE" + A40 + A40, "[redacted:pypi-token]"),
        ("eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSM", "[redacted:jwt]"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nab/c=\n-----END RSA PRIVATE KEY-----\nx",
            "[redacted:private-key]\nx",
        ),
        ("-----BEGIN PRIVATE KEY-----\ncut off", "[redacted:private-key]"),
        ("Authorization: Bearer abcdefgh", "Authorization: [redacted:authorization]"),
        ('"authorization": "Basic YWJjZGVmZ2g="', '"authorization": "[redacted:authorization]"'),
        ("the header is Bearer " + A40, "the header is Bearer [redacted:authorization]"),
        ("postgres://me:pw@host/db", "postgres://me:[redacted:password]@host/db"),
        ("redis://:pw@host", "redis://:[redacted:password]@host"),
        ("value of-the-config here", "value [redacted:known] here"),
    ],
)
def test_secrets_are_replaced_by_their_kind(text: str, expected: str) -> None:
    assert Redactor(["of-the-config"]).redact(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "task-force-of-twenty-people-1",
        "sk-learn-contrib-project-template",
        "desk-1234567890123456789012345",
        "https://example.org:8080/@scope/a:b@c",
        "git@github.com:owner/repo.git",
        "0123456789abcdef0123456789abcdef01234567",
        "Bearer of good news, and of much more news than that",
        "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----",
        "https://${USER}:${PASSWORD}@example.org",
        "the word short stays",
    ],
)
def test_what_only_looks_like_one_stays(text: str) -> None:
    assert Redactor(["short", ""]).redact(text) == text


def test_a_known_value_that_contains_another_is_replaced_whole() -> None:
    assert (
        Redactor(["abcdefgh", "abcdefgh-ijkl"]).redact("abcdefgh-ijkl abcdefgh")
        == "[redacted:known] [redacted:known]"
    )


def test_a_known_value_that_is_part_of_a_mark_does_not_grow() -> None:
    assert Redactor(["redacted"]).redact("x redacted y") == "x [redacted:known] y"


_PIECES = st.sampled_from(
    ["sk-", "ghp_", A40, "eyJ", ".", "://", ":", "@", "Bearer ", "secret-one", "one-secret", " ", "\n", "a"]
)


@given(st.lists(_PIECES | st.text(max_size=5), max_size=12).map("".join))
def test_redacting_twice_is_redacting_once_and_no_known_value_is_left(text: str) -> None:
    redactor = Redactor(["secret-one", "one-secret"])
    once = redactor.redact(text)
    assert redactor.redact(once) == once
    assert "secret-one" not in once
    assert "one-secret" not in once


@pytest.mark.parametrize(
    "name",
    [
        "OPENAI_API_KEY", "APIKEY", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "DB_PASSWORD", "PGPASSWORD", "MYSQL_PASSWD",
        "GOOGLE_APPLICATION_CREDENTIALS", "SSH_AUTH_SOCK", "HTTP_COOKIE", "npm_token", "SSH_KEYS",
    ],
)  # fmt: skip
def test_names_of_secrets_are_recognised(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["PATH", "PWD", "KEYBOARD_LAYOUT", "GIT_AUTHOR_NAME", "MONKEY_PATCH", "TOKENIZERS_PARALLELISM"]
)
def test_other_names_are_not(name: str) -> None:
    assert not is_secret_name(name)


def test_commands_inherit_everything_but_secrets_and_hones_own_settings() -> None:
    environ = {"PATH": "/bin", "MY_KEY": "k" * 9, "PROVIDER": "p" * 9, "HONE_HOME": "/x", "PAGER": "less"}
    kept = command_environ(environ, ["PROVIDER"])
    assert kept.keys() & {"MY_KEY", "PROVIDER", "HONE_HOME"} == set()
    assert kept["PATH"] == "/bin"
    assert kept["PAGER"] == "cat"
    assert kept["GIT_TERMINAL_PROMPT"] == "0"


@pytest.mark.parametrize("value", ["postgres", "correcthorsebattery", "/run/user/1000/agent.123", "hunter2"])
def test_words_and_paths_are_no_values_to_redact_unless_a_provider_names_the_variable(value: str) -> None:
    assert secret_values({"DB_PASSWORD": value}) == ()
    assert secret_values({"DB_PASSWORD": value}, ["DB_PASSWORD"]) == (value,)


def test_generated_values_of_secret_names_are_redacted() -> None:
    assert secret_values({"DB_PASSWORD": "x9Kq2-mmP0zz", "EDITOR": "x9Kq2-mmP0zz"}) == ("x9Kq2-mmP0zz",)


def test_a_variable_that_holds_a_key_is_no_commands_business_whatever_its_name() -> None:
    environ = {"PLAIN": "ghp_" + "a1B2" * 9, "DB": "postgres://me:pw1234567@db/shop", "EDITOR": "vi"}
    kept = command_environ(environ)
    assert (set(environ) & set(kept)) == {"DB", "EDITOR"}


@pytest.mark.parametrize("before", ["\n", "\t", "\r\n", "\b", "\f", "line\n\n", "\u001b"])
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_an_escape_in_front_hides_no_secret(before: str, depth: int) -> None:
    token = "ghp_" + "a1B2" * 9
    text = f"first{before}{token}\nkept"
    for _ in range(depth):
        text = json.dumps(text)
    redacted = Redactor().redact(text)
    assert token not in redacted
    for _ in range(depth):
        redacted = json.loads(redacted)
    assert redacted == f"first{before}[redacted:github-token]\nkept"
