"""A home with a model that does what it is told, and a conversation with it."""

from collections.abc import Iterator

import pytest
from tests.cli.conversation.talking import Model, Talk, talk
from tests.cli.driving import Hone

from hone.testing import WireServer


@pytest.fixture
def model() -> Iterator[Model]:
    model = Model()
    yield model
    model.go.set()  # no request of a failed test waits any longer


@pytest.fixture
def server(model: Model) -> Iterator[WireServer]:
    with WireServer(model) as server:
        yield server


@pytest.fixture
def wired(hone: Hone, server: WireServer) -> Hone:
    return hone.use(server)


@pytest.fixture
def terminal(wired: Hone) -> Iterator[Talk]:
    begun = talk(wired)
    yield begun
    begun.breaks_off()
