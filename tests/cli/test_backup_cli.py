"""`hone backup` and `hone restore`: a home goes to another machine, and what was learned stays traceable there."""

import json
import os
import sqlite3
import tarfile
from pathlib import Path

import pytest
from tests.cli.driving import Done, Hone
from tests.cli.test_bad_input import mounted, needs_mounts

from hone.testing import WireServer, say

KEY = "key-of-the-test"


@pytest.fixture
def filled(hone: Hone) -> Hone:
    """A home with settings, a session, memory and a skill."""
    with WireServer(lambda _request: say("ok")) as server:
        hone.use(server).here("run", "hi")
    hone.here("memory", "add", "likes tea")
    hone.here("skills", "new", "demo", "--description", "Shows. Use it.")
    return hone


def packed(hone: Hone) -> Path:
    return hone.directory / "b.tar.gz"


def elsewhere(hone: Hone, *arguments: str) -> Done:
    """The same command on another machine's home."""
    with_home = hone.environ
    hone.environ = {**with_home, "HONE_HOME": str(hone.directory / "other" / "home")}
    try:
        return hone.here(*arguments)
    finally:
        hone.environ = with_home


def test_log_blame_undo_and_sessions_go_on_at_another_place(filled: Hone) -> None:
    done = filled.here("backup", str(packed(filled)))
    assert done.code == 0
    assert done.out.endswith(f"files in {packed(filled)}, without keys; checked by reading back\n")
    restored = elsewhere(filled, "restore", str(packed(filled)))
    assert restored.code == 0
    assert "keys are not in it: hone setup, or set the variables again" in restored.out
    for arguments in (("log", "--json"), ("blame", "memory.md", "--json"), ("memory", "why", "tea")):
        assert elsewhere(filled, *arguments).out == filled.here(*arguments).out
    assert "hi" in elsewhere(filled, "sessions", "list").out
    for row in json.loads(elsewhere(filled, "log", "--json").out):
        assert elsewhere(filled, "undo", row["id"]).code == 0
    assert not (filled.directory / "other/home/memory.md").exists()
    assert (filled.home / "memory.md").read_text() == "- likes tea\n"
    assert (filled.directory / "other/home").stat().st_mode & 0o777 == 0o700


def test_keys_come_along_only_if_that_is_asked_for(filled: Hone) -> None:
    filled.here("backup", str(packed(filled)))
    with tarfile.open(packed(filled)) as tar:
        members = [tar.extractfile(member) for member in tar]
        assert not any(KEY.encode() in each.read() for each in members if each)
    packed(filled).unlink()
    done = filled.here("backup", "--with-secrets", str(packed(filled)))
    assert "with keys: keep it safe" in done.out
    assert elsewhere(filled, "restore", str(packed(filled))).out.endswith("/other/home\n")
    assert KEY in (filled.directory / "other/home/config.yaml").read_text()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("taken", "taken exists: give another name"),
        ("none/b", "none/b cannot be written (No such file or directory): give another place"),
        ("home/b", "home/b lies in the home that is to be backed up: write it elsewhere"),
        ("user", "user exists: give another name"),
        ("taken/b", "taken/b cannot be written (Not a directory): give another place"),
    ],
)
def test_a_backup_that_has_no_place_is_refused_and_nothing_changes(
    filled: Hone, name: str, said: str
) -> None:
    (filled.directory / "taken").write_text("mine")
    before = filled.contents()
    done = filled.here("backup", str(filled.directory / name))
    assert done.is_usage_error(), done
    assert said in done.err
    assert filled.contents() == before


def test_without_a_home_there_is_nothing_to_back_up(hone: Hone) -> None:
    hone.home.rmdir()
    before = hone.contents()
    done = hone.here("backup", str(packed(hone)))
    assert done.is_usage_error()
    assert "there is nothing to back up" in done.err
    assert hone.contents() == before


@pytest.mark.parametrize("name", ["none", "user", "text", "foreign", "cut", "fifo"])
def test_what_is_no_backup_restores_nothing(filled: Hone, name: str) -> None:
    filled.here("backup", str(packed(filled)))
    (filled.directory / "text").write_text("text")
    (filled.directory / "cut").write_bytes(packed(filled).read_bytes()[:-2_000])
    with tarfile.open(filled.directory / "foreign", "w:gz") as tar:
        tar.add(filled.directory / "text", "memory.md")
    os.mkfifo(filled.directory / "fifo")
    before = filled.contents()
    done = elsewhere(filled, "restore", str(filled.directory / name))
    assert done.is_usage_error(), done
    assert f"/{name} " in done.err
    assert "Errno" not in done.err
    assert filled.contents() == before


def test_a_home_that_is_in_use_is_not_restored_over(filled: Hone) -> None:
    filled.here("backup", str(packed(filled)))
    before = filled.contents()
    done = filled.here("restore", str(packed(filled)))
    assert done.is_usage_error()
    assert "is not empty: move it aside, or set HONE_HOME to a new directory" in done.err
    assert filled.contents() == before


def test_a_home_that_is_a_link_to_an_empty_directory_stays_one(filled: Hone) -> None:
    filled.here("backup", str(packed(filled)))
    (filled.directory / "other").mkdir()
    (filled.directory / "disk").mkdir()
    (filled.directory / "other/home").symlink_to(filled.directory / "disk")
    assert elsewhere(filled, "restore", str(packed(filled))).code == 0
    assert (filled.directory / "other/home").is_symlink()
    assert (filled.directory / "disk/memory.md").exists()


def test_what_cannot_be_read_is_named_and_leaves_no_half_backup(filled: Hone) -> None:
    with sqlite3.connect(filled.home / "state.db") as database:
        database.execute("PRAGMA journal_mode = DELETE")
    database.close()
    (filled.home / "state.db").write_bytes(b"garbage" * 1_000)
    before = filled.contents()
    done = filled.here("backup", str(packed(filled)))
    assert done.is_usage_error()
    assert "state.db cannot be read" in done.err
    assert filled.contents() == before


@needs_mounts
def test_a_read_only_home_is_backed_up_and_its_memory_explained(filled: Hone) -> None:
    (filled.home / "user.md").write_text("- by hand\n")
    read_only = mounted(f"mount --bind -r {filled.home} {filled.home}", "")
    before = filled.contents()
    assert filled("backup", str(packed(filled)), wrapped=read_only).code == 0
    assert "no change is known" in filled("memory", "why", "by hand", wrapped=read_only).out
    refused = filled("memory", "add", "x", wrapped=read_only)
    assert refused.is_usage_error()
    assert "set HONE_HOME" in refused.err
    assert elsewhere(filled, "restore", str(packed(filled))).code == 0
    assert 'added "likes tea"' in elsewhere(filled, "log").out
    assert {name: data for name, data in filled.contents().items() if name in before} == before
