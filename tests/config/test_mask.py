"""What `hone config show` prints holds no credential, and keeps what helps to find a mistake."""

import pytest

from hone.config.mask import MASK, masked


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"api_key": "sk-1"}, {"api_key": MASK}),
        ({"api_key": "${KEY}"}, {"api_key": "${KEY}"}),
        ({"api_key": "${KEY:-sk-1}"}, {"api_key": f"${{KEY:-{MASK}}}"}),
        ({"api_key": "sk-${KEY}"}, {"api_key": MASK}),
        ({"api_key": ""}, {"api_key": ""}),
        ({"api_key": 123}, {"api_key": MASK}),
        ({"api_key": None}, {"api_key": None}),
        ({"name": "a", "cache_control": True}, {"name": "a", "cache_control": True}),
        (
            {"headers": {"X-Team": "a", "Authorization": "Bearer ${T}"}},
            {"headers": {"X-Team": MASK, "Authorization": "Bearer ${T}"}},
        ),
        ({"a": ({"env": {"A": "b"}},)}, {"a": [{"env": {"A": MASK}}]}),
        ("https://user:pass@host/v1", f"https://{MASK}@host/v1"),
        ("https://host/v1?x=1&api_key=sk-1&y=2", f"https://host/v1?x=1&api_key={MASK}&y=2"),
        (["--token=a", "b", "--api-key", "c", "--dry"], [f"--token={MASK}", "b", "--api-key", MASK, "--dry"]),
        ("run --password hunter2 now", f"run --password {MASK} now"),
        ("https://host/v1", "https://host/v1"),
    ],
)
def test_credentials_are_hidden_and_references_are_not(value: object, shown: object) -> None:
    assert masked(value) == shown
