"""A session's commands as processes, run by one helper (`supervisor.py`) on this machine or inside a sandbox.

The helper makes a command cost one small fork, and ends with us: whatever it started dies even if hone is killed.
"""

import asyncio
import json
import os
import shutil
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from hone.safety.guards import stand_in
from hone.safety.sandbox import SandboxSpec, command_line, prepare, probe, sandbox_environ

SUPERVISOR = Path(__file__).with_name("supervisor.py")
_HELPERS = (Path(sys.prefix), Path(sys.base_prefix), SUPERVISOR, SUPERVISOR.with_name("grep.py"))
_GRACE = 2.0  # seconds between asking a group to end and killing it
_LONGEST_MESSAGE = 65536  # bytes
_SEND_TIMEOUT = 5.0  # seconds; the helper reads at once unless it was stopped from outside


class Launch(msgspec.Struct, frozen=True):
    """How the helper is started: words before its own (bwrap's; none on the machine) and the commands' environment.

    `release` is to be called when it has ended.
    """

    prefix: tuple[str, ...]
    environ: Mapping[str, str]
    sandbox: SandboxSpec | None = None
    release: Callable[[], None] = lambda: None


def on_machine(environ: Mapping[str, str]) -> Launch:
    """Commands run on this machine, with `environ` as it is."""
    return Launch((), environ)


def in_sandbox(spec: SandboxSpec, environ: Mapping[str, str]) -> Launch:
    """Commands run in the sandbox of `spec`, whose directories are created. Raises OSError if they cannot be."""
    spec = msgspec.structs.replace(spec, programs=(*spec.programs, *_HELPERS))
    prepare(spec, environ)
    release = stand_in(spec.policy.workspace, trusted=spec.trusted)
    try:
        prefix = tuple(command_line(spec, environ))
    except OSError:
        release()
        raise
    return Launch(prefix, sandbox_environ(spec, environ), spec, release)


class Confinement:
    """Runs helper programs, such as a search, in a sandbox of their own that sees what commands see; for `FileAccess`."""

    def __init__(self, spec: SandboxSpec, environ: Mapping[str, str]) -> None:
        self._spec = msgspec.structs.replace(spec, programs=(*spec.programs, *_HELPERS))
        self._environ = environ
        self._works: bool | None = None

    def __call__(self, directory: Path) -> tuple[str, ...]:
        """The words before those of a program that is to run in `directory`; none where no sandbox works.

        Raises OSError if the sandbox's directories cannot be made.
        """
        if self._works is None:
            self._works = probe(self._environ, network=self._spec.network) is None
            if self._works:
                prepare(self._spec, self._environ)
        if not self._works:
            return ()
        *words, end = command_line(self._spec, self._environ)
        return (*words, "--chdir", str(directory), end)


class Exit(msgspec.Struct, frozen=True):
    """How a command ended. `code` is None if it could not be started or its helper died, and `why` says so.

    `directory` is where its shell was at the end, if known; `left` whether processes of it are still running.
    """

    code: int | None
    directory: Path | None = None
    left: bool = False
    why: str = ""


class _Message(msgspec.Struct, frozen=True):
    """What the helper says: the command with this number is done, or failed to start."""

    done: int | None = None
    failed: int | None = None
    code: int | None = None
    left: bool = False
    why: str = ""


class Running:
    """A command that was started. `ended` completes when its shell has ended, whatever it left behind."""

    def __init__(self, ended: "asyncio.Future[Exit]", stop: Callable[[], None]) -> None:
        self.ended = ended
        self._stop = stop

    async def stop(self) -> Exit:
        """End the command and everything it started: asked first, killed after two seconds."""
        self._stop()
        return await self.ended


