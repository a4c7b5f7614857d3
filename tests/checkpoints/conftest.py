"""A workspace with real files, the store of its checkpoints, and the records of one session."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.checkpoints.places import Places

from hone.database import Database


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    database = Database.open(tmp_path / "home" / "state.db")
    (tmp_path / "work").mkdir()
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "user")}
    yield Places(tmp_path / "home", tmp_path / "work", environ, database)
    database.close()


@pytest.fixture
def repository(places: Places) -> Places:
    """The workspace is a git repository with one commit."""
    subprocess.run(["git", "init", "-q"], cwd=places.work, check=True)
    places.write("tracked.txt", "tracked\n")
    places.commit()
    return places
