"""Reading and writing files of a workspace without following links."""

import os
from pathlib import Path

import pytest

from hone.checkpoints.place import LINK, File, files_below, read, remove, write
from hone.errors import HoneError

PLAIN = File(0o100644, b"data")


def test_what_is_no_file_reads_as_none(tmp_path: Path) -> None:
    (tmp_path / "directory").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("directory")
    (tmp_path / "directory" / "inner").touch()
    for path in ("directory", "nothing", "file/below", "link/inner"):
        assert read(tmp_path, path) is None
    assert read(tmp_path, "link") == File(LINK, b"directory")


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(HoneError, match="cannot be read"):
        read(tmp_path, "x" * 300)


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("stays")
    (tmp_path / "link").symlink_to("target")
    write(tmp_path, "link", PLAIN)
    assert (tmp_path / "target").read_text() == "stays"
    assert (tmp_path / "link").read_text() == "data"
    assert not (tmp_path / "link").is_symlink()


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "inner").touch()
    with pytest.raises(OSError, match="directory"):
        write(tmp_path, "full", PLAIN)
    assert [path.name for path in tmp_path.iterdir()] == ["full"]


def test_nothing_is_removed_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "file").touch()
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(tmp_path / "outside")
    remove(root, "link/file")
    assert (tmp_path / "outside" / "file").exists()
    assert list(files_below(root, "link")) == []


def test_directories_are_removed_with_their_last_file(tmp_path: Path) -> None:
    write(tmp_path, "a/b/c", PLAIN)
    write(tmp_path, "a/d", PLAIN)
    (tmp_path / "a" / "link").symlink_to("b")
    assert sorted(files_below(tmp_path, "a")) == ["a/b/c", "a/d", "a/link"]
    remove(tmp_path, "a/b/c")
    assert sorted(os.listdir(tmp_path / "a")) == ["d", "link"]  # noqa: PTH208
    remove(tmp_path, "a/nothing")
    assert (tmp_path / "a" / "d").exists()
