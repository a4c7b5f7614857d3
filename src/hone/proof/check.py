"""A check command: what a person says tells whether a task was done. Exit 0 is good, anything else is bad; none is neither."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping
from pathlib import Path

import msgspec

from hone.database import Database
from hone.events import Outcome

SECONDS = 600.0
"""A check that takes longer has failed."""
_NO_COMMAND = (126, 127)  # so sh says that it could not run it
_TAIL = 500  # characters of its output


class Checked(msgspec.Struct, frozen=True):
    """Whether the check passed, and the end of what it printed. `ok` None: there is no such command, so nothing is known."""

    ok: bool | None
    said: str

    @property
    def outcome(self) -> Outcome:
        """In the words of the record."""
        return "unknown" if self.ok is None else "good" if self.ok else "bad"


async def run_check(
    command: str, directory: Path, environ: Mapping[str, str], seconds: float = SECONDS
) -> Checked:
    """Run `command` with sh in `directory`, outside of any sandbox: a person wrote it. Whatever it started ends with it."""
    process = await asyncio.create_subprocess_exec(
        *("/bin/sh", "-c", command),
        cwd=directory,
        env=dict(environ),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(seconds):
            printed, _ = await process.communicate()
    except TimeoutError:
        return Checked(False, f"it did not end within {seconds:g} s")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
    ok = None if process.returncode in _NO_COMMAND else process.returncode == 0
    return Checked(ok, printed.decode(errors="replace").strip()[-_TAIL:])


def record_check(database: Database, task: tuple[str, int], command: str, *, ok: bool) -> None:
    """Record what a check said of a turn (session and number). Raises HomeError."""
    with database.transaction() as execute:
        execute("INSERT OR REPLACE INTO checks VALUES (?, ?, ?, ?)", (*task, command, ok))
