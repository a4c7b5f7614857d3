"""Forms of a word are one term; names count whole and in parts; any text is safe."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.skills.terms import LONGEST_TERM, folded, terms_of, weight


@pytest.mark.parametrize(
    "words",
    [
        "deploy deploys deployed deploying deployment deployments",
        "migrate migrates migrated migrating migration migrations",
        "run running runs",
        "build building built",
        "configure configures configuration config",
        "query queries",
        "notify notified notifies notification",
        "compress compresses compressed compression",
        "process processes processing",
        "renew renewal renewed",
        "cache caches caching",
        "apply applies applied applying",
        "box boxes",
        "repo repos repository",
        "db database databases",
    ],
)
def test_forms_of_a_word_are_one_term(words: str) -> None:
    assert len({folded(word) for word in words.split()}) == 1


@pytest.mark.parametrize(
    ("left", "right"),
    [("production", "product"), ("staging", "stage"), ("string", "strung"), ("thing", "the"), ("css", "cs")],
)
def test_words_that_mean_something_else_stay_apart(left: str, right: str) -> None:
    assert folded(left) != folded(right)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", []),
        ("What would you do with it?", []),
        ("NODE_ENV=production", ["node", "environ", "production"]),
        ("deployApp", ["deploy", "app", "deployapp"]),
        ("HTTPServer", ["http", "server", "httpserver"]),
        ("API", ["api"]),
        ("curl /healthz 8080", ["curl", "healthz", "8080"]),
        ("déjà Straße", ["deja", "straß"]),
        ("部署服务", ["部署", "署服", "服务"]),
        ("火", ["火"]),
    ],
)
def test_text_becomes_terms_in_order(text: str, terms: list[str]) -> None:
    assert terms_of(text) == terms


def test_a_common_word_and_a_number_tell_less_than_an_uncommon_word() -> None:
    assert weight("test") == weight("42") < weight("postgr") == 1.0


@given(st.text())
def test_terms_of_any_text_are_short_and_hold_no_space(text: str) -> None:
    for term in terms_of(text):
        assert 0 < len(term) <= LONGEST_TERM
        assert not any(char.isspace() or char == '"' for char in term)
