"""`@path`: what is listed, what fits what is typed, what goes with a message."""

import os
import stat
from pathlib import Path

import pytest

from hone.cli.conversation.mentions import Mentions, matching
from hone.git import Git
from hone.testing import FakeClock


@pytest.fixture
def work(tmp_path: Path) -> Path:
    work = tmp_path / "work"
    (work / "src").mkdir(parents=True)
    (work / "src" / "engine.py").write_text("pass\n")
    (work / "src" / ".env").write_text("TOKEN=of-the-test\n")
    (work / "notes.txt").write_text("what it says\n")
    return work


def mentions(work: Path, clock: FakeClock | None = None) -> Mentions:
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(work.parent / "user"),
        "HONE_HOME": str(work / "home"),
    }
    return Mentions(work, work, environ, clock or FakeClock())


def repository(work: Path) -> Git:
    git = Git(work, dict(os.environ))
    git.run("init", "-q")
    return git


def test_files_outside_of_git_are_found_by_a_walk_without_what_is_hidden(work: Path) -> None:
    (work / "node_modules").mkdir()
    (work / "node_modules" / "much.js").write_text("")
    assert mentions(work).files() == ["notes.txt", "src/engine.py"]


def test_files_in_git_are_those_that_it_does_not_ignore_and_that_hold_no_keys(work: Path) -> None:
    repository(work)
    (work / ".gitignore").write_text("notes.txt\n")
    assert mentions(work).files() == [".gitignore", "src/engine.py"]


def test_listing_a_repository_runs_nothing_that_its_settings_name(work: Path) -> None:
    git = repository(work)
    monitor = work / "monitor"
    monitor.write_text(f"#!/bin/sh\ntouch {work}/ran\n")
    monitor.chmod(stat.S_IRWXU)
    git.run("config", "core.fsmonitor", str(monitor))
    mentions(work).files()
    assert not (work / "ran").exists()


def test_a_listing_is_used_again_while_one_types(work: Path) -> None:
    clock = FakeClock()
    there = mentions(work, clock)
    there.files()
    (work / "new.txt").write_text("")
    assert "new.txt" not in there.files()
    clock.advance(5)
    assert "new.txt" in there.files()


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("no", "notes.txt"),
        ("s/eng", "src/engine.py"),
        ("ENGINE.P", "src/engine.py"),
        ("src/", "src/a.py"),
        ("eng", "engine.md"),
    ],
)
def test_a_path_is_found_by_its_parts(typed: str, first: str) -> None:
    files = ["docs/engine.txt", "engine.md", "notes.txt", "src/a.py", "src/engine.py"]
    assert matching(files, typed)[0] == first


def test_what_does_not_fit_is_not_offered() -> None:
    assert matching(["a.py", "b.py"], "c") == []


def test_a_small_text_goes_along_with_what_stands_around_it_left_out(work: Path) -> None:
    (only,) = mentions(work).attachments("see @notes.txt, and (@nothing) and me@notes.txt")
    assert (only.kind, only.name, only.trust) == ("note", "notes.txt", "workspace")
    assert only.text == '<file path="notes.txt">\nwhat it says\n\n</file>'


def test_keys_links_to_them_hones_own_data_and_what_is_outside_stay_paths(work: Path) -> None:
    (work / "link").symlink_to("src/.env")
    (work / "home").mkdir()
    (work / "home" / "config.yaml").write_text("providers: []\n")
    (work.parent / "outside.txt").write_text("outside\n")
    (work / "large").write_text("x" * 9_000)
    (work / "binary").write_bytes(b"\xff")
    (work / "zero").write_bytes(b"\0")
    text = "@src/.env @link @home/config.yaml @../outside.txt @~/x @large @binary @zero @src @a\0b"
    assert mentions(work).attachments(text) == []
