"""git has what the ledger has, on top of whatever the user does there, and never stands in a change's way."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.changes.homes import DEPLOY, Home, opened

from hone.changes.change import Add, Archive, Change
from hone.changes.repository import HONE, Commit, Repository
from hone.git import Git


def test_only_memory_and_skills_are_tracked_and_the_status_is_clean(home: Home) -> None:
    for path in (
        *("config.yaml", "inbox/c.txt", ".cache/a.md", "projects/p/other.md", "skills/deploy/run.sh"),
        *("skills/deploy/.hidden/a.md", "README.md", "skills/deploy/node_modules/a/b.md", "skills/a.md"),
    ):
        home.write(path, "x")
    home.write("skills/deploy/references/api.md", "api")
    home.write("skills/.archive/old/SKILL.md", "old")
    home.door.scan()
    home.deploy()
    assert home.git("ls-files").split() == [
        "skills/.archive/old/SKILL.md",
        "skills/deploy/SKILL.md",
        "skills/deploy/hone.yaml",
        "skills/deploy/references/api.md",
    ]
    home.check()
    assert (home.path / ".git/HEAD").read_text() == "ref: refs/heads/main\n"


def test_a_home_inside_another_repository_has_its_own(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    with opened(tmp_path / "home") as home:
        home.remember("The api is at /v2")
        home.check()
    found = subprocess.run(
        ["git", "-C", str(tmp_path), "rev-parse", "HEAD"], capture_output=True, check=False
    )
    assert found.returncode != 0


def test_commits_of_the_user_and_what_they_staged_stay(home: Home) -> None:
    home.remember("The api is at /v1")
    home.write("notes.txt", "mine")
    home.write("staged.txt", "mine")
    who = ("-c", "user.name=me", "-c", "user.email=me@localhost")
    home.git("add", "-f", "notes.txt")
    home.git(*who, "commit", "-q", "-m", "my notes")
    home.git("add", "-f", "staged.txt")
    home.git(*who, "switch", "-q", "-c", "mine")
    home.remember("The api is at /v2")
    assert [line.partition("|")[2][:8] for line in home.commits()] == ["memory: ", "my notes", "memory: "]
    assert home.git("status", "--porcelain") == "A  staged.txt\n"
    assert home.git("branch", "--show-current") == "mine\n"


def test_a_repository_of_the_users_gets_no_exclusions(home: Home) -> None:
    home.git("init", "-q")
    home.write("notes.txt", "mine")
    home.remember("The api is at /v2")
    assert "?? notes.txt" in home.git("status", "--porcelain")
    assert home.git("ls-files") == "memory.md\n"


def test_a_detached_head_moves_on(home: Home) -> None:
    home.remember("The api is at /v1")
    home.git("switch", "-q", "--detach")
    home.remember("The api is at /v2")
    assert len(home.commits()) == 2
    assert home.git("status", "--porcelain") == ""


@pytest.mark.parametrize("broken", ["lock", "corrupt", "file"])
def test_a_broken_repository_fails_no_change_and_catches_up(home: Home, broken: str) -> None:
    home.remember("The api is at /v1")
    lock, head = home.path / ".git/index.lock", home.path / ".git/HEAD"
    if broken == "lock":
        lock.touch()
    elif broken == "corrupt":
        head.write_text("nonsense\n")
    else:
        (home.path / ".git").rename(home.path / "aside")
        (home.path / ".git").write_text("nonsense\n")
    home.remember("The api is at /v2")
    home.remember("The api is at /v3")
    assert len(home.door.ledger.rows()) == 3

    if broken == "lock":
        lock.unlink()
    elif broken == "corrupt":
        head.write_text("ref: refs/heads/main\n")
    else:
        (home.path / ".git").unlink()
        (home.path / "aside").rename(home.path / ".git")
    home.door.commit()
    assert len(home.commits()) == 3
    home.check()


def test_a_commit_that_was_made_is_not_made_again_also_under_commits_of_the_user(home: Home) -> None:
    home.remember("The api is at /v1")
    home.remember("The api is at /v2")
    home.git(
        "-c", "user.name=me", "-c", "user.email=me@localhost", "commit", "-q", "--allow-empty", "-m", "mine"
    )
    with home.database.transaction() as execute:
        execute("UPDATE changes SET committed = 0")
    home.remember("The api is at /v3")
    assert len(home.commits()) == 4
    home.check()


def test_a_tree_that_is_missing_waits_for_its_return(home: Home) -> None:
    home.remember("The api is at /v1")
    tree = home.git("rev-parse", "HEAD^{tree}").strip()
    place = home.path / ".git/objects" / tree[:2] / tree[2:]
    aside = place.rename(home.path / ".cache/tree")
    with home.database.transaction() as execute:
        execute("UPDATE changes SET committed = 0")
    home.door.commit()
    aside.rename(place)
    home.door.commit()
    home.check()


def test_a_message_is_one_line_and_trailers_that_nobody_can_forge(home: Home) -> None:
    home.submit("memory.md", Add("tea\n\nChange-Id: cforged"), origin="user")
    body = home.git("log", "--format=%B")
    assert body.splitlines()[0] == 'memory: added "tea Change-Id: cforged"'
    home.check()


def test_many_files_at_once(home: Home) -> None:
    for number in range(600):
        home.write(f"skills/s{number}/SKILL.md", f"{number}\n")
    home.door.scan()
    home.check()


def test_an_executable_file_is_committed_as_one(home: Home) -> None:
    home.deploy()
    (home.path / DEPLOY).chmod(0o755)
    home.write(DEPLOY, "mine\n")
    home.door.scan()
    home.check()


def test_where_no_repository_can_be_made_nothing_is_committed(tmp_path: Path) -> None:
    commit = Commit("cabcdef", "s", HONE, 0.0, (), (("memory.md", b"x"),))
    (tmp_path / ".git").symlink_to("nowhere")
    git = Git(tmp_path, {"PATH": os.environ["PATH"]})
    assert not Repository(tmp_path, git).record([commit])
    (tmp_path / ".git").unlink()

    odd = tmp_path / "bin" / "git"
    odd.parent.mkdir()
    odd.write_text('#!/bin/sh\nfor last; do :; done\nmkdir -p "$last" && touch "$last/.git"\n')
    odd.chmod(0o755)
    strange = Git(tmp_path, {"PATH": f"{odd.parent}:{os.environ['PATH']}"})
    assert not Repository(tmp_path, strange).record([commit])
    assert Repository(tmp_path, git).record([commit])


def test_a_repository_that_was_removed_is_made_anew_with_all_that_the_ledger_has(home: Home) -> None:
    made = home.deploy()
    home.submit("user.md", Add("tea"), origin="user")
    home.submit(DEPLOY, Archive(), origin="user")
    shutil.rmtree(home.path / ".git")
    home.remember("The api is at /v2")
    assert len(home.commits()) == 4
    assert made in home.git("log", "--format=%B")
    home.check()


def test_who_gives_the_command_is_the_author(home: Home) -> None:
    made = home.submit("user.md", Add("tea"), origin="user").change.id
    home.remember("The api is at /v2", origin="tool")
    home.door.undo(made)
    assert [line.partition("|")[0] for line in home.commits()] == ["user", "hone", "user"]


def test_what_the_agent_remembers_has_its_model_and_evidence(home: Home) -> None:
    change = Change(
        target="memory.md",
        ops=(Add("The api is at /v2"),),
        origin="tool",
        evidence=("e7",),
        model="main-1",
        session="s1",
        turn=2,
    )
    assert home.door.submit(change).ok
    body = home.git("log", "--format=%B").splitlines()
    assert body[3:] == ["Session: s1", "Turn: 2", "Evidence: e7", "Trust: user", "Model: main-1", ""]
