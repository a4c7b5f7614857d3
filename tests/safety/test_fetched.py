"""Commits that were fetched, and what git makes of them later."""

import subprocess
import time
from pathlib import Path

import pytest

from hone.safety.commands import parse
from hone.safety.fetched import refs_of
from hone.safety.paths import PathPolicy
from hone.safety.provenance import Provenance
from hone.testing import FakeClock


def git(directory: Path, *arguments: str) -> None:
    own = ("-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *own, *arguments], cwd=directory, check=True, capture_output=True)


@pytest.fixture
def fetched(tmp_path: Path) -> tuple[Path, Provenance]:
    """A repository with a commit of its own, and what was fetched into it a little later."""
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    for directory in (theirs, ours):
        directory.mkdir()
        git(directory, "init")
        git(directory, "commit", "--allow-empty", "-m", "one")
    git(theirs, "branch", "topic")
    git(ours, "remote", "add", "origin", str(theirs))
    until = time.time() + 0.05  # a change time may lie before the clock
    while time.time() < until:
        time.sleep(0.005)
    start = time.time()
    git(ours, "fetch", "origin")
    policy = PathPolicy(workspace=ours)
    return ours, Provenance(FakeClock(), policy.resolve, lambda: [(start, time.time())])


@pytest.mark.parametrize(
    ("command", "trust"),
    [
        ("git merge origin/main", "external"),
        ("git merge FETCH_HEAD", "external"),
        ("git merge --ff-only", "external"),
        ("git rebase origin/main", "external"),
        ("git rebase @{u}", "external"),
        ("git reset --hard origin/main", "external"),
        ("git reset --hard @{upstream}", "external"),
        ("git cherry-pick main..origin/topic~2", "external"),
        ("git checkout topic", "external"),
        ("git checkout -b mine origin/topic", "external"),
        ("git show origin/main:README.md", "external"),
        ("git log ..origin/main", "external"),
        ("git -c x=y merge origin/main", "external"),
        ("cd .. && git -C ours merge origin/main", "external"),
        ("sudo git merge origin/main", "external"),
        ("git checkout main", "workspace"),
        ("git log HEAD main", "workspace"),
        ("git status", "workspace"),
        ("git", "workspace"),
        ("git commit -m origin/main2", "workspace"),
        ("git -C /nowhere merge origin/main", "workspace"),
        ("git -C 'nul\0' merge origin/main", "workspace"),
        ("cd 'nul\0' && git merge origin/main", "workspace"),
    ],
)
def test_a_git_command_that_names_what_was_fetched_is_external(
    fetched: tuple[Path, Provenance], command: str, trust: str
) -> None:
    repository, known = fetched
    assert known.trust_of_command(command, repository) == trust


def test_a_work_tree_of_its_own_shares_the_refs(fetched: tuple[Path, Provenance], tmp_path: Path) -> None:
    repository, known = fetched
    git(repository, "worktree", "add", str(tmp_path / "other"))
    assert known.trust_of_command("git merge origin/main", tmp_path / "other") == "external"
    assert known.trust_of_command("git log main", tmp_path / "other") == "workspace"


def test_a_repository_elsewhere_is_looked_at_where_its_git_file_says(tmp_path: Path) -> None:
    (command,) = parse("git merge x").commands
    (tmp_path / ".git").write_text("gitdir: ../real\n")
    assert tmp_path / "../real/refs/heads/x" in set(refs_of(command, tmp_path))
    (tmp_path / ".git").write_text("nothing of the kind")
    assert list(refs_of(command, tmp_path)) == []


def test_without_a_repository_there_are_no_refs(tmp_path: Path) -> None:
    (command,) = parse("git merge x").commands
    assert list(refs_of(command, Path("/"))) == []
