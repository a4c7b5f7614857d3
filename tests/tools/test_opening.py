"""Opening by a judged path: a link that is put in its place afterwards is not followed."""

import contextlib
import ctypes
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hone.tools.opening import directory, entries, read_file, replace_file


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    secret = tmp_path / "outside"
    secret.mkdir()
    (secret / "key").write_text("secret")
    return secret


@contextlib.contextmanager
def swapping(workspace: Path, outside: Path) -> Iterator[Path]:
    """`workspace`/d is a directory and a link to `outside` by turns, as fast as a thread can."""
    place, link = workspace / "d", workspace / "link"
    place.mkdir(parents=True)
    (place / "key").write_text("harmless")
    link.symlink_to(outside)
    stop = threading.Event()
    renameat2 = ctypes.CDLL(None).renameat2
    here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE

    def swap() -> None:
        while not stop.is_set():
            renameat2(here, bytes(place), here, bytes(link), exchange)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield place
    finally:
        stop.set()
        thread.join()


@pytest.mark.skipif(sys.platform != "linux", reason="exchanging two names at once is a call of Linux")
def test_a_directory_that_is_swapped_for_a_link_is_never_followed(tmp_path: Path, outside: Path) -> None:
    seen: set[bytes] = set()
    with swapping(tmp_path / "work", outside) as place:
        for _ in range(2_000):
            with contextlib.suppress(OSError):
                seen.add(read_file(place / "key", 100)[0])
            with contextlib.suppress(OSError):
                replace_file(place / "new", b"x")
            with contextlib.suppress(OSError):
                assert ("key", False) in entries(place)
    assert seen <= {b"harmless"}
    assert {entry.name for entry in outside.iterdir()} == {"key"}


def test_links_in_any_place_end_it(tmp_path: Path, outside: Path) -> None:
    (tmp_path / "link").symlink_to(outside)
    (tmp_path / "key").symlink_to(outside / "key")
    for attempt in (
        lambda: read_file(tmp_path / "link" / "key", 10),
        lambda: read_file(tmp_path / "key", 10),
        lambda: replace_file(tmp_path / "link" / "new" / "file", b"x"),
        lambda: replace_file(tmp_path / "key", b"x"),
        lambda: entries(tmp_path / "link"),
    ):
        with pytest.raises(OSError, match=r"Not a directory|Too many levels|no ordinary file"):
            attempt()
    assert (outside / "key").read_text() == "secret"


def test_a_new_file_gets_its_directories_and_an_old_one_keeps_its_mode(tmp_path: Path) -> None:
    replace_file(tmp_path / "a" / "b" / "file", b"one")
    (tmp_path / "a" / "b" / "file").chmod(0o640)
    replace_file(tmp_path / "a" / "b" / "file", b"two")
    assert read_file(tmp_path / "a" / "b" / "file", 2) == (b"tw", 3)
    assert (tmp_path / "a" / "b" / "file").stat().st_mode & 0o777 == 0o640
    assert [name for name, _ in entries(tmp_path / "a" / "b")] == ["file"]
    with directory(tmp_path / "a") as handle:
        assert os.stat("b", dir_fd=handle).st_mode


def test_what_is_no_ordinary_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for attempt in (lambda: read_file(tmp_path / "pipe", 1), lambda: replace_file(tmp_path / "pipe", b"")):
        with pytest.raises(OSError, match="no ordinary file"):
            attempt()
    with pytest.raises(IsADirectoryError):
        read_file(tmp_path, 1)
