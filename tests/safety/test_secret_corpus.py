"""Every documented kind of secret is taken out, and nothing that only looks like one."""

import pytest
from tests.safety.secret_corpus import FORMATS, innocent, secrets

from hone.safety.secrets import Redactor

REDACTOR = Redactor()


def test_the_corpus_knows_at_least_sixty_kinds() -> None:
    assert len({kind for kind, _ in FORMATS}) >= 100


@pytest.mark.parametrize("around", ["{}", "x = '{}'\n", "log: {}, and more\n", '{{"v": "{}"}}', "a\n{}\nb"])
def test_every_kind_is_taken_out_wherever_it_stands(around: str) -> None:
    left = []
    for kind, text, telling in secrets(seed=len(around)):
        redacted = REDACTOR.redact(around.format(text))
        if telling in redacted or f"[redacted:{kind}]" not in redacted:
            left.append((kind, text, redacted))
    assert left == []


def test_what_is_no_secret_stays_as_it_is() -> None:
    changed = [(text, redacted) for text in innocent() if (redacted := REDACTOR.redact(text)) != text]
    assert changed == []


def test_redacting_again_changes_nothing() -> None:
    for _, text, _ in secrets(seed=7, each=1):
        once = REDACTOR.redact(text)
        assert REDACTOR.redact(once) == once


@pytest.mark.parametrize(
    "text", ["token" * 20_000, "key=" * 20_000, "curl -u " * 10_000, "-----BEGIN " * 9_000, "a" * 90_000]
)
def test_a_hostile_text_takes_no_more_than_a_moment(text: str) -> None:
    assert REDACTOR.redact(text) == text


def test_letters_that_are_two_when_small_do_not_move_the_mark() -> None:
    assert REDACTOR.redact("İİ API_KEY=a1b2c3d4e5f6g7h8") == "İİ API_KEY=[redacted:key]"


def test_of_two_names_for_one_value_one_takes_it_out() -> None:
    assert (
        REDACTOR.redact("curl -u me:s3cr3tvalue1 --password=s3cr3tvalue1x")
        == "curl -u me:[redacted:password] --password=[redacted:password]"
    )


def test_values_in_json_in_json_are_found() -> None:
    text = r'{"arguments": "{\"password\": \"x9Kq2mmP0zzL\", \"api_key\":\"x9Kq2mmP0zzL\"}"}'
    redacted = r'{"arguments": "{\"password\": \"[redacted:password]\", \"api_key\":\"[redacted:key]\"}"}'
    assert REDACTOR.redact(text) == redacted


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("db:\n  password: hunter2\n", "db:\n  password: [redacted:password]\n"),
        ('- "password" = "hunter2", # old', '- "password" = "[redacted:password]", # old'),
        ("docker run -e DB_PASSWORD=hunter2 shop", "docker run -e DB_PASSWORD=[redacted:password] shop"),
        ("login(user='me', password='hunter2')", None),
        ("password: correct horse battery staple 1", None),
        ("the password is hunter2", None),
        ('"token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9..."', None),
    ],
)
def test_a_password_that_a_person_made_is_taken_out_where_settings_stand(
    text: str, expected: str | None
) -> None:
    assert REDACTOR.redact(text) == (expected or text)
