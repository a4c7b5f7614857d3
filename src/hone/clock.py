"""Time as a value that is passed in, so that tests are exact. `hone.testing.FakeClock` is the other implementation."""

import asyncio
import datetime
import time
from typing import Protocol


class Clock(Protocol):
    """Wall time, elapsed time and waiting."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start, never going back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds from an arbitrary start, never going back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


def local_date(clock: Clock) -> datetime.date:
    """Today where the user is."""
    return datetime.datetime.fromtimestamp(clock.now()).astimezone().date()


def iso(seconds: float) -> str:
    """ISO 8601 in UTC with milliseconds, as hone writes times for machines."""
    at = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
