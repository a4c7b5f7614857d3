"""Tool calls as people read them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.messages import ToolCall


def readable(arguments: str) -> str:
    return ToolCall("c", "write", arguments).readable_arguments


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (r'{"q": "\u72ec\u89d2\u517d"}', '{"q": "独角兽"}'),
        (r'{"q": "\ud83e\udd84 \u00E9"}', '{"q": "🦄 é"}'),
        (r'{"q": "\\u72ec"}', r'{"q": "\\u72ec"}'),  # a backslash and letters
        (r'{"q": "\u001b[2J \u202e \u0022 \u005c \ud83e"}', r'{"q": "\u001b[2J \u202e \" \\ \ud83e"}'),
        (r'{"q": "a\nb", "n": 1.0 ', r'{"q": "a\nb", "n": 1.0 '),  # not JSON, and what is escaped otherwise
        ("\\", "\\"),
        (r"\u12", r"\u12"),
    ],
)
def test_letters_that_json_wrote_as_escapes_are_letters(arguments: str, shown: str) -> None:
    assert readable(arguments) == shown


@given(st.dictionaries(st.text(), st.text()))
def test_readable_arguments_mean_the_same(arguments: dict[str, str]) -> None:
    assert json.loads(readable(json.dumps(arguments))) == arguments
