"""Escapes from the sandbox, each tried for real. What must hold: nothing outside changes, no key and no value of hone's is seen.

Of every attempt two things are looked at: that its reply shows no secret, and that the machine is as it was.
"""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.safety.boxed import Machine, Session, in_session, make_machine

from hone.safety.environment import command_environ
from hone.safety.sandbox import probe

SECRET = "hunter2-of-the-user"
KEYS = (
    ".ssh/id_ed25519",
    ".aws/credentials",
    ".azure/accessTokens.json",
    ".config/gh/hosts.yml",
    ".config/gcloud/credentials.db",
    ".config/git/credentials",
    ".netrc",
    ".npmrc",
    ".pypirc",
    ".pgpass",
    ".docker/config.json",
    ".gnupg/private-keys-v1.d/a.key",
    ".git-credentials",
    ".kube/config",
    ".cargo/credentials.toml",
    ".terraform.d/credentials.tfrc.json",
    ".vault-token",
    ".password-store/a.gpg",
    ".local/share/keyrings/login.keyring",
    ".mozilla/firefox/x.default/logins.json",
    ".config/google-chrome/Default/Login Data",
    ".config/chromium/Default/Cookies",
    ".bash_history",
    ".env",
)


class Target(msgspec.Struct, frozen=True):
    """A machine with something to steal and to break, one session in its sandbox, and who runs it."""

    machine: Machine
    session: Session
    loop: asyncio.AbstractEventLoop
    outside: Path
    victim: int

    def attempt(self, command: str) -> str:
        """The reply to an attempt; `{…}` in it are places of this machine."""
        places = {
            "out": self.outside,
            "home": self.machine.home,
            "hone": self.machine.hone_home,
            "ws": self.machine.workspace,
            "pid": os.getpid(),
            "victim": self.victim,
            "py": sys.executable,
        }
        for name, place in places.items():
            command = command.replace(f"{{{name}}}", str(place))
        reply = self.loop.run_until_complete(self.session.run(command, timeout=20))
        return reply.text


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    if problem := probe(os.environ):
        pytest.skip(f"no sandbox on this machine: {problem}")
    root = tmp_path_factory.mktemp("escapes")
    machine = make_machine(root)
    for name in KEYS:
        path = machine.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SECRET)
    (machine.hone_home / "state.db").write_text(SECRET)
    outside = root / "outside"
    outside.mkdir()
    (outside / "file").write_text("as it was")
    git = ["git", "-C", str(machine.workspace), "-c", "user.name=t", "-c", "user.email=t@localhost"]
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "one"]):
        subprocess.run([*git, *words], check=True, capture_output=True)
    (machine.workspace / "outward").symlink_to(outside)
    (machine.workspace / "keys").symlink_to(machine.home / ".ssh")
    environ = {**machine.environ, "HONE_SECRET": SECRET, "MY_API_KEY": SECRET, "SSH_AUTH_SOCK": "/run/agent"}
    machine = msgspec.structs.replace(machine, environ=command_environ(environ))
    with subprocess.Popen(["sleep", "600"]) as victim, asyncio.Runner() as runner:
        session = Session(machine)
        yield Target(machine, session, runner.get_loop(), outside, victim.pid)
        runner.run(session.shell.aclose())
        assert victim.poll() is None, "a process outside was killed"
        victim.kill()


def everything(root: Path) -> dict[str, object]:
    """Paths below `root` with their kinds and contents, but the workspace's own files."""
    found: dict[str, object] = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if name.startswith(("home/sessions/", "home/project/")):
            continue
        found[name] = (
            path.readlink() if path.is_symlink() else path.read_bytes() if path.is_file() else "directory"
        )
    return found


