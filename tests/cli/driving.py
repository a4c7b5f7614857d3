"""`hone` as a user has it: a process with a home, a workspace and PATH of its own, and nothing else of our environment."""

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import pexpect
import pytest

from hone.cli.main import main
from hone.safety.sandbox import probe
from hone.testing import WireServer

HONE = Path(sys.executable).with_name("hone")
SECONDS = 30  # before a test gives up; nothing here takes a tenth of it

needs_sandbox = pytest.mark.skipif(probe(os.environ) is not None, reason="bubblewrap does not work here")


class Done(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def result(self) -> dict[str, Any]:
        """The object that `--json` prints as the last line."""
        found = json.loads(self.out.splitlines()[-1])
        assert isinstance(found, dict)
        return found

    def is_usage_error(self) -> bool:
        """One line on standard error, nothing else, exit 2."""
        one_line = self.err.startswith("hone: ") and self.err.count("\n") == 1
        return (self.code, self.out, one_line) == (2, "", True)


class Hone:
    """A machine for `hone`: `home` is HONE_HOME, `user` is HOME, `work` the directory that it is called in."""

    def __init__(self, directory: Path, program: Path = HONE) -> None:
        self.directory = directory
        self.program = program
        self.home, self.user, self.work = (directory / name for name in ("home", "user", "work"))
        self.home.mkdir(mode=0o700)
        self.user.mkdir()
        self.work.mkdir()
        self.environ = {"PATH": os.environ["PATH"], "HOME": str(self.user), "HONE_HOME": str(self.home)}

    def use(self, server: WireServer | str, more: str = "", model: str = "wire-model") -> "Hone":
        """Write a config.yaml that names the server, as provider `wire`."""
        base = server if isinstance(server, str) else server.base_url
        provider = f"  - {{name: wire, api_base: '{base}', api_key: key-of-the-test, models: [{model}]}}"
        (self.home / "config.yaml").write_text(f"providers:\n{provider}\n{more}")
        return self

    def __call__(
        self,
        *arguments: str | bytes,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        wrapped: tuple[str, ...] = (),
    ) -> Done:
        """Run to the end. `wrapped` is a command that runs hone."""
        done = subprocess.run(
            [*wrapped, self.program, *arguments],
            input=stdin,
            capture_output=True,
            cwd=cwd or self.work,
            env=self.environ | dict(env or {}),
            timeout=SECONDS,
        )
        return Done(done.returncode, *(text.decode() for text in (done.stdout, done.stderr)))

    def here(self, *arguments: str, cwd: Path | None = None) -> Done:
        """Run in this process, for the many cases where a process of its own shows nothing more."""
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
        handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
        hook, stdin = sys.excepthook, sys.stdin
        code: Any = None
        with (
            mock.patch.dict(os.environ, self.environ, clear=True),
            contextlib.chdir(cwd or self.work),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            Path(os.devnull).open() as silence,
        ):
            sys.stdin = silence
            try:
                main(arguments)
            except SystemExit as end:
                code = end.code
            finally:
                sys.excepthook, sys.stdin = hook, stdin
                for number, handler in handlers.items():
                    signal.signal(number, handler)
        return Done(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))

    def shell(self, line: str) -> Done:
        """Run a line of bash in which `hone` is the command; the exit code is that of the whole pipe."""
        script = f'hone() {{ "{self.program}" "$@"; }}; {line}'
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", script],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd=self.work,
            env=self.environ,
            timeout=SECONDS,
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Run with open pipes, for a test that does something meanwhile."""
        return subprocess.Popen(
            [self.program, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.work,
            env=self.environ,
        )

    def at_terminal(self, *arguments: str) -> "pexpect.spawn[str]":
        """Run on a pseudo-terminal."""
        terminal = {
            "TERM": "xterm-256color",
            "PROMPT_TOOLKIT_NO_CPR": "1",
        }  # no answers to position requests here
        return pexpect.spawn(
            str(self.program),
            list(arguments),
            env={**self.environ, **terminal},
            cwd=str(self.work),
            encoding="utf-8",
            timeout=SECONDS,
            dimensions=(40, 120),
        )

    def contents(self) -> dict[str, bytes | None]:
        """Every path below the machine's directory with its bytes, to see that nothing changed."""
        return {
            str(path.relative_to(self.directory)): path.read_bytes() if path.is_file() else None
            for path in sorted(self.directory.rglob("*"))
        }

    def only_programs(self, *names: str) -> str:
        """A PATH on which nothing is but `names`."""
        folder = self.directory / "bin"
        folder.mkdir(exist_ok=True)
        for name in names:
            found = shutil.which(name)
            assert found, f"{name} is not installed"
            (folder / name).symlink_to(found)
        return str(folder)


def ended(process: subprocess.Popen[bytes]) -> Done:
    """What the process has printed, once it has ended."""
    out, err = process.communicate(timeout=SECONDS)
    return Done(process.returncode, out.decode(), err.decode())


def until(condition: Callable[[], object], what: str) -> None:
    """Wait for the condition to hold."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.01)
