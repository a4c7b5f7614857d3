"""The fixture `world`."""

from pathlib import Path

import pytest
from tests.tools.mcp.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)
