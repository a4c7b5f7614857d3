"""Whether a sandbox works on this machine."""

import os
from pathlib import Path

import pytest
from tests.safety.boxed import Machine, make_machine

from hone.safety.sandbox import probe


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    if problem := probe(os.environ):
        pytest.skip(f"no sandbox on this machine: {problem}")
    return make_machine(tmp_path)