WRITES = {
    "an absolute path": "echo x > {out}/file",
    "dots": "echo x > ../../outside/file",
    "a link that was there": "echo x > outward/file",
    "a link of one's own": "mkdir -p work; ln -s {out} work/l; echo x > work/l/file",
    "a link to a file": "mkdir -p work; ln -sf {out}/file work/f; echo x >> work/f",
    "a hard link": "ln {out}/file work/h && echo x > work/h",
    "the root of this process": "echo x > /proc/self/root{out}/file",
    "the root of the first process": "echo x > /proc/1/root{out}/file",
    "the root of hone's process": "echo x > /proc/{pid}/root{out}/file",
    "the directory of hone's process": "echo x > /proc/{pid}/cwd/hone-was-here",
    "a new file": "touch {out}/new",
    "a directory beside": "mkdir {home}/../beside",
    "a rename out": "touch work/a; mv work/a {out}/a",
    "a rename over": "mv work {out}",
    "removing": "rm -rf {out}",
    "a mode": "chmod 777 {out}/file",
    "an owner": "chown 1:1 {out}/file",
    "a time": "touch -d 2001-01-01 {out}/file && echo CHANGED",
    "an attribute": "setfattr -n user.x -v y {out}/file && echo CHANGED",
    "truncating": "truncate -s 0 {out}/file",
    "python": "{py} -c 'open(\"{out}/file\", \"w\")'",
    "tar": "tar -C / -cf work/t.tar etc/hostname 2>/dev/null; tar -C {out} -xf work/t.tar",
    "a remount": "mount -o remount,rw / && echo x > {out}/file",
    "a bind": "mount --bind {ws} {out} && echo x > {out}/file",
    "a namespace of one's own": "unshare -r -m sh -c 'mount -o remount,rw,bind / && echo x > {out}/file'",
    "a namespace as root": "unshare -m sh -c 'mount -o remount,rw,bind / && echo x > {out}/file'",
    "unmounting": "umount -l / ; umount -l {home}; echo x > {out}/file",
    "chroot": "chroot /proc/{pid}/root sh -c 'echo x > {out}/file'",
    "the first process's namespace": "nsenter -t 1 -m -p sh -c 'echo x > {out}/file'",
    "a sandbox in the sandbox": "bwrap --dev-bind / / sh -c 'echo x > {out}/file'",
    "the moved workspace": "mv {ws} {ws}2",
    "hone's settings": "echo 'approvals: {mode: yes}' > {hone}/config.yaml",
    "the program of hone": "echo x >> {py}",
    "a program on the path": "echo x > {home}/bin/mytool",
    "a start file of the shell": "echo evil >> {home}/.bashrc; echo evil >> {home}/.profile",
    "a timer": "mkdir -p {home}/.config/systemd/user; echo x > {home}/.config/systemd/user/a.timer",
    "an entry to start with the desktop": "mkdir -p {home}/.config/autostart; echo x > {home}/.config/autostart/a",
    "cron": "echo '* * * * * root id' > /etc/cron.d/x; echo '* * * * * id' | crontab -",
    "at": "echo id | at now; touch /var/spool/cron/x",
    "the loader": "echo /evil.so > /etc/ld.so.preload",
    "kernel settings": "echo x > /proc/sys/kernel/core_pattern; echo x > /proc/sys/kernel/modprobe",
    "the kernel's own files": "echo 1 > /sys/kernel/uevent_helper; mkdir /sys/fs/cgroup/x",
    "a name on the host's shared memory": "echo x > /dev/shm/hone-escape-{pid}",
    "the machine's /tmp": "echo x > /tmp/hone-escape-{pid}; echo x > /var/tmp/hone-escape-{pid}",
}  # fmt: skip


@pytest.mark.parametrize("command", WRITES.values(), ids=WRITES.keys())
def test_nothing_outside_is_changed(target: Target, command: str) -> None:
    root = target.machine.home.parent
    before = everything(root)
    times = (target.outside / "file").stat()
    reply = target.attempt(command)
    assert everything(root) == before
    after = (target.outside / "file").stat()
    assert (after.st_mode, after.st_uid, after.st_mtime_ns) == (
        times.st_mode,
        times.st_uid,
        times.st_mtime_ns,
    )
    assert "CHANGED" not in reply
    for place in ("/dev/shm", "/tmp", "/var/tmp"):
        assert not (Path(place) / f"hone-escape-{os.getpid()}").exists()
    assert not Path("/etc/cron.d/x").exists()
    assert not Path("/etc/ld.so.preload").exists()


