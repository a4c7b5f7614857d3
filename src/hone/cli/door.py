"""The one door, as commands use it: opened on the home of this process, closed at the end."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from hone.changes.door import Door
from hone.changes.ledger import Ledger
from hone.config.environ import process_environ
from hone.config.load import load, referenced_names
from hone.database import Database
from hone.errors import ConfigError, HomeError, UsageError
from hone.git import Git
from hone.given import Given
from hone.safety.environment import secret_values
from hone.safety.secrets import Redactor


@contextlib.contextmanager
def open_database() -> Iterator[Database]:
    """state.db for reading and writing, made if absent. Raises HomeError if it cannot be used."""
    database = Database.open(Given.by_process().home / "state.db")
    try:
        yield database
    finally:
        database.close()


@contextlib.contextmanager
def open_door() -> Iterator[Door]:
    """The door for changes that a command makes; those of the user are never held."""
    given = Given.by_process()
    with open_database() as database:
        yield Door(given.home, database, Git(given.home, given.environ), given.clock, given.rng)


@contextlib.contextmanager
def open_ledger() -> Iterator[Ledger]:
    """What was changed, for reading. Hand edits are recorded first, if the home is there and can be written.

    Of files that hold a secret no copy is kept; that is said.
    """
    given = Given.by_process()
    if _can_be_written(given.home):
        try:
            with open_door() as door:
                door.scan()
                for line in door.unkept():
                    print(f"hone: {line}", file=sys.stderr)
        except HomeError as error:
            print(f"hone: edits by hand are not recorded: {error}", file=sys.stderr)
    database = Database.open_for_reading(given.home / "state.db")
    try:
        yield Ledger(database)
    finally:
        database.close()


def refuse_own_keys(text: str) -> None:
    """Raises UsageError if `text` holds a key that hone is set up with, whatever it looks like."""
    environ = process_environ()
    with contextlib.suppress(ConfigError):  # broken settings name no keys
        settings = load(environ).settings
        written = [each.api_key for each in settings.providers if each.api_key and "${" not in each.api_key]
        redact = Redactor([*written, *secret_values(environ, referenced_names(settings))]).redact
        if "[redacted:known]" in redact(text):
            raise UsageError("it holds a key of your settings or environment: say where it is kept instead")


def _can_be_written(home: Path) -> bool:
    state = home / "state.db"
    return os.access(home, os.W_OK) and (not state.exists() or os.access(state, os.W_OK))
