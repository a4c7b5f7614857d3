"""What a page may show differently from what a command prints, and what not."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.docs.world import World, world


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("world")) as made:
        yield made


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("✓ read a  0.1 s", "✓ read a  12.5 s\n"),
        ("http://127.0.0.1:1234/v1", "http://127.0.0.1:40001/v1\n"),
        ("2026-11-22 19:11  you", "2026-12-01 00:00  you\n"),
        ("undone c4k2zqh: 3 lines", "undone cabcdef: 3 lines\n"),
        ("a\n…\nd", "a\nb\nc\nd\n"),
        ("a … d", "a b c d\n"),
    ],
)
def test_seconds_ports_days_and_ids_may_differ_and_dots_stand_for_anything(
    here: World, shown: str, printed: str
) -> None:
    assert here.agrees(shown, printed)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("3 calls", "4 calls\n"),
        ("correct", "changes\n"),
        ("port 1234", "port 1235\n"),
        ("until 2099-01-31", "until 2099-02-01\n"),
        ("a", "a\nb\n"),
        ("undone c4k2zqh", "undone 4k2zqh\n"),
    ],
)
def test_everything_else_must_be_the_same(here: World, shown: str, printed: str) -> None:
    assert not here.agrees(shown, printed)


def test_ids_of_a_page_stand_for_those_that_were_printed(tmp_path: Path) -> None:
    with world(tmp_path) as fresh:
        assert fresh.agrees("hone undo c4k2zqh in 20261122-aaaaaa", "hone undo cabcdef in 20261122-x1y2z3")
        assert fresh.run("echo c4k2zqh 20261122-aaaaaa").output == "cabcdef 20261122-x1y2z3\n"
