"""Which paths the tools may touch, tried with real directories, links and odd spellings."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hone.errors import UsageError
from hone.safety.paths import PathPolicy, default_hidden, find_workspace


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    (home / "project").mkdir(parents=True)
    (home / ".ssh").mkdir()
    return home


def policy_of(home: Path, *, confined: bool = True, scratch: tuple[Path, ...] = ()) -> PathPolicy:
    return PathPolicy(
        workspace=home / "project",
        scratch=scratch,
        hidden=default_hidden(home, home / ".hone"),
        confined=confined,
        user_home=home,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.txt", "project/src/a.txt"),
        ("./a.txt", "project/src/a.txt"),
        ("../a.txt", "project/a.txt"),
        ("new/../../a.txt", "project/a.txt"),
        ("~", ""),
        ("~/x", "x"),
        ("~//x", "x"),
        ("~user", "project/src/~user"),
    ],
)
def test_a_path_is_relative_to_the_current_directory_or_the_users_home(
    home: Path, text: str, expected: str
) -> None:
    assert policy_of(home).resolve(text, home / "project/src") == home / expected


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_a_text_that_cannot_be_a_path_is_a_usage_error(home: Path, text: str) -> None:
    with pytest.raises(UsageError, match="is no path"):
        policy_of(home).resolve(text, home)


def test_a_dot_dot_after_a_link_is_taken_from_where_the_link_leads(home: Path) -> None:
    (home / "elsewhere/deep").mkdir(parents=True)
    (home / "project/link").symlink_to(home / "elsewhere/deep")
    policy = policy_of(home)
    resolved = policy.resolve("link/../x", home / "project")
    assert resolved == home / "elsewhere/x"
    assert policy.write_problem(resolved) is not None


def test_a_loop_of_links_is_no_error(home: Path) -> None:
    (home / "project/a").symlink_to("b")
    (home / "project/b").symlink_to("a")
    assert policy_of(home).inside(policy_of(home).resolve("a", home / "project"))


@pytest.mark.parametrize(
    "name",
    [
        ".ssh",
        ".ssh/id_ed25519",
        ".SSH/id_ed25519",
        ".aws/credentials",
        ".gnupg/x",
        ".config/gcloud/x",
        ".kube/config",
        ".netrc",
        ".docker/config.json",
        ".git-credentials",
        ".local/share/keyrings/x",
        ".mozilla/firefox/x/cookies.sqlite",
        ".config/google-chrome/Default/Cookies",
        ".hone/config.yaml",
        ".hone/state.db",
    ],
)
def test_keys_and_hones_home_can_be_neither_read_nor_written(home: Path, name: str) -> None:
    policy = policy_of(home, confined=False)
    assert "is hidden" in str(policy.read_problem(home / name))
    assert "is hidden" in str(policy.write_problem(home / name))


@pytest.mark.parametrize("name", [".env", ".sshrc", ".docker/daemon.json", ".bashrc", "project/.ssh/x"])
def test_what_only_looks_like_a_secret_place_can_be_read(home: Path, name: str) -> None:
    assert policy_of(home).read_problem(home / name) is None


def test_a_link_into_a_hidden_directory_is_as_hidden_as_what_it_leads_to(home: Path) -> None:
    (home / "project/keys").symlink_to(home / ".ssh")
    assert policy_of(home).read_problem(home / "project/keys/id_rsa") is not None


def test_a_hidden_directory_that_is_a_link_hides_its_target_too(home: Path) -> None:
    (home / "vault").mkdir()
    (home / ".aws").symlink_to(home / "vault")
    policy = policy_of(home)
    assert policy.read_problem(home / "vault/credentials") is not None
    assert policy.read_problem(home / ".aws/credentials") is not None


def test_scratch_below_a_hidden_directory_is_free_and_hidden_below_scratch_is_not(home: Path) -> None:
    spill = home / ".hone/scratch"
    policy = policy_of(home, scratch=(spill, home))
    assert policy.read_problem(spill / "out.txt") is None
    assert policy.write_problem(spill / "out.txt") is None
    assert policy.write_problem(home / "free.txt") is None
    assert policy.read_problem(home / ".hone/state.db") is not None


@pytest.mark.parametrize(
    ("path", "readable"),
    [
        ("/proc/1/environ", False),
        ("/proc/12/task/34/environ", False),
        ("/proc/1/mem", False),
        ("/proc/1/fd/3", False),
        ("/proc/kcore", False),
        ("/proc/cpuinfo", True),
        ("/proc/1/environment", True),
        ("/etc/shadow", False),
        ("/dev/zero", False),
        ("/devices", True),
    ],
)
def test_devices_and_the_secrets_of_processes_cannot_be_read(home: Path, path: str, readable: bool) -> None:
    assert (policy_of(home).read_problem(Path(path)) is None) == readable


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no /proc here")
def test_the_own_environment_is_hidden_behind_the_self_link(home: Path) -> None:
    assert policy_of(home).read_problem(Path("/proc/self/environ")) is not None


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        (".git/config", "belongs to git"),
        (".git", "belongs to git"),
        (".GIT/hooks/pre-commit", "belongs to git"),
        ("vendored/.git/hooks/pre-commit", "belongs to git"),
        (".hone/config.yaml", "is hone's configuration"),
        (".hone/Config.YAML", "is hone's configuration"),
        (".gitignore", None),
        (".github/workflows/x.yml", None),
        (".hone/skills/x/SKILL.md", None),
        ("new/dir/file", None),
    ],
)
def test_git_and_the_configuration_of_the_project_are_never_written(
    home: Path, name: str, problem: str | None
) -> None:
    for confined in (True, False):
        answer = policy_of(home, confined=confined).write_problem(home / "project" / name)
        assert answer is None if problem is None else problem in str(answer)


def test_only_a_confined_policy_keeps_writes_in_the_workspace_and_scratch(home: Path) -> None:
    scratch = home / "scratch"
    confined = policy_of(home, scratch=(scratch,))
    assert "is outside the workspace" in str(confined.write_problem(home / "other/x"))
    assert "is outside the workspace" in str(confined.write_problem(home / "project-2/x"))
    assert confined.write_problem(scratch / "x") is None
    assert confined.read_problem(home / "other/x") is None
    assert policy_of(home, confined=False).write_problem(home / "other/x") is None


def test_the_kernels_files_are_never_written(home: Path) -> None:
    assert "kernel" in str(policy_of(home, confined=False).write_problem(Path("/sys/power/state")))


def test_a_workspace_given_as_a_link_holds_the_files_of_its_target(home: Path) -> None:
    (home / "short").symlink_to(home / "project")
    policy = PathPolicy(workspace=home / "short")
    assert policy.workspace == home / "project"
    assert policy.inside(home / "project/x")
    assert policy.inside(policy.resolve("x", home / "short"))
    assert not policy.inside(home)


_PARTS = st.sampled_from(
    ["..", ".", "", "a", "out", "in", "up", "~", "/", "etc", "loop", ".ssh", "new"]
) | st.text(max_size=4)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(_PARTS, max_size=8).map("/".join))
def test_no_spelling_escapes_a_confined_policy(home: Path, text: str) -> None:
    workspace = home / "project"
    for link, target in (("out", "/"), ("in", "."), ("up", "../.ssh"), ("loop", "loop")):
        if not (workspace / link).is_symlink():
            (workspace / link).symlink_to(target)
    policy = policy_of(home)
    try:
        path = policy.resolve(text, workspace)
    except UsageError:
        return
    if policy.write_problem(path) is None:
        assert Path(os.path.realpath(path)).is_relative_to(workspace)
    if policy.read_problem(path) is None:
        assert not Path(os.path.realpath(path)).is_relative_to(home / ".ssh")


def test_the_workspace_is_the_git_root_else_the_directory_itself(home: Path) -> None:
    (home / "project/src").mkdir()
    assert find_workspace(home / "project/src", home) == home / "project/src"
    (home / "project/.git").mkdir()
    assert find_workspace(home / "project/src", home) == home / "project"


def test_a_repository_of_the_whole_home_is_no_workspace(home: Path) -> None:
    (home / ".git").mkdir()
    assert find_workspace(home / "project", home) == home / "project"


def test_a_linked_directory_gives_its_target_as_the_workspace(home: Path) -> None:
    (home / "short").symlink_to(home / "project")
    assert find_workspace(home / "short", home) == home / "project"


def test_the_home_and_the_root_directory_are_never_a_workspace(home: Path) -> None:
    (home / "me").symlink_to(home)
    for cwd in (home, home / "me", Path("/")):
        with pytest.raises(UsageError, match="cd into a project directory"):
            find_workspace(cwd, home)
