"""What a command in the sandbox leaves behind for later: git configuration, hooks, hone's settings. None of it may count."""

import asyncio
import errno
import fcntl
import os
import subprocess
from pathlib import Path

import msgspec
import pytest
from tests.safety.boxed import Machine, Session, in_session

from hone.git import Git
from hone.safety import guards as module
from hone.safety.guards import Guard, guards, stand_in


def git(machine: Machine, *words: str, cwd: Path | None = None) -> str:
    """git as the user runs it: with the repository's hooks, monitors and filters."""
    own = ("-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "protocol.file.allow=always")
    environ = {**machine.environ, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", *own, *words],
        cwd=cwd or machine.workspace,
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.fixture
def repository(machine: Machine) -> Machine:
    git(machine, "init", "-q", "-b", "main")
    git(machine, "commit", "-q", "--allow-empty", "-m", "one")
    return machine


def marker(machine: Machine) -> Path:
    """Where a program that runs outside of the sandbox would leave its mark: inside, this is another directory."""
    return machine.home / "pwned"


def use_git(machine: Machine) -> None:
    """What the user does next in the workspace."""
    (machine.workspace / "new.txt").write_text("x")
    for words in (
        ("status",),
        ("add", "new.txt"),
        ("commit", "-q", "-m", "two"),
        ("diff", "HEAD~1"),
        ("branch", "-a"),
    ):
        git(machine, *words)


PLANTS = {
    "a hook": "printf '#!/bin/sh\\ntouch MARK\\n' > .git/hooks/pre-commit; chmod +x .git/hooks/pre-commit",
    "a hook in hooks moved away": "mv .git/hooks .git/h; mkdir .git/hooks; printf '#!/bin/sh\\ntouch MARK\\n' > .git/hooks/pre-commit",
    "a monitor": "git config core.fsmonitor 'touch MARK; false'",
    "a monitor by hand": "printf '[core]\\n\\tfsmonitor = touch MARK; false\\n' >> .git/config",
    "a configuration moved over": "cp .git/config c; git config -f c core.fsmonitor 'touch MARK; false'; mv c .git/config",
    "a hard link to the configuration": "ln .git/config c && git config -f c core.fsmonitor 'touch MARK; false'",
    "the configuration of a worktree": "printf '[core]\\n\\tfsmonitor = touch MARK; false\\n' > .git/config.worktree",
    "another common directory": "cp -r .git evil; rm -f evil/commondir; git config -f evil/config core.fsmonitor 'touch MARK; false'; echo ../evil > .git/commondir",
    "the common directory replaced": "rm -f .git/commondir; mv .git/commondir x; echo ../evil > .git/commondir",
    "a repository moved over": "cp -r .git evil; mv .git x; mv evil .git",
    "a file in its place": "mv .git x; echo 'gitdir: evil' > .git",
    "a filter": "echo '* filter=x' > .gitattributes; git config filter.x.clean 'touch MARK; cat'",
    "attributes": "mkdir -p .git/info; echo '* diff=x' > .git/info/attributes; git config diff.x.textconv 'touch MARK'",
    "an include": "git config include.path ../evil.config; printf '[core]\\n\\tfsmonitor = touch MARK; false\\n' > evil.config",
    "an alias of a command": "git config alias.status '!touch MARK'",
    "a transport": "git config core.sshCommand 'touch MARK'; git config remote.x.url ssh://localhost/x",
    "the user's own configuration": "git config --global core.fsmonitor 'touch MARK; false'",
}  # fmt: skip


@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS.keys())
def test_the_users_git_runs_nothing_that_was_planted(repository: Machine, plant: str) -> None:
    before = (repository.workspace / ".git/config").read_bytes()
    in_session(repository, plant.replace("MARK", str(marker(repository))))
    use_git(repository)
    assert not marker(repository).exists()
    assert (repository.workspace / ".git/config").read_bytes() == before
    assert not (repository.workspace / ".git/commondir").exists()


def test_a_repository_that_was_destroyed_is_broken_and_not_another(repository: Machine) -> None:
    in_session(
        repository, f"rm -rf .git; git init -q; git config core.fsmonitor 'touch {marker(repository)}; false'"
    )
    with pytest.raises(subprocess.CalledProcessError):
        git(repository, "log")
    assert not marker(repository).exists()


@pytest.mark.parametrize(
    "plant",
    [
        "git init -q; git config core.fsmonitor 'touch MARK; false'; git config core.hooksPath .",
        "git init -q; git config filter.x.clean 'touch MARK; cat'; echo '* filter=x' > .gitattributes; echo a > f; git add f",
        "git init -q; git config core.sshCommand 'touch MARK'; git config core.pager 'touch MARK'",
        "git init -q evil; git -C evil config core.fsmonitor 'touch MARK; false'; echo 'gitdir: evil/.git' > .git",
        "git init -q --bare .; git config core.fsmonitor 'touch MARK; false'; git config core.bare false",
        "git init -q; printf '#!/bin/sh\\ntouch MARK\\n' > .git/hooks/post-commit; chmod +x .git/hooks/*",
        "git init -q sub; cd sub; git config core.fsmonitor 'touch MARK; false'; cd ..; git init -q; git add sub",
    ],
)  # fmt: skip
def test_hones_own_git_runs_nothing_that_a_new_repository_names(machine: Machine, plant: str) -> None:
    in_session(machine, plant.replace("MARK", str(marker(machine))))
    ours = Git(machine.workspace, machine.environ)
    asyncio.run(ours.state())
    ours.run("log", "-1")
    ours.run("ls-files", "--cached", "--others", "--exclude-standard")
    in_session(machine, "true")  # makes the sandbox again, with git asked for what it includes
    assert not marker(machine).exists()


def test_a_submodule_and_another_worktree_cannot_be_turned(repository: Machine) -> None:
    library = repository.home / "library"
    library.mkdir()
    git(repository, "init", "-q", "-b", "main", cwd=library)
    git(repository, "commit", "-q", "--allow-empty", "-m", "one", cwd=library)
    git(repository, "submodule", "--quiet", "add", "--name", "deep/library", str(library), "vendor")
    git(repository, "worktree", "add", "-q", str(repository.home / "beside"))
    mark = f"'touch {marker(repository)}; false'"
    in_session(
        repository,
        f"git -C vendor config core.fsmonitor {mark}",
        f"mv .git/modules .git/m; cp -r .git/m .git/modules; git -C vendor config core.fsmonitor {mark}",
        f"cd .git/modules; mv deep d; cp -r d deep; git config -f deep/library/config core.fsmonitor {mark}",
        f"cp -r .git evil; git config -f evil/config core.fsmonitor {mark}; echo ../../../evil > .git/worktrees/beside/commondir",
        "mv .git/worktrees .git/w; cp -r .git/w .git/worktrees; echo ../../../evil > .git/worktrees/beside/commondir",
        "cp -r .git/modules/deep/library e2; echo ../../../../e2 > .git/modules/deep/library/commondir",
    )
    git(repository, "status")
    git(repository, "status", cwd=repository.home / "beside")
    assert not marker(repository).exists()
    assert not (repository.workspace / ".git/m").exists()


def test_in_a_linked_worktree_its_file_cannot_be_turned(machine: Machine) -> None:
    main = machine.home / "main"
    main.mkdir()
    git(machine, "init", "-q", "-b", "main", cwd=main)
    git(machine, "commit", "-q", "--allow-empty", "-m", "one", cwd=main)
    machine.workspace.rmdir()
    git(machine, "worktree", "add", "-q", str(machine.workspace), cwd=main)
    before = (machine.workspace / ".git").read_text()
    mark = f"'touch {marker(machine)}; false'"
    in_session(
        machine,
        f"git init -q evil; git -C evil config core.fsmonitor {mark}; echo 'gitdir: evil/.git' > .git",
        "mv .git x; echo 'gitdir: evil/.git' > .git",
        f"cp -r {main}/.git e; git config -f e/config core.fsmonitor {mark}; echo $PWD/e > {main}/.git/commondir",
    )
    assert (machine.workspace / ".git").read_text() == before
    git(machine, "status")
    git(machine, "status", cwd=main)
    assert not marker(machine).exists()


def test_a_bare_repository_keeps_its_hooks_and_configuration(machine: Machine) -> None:
    git(machine, "init", "-q", "--bare")
    hook, config = in_session(machine, "echo x > hooks/post-update", "git config core.fsmonitor evil")
    assert not hook.ok
    assert not config.ok


def test_a_file_that_the_configuration_includes_is_read_only(repository: Machine) -> None:
    git(repository, "config", "include.path", "../team.config")
    (repository.workspace / "team.config").write_text("[core]\n")
    write, move = in_session(repository, "echo x >> team.config", "mv team.config y")
    assert not write.ok
    assert not move.ok


class TestSettings:
    @pytest.mark.parametrize(
        "plant",
        ["mkdir -p .hone; echo 'a: b' > .hone/config.yaml", "mv .hone x; mkdir .hone && touch .hone/config.yaml",
         "rmdir .hone; ln -s /tmp .hone; touch .hone/config.yaml", "mkdir -p .hone/skills/evil"],
    )  # fmt: skip
    def test_settings_of_a_trusted_project_cannot_appear(self, machine: Machine, plant: str) -> None:
        (machine.workspace / "code.py").touch()
        (reply,) = in_session(machine, plant)
        assert not reply.ok
        assert not (machine.workspace / ".hone").exists()

    def test_in_a_folder_that_is_not_trusted_nothing_is_put(self, machine: Machine) -> None:
        spec = msgspec.structs.replace(machine.spec, trusted=False)
        (reply,) = in_session(msgspec.structs.replace(machine, spec=spec), "ls -A")
        assert reply.text == "[exit 0]"

    def test_nothing_is_left_behind(self, repository: Machine) -> None:
        before = sorted(path.name for path in (repository.workspace / ".git").iterdir())
        in_session(repository, "true")
        assert [path.name for path in repository.workspace.iterdir()] == [".git"]
        assert sorted(path.name for path in (repository.workspace / ".git").iterdir()) == before

    def test_git_in_and_outside_of_the_sandbox_works_while_it_stands(self, repository: Machine) -> None:
        async def main() -> str:
            session = Session(repository)
            mine = "-c user.name=t -c user.email=t@localhost"
            reply = await session.run(
                f"echo a > a && git add a && git {mine} commit -q -m two && git checkout -q -b side && git {mine} commit -q "
                "--allow-empty -m three && git checkout -q main && git merge -q side && git stash list && git tag x && git gc -q "
                "&& git status --porcelain && git log --oneline | wc -l"
            )
            git(repository, "commit", "-q", "--allow-empty", "-m", "the user's")
            git(repository, "gc", "-q")
            git(repository, "worktree", "add", "-q", str(repository.home / "beside"))
            status = git(repository, "status", "--porcelain")
            await session.shell.aclose()
            return reply.text + status

        assert asyncio.run(main()) == "3\n[exit 0]"
        assert git(repository, "log", "--oneline").count("\n") == 4

    def test_the_last_of_two_sessions_removes_what_stands_in(self, tmp_path: Path) -> None:
        first = stand_in(tmp_path, trusted=True)
        second = stand_in(tmp_path, trusted=True)
        first()
        assert (tmp_path / ".hone").is_dir()
        second()
        assert not (tmp_path / ".hone").exists()

    def test_what_a_killed_session_left_goes_with_the_next(self, tmp_path: Path) -> None:
        (tmp_path / ".git/worktrees").mkdir(parents=True)
        (tmp_path / ".hone").mkdir()
        (tmp_path / ".git/commondir").write_text(".\n")
        stand_in(tmp_path, trusted=True)()
        assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")] == [".git", ".git/worktrees"]

    def test_what_somebody_put_there_stays(self, tmp_path: Path) -> None:
        release = stand_in(tmp_path, trusted=True)
        (tmp_path / ".hone/config.yaml").write_text("learning: {mode: off}\n")
        release()
        assert (tmp_path / ".hone/config.yaml").exists()

    def test_a_repository_whose_configuration_names_its_worktree_keeps_it(self, repository: Machine) -> None:
        git(repository, "config", "core.worktree", str(repository.workspace))
        (reply,) = in_session(repository, "ls .git/commondir; git status --porcelain")
        assert "No such file" in reply.text

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
    def test_where_the_user_may_not_write_nothing_is_put(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o500)
        stand_in(tmp_path, trusted=True)()
        tmp_path.chmod(0o700)
        assert not list(tmp_path.iterdir())

    def test_a_file_where_a_directory_should_be_is_no_obstacle_to_other_sessions(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / ".hone").write_text("a file")
        stand_in(tmp_path, trusted=True)()
        assert (tmp_path / ".hone").read_text() == "a file"

    def test_what_the_system_does_not_let_anybody_make_is_left_out(self) -> None:
        if not os.access("/sys/kernel", os.R_OK):
            pytest.skip("this system has no /sys")
        stand_in(Path("/sys/kernel"), trusted=True)()

    def test_a_lock_of_somebody_else_leaves_the_stand_ins(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "_WAITS", 1)
        lock = os.open(tmp_path, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        stand_in(tmp_path, trusted=True)()
        os.close(lock)
        assert (tmp_path / ".hone").is_dir()
        stand_in(tmp_path, trusted=True)()
        assert not (tmp_path / ".hone").exists()

    def test_a_disk_that_takes_nothing_is_an_error(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(_: Path) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(Path, "mkdir", full)
        with pytest.raises(OSError, match="No space"):
            stand_in(tmp_path, trusted=True)

    def test_a_file_system_without_locks_is_no_obstacle(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def unsupported(*_: object) -> None:
            raise OSError(errno.ENOLCK, "No locks available")

        monkeypatch.setattr(fcntl, "flock", unsupported)
        stand_in(tmp_path, trusted=True)()
        assert (tmp_path / ".hone").is_dir()

    def test_a_workspace_that_is_gone_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            stand_in(tmp_path / "gone", trusted=True)


def test_an_ordinary_directory_has_nothing_to_guard(tmp_path: Path) -> None:
    assert list(guards(tmp_path, {})) == []
    (tmp_path / ".git").write_text("gitdir: /nowhere\n")
    assert list(guards(tmp_path, {})) == [Guard(tmp_path / ".git")]
