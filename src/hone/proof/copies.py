"""Copies to do a recorded task in: the workspace as it was before the task's first change, and the home as it is now.

Nothing that is done in a copy reaches what it was made of; a remote of its repository is there to read only.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from hone.checkpoints.shadow import Shadow
from hone.checkpoints.trees import restore
from hone.errors import HoneError
from hone.files import home_error
from hone.git import Git
from hone.memory.projects import project_slug
from hone.proof.replay import Recorded

_OF_HOME = ("config.yaml", "cli-config.yaml", "grants.yaml", "user.md", "memory.md", "projects", "skills")
_NOT_OF_SKILLS = shutil.ignore_patterns(".archive")
_NOT_OF_GIT = shutil.ignore_patterns(
    "hooks", "worktrees", "modules", "lfs", "index", "*.lock", "COMMIT_EDITMSG"
)
_NOWHERE = "/dev/null"  # where pushes go


def lay_out(task: Recorded, home: Path, directory: Path, environ: Mapping[str, str]) -> None:
    """Make `directory`, the workspace as it was before the task. Raises HoneError, whose text is why that cannot be."""
    assert task.before is not None
    try:
        directory.mkdir(parents=True)
        without_copy = restore(Shadow(home, Path(task.workspace), environ), task.before, directory)
    except OSError as error:
        raise home_error(directory, error) from error
    if without_copy:
        raise HoneError("files of it are not in the snapshot: they are large, or may hold keys")
    if task.head:
        _lay_out_repository(Path(task.workspace), task.head, directory, environ)
    cwd_in(task, directory).mkdir(parents=True, exist_ok=True)


def cwd_in(task: Recorded, workspace: Path) -> Path:
    """Where in the copied workspace the task began."""
    return workspace / os.path.relpath(task.cwd, task.workspace)


def copy_home(home: Path, to: Path, without: str | None = None) -> None:
    """Copy settings, memory and skills, but for the skill in the directory `without`. Raises HomeError."""
    try:
        to.mkdir(mode=0o700, parents=True)
        for path in (home / name for name in _OF_HOME):
            if path.is_dir():
                shutil.copytree(path, to / path.name, symlinks=True, ignore=_NOT_OF_SKILLS)
            elif path.exists():
                shutil.copy2(path, to / path.name)
        if without:
            _remove(to / "skills" / without)
    except OSError as error:
        raise home_error(to, error) from error


def keep_project(project: str | None, home: Path, workspace: Path, environ: Mapping[str, str]) -> None:
    """Let the copied workspace be the same project in the copied home, where it is one by its path: memory and scopes."""
    now = project_slug(workspace, home, environ)
    if project in (None, now):
        return
    if (home / "projects" / str(project)).is_dir():
        (home / "projects" / str(project)).rename(home / "projects" / now)
    for file in (home / "skills").glob("*/hone.yaml"):
        text = file.read_bytes()
        file.write_bytes(text.replace(f"project:{project}".encode(), f"project:{now}".encode()))


def _remove(skill: Path) -> None:
    if skill.is_symlink():
        skill.unlink()
    else:
        shutil.rmtree(skill)


def _lay_out_repository(source: Path, head: str, directory: Path, environ: Mapping[str, str]) -> None:
    """The repository beside the files, with the commit that was checked out then."""
    common = Git(source, environ).run("rev-parse", "--path-format=absolute", "--git-common-dir")
    if common is None or not (source / ".git").exists():
        raise HoneError("its repository is gone")
    try:
        shutil.copytree(common, directory / ".git", symlinks=True, ignore=_NOT_OF_GIT)
    except OSError as error:
        raise HoneError("its repository cannot be copied") from error
    git = Git(directory, environ)
    git.run("config", "--unset", "core.worktree")
    git.run("config", "core.bare", "false")
    for remote in (git.run("remote") or "").splitlines():
        git.run("config", f"remote.{remote}.pushurl", _NOWHERE)
    if git.run("update-ref", "HEAD", head) is None or git.run("read-tree", "HEAD") is None:
        raise HoneError("its commit is not in the repository any more")