READS = {
    **{f"~/{name}": f"cat '{{home}}/{name}'" for name in KEYS},
    "a link to keys": "cat keys/*",
    "dots to keys": "cat ../.ssh/*",
    "the root of this process to keys": "cat /proc/self/root{home}/.ssh/*",
    "the root of hone to keys": "cat /proc/{pid}/root{home}/.ssh/*",
    "all of the home": "grep -rs hunter2 {home}",
    "a hard link to keys": "ln {home}/.ssh/id_ed25519 work/k; cat work/k",
    "hone's home": "cat {hone}/*; ls -A {hone}",
    "hone's home from a process": "cat /proc/{pid}/root{hone}/state.db",
    "hone's home by a mount": "mount --bind {hone} work; cat work/*",
    "the environment": "env; set; cat /proc/self/environ /proc/*/environ | tr '\\0' '\\n'",
    "the environment of hone": "cat /proc/{pid}/environ",
    "the memory of hone": "cat /proc/{pid}/mem /proc/{pid}/maps",
    "open files of hone": "cat /proc/{pid}/fd/*",
    "open files of all": "for f in /proc/[0-9]*/fd/*; do readlink $f | grep -e state.db -e '.ssh' && echo hunter2; done",
    "inherited files": "for f in /proc/self/fd/*; do case $(readlink $f) in {hone}*|{out}*) echo hunter2;; esac; done",
    "other sessions' caches": "cat {home}/sessions/home/../../.ssh/*",
    "the machine by device": "for d in /dev/sd? /dev/vd? /dev/nvme*n? /dev/mem /dev/kmsg; do [ -e $d ] && echo hunter2; done",
    "a device node": "mknod work/disk b 254 0 && echo hunter2",
    "a debugger": "{py} -c 'import ctypes; print(\"hunter2\" if ctypes.CDLL(None).ptrace(16, {pid}, 0, 0) == 0 else 0)'",
    "reading another process": "{py} -c 'import os; os.pidfd_open({victim}); print(\"hunter2\")'",
    "the terminal": "{py} -c 'import fcntl, termios; fcntl.ioctl(open(\"/dev/tty\"), termios.TIOCSTI, b\"x\"); print(\"hunter2\")'",
    "the agent's socket": "echo ${SSH_AUTH_SOCK:+hunter2}; find /run /tmp /var/run/ {home} -type s 2>/dev/null | sed s/^/hunter2/",
    "docker": "[ -S /var/run/docker.sock ] && echo hunter2; docker -H unix:///run/docker.sock ps && echo hunter2",
    "D-Bus": "echo ${DBUS_SESSION_BUS_ADDRESS:+hunter2}; [ -S /run/dbus/system_bus_socket ] && echo hunter2",
    "systemd": "systemd-run --user id && echo hunter2; [ -S /run/systemd/private ] && echo hunter2",
    "X11": "ls /tmp/.X11-unix && echo hunter2",
    "the passwords": "cat /etc/shadow && echo hunter2",
}  # fmt: skip


@pytest.mark.parametrize("command", READS.values(), ids=READS.keys())
def test_no_key_and_nothing_of_hone_is_seen(target: Target, command: str) -> None:
    assert "hunter2" not in target.attempt(command).replace("echo hunter2", "")


def test_no_process_outside_can_be_signalled_or_seen(target: Target) -> None:
    reply = target.attempt(
        "kill -9 {victim}; kill -0 {victim} && echo KILLED; kill -9 -1 2>/dev/null; pkill -9 -f 'sleep 600'"
    )
    assert "KILLED" not in reply
    assert "sleep 600" not in target.attempt("cat /proc/[0-9]*/cmdline | tr '\\0' ' '; ps -ef")


def test_an_abstract_socket_of_the_machine_is_out_of_reach(target: Target) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"\0hone-escape-{os.getpid()}")
        server.listen()
        code = f"import socket; socket.socket(socket.AF_UNIX).connect('\\0hone-escape-{os.getpid()}'); print('CONNECTED')"
        reply = target.attempt(f'{{py}} -c "{code}"')
        if "CONNECTED" in reply and tuple(map(int, os.uname().release.split(".")[:2])) < (6, 12):
            pytest.skip("this kernel cannot keep abstract sockets apart")
    assert "CONNECTED" not in reply
    assert "PermissionError" in reply


def test_abstract_sockets_within_the_sandbox_work(target: Target) -> None:
    code = "import socket; s = socket.socket(socket.AF_UNIX); s.bind('\\0own'); s.listen(); "
    code += "socket.socket(socket.AF_UNIX).connect('\\0own'); print('CONNECTED')"
    assert "CONNECTED" in target.attempt(f'{{py}} -c "{code}"')


def test_a_command_that_takes_the_helper_over_loses_only_its_own_session(target: Target) -> None:
    code = (
        "import ctypes, os, socket\n"
        "libc = ctypes.CDLL(None)\n"
        "helper = os.getppid()\n"
        "while b'supervisor' not in open(f'/proc/{helper}/cmdline', 'rb').read():\n"
        "    helper = int(open(f'/proc/{helper}/stat').read().rpartition(')')[2].split()[1])\n"
        "handle = os.pidfd_open(helper)\n"
        "for n in range(64):\n"
        "    fd = libc.syscall(438, handle, n, 0)\n"
        "    if fd >= 0:\n"
        "        try:\n"
        "            socket.socket(fileno=fd).send(b'[\"nonsense\"]\\n')\n"
        "        except OSError:\n"
        "            pass\n"
    )
    (target.machine.workspace / "takeover.py").write_text(code)
    try:
        target.attempt("{py} takeover.py; sleep 0.2")
    finally:
        (target.machine.workspace / "takeover.py").unlink()
    assert target.attempt("echo still here").startswith("still here")


def test_without_a_network_not_even_loopback_services_are_reached(tmp_path: Path) -> None:
    if problem := probe(os.environ, network=False):
        pytest.skip(f"no sandbox on this machine: {problem}")
    machine = make_machine(tmp_path, network=False)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        replies = in_session(
            machine,
            f"exec 3<>/dev/tcp/127.0.0.1/{port} && echo CONNECTED",
            f"exec 3<>/dev/tcp/localhost/{port} && echo CONNECTED",
        )
    assert not any("CONNECTED" in reply.text for reply in replies)
