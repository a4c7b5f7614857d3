"""A machine of their own for the examples of a page: a home, the demo's shop, its server, a loopback model, real processes."""

import json
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

sys.path.insert(0, str(ROOT / "demo"))

from staging_server import StagingServer

_MATCHES = {
    "anything": r"[^\n]*",
    "session": r"(\b\d{8}-[0-9a-z]{6}\b)",
    "change": r"(\bc[a-z2-7]{6}\b)",
    "seconds": r"\d+\.\d s\b",
    "port": r"\d+",
    "day": r"\b2026-\d\d-\d\d(?: \d\d:\d\d)?\b",
}
"""What stands for each kind of text that differs from run to run; ids are captured."""
_VARYING = re.compile(
    r"(?P<anything>…)|(?P<session>\b\d{8}-[0-9a-z]{6}\b)|(?P<seconds>\b\d+\.\d s\b)|(?P<port>(?<=127\.0\.0\.1:)\d+)"
    r"|(?P<day>\b2026-\d\d-\d\d(?: \d\d:\d\d)?\b)"
    r"|(?P<change>\bc(?=[a-z]*[2-7])[a-z2-7]{6}\b)"  # in a page it has a digit, or it would be a word
)
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
    """Where the commands of one page run, one after the other: the working directory is kept, as are ids."""

    def __init__(self, directory: Path, environ: Mapping[str, str], staging: StagingServer) -> None:
        self.environ = dict(environ)
        self._cwd = directory / "shop"
        self._note = directory / "cwd"
        self._moved = directory / "health-check"
        self._staging = staging
        self._ids: dict[str, str] = {}

    def run(self, command: str) -> Ran:
        """Run a command with bash; ids of the page are those of this world. A page moves the health check by a file."""
        for written, real in self._ids.items():
            command = command.replace(written, real)
        script = f"{command}\ncode=$?; pwd > '{self._note}'; exit $code"
        ran = self.spawn(["bash", "-c", script])
        if self._note.exists():
            self._cwd = Path(self._note.read_text().strip())
        if self._moved.exists():
            self._staging.health = self._moved.read_text().strip()
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
        """Whether `printed` is what a page shows: `…` stands for anything; seconds, ports, days and ids may differ."""
        shown, printed = _reads_in_order(shown), _reads_in_order(printed)
        ids = [each[0] for each in _VARYING.finditer(shown) if each.lastgroup in ("session", "change")]
        lines = (line.rstrip() for line in printed.rstrip().split("\n"))
        match = re.fullmatch(_expression(shown), "".join(f"{line}\n" for line in lines))
        if match is not None:
            self._ids |= zip(ids, match.groups(), strict=True)
        return match is not None


def _reads_in_order(text: str) -> str:
    """Reads of one step run side by side: whichever ends first is shown first."""
    return re.sub(
        r"(?:^✓ read .*\n)+",
        lambda reads: "".join(sorted(reads[0].splitlines(True))),
        text,
        flags=re.MULTILINE,
    )


@contextmanager
def world(directory: Path) -> Iterator[World]:
    """A world in `directory`: the demo's project, a configured model, and nothing of this machine but PATH."""
    shutil.copytree(ROOT / "demo" / "shop", directory / "shop")
    home = directory / "home"
    (home / ".hone").mkdir(parents=True, mode=0o700)
    here = str(Path(sys.executable).parent)
    environ = {
        "PATH": f"{here}:{os.environ['PATH']}",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONUNBUFFERED": "1",  # both streams in the order of a terminal
        "PYTHONPATH": str(ROOT),  # for tests.docs.run_blocks
    }
    if probe(environ):
        environ["HONE_APPROVALS_MODE"] = "yes"  # in a directory that is thrown away
    model = DocumentedModel()
    with StagingServer() as staging, WireServer(model.respond, models=[NAME]) as server:
        (directory / "shop" / "staging.json").write_text(json.dumps({"server": staging.address}))
        (home / ".hone" / "config.yaml").write_text(_CONFIG.format(base_url=server.base_url, name=NAME))
        yield World(directory, environ | {"MODEL_URL": server.base_url}, staging)
    assert model.surprises == [], "give these tasks of a page a reply in tests/docs/model.py"


def _expression(shown: str) -> str:
    """The regular expression for what a page shows; a line `…` stands for any number of lines."""
    lines = f"{shown}\n".splitlines()
    return "".join(r"(?:[^\n]*\n)*?" if line.strip() == "…" else _of_line(line.rstrip()) for line in lines)


def _of_line(line: str) -> str:
    parts, at = [], 0
    for found in _VARYING.finditer(line):
        parts += [re.escape(line[at : found.start()]), _MATCHES[str(found.lastgroup)]]
        at = found.end()
    return "".join([*parts, re.escape(line[at:]), r"\n"])
