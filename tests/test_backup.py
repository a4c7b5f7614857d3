"""A home goes into a file and comes back, without its keys, whatever the file is made to hold."""

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from hone.backup import back_up, restore
from hone.changes.change import Add, Change
from hone.changes.door import Door
from hone.config.load import load
from hone.database import Database
from hone.errors import UsageError
from hone.git import Git
from hone.testing import FakeClock

KEY = "sk-live-" + "a1B2" * 8
CONFIG = f"providers:\n  - name: p  # mine\n    api_base: http://h/v1\n    api_key: {KEY}\n  - name: q\n    api_base: http://h/v1\n    api_key: ${{Q_KEY}}\n"


def door_of(home: Path) -> tuple[Door, Database]:
    import random

    database = Database.open(home / "state.db")
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(home)}
    return Door(home, database, Git(home, environ), FakeClock(), random.Random(1)), database


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a learned entry, a skill with a script, settings with a key, and a cache."""
    home = tmp_path / "home"
    (home / "skills/s/scripts").mkdir(parents=True)
    (home / "skills/s/SKILL.md").write_text("---\nname: s\ndescription: d\n---\nbody\n")
    (home / "skills/s/scripts/go.sh").write_text("#!/bin/sh\n")
    (home / "skills/s/scripts/go.sh").chmod(0o755)
    (home / "config.yaml").write_text(CONFIG)
    (home / ".env").write_text(f"K={KEY}\n")
    (home / ".cache").mkdir()
    (home / ".cache/skills.msgpack").write_bytes(b"x")
    door, database = door_of(home)
    door.submit(Change(target="memory.md", ops=(Add("the port is 8080"),), origin="user"))
    database.close()
    return home


def test_a_restored_home_has_files_ledger_and_git_and_undo_works_there(home: Path, tmp_path: Path) -> None:
    back_up(home, tmp_path / "b.tar.gz", FakeClock())
    there = tmp_path / "elsewhere"
    restore(there, tmp_path / "b.tar.gz")
    assert (there / "memory.md").read_bytes() == (home / "memory.md").read_bytes()
    assert (there / "skills/s/scripts/go.sh").stat().st_mode & 0o777 == 0o700
    assert not (there / ".cache/skills.msgpack").exists()
    door, database = door_of(there)
    (row,) = [row for row in door.ledger.rows() if row.change.target == "memory.md"]
    assert door.undo(row.change.id).status == "applied"
    database.close()
    assert "8080" not in ((there / "memory.md").read_text() if (there / "memory.md").exists() else "")
    log = subprocess.run(["git", "-C", str(there), "log", "--format=%s%n%b"], capture_output=True, text=True)
    assert row.change.id in log.stdout


def test_keys_stay_behind_unless_asked_for(home: Path, tmp_path: Path) -> None:
    back_up(home, tmp_path / "without.tar.gz", FakeClock())
    back_up(home, tmp_path / "with.tar.gz", FakeClock(), secrets=True)
    restore(tmp_path / "without", tmp_path / "without.tar.gz")
    restore(tmp_path / "with", tmp_path / "with.tar.gz")
    text = (tmp_path / "without/config.yaml").read_text()
    assert KEY not in text
    assert "# mine" in text
    assert "${Q_KEY}" in text
    assert not (tmp_path / "without/.env").exists()
    assert (tmp_path / "with/config.yaml").read_text() == CONFIG
    assert (tmp_path / "with/.env").exists()


def test_settings_that_are_no_yaml_are_left_out_without_secrets(home: Path, tmp_path: Path) -> None:
    (home / "config.yaml").write_text(f"a: [{KEY}")
    assert "config.yaml" not in back_up(home, tmp_path / "b", FakeClock()).files


def test_the_backup_is_private_and_never_written_over_another_file(home: Path, tmp_path: Path) -> None:
    back_up(home, tmp_path / "b", FakeClock())
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o600
    with pytest.raises(UsageError, match="exists"):
        back_up(home, tmp_path / "b", FakeClock())
    with pytest.raises(UsageError, match="lies in the home"):
        back_up(home, home / "b", FakeClock())
    with pytest.raises(UsageError, match="nothing to back up"):
        back_up(tmp_path / "none", tmp_path / "c", FakeClock())
    assert {each.name for each in tmp_path.iterdir()} == {"home", "b"}


def test_links_to_files_and_folders_are_followed_once(home: Path, tmp_path: Path) -> None:
    dotfiles = tmp_path / "dotfiles"
    dotfiles.mkdir()
    (dotfiles / "user.md").write_text("- likes tea\n")
    (dotfiles / "again").symlink_to(dotfiles)
    (home / "user.md").symlink_to(dotfiles / "user.md")
    (home / "notes").symlink_to(dotfiles)
    manifest = back_up(home, tmp_path / "b", FakeClock())
    assert "user.md" in manifest.files
    assert "notes/user.md" in manifest.files
    assert not any("again" in name for name in manifest.files)


def test_a_home_with_something_in_it_is_not_touched(home: Path, tmp_path: Path) -> None:
    back_up(home, tmp_path / "b", FakeClock())
    before = sorted(path.name for path in home.iterdir())
    with pytest.raises(UsageError, match="not empty"):
        restore(home, tmp_path / "b")
    assert sorted(path.name for path in home.iterdir()) == before


def test_an_empty_home_is_filled(home: Path, tmp_path: Path) -> None:
    back_up(home, tmp_path / "b", FakeClock())
    (tmp_path / "new").mkdir()
    restore(tmp_path / "new", tmp_path / "b")
    assert (tmp_path / "new/memory.md").exists()


def rewritten(source: Path, target: Path, change: str) -> None:
    with tarfile.open(source) as old, tarfile.open(target, "w:gz") as new:
        for member in old:
            content = old.extractfile(member)
            assert content is not None
            data = content.read()
            if change == "drop" and member.name == "memory.md":
                continue
            if change == "alter" and member.name == "memory.md":
                data = data.upper()
            if change == "manifest" and member.name == "MANIFEST.json":
                data = b"[]"
            if change == "database" and member.name == "state.db":
                data = data[:4096] + b"\xff" * (len(data) - 4096)
            member.size = len(data)
            new.addfile(member, io.BytesIO(data))
        if change == "climb":
            outside = tarfile.TarInfo("../outside")
            new.addfile(outside, io.BytesIO(b""))
        if change == "link":
            link = tarfile.TarInfo("link")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            new.addfile(link)


@pytest.mark.parametrize("change", ["drop", "alter", "manifest", "database", "climb", "link"])
def test_a_backup_that_was_changed_restores_nothing(home: Path, tmp_path: Path, change: str) -> None:
    back_up(home, tmp_path / "b", FakeClock())
    rewritten(tmp_path / "b", tmp_path / "changed", change)
    with pytest.raises(UsageError, match=r"backup|database in it"):
        restore(tmp_path / "new", tmp_path / "changed")
    assert not (tmp_path / "new").exists()
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize("content", [b"", b"not a tar", b"\x1f\x8b\x08\x00cut"])
def test_what_is_no_backup_is_said_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "b").write_bytes(content)
    with pytest.raises(UsageError, match="backup of hone"):
        restore(tmp_path / "new", tmp_path / "b")
    with pytest.raises(UsageError, match="does not exist"):
        restore(tmp_path / "new", tmp_path / "none")


@pytest.mark.parametrize(
    "config",
    [
        f"providers:\n  - name: p\n    api_base: http://h/v1\n    api_key: {KEY}\n",
        f"providers: [{{name: p, api_base: 'http://u:{KEY}@h/v1', api_key: {KEY}}}]\n",
        f'providers:\n  - name: p\n    api_base: http://h/v1\n    api_key: "{KEY}" # was {KEY[:-1]}\n',
        f"search: {{web_search: {{kind: brave, api_key: {KEY}}}}}\n",
        f"mcp:\n  s:\n    command: x\n    env: {{TOKEN: {KEY}}}\n    args: [--token, {KEY}]\n",
    ],
)
def test_settings_without_their_keys_are_settings_still(home: Path, tmp_path: Path, config: str) -> None:
    (home / "config.yaml").write_text(config)
    back_up(home, tmp_path / "b", FakeClock())
    restore(tmp_path / "new", tmp_path / "b")
    text = (tmp_path / "new/config.yaml").read_text()
    assert KEY[:-1] not in text
    load({"HONE_HOME": str(tmp_path / "new"), "HOME": str(tmp_path)})


def test_what_belongs_to_this_machine_stays_here(home: Path, tmp_path: Path) -> None:
    for name in ("checkpoints/a.git/HEAD", "logs/mcp-x.log", "skills/s/logs/kept.md"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text("x")
    back_up(home, tmp_path / "b.tar.gz", FakeClock())
    with tarfile.open(tmp_path / "b.tar.gz") as archive:
        names = archive.getnames()
    assert [name for name in names if "checkpoints" in name or name.startswith("logs")] == []
    assert any(name.endswith("skills/s/logs/kept.md") for name in names)
