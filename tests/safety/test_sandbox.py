"""The sandbox for real: what a command in it sees, may change, and leaves behind. Skipped only where bwrap does not work."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from tests.safety.boxed import Machine, Session, in_session, make_machine

from hone.safety.sandbox import (
    DENIED_NETWORK,
    DENIED_PATH,
    DENIED_WRITE,
    command_line,
    denial_in,
    prepare,
    probe,
    sandbox_environ,
)


def git(machine: Machine, *words: str, cwd: Path | None = None) -> str:
    command = [
        "git",
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@localhost",
        "-c",
        "init.defaultBranch=main",
        *words,
    ]
    environ = {**machine.environ, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        command, cwd=cwd or machine.workspace, env=environ, check=True, capture_output=True, text=True
    )
    return done.stdout


def sleepers(seconds: str) -> list[int]:
    """The processes `sleep SECONDS` as this machine numbers them, whatever a sandbox calls them."""
    found = subprocess.run(["pgrep", "-f", f"^sleep {seconds}$"], capture_output=True, text=True)
    return [int(word) for word in found.stdout.split()]


def wait_for(seconds: str, count: int) -> int:
    """How many of them there are once there are `count`, or after five seconds."""
    deadline = time.monotonic() + 5
    while len(found := sleepers(seconds)) != count and time.monotonic() < deadline:
        time.sleep(0.01)
    return len(found)


def test_the_workspace_is_writable_and_the_machine_is_not(machine: Machine) -> None:
    outside = machine.home.parent / "outside"
    outside.mkdir()
    inside, beside, system = in_session(
        machine, "echo a > new && cat new", f"touch {outside}/x", "touch /etc/hone-was-here"
    )
    assert inside.text == "a\n[exit 0]"
    assert (machine.workspace / "new").read_text() == "a\n"
    assert not (outside / "x").exists()
    assert not beside.ok
    assert DENIED_WRITE in system.text
    assert system.text.endswith("[exit 1]")
    assert not Path("/etc/hone-was-here").exists()


def test_keys_and_hones_home_are_not_there(machine: Machine) -> None:
    (reply,) = in_session(
        machine, "ls -A ~; cat ~/.ssh/* ~/.aws/* ~/.hone/*; grep -rs key-of ~ /tmp || echo none"
    )
    assert "ssh-key" not in reply.text
    assert "key-of-hone" not in reply.text
    assert "none" in reply.text


def test_hones_home_inside_the_workspace_is_hidden_and_unharmed(machine: Machine, tmp_path: Path) -> None:
    machine = make_machine(tmp_path / "other", hone_home="project/.hone")
    (reply,) = in_session(machine, "ls -A .hone; echo x > .hone/config.yaml; cat .hone/config.yaml")
    assert "key-of-hone" not in reply.text
    assert (machine.hone_home / "config.yaml").read_text() == "key-of-hone"


def test_hones_home_outside_of_home_is_hidden(machine: Machine, tmp_path: Path) -> None:
    elsewhere = tmp_path / "data/hone"
    elsewhere.mkdir(parents=True)
    (elsewhere / "config.yaml").write_text("key-of-hone")
    hidden = (*machine.spec.policy.hidden, elsewhere)
    policy = msgspec.structs.replace(machine.spec.policy, hidden=hidden)
    machine = msgspec.structs.replace(machine, spec=msgspec.structs.replace(machine.spec, policy=policy))
    (reply,) = in_session(machine, f"cat {elsewhere}/config.yaml")
    assert "key-of-hone" not in reply.text


@pytest.mark.skipif(not Path("/etc/shadow").is_file(), reason="this system has no /etc/shadow")
def test_a_hidden_file_cannot_be_read_and_that_is_said(machine: Machine) -> None:
    (reply,) = in_session(machine, "cat /etc/shadow")
    assert not reply.ok
    assert DENIED_PATH in reply.text


def test_sockets_of_the_system_are_hidden(machine: Machine) -> None:
    (reply,) = in_session(machine, "find /run /var/run/ -type s | wc -l; ls /var/run/docker.sock /run/user/*")
    assert reply.text.startswith("0\n")


def test_a_server_of_one_call_answers_in_the_next_and_tmp_persists(machine: Machine) -> None:
    async def main() -> None:
        session = Session(machine)
        server = 'python3 -u -c \'import http.server as h; s = h.HTTPServer(("127.0.0.1", 0), h.SimpleHTTPRequestHandler); '
        server += 'print(s.server_port, file=open("/tmp/port", "w"), flush=True); print("up", flush=True); s.serve_forever()\''
        started = await session.run(server, background=True, timeout=5)
        while "up" not in started.text:
            started = await session.run("", job="j1", timeout=0.1)
        asked = await session.run(
            'python3 -c \'import urllib.request as u; p = open("/tmp/port").read().strip(); '
            'print(u.urlopen(f"http://127.0.0.1:{p}/").status)\''
        )
        assert asked.text == "200\n[exit 0]"
        await session.shell.aclose()

    asyncio.run(main())


def test_the_network_can_be_switched_off(tmp_path: Path) -> None:
    if problem := probe(os.environ, network=False):
        pytest.skip(f"no sandbox on this machine: {problem}")
    machine = make_machine(tmp_path, network=False)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        refused, unreachable = in_session(
            machine,
            f"exec 3<>/dev/tcp/127.0.0.1/{port}",
            "python3 -c 'import socket; socket.create_connection((\"192.0.2.1\", 80), 5)'",
        )
    assert "Connection refused" in refused.text
    assert DENIED_NETWORK in unreachable.text


def test_the_network_is_on_by_default(machine: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        (reply,) = in_session(
            machine, f"exec 3<>/dev/tcp/127.0.0.1/{server.getsockname()[1]} && echo connected"
        )
    assert reply.text == "connected\n[exit 0]"


def test_background_processes_die_with_the_session(machine: Machine) -> None:
    seconds = f"987.{os.getpid()}"  # nobody else's

    async def main() -> int:
        session = Session(machine)
        await session.run(f"setsid sleep {seconds} & disown; sleep {seconds} &")
        running = await asyncio.to_thread(wait_for, seconds, 2)
        await session.shell.aclose()
        return running

    assert asyncio.run(main()) == 2
    assert wait_for(seconds, 0) == 0


def test_the_sandbox_dies_with_hone_even_if_that_is_killed(machine: Machine) -> None:
    seconds = f"986.{os.getpid()}"
    code = (
        "import asyncio, sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path; import boxed\n"
        "async def main():\n"
        "    session = boxed.Session(boxed.make_machine(Path(sys.argv[2])))\n"
        f"    await session.run('sleep {seconds} &')\n"
        "    print('ready', flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    words = [sys.executable, "-c", code, str(Path(__file__).parent), str(machine.home.parent)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        assert wait_for(seconds, 1) == 1
        child.send_signal(signal.SIGKILL)
    assert wait_for(seconds, 0) == 0


def test_git_works_but_its_hooks_and_configuration_are_read_only(machine: Machine) -> None:
    git(machine, "init", "-q")
    (machine.workspace / ".hone").mkdir()
    commit, *attacks = in_session(
        machine,
        "git -c user.name=t -c user.email=t@localhost commit -q --allow-empty -m one && git log --oneline | wc -l",
        "echo x > .git/hooks/pre-commit",
        "git config core.fsmonitor ./evil",
        "mv .git .moved",
        "mv .git/hooks .git/h",
        "echo 'approvals: {mode: yes}' > .hone/config.yaml",
    )
    assert commit.text == "1\n[exit 0]"
    assert [attack.ok for attack in attacks] == [False] * 5
    assert not (machine.workspace / ".git/hooks/pre-commit").exists()
    assert "fsmonitor" not in (machine.workspace / ".git/config").read_text()
    assert not (machine.workspace / ".hone/config.yaml").exists()


def test_a_linked_worktree_can_commit_and_cannot_change_the_hooks_of_its_repository(machine: Machine) -> None:
    repository = machine.home / "main"
    repository.mkdir()
    git(machine, "init", "-q", cwd=repository)
    git(machine, "commit", "-q", "--allow-empty", "-m", "one", cwd=repository)
    machine.workspace.rmdir()
    git(machine, "worktree", "add", "-q", str(machine.workspace), cwd=repository)
    commit, attack = in_session(
        machine,
        "git -c user.name=t -c user.email=t@localhost commit -q --allow-empty -m two && git log --oneline | wc -l",
        f"echo x > {repository}/.git/hooks/pre-commit",
    )
    assert commit.text == "2\n[exit 0]"
    assert not attack.ok


def test_a_git_file_that_points_elsewhere_opens_nothing(machine: Machine) -> None:
    victim = machine.home.parent / "victim/worktrees/x"
    victim.mkdir(parents=True)
    (victim / "gitdir").write_text("/somewhere/else/.git\n")
    (machine.workspace / ".git").write_text(f"gitdir: {victim}\n")
    write, change = in_session(machine, f"touch {victim}/y", "echo > .git")
    assert not write.ok
    assert not change.ok


def test_tools_on_the_path_below_home_run_and_cannot_be_changed(machine: Machine) -> None:
    run, change = in_session(machine, "mytool", "echo evil > ~/bin/mytool")
    assert run.text == "mytool runs\n[exit 0]"
    assert not change.ok


def test_a_directory_on_the_path_in_the_workspace_stays_writable(machine: Machine) -> None:
    (machine.workspace / "bin").mkdir()
    environ = {**machine.environ, "PATH": f"{machine.workspace}/bin:{machine.environ['PATH']}"}
    (reply,) = in_session(msgspec.structs.replace(machine, environ=environ), "touch bin/new")
    assert reply.ok


def test_home_is_empty_scratch_and_caches_outlive_the_session(machine: Machine) -> None:
    in_session(machine, "echo a > ~/note; mkdir -p $PIP_CACHE_DIR; echo b > $PIP_CACHE_DIR/wheel")
    (reply,) = in_session(machine, "cat $XDG_CACHE_HOME/pip/wheel")
    assert reply.text == "b\n[exit 0]"
    assert not (machine.home / "note").exists()
    assert not (machine.home / ".cache").exists()


def test_the_users_name_for_git_is_known_and_nothing_else_of_the_configuration(machine: Machine) -> None:
    (machine.home / ".gitconfig").write_text(
        '[user]\n\tname = "Ann \\"A\\" Other"\n\temail = ann@localhost\n[credential]\n\thelper = store\n'
    )
    (reply,) = in_session(
        machine, "git config user.name; git config user.email; git config credential.helper"
    )
    assert reply.text == 'Ann "A" Other\nann@localhost\n[exit 1]'


def test_the_workspace_may_be_given_as_a_link_and_lie_in_tmp(machine: Machine) -> None:
    link = machine.home / "link"
    link.symlink_to(machine.workspace)
    policy = msgspec.structs.replace(machine.spec.policy, workspace=link)
    spec = msgspec.structs.replace(machine.spec, policy=policy)
    first, second = in_session(msgspec.structs.replace(machine, spec=spec), "touch here; pwd -P", "ls")
    assert first.text.startswith(str(machine.workspace))
    assert second.text == "here\n[exit 0]"


def test_nothing_of_the_machine_can_be_undone_from_inside(machine: Machine) -> None:
    replies = in_session(
        machine,
        "mount -o remount,rw / 2>&1",
        "umount ~ 2>&1",
        "mknod /tmp/disk b 8 0 2>&1",
        "unshare -m mount -o remount,bind,rw / 2>&1",
        "echo x > /proc/sys/kernel/hostname",
        "chroot /proc/1/root ls /home 2>&1",
    )
    assert [reply.ok for reply in replies] == [False] * 6


def test_a_command_that_kills_its_helper_loses_only_itself(machine: Machine) -> None:
    lost, next_one = in_session(machine, "echo before; kill -9 $PPID; sleep 5", "echo after; pwd")
    assert "the command was lost" in lost.text
    assert not lost.ok
    assert next_one.text == f"after\n{machine.workspace}\n[exit 0]"


def test_a_polite_signal_does_not_end_the_helper(machine: Machine) -> None:
    first, second = in_session(machine, "kill -TERM $PPID; echo here", "echo there")
    assert first.text == "here\n[exit 0]"
    assert second.text == "there\n[exit 0]"


def test_what_is_absent_is_no_obstacle(machine: Machine, tmp_path: Path) -> None:
    policy = msgspec.structs.replace(
        machine.spec.policy, hidden=(tmp_path / "never", machine.home / "nor/this")
    )
    policy = msgspec.structs.replace(policy, scratch=(tmp_path / "not-yet",))
    spec = msgspec.structs.replace(machine.spec, policy=policy, programs=(tmp_path / "no-program",))
    (reply,) = in_session(msgspec.structs.replace(machine, spec=spec), "echo fine")
    assert reply.text == "fine\n[exit 0]"
    assert not (tmp_path / "never").exists()


def test_a_user_without_a_home_gets_one_below_tmp(machine: Machine) -> None:
    spec = msgspec.structs.replace(machine.spec, user_home=Path("/nonexistent"))
    (reply,) = in_session(msgspec.structs.replace(machine, spec=spec), "cd; pwd; touch x")
    assert reply.text == "/tmp\n[working directory: /tmp]\n[exit 0]"
    assert spec.host_path(Path("/tmp/x")).exists()


def test_paths_of_the_sandbox_are_found_on_the_machine(tmp_path: Path) -> None:
    spec = make_machine(tmp_path).spec
    home = spec.user_home
    assert spec.host_path(Path("/tmp/a")) == spec.tmp / "a"
    assert spec.host_path(home / "a") == spec.home / "a"
    assert spec.host_path(home / ".cache/a") == spec.cache / "a"
    assert spec.host_path(home / "project/a") == home / "project/a"
    assert spec.host_path(home / "sessions/spill/a") == home / "sessions/spill/a"
    assert spec.host_path(Path("/usr/bin/env")) == Path("/usr/bin/env")


def test_variables_point_into_the_sandbox(tmp_path: Path) -> None:
    spec = make_machine(tmp_path).spec
    environ = sandbox_environ(spec, {"XDG_RUNTIME_DIR": "/run/user/0", "PATH": "/bin"})
    assert environ["HOME"] == str(spec.user_home)
    assert environ["PIP_CACHE_DIR"] == f"{spec.user_home}/.cache/pip"
    assert "XDG_RUNTIME_DIR" not in environ
    assert environ["PATH"] == "/bin"


@pytest.mark.parametrize(
    ("output", "mark"),
    [
        ("touch: cannot touch '/x': Read-only file system", DENIED_WRITE),
        ("OSError: [Errno 30] Read-only file system: '/y'", DENIED_WRITE),
        ("Error: EROFS: read-only file system, open '/x'", DENIED_WRITE),
        ("cat: /etc/shadow: Permission denied", DENIED_PATH),
        ("bash: '/etc/hosts': Permission denied", DENIED_PATH),
        ("bash: ./script.sh: Permission denied", None),
        ("bash: /tmp/script.sh: Permission denied", None),
        ("bash: HOME/project/run: Permission denied", None),
        ("docs about a read-only file system", None),
        ("curl: (6) Could not resolve host: example.org", None),
    ],
)
def test_denials_are_recognised(tmp_path: Path, output: str, mark: str | None) -> None:
    spec = make_machine(tmp_path).spec
    assert denial_in(output.replace("HOME", str(spec.user_home)), spec) == mark


def test_without_a_network_its_absence_is_a_denial(tmp_path: Path) -> None:
    spec = make_machine(tmp_path, network=False).spec
    assert denial_in("curl: (6) Could not resolve host: example.org", spec) == DENIED_NETWORK


class TestProbe:
    def fake(self, directory: Path, script: str) -> dict[str, str]:
        program = directory / "bwrap"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return {"PATH": str(directory)}

    def test_bwrap_that_is_absent_is_said(self, tmp_path: Path) -> None:
        assert probe({"PATH": str(tmp_path)}) == "bwrap not found"

    def test_forbidden_namespaces_are_said(self, tmp_path: Path) -> None:
        said = "bwrap: setting up uid map: Permission denied"
        problem = probe(self.fake(tmp_path, f"echo '{said}' >&2; exit 1"))
        assert problem == f"user namespaces are disabled ({said})"

    def test_any_other_failure_is_said_on_one_line(self, tmp_path: Path) -> None:
        assert probe(self.fake(tmp_path, "echo a >&2; echo b >&2; exit 1")) == "bwrap fails: a b"
        assert probe(self.fake(tmp_path, "exit 3")) == "bwrap fails: exit 3"

    def test_a_program_that_cannot_start_is_said(self, tmp_path: Path) -> None:
        environ = self.fake(tmp_path, "")
        (tmp_path / "bwrap").write_bytes(b"\x7fELF nonsense")
        assert (probe(environ) or "").startswith("bwrap does not start")

    def test_one_that_works_is_no_problem(self, tmp_path: Path) -> None:
        assert probe(self.fake(tmp_path, "exit 0")) is None


def test_the_command_line_ends_where_the_command_begins(tmp_path: Path) -> None:
    machine = make_machine(tmp_path)
    prepare(machine.spec, machine.environ)
    words = command_line(machine.spec, machine.environ)
    assert words[-1] == "--"
    assert words.index("--ro-bind") < words.index("--bind")
