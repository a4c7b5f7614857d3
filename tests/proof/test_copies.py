"""Copies of a workspace as it was and of a home as it is: real snapshots, repositories and files."""

import os
from pathlib import Path
from typing import Any

import pytest
from tests.proving_home import git

from hone.checkpoints.shadow import Shadow
from hone.errors import HoneError
from hone.memory.projects import project_slug
from hone.proof.copies import copy_home, cwd_in, keep_project, lay_out
from hone.proof.replay import Recorded

ENVIRON = {"PATH": os.environ["PATH"]}


@pytest.fixture
def work(tmp_path: Path) -> Path:
    directory = tmp_path / "work"
    (directory / "src").mkdir(parents=True)
    (directory / "src" / "a.txt").write_text("as it was\n")
    return directory


def snapshot(work: Path, home: Path, **more: Any) -> Recorded:
    tree = Shadow(home, work, ENVIRON).snapshot(10.0)
    fields: dict[str, Any] = {"session": "s", "turn": 1, "request": "", "tokens": 1, "cwd": str(work)}
    return Recorded(**{**fields, "workspace": str(work), "before": tree, **more})


def test_the_files_are_as_they_were_before_the_task(work: Path, tmp_path: Path) -> None:
    task = snapshot(work, tmp_path / "home", cwd=str(work / "src" / "empty"))
    (work / "src" / "a.txt").write_text("changed since")
    copy = tmp_path / "copy"
    lay_out(task, tmp_path / "home", copy, ENVIRON)

    assert (copy / "src" / "a.txt").read_text() == "as it was\n"
    assert cwd_in(task, copy) == copy / "src" / "empty"
    assert cwd_in(task, copy).is_dir()


def test_the_repository_is_at_the_commit_of_then_and_cannot_push(work: Path, tmp_path: Path) -> None:
    git(work, "init", "-q")
    git(work, "add", ".")
    git(work, "commit", "-qm", "first")
    git(work, "remote", "add", "origin", "ssh://git@example.org/shop.git")
    head = git(work, "rev-parse", "HEAD").strip()
    task = snapshot(work, tmp_path / "home", head=head)
    (work / "b.txt").write_text("later")
    git(work, "add", ".")
    git(work, "commit", "-qm", "second")
    copy = tmp_path / "copy"
    lay_out(task, tmp_path / "home", copy, ENVIRON)

    assert git(copy, "log", "--format=%s").split() == ["first"]
    assert git(copy, "status", "--porcelain") == ""
    assert git(copy, "remote", "get-url", "--push", "origin").strip() == "/dev/null"
    assert project_slug(copy, tmp_path / "home", ENVIRON) == project_slug(work, tmp_path / "home", ENVIRON)
    assert git(work, "log", "--format=%s").split() == ["second", "first"]


def test_a_worktree_is_copied_with_its_repository(work: Path, tmp_path: Path) -> None:
    git(work, "init", "-q")
    git(work, "add", ".")
    git(work, "commit", "-qm", "first")
    git(work, "worktree", "add", "-q", str(tmp_path / "tree"))
    head = git(work, "rev-parse", "HEAD").strip()
    task = snapshot(tmp_path / "tree", tmp_path / "home", head=head)
    lay_out(task, tmp_path / "home", tmp_path / "copy", ENVIRON)

    assert git(tmp_path / "copy", "status", "--porcelain") == ""


def test_a_file_without_a_copy_in_the_snapshot_is_a_reason(work: Path, tmp_path: Path) -> None:
    (work / "server.pem").write_text("a key")
    task = snapshot(work, tmp_path / "home")

    with pytest.raises(HoneError, match="files of it are not in the snapshot"):
        lay_out(task, tmp_path / "home", tmp_path / "copy", ENVIRON)


@pytest.mark.parametrize(
    ("has_repository", "reason"),
    [(False, "its repository is gone"), (True, "its commit is not in the repository any more")],
)
def test_a_lost_commit_is_a_reason(work: Path, tmp_path: Path, has_repository: bool, reason: str) -> None:
    if has_repository:
        git(work, "init", "-q")
    task = snapshot(work, tmp_path / "home", head="1" * 40)

    with pytest.raises(HoneError, match=reason):
        lay_out(task, tmp_path / "home", tmp_path / "copy", ENVIRON)


def test_a_snapshot_that_is_gone_is_a_reason(work: Path, tmp_path: Path) -> None:
    task = snapshot(work, tmp_path / "home", before="2" * 40)

    with pytest.raises(HoneError):
        lay_out(task, tmp_path / "home", tmp_path / "copy", ENVIRON)


def test_a_home_is_copied_without_its_record_its_archive_and_the_skill_in_question(tmp_path: Path) -> None:
    home, copy = tmp_path / "home", tmp_path / "copy"
    for name in ("one", "two", ".archive/three"):
        (home / "skills" / name).mkdir(parents=True)
    (home / "skills" / "link").symlink_to(tmp_path)
    for name in ("config.yaml", "user.md", "state.db"):
        (home / name).write_text(name)
    copy_home(home, copy, without="two")
    copy_home(home, tmp_path / "other", without="link")

    assert sorted(path.name for path in copy.iterdir()) == ["config.yaml", "skills", "user.md"]
    assert sorted(path.name for path in (copy / "skills").iterdir()) == ["link", "one"]
    assert sorted(path.name for path in (tmp_path / "other" / "skills").iterdir()) == ["one", "two"]
    assert copy.stat().st_mode & 0o777 == 0o700
    with pytest.raises(HoneError):
        copy_home(home, copy)


def test_a_project_that_is_one_by_its_path_keeps_memory_and_skills_in_the_copy(
    work: Path, tmp_path: Path
) -> None:
    home, copy = tmp_path / "home", tmp_path / "elsewhere"
    copy.mkdir()
    project = project_slug(work, home, ENVIRON)
    for directory in (home / "projects" / project, home / "skills" / "one"):
        directory.mkdir(parents=True)
    sidecar = home / "skills" / "one" / "hone.yaml"
    sidecar.write_text(f"scope: project:{project}\n")
    now = project_slug(copy, home, ENVIRON)
    keep_project(project, home, copy, ENVIRON)
    keep_project(now, home, copy, ENVIRON)
    keep_project(None, home, copy, ENVIRON)

    assert [path.name for path in (home / "projects").iterdir()] == [now]
    assert sidecar.read_text() == f"scope: project:{now}\n"
