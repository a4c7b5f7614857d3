"""git without side effects: what a repository's own configuration names as a program never runs."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from hone.config.environ import process_environ
from hone.git import Git, GitState, find_root


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"PATH": process_environ()["PATH"], "HOME": str(tmp_path / "user"), "SECRET_KEY": "zq"}


class Repository:
    def __init__(self, root: Path, environ: dict[str, str]) -> None:
        self.root, self.environ = root, environ
        root.mkdir()
        self.git("init", "-q", "-b", "main")
        self.write("f", "a\n")
        self.git("add", "f")
        self.git("commit", "-qm", "first")

    def git(self, *words: str) -> str:
        command = [
            "git",
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@t",
            "-c",
            "protocol.file.allow=always",
            *words,
        ]
        done = subprocess.run(
            command, cwd=self.root, env=self.environ, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text)

    def state(self) -> GitState:
        return asyncio.run(Git(self.root, self.environ).state())


@pytest.fixture
def repository(tmp_path: Path, environ: dict[str, str]) -> Repository:
    return Repository(tmp_path / "repository", environ)


def test_the_state_is_head_and_whether_files_differ(repository: Repository) -> None:
    head = repository.git("rev-parse", "HEAD")
    assert repository.state() == GitState(head, dirty=False)
    repository.write("g", "new\n")
    assert repository.state() == GitState(head, dirty=True)
    repository.git("add", "g")
    assert repository.state() == GitState(head, dirty=True)
    repository.git("commit", "-qm", "second")
    assert repository.state().dirty is False
    repository.write("f", "longer than before\n")
    assert repository.state().dirty is True


def test_before_the_first_commit_and_outside_a_repository(tmp_path: Path, environ: dict[str, str]) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    assert asyncio.run(Git(bare, environ).state()) == GitState(None, None)
    subprocess.run(["git", "init", "-q"], cwd=bare, env=environ, check=True)
    assert asyncio.run(Git(bare, environ).state()) == GitState(None, dirty=False)
    (bare / "f").touch()
    assert asyncio.run(Git(bare, environ).state()) == GitState(None, dirty=True)
    assert find_root(bare / "deep") == bare


def test_without_git_nothing_is_known(repository: Repository) -> None:
    assert asyncio.run(Git(repository.root, {"PATH": ""}).state()) == GitState(None, None)


def armed(repository: Repository, name: str) -> tuple[str, Path]:
    """A program that leaves a mark, as a command line, and the mark."""
    mark = repository.root.parent / "mark"
    script = repository.root.parent / f"{name}.sh"
    script.write_text(f'#!/bin/sh\nenv > "{mark}"\ncat\n')
    script.chmod(0o755)
    return str(script), mark


@pytest.mark.parametrize("key", ["filter.e.clean", "filter.e.process", "core.fsmonitor", "diff.e.textconv"])
def test_a_program_in_the_configuration_does_not_run(repository: Repository, key: str) -> None:
    script, mark = armed(repository, "program")
    repository.write(".gitattributes", "* filter=e diff=e\n")
    repository.write("f", "b\n")  # as long as before, so that git would have to look inside
    repository.git("config", key, script)
    mark.unlink(missing_ok=True)
    assert repository.state().dirty is True
    assert not mark.exists()


def test_a_program_in_a_submodule_does_not_run(repository: Repository, environ: dict[str, str]) -> None:
    script, mark = armed(repository, "program")
    inner = Repository(repository.root / "sub", environ)
    inner.write(".gitattributes", "* filter=e\n")
    repository.git("add", "sub")
    inner.git("config", "filter.e.clean", script)
    inner.write("f", "b\n")
    mark.unlink(missing_ok=True)
    repository.state()
    assert not mark.exists()


def test_a_missing_object_is_not_fetched_by_a_planted_program(repository: Repository) -> None:
    script, mark = armed(repository, "upload")
    tree = repository.git("rev-parse", "HEAD^{tree}")
    repository.git("config", "core.repositoryformatversion", "1")
    for key, value in {
        "extensions.partialClone": "o",
        "remote.o.url": str(repository.root),
        "remote.o.promisor": "true",
        "remote.o.uploadpack": script,
        "protocol.allow": "always",
        "protocol.file.allow": "always",
    }.items():
        repository.git("config", key, value)
    (repository.root / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    mark.unlink(missing_ok=True)
    repository.state()
    Git(repository.root, repository.environ).run("rev-list", "--objects", "HEAD")
    assert not mark.exists()
