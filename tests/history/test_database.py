"""Homes and files that cannot be used: one line that says what to do, and nothing changed."""

import contextlib
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hone import database
from hone import events as ev
from hone.clock import Clock
from hone.errors import HomeError
from hone.history.rows import SessionInfo
from hone.history.store import History
from hone.schema import MIGRATIONS, migrate, version_of


def opened(path: Path, clock: Clock) -> History:
    return History.open(path, lambda text: text, clock)


def use(path: Path, clock: Clock) -> None:
    """All that a run does with the file."""
    history = opened(path, clock)
    try:
        history.open_session(SessionInfo(id="new", cwd="", workspace="", origin="run", system_prompt=""))
        history.start_turn("new", ev.TurnStarted("words to find"))
        for known in history.sessions():
            history.turns(known.id)
            history.events(known.id)
        history.latest_session()
        history.search("words")
    finally:
        history.close()


@pytest.fixture
def filled(path: Path, clock: Clock) -> Path:
    history = opened(path, clock)
    history.open_session(
        SessionInfo(id="s", cwd="/w", workspace="/w", origin="run", system_prompt="x" * 5_000)
    )
    history.start_turn("s", ev.TurnStarted("some words " * 1_000))
    history.close()
    return path


@pytest.mark.parametrize(
    "content", [b"not a database, but long enough to be looked at" * 10, b"SQLite format 3\0" * 64]
)
def test_garbage_is_told_from_a_history_and_left_as_it_is(path: Path, clock: Clock, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    for attempt in (opened, History.open_for_reading):
        with pytest.raises(HomeError, match=r"is damaged \(.*\): move it aside .*: mv \S+ \S+\.broken$"):
            attempt(path, clock)
    assert path.read_bytes() == content


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(st.binary(min_size=1, max_size=300), st.integers(0, 2**16), st.booleans())
def test_a_damaged_file_never_gives_another_error(
    filled: Path, clock: Clock, junk: bytes, place: int, cut: bool
) -> None:
    sound = filled.read_bytes()
    place %= len(sound)
    with tempfile.TemporaryDirectory() as directory:
        broken = Path(directory) / "state.db"
        broken.write_bytes(sound[:place] if cut else sound[:place] + junk + sound[place + len(junk) :])
        with contextlib.suppress(HomeError):
            use(broken, clock)


def test_a_page_found_damaged_while_reading_is_said_in_one_line(filled: Path, clock: Clock) -> None:
    content = bytearray(filled.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    filled.write_bytes(content)
    with pytest.raises(HomeError, match="is damaged"):
        opened(filled, clock).sessions()


def test_another_programs_database_is_not_taken_for_a_history(path: Path, clock: Clock) -> None:
    path.parent.mkdir()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    history = opened(path, clock)
    with pytest.raises(HomeError, match=r"not a state\.db of hone"):
        history.sessions()
    history.close()


def test_a_newer_file_asks_for_an_upgrade(filled: Path, clock: Clock) -> None:
    with contextlib.closing(sqlite3.connect(filled)) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    for attempt in (opened, History.open_for_reading):
        with pytest.raises(HomeError, match=r"newer hone.*upgrade hone"):
            attempt(filled, clock)


def test_an_older_file_is_brought_forward_with_its_content(path: Path) -> None:
    path.parent.mkdir()
    second = ("CREATE TABLE b (x)", "INSERT INTO b SELECT x FROM a")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrate(connection, path, (("CREATE TABLE a (x)",),))
        connection.execute("INSERT INTO a VALUES (7)")
        migrate(connection, path, (("CREATE TABLE a (x)",), second))
        assert connection.execute("SELECT x FROM b").fetchall() == [(7,)]
        assert version_of(connection) == 2


def test_a_migration_that_fails_leaves_the_file_as_it_was(path: Path) -> None:
    path.parent.mkdir()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        with pytest.raises(sqlite3.OperationalError):
            migrate(connection, path, (("CREATE TABLE a (x)", "CREATE TABLE a (x)"),))
        assert version_of(connection) == 0
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


def test_a_migration_done_by_another_process_meanwhile_is_not_done_twice(path: Path) -> None:
    path.parent.mkdir()
    migrations = (("CREATE TABLE a (x)",), ("CREATE TABLE b (x)",))
    with (
        contextlib.closing(sqlite3.connect(path, isolation_level=None)) as first,
        contextlib.closing(sqlite3.connect(path, isolation_level=None)) as second,
    ):
        first.set_trace_callback(
            lambda sql: migrate(second, path, migrations) if sql == "BEGIN IMMEDIATE" else None
        )
        migrate(first, path, migrations)
        assert version_of(first) == 2


OPEN = """
    import sys
    from pathlib import Path
    from hone.clock import SystemClock
    from hone.history.store import History
    sys.stdin.read()
    History.open(Path(sys.argv[1]), lambda text: text, SystemClock()).close()
"""


def run_python(code: str, *arguments: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_several_processes_may_create_the_file_at_once(path: Path, clock: Clock) -> None:
    processes = [run_python(OPEN, path) for _ in range(4)]
    for process in processes:
        assert process.stdin
        process.stdin.close()
        process.stdin = None
    assert [process.communicate()[1] for process in processes] == [""] * 4
    use(path, clock)


def test_reading_creates_nothing(path: Path, clock: Clock) -> None:
    history = History.open_for_reading(path, clock)
    assert history.sessions() == ()
    assert history.search("x") == ()
    history.close()
    assert not path.parent.exists()


def test_reading_leaves_no_files_behind(filled: Path, clock: Clock) -> None:
    before = sorted(filled.parent.iterdir())
    history = History.open_for_reading(filled, clock)
    assert len(history.sessions()) == 1
    history.close()
    assert sorted(filled.parent.iterdir()) == before


@contextlib.contextmanager
def as_ordinary_user() -> Iterator[None]:
    """Root may write everywhere: become somebody else for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def read_only(filled: Path) -> Iterator[Path]:
    """A copy of the filled history in a directory that everybody may read and nobody may write."""
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory) / "state.db"
        copy.write_bytes(filled.read_bytes())
        copy.chmod(0o444)
        Path(directory).chmod(0o555)
        yield copy
        Path(directory).chmod(0o700)


def test_a_read_only_home_can_be_read(read_only: Path, clock: Clock) -> None:
    with as_ordinary_user():
        history = History.open_for_reading(read_only, clock)
        assert [session.id for session in history.sessions()] == ["s"]
        with pytest.raises(HomeError, match="read-only"):
            history.start_turn("s", ev.TurnStarted("x"))
        history.close()


def test_a_read_only_home_cannot_be_written(read_only: Path, clock: Clock) -> None:
    with as_ordinary_user(), pytest.raises(HomeError, match="set HONE_HOME"):
        use(read_only, clock)
    assert sorted(read_only.parent.iterdir()) == [read_only]


def test_a_home_that_may_not_be_created_is_said(read_only: Path, clock: Clock) -> None:
    with as_ordinary_user(), pytest.raises(HomeError, match="set HONE_HOME"):
        opened(read_only.parent / "below" / "state.db", clock)


def test_a_home_that_may_not_be_entered_is_said(read_only: Path, clock: Clock) -> None:
    read_only.parent.chmod(0o600)
    for attempt in (opened, History.open_for_reading):
        with as_ordinary_user(), pytest.raises(HomeError, match="no permission"):
            attempt(read_only, clock)


def test_a_file_where_the_home_should_be_is_said(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(HomeError, match="a part of the path is a file"):
        opened(tmp_path / "home" / "state.db", clock)


def test_a_directory_where_the_file_should_be_is_said(path: Path, clock: Clock) -> None:
    path.mkdir(parents=True)
    with pytest.raises(HomeError, match="cannot be opened"):
        opened(path, clock)


def test_a_file_locked_by_another_process_is_said(
    filled: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.01)
    history = opened(filled, clock)
    with contextlib.closing(sqlite3.connect(filled, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(HomeError, match="another process has held it"):
            history.start_turn("s", ev.TurnStarted("x"))
        other.execute("ROLLBACK")
    assert history.start_turn("s", ev.TurnStarted("x")) == 2
    history.close()


FILL = """
    import resource, sys
    from pathlib import Path
    from hone.clock import SystemClock
    from hone.errors import HomeError
    from hone.events import Notice, TurnStarted
    from hone.history.rows import SessionInfo
    from hone.history.store import History
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
    try:
        history = History.open(Path(sys.argv[1]), lambda text: text, SystemClock())
        history.open_session(SessionInfo(id="s", cwd="", workspace="", origin="run", system_prompt=""))
        history.start_turn("s", TurnStarted("x"))
        while True:
            print(history.append("s", 1, 1, Notice("y" * 1000)))
    except HomeError as error:
        sys.exit(str(error))
"""


@pytest.mark.parametrize("room", [0, 20_000, 800_000])
def test_a_full_disk_is_one_line_and_what_was_recorded_before_stays(
    path: Path, clock: Clock, room: int
) -> None:
    output, error = run_python(FILL, path, room).communicate()
    assert re.fullmatch(r"\S+state\.db: .*disk.*\n", error)
    acknowledged = len(output.split())
    assert (acknowledged > 0) == (room == 800_000)
    history = opened(path, clock)
    assert len(history.events("s")) >= acknowledged
    history.close()


def test_a_database_that_may_not_grow_is_a_full_disk(filled: Path, clock: Clock) -> None:
    opened_database = database.Database.open(filled)
    opened_database.rows("PRAGMA max_page_count = 1")
    history = History(opened_database, lambda text: text, clock)
    with pytest.raises(HomeError, match="the disk is full"):
        history.start_turn("s", ev.TurnStarted("different words " * 10_000))
    assert len(history.turns("s")) == 1
    history.close()
