"""The small worlds of the benchmark: a workspace of real files and commands, what its commands want, and a service beside it.

What the README does not say, a command says when it fails, as tools do: a setting that it must have, a command that must
have run before, an argument that it wants, a page that has moved.
"""

import shutil
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from hone.bench.scenario import Checked, Kind, Occasion, Scenario

PYTHON = f"#!{sys.executable} -SE\n"
CLIENT = (
    PYTHON
    + """import sys, urllib.error, urllib.request
try:
    with urllib.request.urlopen(sys.argv[1], timeout=10) as answer:
        print("HTTP", answer.status, answer.read().decode())
except urllib.error.HTTPError as error:
    print("HTTP", error.code, error.read().decode(), file=sys.stderr)
    sys.exit(22)
except (OSError, IndexError) as error:
    print("no answer:", error, file=sys.stderr)
    sys.exit(6)
"""
)
"""`./get URL`: a page of a service."""


class Setting(msgspec.Struct, frozen=True):
    """A command must run with the variable `name` set to `value`; the error says so, or names the file that does."""

    name: str
    value: str
    file: str = ""
    after: str = ""  # the value once the world has changed; empty: the same

    def guard(self) -> str:
        """What the command begins with."""
        said = f"{self.name} is wrong: see {self.file}" if self.file else f"{self.name} must be $wanted"
        return (
            f'wanted=$(cat var/settings/{self.name})\n[ "${self.name}" = "$wanted" ] || '
            f'{{ echo "error: {said}" >&2; exit 2; }}\n'
        )


class Before(msgspec.Struct, frozen=True):
    """Another command must have run since the task began."""

    command: str

    def guard(self) -> str:
        """What the command begins with."""
        return f'[ -e var/done/{self.command} ] || {{ echo "error: run \\`./{self.command}\\` first" >&2; exit 3; }}\n'


class Argument(msgspec.Struct, frozen=True):
    """A command wants one more argument."""

    text: str

    def guard(self) -> str:
        """What the command begins with; the arguments before it are left as they are."""
        return f'case " $* " in *" {self.text} "*) ;; *) echo "error: use \\`./$(basename "$0") $* {self.text}\\`" >&2; exit 4 ;; esac\n'


Trap = Setting | Before | Argument


class Command(msgspec.Struct, frozen=True):
    """A command of the workspace: what it does, in sh, once it has all that it wants."""

    does: str
    wants: tuple[Trap, ...] = ()

    def script(self, name: str) -> str:
        """Its file."""
        guards = "".join(trap.guard() for trap in self.wants)
        return f'#!/bin/sh\ncd "$(dirname "$0")" || exit 1\nmkdir -p var/done out\n{guards}{self.does}\ntouch var/done/{name}\n'


class Words(msgspec.Struct, frozen=True):
    """How a person asks, wording by wording; `{…}` are the task's parameters."""

    repeat: tuple[str, ...]
    variant: tuple[str, ...]
    distractor: tuple[str, ...]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A world as it is written down. `parameters(occasion, number)` differ from task to task, `done` looks at the world.

    `files` may be templates like the words, with `{server}` for the service. `pages(changed)` are the service's, by path.
    """

    name: str
    kind: Kind
    title: str
    traps: tuple[str, ...]
    readme: str
    commands: Mapping[str, Command]
    words: Words
    parameters: Callable[[Occasion, int], dict[str, str]]
    done: Callable[["World"], Checked]
    files: Callable[[Mapping[str, str]], Mapping[str, str]] = lambda _parameters: {}
    pages: Callable[["World"], Mapping[str, str]] | None = None

    def scenario(self) -> Scenario:
        """The plan as a scenario."""
        return Scenario(
            self.name, self.kind, self.title, self.traps, lambda directory: World(self, directory)
        )


class World(AbstractContextManager["World"]):
    """A world that stands. `seen` are the pages that its service gave since the task began, `answer` is the agent's."""

    def __init__(self, plan: Plan, directory: Path) -> None:
        self.workspace = directory / "work"
        self.parameters: dict[str, str] = {}
        self.occasion: Occasion = "repeat"
        self.changed = False
        self.seen: list[str] = []
        self.answer = ""
        self._plan = plan
        self._service = _Service(self) if plan.pages else None

    def __enter__(self) -> Self:
        self.workspace.mkdir(parents=True)
        if self._service:
            self._service.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._service:
            self._service.stop()

    def set(self, occasion: Occasion, number: int) -> str:
        """Put everything back to its beginning, with the parameters of that task; the request."""
        self.occasion, self.seen, self.answer = occasion, [], ""
        self.changed = self.changed or occasion == "changed"
        server = {"server": self._service.address} if self._service else {}
        self.parameters = self._plan.parameters(occasion, number) | server
        for left in self.workspace.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        self._write()
        words = self._plan.words
        wordings = {"variant": words.variant, "distractor": words.distractor}.get(occasion, words.repeat)
        return wordings[(number - 1) % len(wordings)].format(**self.parameters)

    def check(self, answer: str) -> Checked:
        """Whether the task set last is done."""
        self.answer = answer
        return self._plan.done(self)

    def pages(self) -> Mapping[str, str]:
        """What the service has to show now."""
        return self._plan.pages(self) if self._plan.pages else {}

    def read(self, path: str) -> str:
        """A file of the workspace without white space around it; empty if there is none."""
        try:
            return (self.workspace / path).read_text().strip()
        except OSError:
            return ""

    def ran(self, command: str) -> bool:
        """Whether a command has done its job since the task began."""
        return (self.workspace / "var" / "done" / command).exists()

    def _write(self) -> None:
        plan = self._plan
        (self.workspace / "README.md").write_text(
            plan.readme.replace("{server}", self.parameters.get("server", ""))
        )
        for name, text in plan.files(self.parameters).items():
            path = self.workspace / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        if self._service:
            self._put("get", CLIENT)
        for name, command in plan.commands.items():
            self._put(name, command.script(name))
            for trap in command.wants:
                if isinstance(trap, Setting):
                    self._set(trap)

    def _put(self, name: str, script: str) -> None:
        path = self.workspace / name
        path.write_text(script)
        path.chmod(0o755)

    def _set(self, trap: Setting) -> None:
        value = trap.after if self.changed and trap.after else trap.value
        place = self.workspace / "var" / "settings"
        place.mkdir(parents=True, exist_ok=True)
        (place / trap.name).write_text(value)
        if trap.file:
            path = self.workspace / trap.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"Notes of the team.\n\n{trap.name} must be {value}\n")


class _Service:
    """A service on the loopback interface: it shows the world's pages and notes which were asked for."""

    def __init__(self, world: World) -> None:
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(world))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def address(self) -> str:
        """Its address, as `./get` takes it."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def start(self) -> None:
        """Serve until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """Serve no more."""
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


def _handler(world: World) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

        def do_GET(self) -> None:
            pages = world.pages()
            path = self.path.rstrip("/") or "/"
            known = path in pages
            if known:
                world.seen.append(path)
            text = pages[path] if known else f"no page {path}; there are {' '.join(sorted(pages))}"
            self.send_response(200 if known else 404)
            self.end_headers()
            self.wfile.write(text.encode())

    return Handler
