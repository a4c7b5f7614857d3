"""A machine of their own for the examples of a page: a home, a project, a loopback model, real processes."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
from tests.docs.model import NAME, DocumentedModel
from tests.docs.pages import ROOT

from hone.safety.sandbox import probe
from hone.testing import WireServer

_ID = re.compile(r"\b\d{8}-[0-9a-z]{6}\b")
_SECONDS = re.compile(r"\d+\.\d s\b")
_CONFIG = """\
providers:
  - name: local
    api_base: {base_url}
    models: [{name}]
"""


class Ran(msgspec.Struct, frozen=True):
    """What a process printed, both streams in the order in which they came."""

    output: str
    code: int


class World:
    """Where the commands of one page run, one after the other: the working directory is kept, as are session ids."""

    def __init__(self, directory: Path, environ: Mapping[str, str]) -> None:
        self.environ = dict(environ)
        self._cwd = directory / "greeter"
        self._note = directory / "cwd"
        self._ids: dict[str, str] = {}

    def run(self, command: str) -> Ran:
        """Run a command with bash; session ids of the page are those of this world."""
        for written, real in self._ids.items():
            command = command.replace(written, real)
        script = f"{command}\ncode=$?; pwd > '{self._note}'; exit $code"
        ran = self.spawn(["bash", "-c", script])
        if self._note.exists():
            self._cwd = Path(self._note.read_text().strip())
        return ran

    def spawn(self, program: list[str]) -> Ran:
        """Run a program in the working directory."""
        done = subprocess.run(
            program,
            cwd=self._cwd,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=30,
        )
        return Ran(done.stdout, done.returncode)

    def agrees(self, shown: str, printed: str) -> bool:
        """Whether `printed` is what a page shows: `…` stands for anything, seconds and session ids may differ."""
        ids = _ID.findall(shown)
        lines = (line.rstrip() for line in printed.rstrip().split("\n"))
        match = re.fullmatch(_expression(shown), "".join(f"{line}\n" for line in lines))
        if match is not None:
            self._ids |= zip(ids, match.groups(), strict=True)
        return match is not None


@contextmanager
def world(directory: Path) -> Iterator[World]:
    """A world in `directory`: the demo's project, a configured model, and nothing of this machine but PATH."""
    shutil.copytree(ROOT / "demo" / "greeter", directory / "greeter")
    home = directory / "home"
    (home / ".hone").mkdir(parents=True, mode=0o700)
    here = str(Path(sys.executable).parent)
    environ = {
        "PATH": f"{here}:{os.environ['PATH']}",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONPATH": str(ROOT),  # for tests.docs.run_blocks
    }
    if probe(environ):
        environ["HONE_APPROVALS_MODE"] = "yes"  # in a directory that is thrown away
    model = DocumentedModel()
    with WireServer(model.respond, models=[NAME]) as server:
        (home / ".hone" / "config.yaml").write_text(_CONFIG.format(base_url=server.base_url, name=NAME))
        yield World(directory, environ | {"MODEL_URL": server.base_url})
    assert model.surprises == [], "give these tasks of a page a reply in tests/docs/model.py"


def _expression(shown: str) -> str:
    """The regular expression for what a page shows; a line `…` stands for any number of lines."""
    parts = []
    for line in f"{shown}\n".splitlines():
        if line.strip() == "…":
            parts.append(r"(?:[^\n]*\n)*?")
        else:
            pieces = re.split(f"(…|{_SECONDS.pattern}|{_ID.pattern})", line.rstrip())
            parts.append("".join(map(_piece, pieces)) + r"\n")
    return "".join(parts)


def _piece(text: str) -> str:
    if text == "…":
        return r"[^\n]*"
    if _SECONDS.fullmatch(text):
        return _SECONDS.pattern
    if _ID.fullmatch(text):
        return f"({_ID.pattern})"
    return re.escape(text)
