"""What endpoints turned out not to understand, remembered over sessions: a small file that may be lost at any time."""

import contextlib
from pathlib import Path

import msgspec

from hone.clock import Clock
from hone.errors import HoneError
from hone.files import write_atomic
from hone.models.endpoint import Dialect, Endpoint

_FORGOTTEN = 30 * 86_400.0  # seconds: by then an endpoint may have learned something itself
_MOST = 200


class _Learned(msgspec.Struct, frozen=True):
    at: float
    tools: str  # as the settings had them: another word there asks anew
    dialect: Dialect


class Dialects:
    """The dialects of endpoints, in the file at `path`."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock

    def get(self, endpoint: Endpoint) -> Dialect:
        """What `endpoint` is asked to understand at first."""
        learned = self._read().get(_key(endpoint))
        if learned is None or learned.tools != endpoint.entry.tools:
            return Dialect(tools=endpoint.entry.tools)
        return learned.dialect

    def put(self, endpoint: Endpoint, dialect: Dialect) -> None:
        """Remember it. A home that cannot be written costs a request each time, no more."""
        every = self._read() | {_key(endpoint): _Learned(self._clock.now(), endpoint.entry.tools, dialect)}
        newest = sorted(every.items(), key=lambda item: -item[1].at)[:_MOST]
        with contextlib.suppress(HoneError, OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_atomic(self._path, msgspec.json.encode(dict(newest)))

    def _read(self) -> dict[str, _Learned]:
        try:
            every = msgspec.json.decode(self._path.read_bytes(), type=dict[str, _Learned])
        except (OSError, ValueError, RecursionError):  # none yet, or not as we write it
            return {}
        oldest = self._clock.now() - _FORGOTTEN
        return {key: learned for key, learned in every.items() if learned.at > oldest}


def _key(endpoint: Endpoint) -> str:
    return f"{endpoint.shown_base} {endpoint.entry.id}"