class Runner:
    """Starts commands through the helper, which is started with the first one and again if it died."""

    def __init__(self, launch: Callable[[], Launch]) -> None:
        self._make_launch = launch
        self.launch: Launch | None = None
        self._shell = "sh"
        self._helper: asyncio.subprocess.Process | None = None
        self._channel: socket.socket | None = None
        self._buffer = b""
        self._waiting: dict[int, tuple[asyncio.Future[Exit], int]] = {}
        self._count = 0
        self._starting = asyncio.Lock()

    async def run(self, command: str, cwd: Path, output: int) -> Running:
        """Start `command` in `cwd`; the file descriptor `output` gets what it prints. Raises OSError if there is no helper."""
        async with self._starting:
            channel = self._channel or await self._start()
        self._count += 1
        number = self._count
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        ended: asyncio.Future[Exit] = asyncio.get_running_loop().create_future()
        self._waiting[number] = (ended, reader)
        request = {"run": number, "command": command, "shell": self._shell, "cwd": str(cwd)}
        try:
            self._send(channel, request, [output, writer])
        finally:
            os.close(writer)
        return Running(ended, lambda: self._stop(number))

    async def aclose(self) -> None:
        """End everything that was started."""
        helper = self._helper
        self._lost("the session ended")
        if helper is not None:
            try:
                await asyncio.wait_for(helper.wait(), timeout=2 * _GRACE)
            except TimeoutError:
                helper.kill()
                await helper.wait()
        if self.launch is not None:
            self.launch.release()
            self.launch = None

    async def _start(self) -> socket.socket:
        before, launch = self.launch, self._make_launch()
        self.launch = launch
        if before is not None:
            before.release()
        self._shell = shutil.which("bash", path=launch.environ.get("PATH")) or "/bin/sh"
        ours, theirs = socket.socketpair()
        words = [str(SUPERVISOR), str(theirs.fileno()), *(["confined"] if launch.sandbox else [])]
        try:
            self._helper = await asyncio.create_subprocess_exec(
                *launch.prefix,
                *(sys.executable, "-I", "-S", *words),
                env=dict(launch.environ),
                cwd="/",
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C is for hone, which then stops what should stop
            )
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        ours.settimeout(_SEND_TIMEOUT)
        self._channel = ours
        self._buffer = b""
        asyncio.get_running_loop().add_reader(ours.fileno(), self._receive)
        return ours

    def _send(self, channel: socket.socket, request: dict[str, Any], descriptors: list[int]) -> None:
        data = json.dumps(request).encode() + b"\n"
        try:
            sent = socket.send_fds(channel, [data], descriptors) if descriptors else 0
            channel.sendall(data[sent:])
        except OSError:
            self._lost("its helper does not answer")

    def _stop(self, number: int) -> None:
        if self._channel is not None:
            self._send(self._channel, {"stop": number, "grace": _GRACE}, [])

    def _receive(self) -> None:
        assert self._channel is not None
        try:
            data = self._channel.recv(_LONGEST_MESSAGE)
        except OSError:
            data = b""
        if not data:
            self._lost("it ended the sandbox or the helper that it ran in")
            return
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        try:
            messages = [msgspec.json.decode(line, type=_Message) for line in lines]
        except (msgspec.DecodeError, UnicodeDecodeError):  # a command took the helper over
            self._give_up("its helper talks nonsense")
            return
        if len(self._buffer) > _LONGEST_MESSAGE:
            self._give_up("its helper never ends")
            return
        for message in messages:
            number = message.failed if message.done is None else message.done
            if number in self._waiting:
                ended, reader = self._waiting.pop(number)
                directory = _read_directory(reader)
                if not ended.done():
                    ended.set_result(Exit(message.code, directory, message.left, message.why))

    def _give_up(self, why: str) -> None:
        if self._helper is not None and self._helper.returncode is None:
            self._helper.kill()
        self._lost(why)

    def _lost(self, why: str) -> None:
        if self._channel is not None:
            asyncio.get_running_loop().remove_reader(self._channel.fileno())
            self._channel.close()
        self._channel = self._helper = None
        for ended, reader in self._waiting.values():
            os.close(reader)
            if not ended.done():
                ended.set_result(Exit(None, why=why))
        self._waiting.clear()


def _read_directory(reader: int) -> Path | None:
    try:
        text = os.read(reader, 65536).decode(errors="surrogateescape")
    except BlockingIOError:
        text = ""  # the shell was killed or replaced before it could say
    finally:
        os.close(reader)
    directory = text.split("\n")[0]
    return Path(directory) if directory.startswith("/") else None
