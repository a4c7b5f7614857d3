"""Runs commands for the shell tool as a program of its own: `python -I -S supervisor.py FD [confined]`, inside a sandbox or not.

It imports nothing of hone. Over the socket FD come lines of JSON: `{"run", "command", "shell", "cwd"}` with two file
descriptors (output, and where the final directory is written) and `{"stop", "grace"}`; back go `{"done", "code",
"left"}` and `{"failed", "why"}`. When the socket closes, everything that it started is killed.
"""

import array
import contextlib
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from typing import Any

try:
    import ctypes
except ImportError:  # some Pythons are built without it
    ctypes = None  # type: ignore[assignment]

# $1 is the descriptor for the final directory, $2 the command, which sees neither of them.
_SCRIPT = 'trap "pwd -P >&$1 2>/dev/null" EXIT; eval "shift 2; $2"'
_TICK = 0.02  # seconds between looks at a group that was told to end
_LAST_WORDS = 2.0  # seconds that killing what is left may take
_CREATE_RULESET, _RESTRICT_SELF = 444, 446  # Landlock's system calls
_SCOPE_ABSTRACT_SOCKETS = 1


class Supervisor:
    """The commands of one session."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._buffer = b""
        self._descriptors: list[int] = []
        self._running: dict[int, int] = {}  # process id of a command's shell: its number
        self._groups: dict[int, int] = {}  # number: process group
        self._stopping: dict[int, float] = {}  # number: when to kill what is left
        self._codes: dict[int, int] = {}  # number: exit code of a command that is being stopped

    def serve(self, wakeup: int) -> None:
        """Work until the other side closes the channel."""
        channel = self._channel.fileno()
        try:
            while True:
                ready, _, _ = select.select([channel, wakeup], [], [], _TICK if self._stopping else None)
                if wakeup in ready:
                    os.read(wakeup, 4096)
                if channel in ready and not self._receive():
                    return
                self._reap()
                self._press()
        finally:
            for group in self._groups.values():
                _kill(group, signal.SIGKILL)
            _kill_descendants()

    def _receive(self) -> bool:
        try:
            data, ancillary, _, _ = self._channel.recvmsg(65536, socket.CMSG_SPACE(4 * 16))
        except ConnectionResetError:  # the other side was killed before it read our last words
            return False
        for level, kind, content in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                found = array.array("i")
                found.frombytes(content[: len(content) - len(content) % found.itemsize])
                self._descriptors += found
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            self._obey(json.loads(line))
        return bool(data)

    def _obey(self, request: dict[str, Any]) -> None:
        if "run" in request:
            output, place = self._descriptors[:2]
            del self._descriptors[:2]
            try:
                self._run(request, output, place)
            except (OSError, ValueError) as error:
                self._send({"failed": request["run"], "why": str(error)})
            finally:
                os.close(output)
                os.close(place)
        elif request["stop"] in self._groups:
            number = request["stop"]
            _kill(self._groups[number], signal.SIGTERM)
            self._stopping[number] = time.monotonic() + request["grace"]

    def _run(self, request: dict[str, Any], output: int, place: int) -> None:
        process = subprocess.Popen(
            [request["shell"], "-c", _SCRIPT, request["shell"], str(place), request["command"]],
            cwd=request["cwd"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=[place],
            start_new_session=True,
        )
        process.returncode = 0  # it is reaped here, not by Popen
        self._running[process.pid] = request["run"]
        self._groups[request["run"]] = process.pid

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            number = self._running.pop(pid, None)
            if number is None:
                continue
            code = os.waitstatus_to_exitcode(status)
            if number in self._stopping:
                self._codes[number] = code
            else:
                self._send({"done": number, "code": code, "left": _alive(pid)})

    def _press(self) -> None:
        for number, deadline in list(self._stopping.items()):
            group = self._groups[number]
            if _alive(group) and time.monotonic() >= deadline:
                _kill(group, signal.SIGKILL)
            if number not in self._running.values() and (not _alive(group) or time.monotonic() >= deadline):
                del self._stopping[number]
                if number in self._codes:  # else the shell had ended before
                    self._send({"done": number, "code": self._codes.pop(number), "left": False})
        for number, group in list(self._groups.items()):
            if number not in self._running.values() and number not in self._stopping and not _alive(group):
                del self._groups[number]  # its number may now be given to another process

    def _send(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):  # nobody listens any more; the next read ends the work
            self._channel.sendall(json.dumps(message).encode() + b"\n")


def _alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _kill(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _kill_descendants() -> None:
    """Kill what left its group (`setsid`), and what that starts meanwhile."""
    deadline = time.monotonic() + _LAST_WORDS
    while (found := _descendants(os.getpid())) and time.monotonic() < deadline:
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(_TICK / 4)


def _descendants(ancestor: int) -> list[int]:
    """Living processes below `ancestor`; none where the system has no /proc."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc") if sys.platform == "linux" else ():  # noqa: PTH208 - pathlib costs 5 ms
        if name.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123
                state, parent = file.read().rpartition(b")")[2].split()[:2]
                if state != b"Z":
                    children.setdefault(int(parent), []).append(int(name))
    found = [ancestor]
    for pid in found:
        found += children.get(pid, ())
    return found[1:]


def _keep_to_own_sockets() -> None:
    """No abstract socket of the machine (X11, D-Bus): a sandbox with network sees them. From Linux 6.12 on."""
    if sys.platform == "linux" and ctypes is not None:
        system = ctypes.CDLL(None)
        attributes = struct.pack("QQQ", 0, 0, _SCOPE_ABSTRACT_SOCKETS)
        rules = system.syscall(_CREATE_RULESET, attributes, len(attributes), 0)
        if rules >= 0:
            system.syscall(_RESTRICT_SELF, rules, 0)
            os.close(rules)


def _adopt_orphans() -> None:
    """Have what commands leave behind as our children: to collect it where nothing else does (Docker), and to end it."""
    if sys.platform == "linux" and ctypes is not None:
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def main() -> None:
    """Serve the socket whose descriptor is the first argument; the second tells of a sandbox."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    # A handler, not SIG_IGN: commands would inherit that. `pkill python` is meant for something else.
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    _adopt_orphans()
    if sys.argv[2:] == ["confined"]:
        _keep_to_own_sockets()
    channel = socket.socket(fileno=int(sys.argv[1]))
    channel.setblocking(True)
    os.set_inheritable(channel.fileno(), False)
    Supervisor(channel).serve(reader)


if __name__ == "__main__":
    main()
