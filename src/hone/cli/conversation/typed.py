"""What was typed in conversations, over sessions: a file of JSON strings in the home, without secrets."""

import contextlib
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from prompt_toolkit.history import History

from hone.files import write_atomic

_MOST = 5_000


class Typed(History):
    """The entries of the file at `path`, the newest 5,000. `redact` sees each before it is written.

    A home that cannot be written loses no more than the history of what was typed.
    """

    def __init__(self, path: Path, redact: Callable[[str], str]) -> None:
        super().__init__()
        self._path = path
        self._redact = redact

    def load_history_strings(self) -> Iterable[str]:
        """The entries, the newest first."""
        lines = self._lines()
        if len(lines) > 2 * _MOST:
            with contextlib.suppress(OSError):
                write_atomic(self._path, "".join(f"{line}\n" for line in lines[-_MOST:]).encode())
        entries = (_entry(line) for line in reversed(lines[-_MOST:]))
        return [entry for entry in entries if entry]

    def store_string(self, string: str) -> None:
        """Keep one more."""
        line = json.dumps(self._redact(string)) + "\n"
        with contextlib.suppress(OSError):
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(descriptor, line.encode())  # in one piece: other conversations write here, too
            finally:
                os.close(descriptor)

    def _lines(self) -> list[str]:
        try:
            return self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []


def _entry(line: str) -> str:
    try:
        entry = json.loads(line)
    except ValueError:
        return ""
    return entry if isinstance(entry, str) else ""
