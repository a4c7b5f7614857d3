"""The pictures of the docs: each is there, small, complete in itself, and what the program shows today."""

import html
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PICTURES = sorted((ROOT / "docs" / "pictures").glob("*.svg"))


def words_of(picture: str) -> str:
    """The text of a picture, one line for each that stands in it."""
    return html.unescape("\n".join(re.findall(r"<text[^>]*>([^<]*)</text>", picture))).replace("\xa0", " ")


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.stem)
def test_a_picture_is_small_and_fetches_nothing(picture: Path) -> None:
    assert picture.stat().st_size <= 60_000
    assert not re.search(r"url\([^#]|href|@import|<script", picture.read_text())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("turn", ["✓", "edit cart.py", "* (1 - discount)", "1 passed", "nothing else calls", "Ctrl-C stops"]),
        ("second-time", ["✎", "learned skill", "· skill: deploy-shop-to-staging", "healthz"]),
    ],
)
def test_a_picture_shows_what_the_program_does(
    name: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "demo"))
    pictures = importlib.import_module("tests.docs.pictures")
    assert sorted(pictures.PICTURES) == [picture.stem for picture in PICTURES]
    words = words_of(pictures.PICTURES[name]())
    assert [word for word in expected if word not in words] == []
