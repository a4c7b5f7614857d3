"""state.db as a file: opening it, transactions, and the one place where SQLite's errors become errors of hone.

What is in it is the business of the stores: `hone.history`, `hone.changes.ledger`, `hone.jobs.queue`.
"""

import contextlib
import errno
import os
import shlex
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from hone.errors import HomeError
from hone.files import home_error, locked
from hone.schema import MIGRATIONS, migrate, version_of

BUSY_SECONDS = 10.0

_WRITE_REFUSED = (
    *(sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM),
    *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR),  # no room for the index of the write-ahead log
)

Row = tuple[Any, ...]
Record = TypeVar("Record")
Execute = Callable[..., sqlite3.Cursor]


class Database:
    """An open state.db. Calls take well below a millisecond and run on the event loop's thread, which opened it.

    Every method raises HomeError, and nothing else, if the file cannot be used.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    @classmethod
    def open(cls, path: Path) -> "Database":
        """Open for reading and writing; the directory (0700), the file (0600) and its tables are made if absent."""
        with _translated(path):
            _create_file(path)
            return cls(path, _connect(path))

    @classmethod
    def open_for_reading(cls, path: Path) -> "Database":
        """Open without creating anything: no file is an empty database, a read-only one is read as it lies there.

        What another process wrote to a read-only home and did not yet fold into the file is then not seen.
        """
        with _translated(path):
            if not path.exists():
                return cls(path, _in_memory(path))
            try:
                return cls(path, _connect(path))
            except sqlite3.Error as error:
                if _code(error) not in _WRITE_REFUSED:
                    raise
            return cls(path, _connect(path, "mode=ro&immutable=1"))

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Execute]:
        """Hold the write lock; commit at the end, or leave everything as it was on an exception.

        After the commit the content outlives a kill of this process. A power cut may take the last transactions,
        never the file's soundness.
        """
        with _translated(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection.execute
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def rows(self, sql: str, parameters: tuple[object, ...] = ()) -> list[Row]:
        """All rows of a query."""
        with _translated(self.path):
            return self._connection.execute(sql, parameters).fetchall()

    def records(
        self, convert: Callable[[Row], Record], sql: str, parameters: tuple[object, ...] = ()
    ) -> list[Record]:
        """All rows of a query, converted."""
        try:
            return [convert(row) for row in self.rows(sql, parameters)]
        except msgspec.DecodeError as error:
            raise damaged(self.path, f"a record cannot be read: {error}") from error

    def close(self) -> None:
        """Close the file; the last process to do so folds the write-ahead log into it."""
        with _translated(self.path):
            self._connection.close()


def damaged(path: Path, what: str) -> HomeError:
    """The error for content that is not what hone wrote; it says how to move the file aside."""
    old, new = shlex.quote(str(path)), shlex.quote(f"{path}.broken")
    return HomeError(f"{path} is damaged ({what}): move it aside and hone begins a new one: mv {old} {new}")


def _create_file(path: Path) -> None:
    if path.exists():
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except FileExistsError as error:
        raise home_error(path.parent, OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))) from error
    with contextlib.suppress(FileExistsError):  # another process was first
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _connect(path: Path, mode: str = "mode=rw") -> sqlite3.Connection:
    connection = _plain_connection(f"{path.absolute().as_uri()}?{mode}")
    try:
        if version_of(connection) < len(MIGRATIONS):
            # Of two processes that switch a file to WAL at once, SQLite fails one without waiting.
            with locked(path.with_name(f".{path.name}.lock")):
                connection.execute("PRAGMA journal_mode = WAL")
                migrate(connection, path)
        else:
            migrate(connection, path)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _in_memory(path: Path) -> sqlite3.Connection:
    connection = _plain_connection("file::memory:")
    migrate(connection, path)
    return connection


def _plain_connection(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, timeout=BUSY_SECONDS, isolation_level=None, cached_statements=256, uri=True)


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise home_error(path, error) from error
    except UnicodeDecodeError as error:  # of a damaged file not even the error's text can be read
        raise damaged(path, "its text is no text") from error
    except sqlite3.Error as error:
        raise _home_error(path, error) from error


def _home_error(path: Path, error: sqlite3.Error) -> HomeError:
    code = _code(error)
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return damaged(path, str(error))
    if code == sqlite3.SQLITE_ERROR and "no such" in str(error):
        return damaged(path, f"it is not a state.db of hone: {error}")
    advice = {
        sqlite3.SQLITE_FULL: "the disk is full: free some space and try again",
        sqlite3.SQLITE_IOERR: "reading or writing failed: see that the disk is neither full nor failing",
        sqlite3.SQLITE_READONLY: "it is read-only: make it writable, or set HONE_HOME to a writable directory",
        sqlite3.SQLITE_CANTOPEN: "it cannot be opened: see that it is a file and that you may write beside it, or set HONE_HOME",
        sqlite3.SQLITE_PERM: "no permission: fix the owner or the mode, or set HONE_HOME to a directory of yours",
        sqlite3.SQLITE_BUSY: f"another process has held it for {BUSY_SECONDS:.0f} s: end that one and try again",
    }.get(code, "see whether another program changed it, else report this")
    return HomeError(f"{path}: {advice} ({error})")


def _code(error: sqlite3.Error) -> int:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)  # absent where Python itself raised it
    return code & 0xFF  # the low byte is the kind, the rest its variety
