"""What holds for every test: each skill that hone wrote in it is one by the official validator."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.skills_ref_check import assert_valid_skill

_WRITTEN = """
    SELECT effects.path, versions.data FROM effects
    JOIN changes ON changes.id = effects.change JOIN versions ON versions.sha256 = effects.after
    WHERE changes.op IN ('create', 'revise') AND effects.path LIKE '%/SKILL.md' AND effects.moved_to IS NULL
        AND effects.path IN (
            SELECT path FROM effects JOIN changes ON changes.id = effects.change WHERE changes.op = 'create')
"""


@pytest.fixture(autouse=True)
def _skills_are_valid(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Look through the ledgers that the test left; its own hand-written skills may be as odd as they like."""
    directory = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    yield
    for database in Path(directory).rglob("state.db") if directory else ():
        for number, (path, data) in enumerate(_written(database)):
            skill = tmp_path_factory.mktemp(f"written-{number}") / Path(path).parent.name
            skill.mkdir()
            (skill / "SKILL.md").write_bytes(data)
            assert_valid_skill(skill)


def _written(database: Path) -> list[tuple[str, bytes]]:
    """Every version of a skill that hone created; none in a file that a test broke."""
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(database)) as connection:
        return connection.execute(_WRITTEN).fetchall()
    return []
