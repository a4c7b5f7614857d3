"""A history on a temporary path and a clock that a test moves by hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hone.history.rows import SessionInfo
from hone.history.store import History


class HandClock:
    """Stands still at `at` until a test moves it."""

    def __init__(self) -> None:
        self.at = 1_700_000_000.0

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "state.db"


@pytest.fixture
def history(path: Path, clock: HandClock) -> Iterator[History]:
    opened = History.open(path, lambda text: text, clock)
    opened.open_session(
        SessionInfo(id="s", cwd="/w", workspace="/w", project="p", origin="run", system_prompt="be good")
    )
    yield opened
    opened.close()
