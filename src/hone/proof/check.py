"""A check command: what a person says tells whether a task was done. Exit 0 is good, anything else is bad."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping
from pathlib import Path

import msgspec

from hone.database import Database

SECONDS = 600.0
"""A check that takes longer has failed."""
_TAIL = 500  # characters of its output


class Checked(msgspec.Struct, frozen=True):
    """Whether the check passed, and the end of what it printed."""

    ok: bool
    said: str


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
    return Checked(process.returncode == 0, printed.decode(errors="replace").strip()[-_TAIL:])


def record_check(database: Database, task: tuple[str, int], command: str, *, ok: bool) -> None:
    """Record what a check said of a turn (session and number). Raises HomeError."""
    with database.transaction() as execute:
        execute("INSERT OR REPLACE INTO checks VALUES (?, ?, ?, ?)", (*task, command, ok))
