"""A project has one slug: for each clone, each worktree, and over time."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from hone.memory.projects import project_slug, remote_key

ENVIRON = dict(os.environ)


def git(directory: Path, *arguments: str) -> None:
    settings = ("-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *settings, *arguments], cwd=directory, check=True, capture_output=True)


def repository(path: Path, *, origin: str = "", commit: bool = True) -> Path:
    path.mkdir(parents=True)
    git(path, "init")
    if commit:
        git(path, "commit", "--allow-empty", "-m", path.name)
    if origin:
        git(path, "remote", "add", "origin", origin)
    return path


def slug(workspace: Path) -> str:
    home = next(parent for parent in workspace.parents if parent.name == "root") / "home"
    return project_slug(workspace, home, ENVIRON)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://example.org/acme/shop.git", "example.org/acme/shop"),
        ("https://me:secret@Example.org/acme/shop/", "example.org/acme/shop"),
        ("ssh://git@example.org:2222/acme/shop.git", "example.org/acme/shop"),
        ("git@example.org:acme/shop.git", "example.org/acme/shop"),
        ("example.org:acme/shop", "example.org/acme/shop"),
        ("/srv/git/shop.git", "/srv/git/shop"),
        ("../shop.git", "/srv/shop"),
        ("file:///srv/git/shop.git", "/srv/git/shop"),
    ],
)
def test_a_remote_has_one_key_however_it_is_addressed(url: str, key: str) -> None:
    assert remote_key(url, Path("/srv/clone")) == key


def test_clones_of_a_remote_share_a_slug_that_names_it(root: Path) -> None:
    one = repository(root / "one", origin="git@example.org:acme/My_Shop.git")
    two = repository(root / "two", origin="https://user:token@example.org/acme/My_Shop")
    assert slug(one) == slug(two)
    assert re.fullmatch(r"my-shop-[0-9a-f]{8}", slug(one))


def test_without_a_remote_the_first_commit_decides(root: Path) -> None:
    one = repository(root / "one")
    before = slug(one)
    assert re.fullmatch(r"one-[0-9a-f]{8}", before)
    git(one, "commit", "--allow-empty", "-m", "more")
    (root / "home/.cache/projects.msgpack").unlink(missing_ok=True)
    assert slug(one) == before
    git(root, "clone", "--no-hardlinks", "one", "two")
    git(root / "two", "remote", "remove", "origin")
    assert slug(root / "two")[-8:] == before[-8:]


def test_the_first_commit_is_asked_for_once_and_again_for_another_repository(root: Path) -> None:
    one = repository(root / "one")
    (root / "home/projects/other-00000000").mkdir(parents=True)
    first = slug(one)
    cache = root / "home/.cache/projects.msgpack"
    written = cache.read_bytes()
    assert slug(one) == first
    assert cache.read_bytes() == written
    cache.write_bytes(b"damaged")
    assert slug(one) == first
    subprocess.run(["rm", "-rf", ".git"], cwd=one, check=True)
    git(one, "init")
    os.utime(one / ".git/config", ns=(1, 1))
    git(one, "commit", "--allow-empty", "-m", "anew")
    assert slug(one) != first


def test_a_home_that_cannot_be_written_only_costs_time(root: Path) -> None:
    one = repository(root / "one")
    expected = slug(one)
    (root / "home/.cache/projects.msgpack").unlink()
    (root / "home/.cache").rmdir()
    (root / "home/.cache").touch()
    assert slug(one) == expected


def test_worktrees_share_the_slug_of_their_repository(root: Path) -> None:
    one = repository(root / "one")
    git(one, "worktree", "add", "../other-name")
    assert slug(root / "other-name") == slug(one)


def test_a_submodule_is_a_project_of_its_own(root: Path) -> None:
    part = repository(root / "part")
    whole = repository(root / "whole")
    git(whole, "-c", "protocol.file.allow=always", "submodule", "add", str(part), "lib")
    assert slug(whole / "lib").startswith("part-")
    assert slug(whole / "lib") != slug(whole)


def test_without_git_or_commits_the_path_decides(root: Path) -> None:
    plain = root / "Ünï code!"
    plain.mkdir()
    empty = repository(root / "empty", commit=False)
    assert re.fullmatch(r"n-code-[0-9a-f]{8}", slug(plain))
    assert re.fullmatch(r"empty-[0-9a-f]{8}", slug(empty))
    (root / "日本").mkdir()
    assert re.fullmatch(r"project-[0-9a-f]{8}", slug(root / "日本"))


def test_a_project_with_memory_keeps_its_slug_when_git_a_commit_and_a_remote_arrive(root: Path) -> None:
    workspace = root / "shop"
    workspace.mkdir()
    first = slug(workspace)
    (root / "home/projects" / first).mkdir(parents=True)
    git(workspace, "init")
    assert slug(workspace) == first
    git(workspace, "commit", "--allow-empty", "-m", "x")
    assert slug(workspace) == first
    git(workspace, "remote", "add", "origin", "https://example.org/acme/shop.git")
    assert slug(workspace) == first


@pytest.mark.parametrize("pointer", ["", "gitdir: nowhere", "nonsense", "gitdir:\0"])
def test_a_broken_git_pointer_is_no_obstacle(root: Path, pointer: str) -> None:
    (root / "w").mkdir()
    (root / "w/.git").write_text(pointer)
    assert slug(root / "w")


def test_a_path_that_is_no_text_has_a_slug(root: Path) -> None:
    try:
        one = repository(root / "one-\udcff")
    except OSError:
        pytest.skip("this file system takes only UTF-8 names")
    assert re.fullmatch(r"one-[0-9a-f]{8}", slug(one))


def test_only_the_url_of_origin_counts(root: Path) -> None:
    one = repository(root / "one", commit=False)
    with (one / ".git/config").open("a") as config:
        config.write('[remote "fork"]\n\turl = https://example.org/other\n[remote "origin"] # mine\n')
        config.write('\tfetch = x\n\turl = "https://example.org/acme/shop"\n[branch "main"]\n\turl = no\n')
    assert slug(one).startswith("shop-")
