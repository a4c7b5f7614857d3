from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.changes.homes import Home, opened


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with opened(tmp_path / "home") as home:
        yield home
