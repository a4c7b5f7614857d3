"""A machine of its own for each test of the command line."""

from pathlib import Path

import pytest
from tests.cli.driving import Hone


@pytest.fixture
def hone(tmp_path: Path) -> Hone:
    return Hone(tmp_path)
