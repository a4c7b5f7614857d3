"""What a server's process writes to its standard error: in a file for the user, without secrets, up to a bound."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

_MOST = 1_000_000  # bytes of a file
_LONGEST = 65_536  # bytes of a line; what is longer is cut into several
_LAST = 200  # characters
_DRAIN_SECONDS = 0.5


class ServerLog:
    """The log at `path`; it is begun anew with each process. `last` is the last line that the process wrote."""

    def __init__(self, path: Path, redact: Callable[[str], str]) -> None:
        self._path = path
        self._redact = redact
        self.last = ""

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[TextIO]:
        """The file that the process is to write to. Raises OSError."""
        self.last = ""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = self._path.open("wb")
        self._path.chmod(0o600)
        ours, theirs = os.pipe()
        with file, os.fdopen(theirs, "w") as given:
            reader = _Reader(self, file)
            loop = asyncio.get_running_loop()
            transport, _ = await loop.connect_read_pipe(lambda: reader, os.fdopen(ours, "rb"))
            try:
                yield given
            finally:
                given.close()
                await asyncio.wait([reader.ended], timeout=_DRAIN_SECONDS)  # a grandchild may hold it open
                transport.close()
                reader.keep(everything=True)

    def keep(self, lines: bytes, file: BinaryIO) -> None:
        """Write whole lines, as far as there is room."""
        text = self._redact(lines.decode(errors="replace"))
        told = [line for line in text.splitlines() if line.strip()]
        if told:
            self.last = " ".join(told[-1].split())[:_LAST]
        room = _MOST - file.tell()
        file.write(text.encode()[: max(room, 0)])
        file.flush()


class _Reader(asyncio.Protocol):
    def __init__(self, log: ServerLog, file: BinaryIO) -> None:
        self._log = log
        self._file = file
        self._waiting = b""
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        self.keep(everything=len(self._waiting) > _LONGEST)

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None)

    def keep(self, *, everything: bool) -> None:
        end = len(self._waiting) if everything else self._waiting.rfind(b"\n") + 1
        lines, self._waiting = self._waiting[:end], self._waiting[end:]
        if lines:
            self._log.keep(lines, self._file)
