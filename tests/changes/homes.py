"""A home to make changes in, and what must hold of it after anything: files, ledger and git tell the same."""

import os
import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hone.changes.change import Add, AnyOp, Change, Create, Gotcha, Origin, Outcome
from hone.changes.door import Door, Mode
from hone.clock import SystemClock
from hone.database import Database
from hone.git import Git

DEPLOY = "skills/deploy/SKILL.md"
CREATE = Create(
    title="Deploy",
    description="Deploys the shop to staging. Use it when asked to deploy.",
    when_to_use="When the shop is to be deployed.",
    steps=("Run `make migrate`", "Run `make deploy`"),
    gotchas=(Gotcha("The health check is at /healthz"),),
)


class Home:
    """A HONE_HOME below `path` with one open door. `git` asks the user's own git, which knows nothing of hone's."""

    def __init__(self, path: Path, mode: Mode = "auto", environ: dict[str, str] | None = None) -> None:
        self.path = path
        self.mode: Mode = mode
        self.environ = dict(os.environ) if environ is None else environ
        self.database = Database.open(path / "state.db")
        self.door = self.new_door(self.database)

    def new_door(self, database: Database) -> Door:
        return Door(
            self.path,
            database,
            Git(self.path, self.environ),
            SystemClock(),
            random.Random(),
            self.mode,
        )

    def submit(self, target: str, *ops: AnyOp, origin: Origin = "review") -> Outcome:
        return self.door.submit(Change(target=target, ops=ops, origin=origin))

    def remember(self, text: str, origin: Origin = "review") -> str:
        """The id of a new entry of memory.md."""
        outcome = self.submit("memory.md", Add(text), origin=origin)
        assert outcome.status == "applied", outcome
        return outcome.change.id

    def deploy(self) -> str:
        """The id of the change that made the skill `deploy`."""
        outcome = self.submit(DEPLOY, CREATE)
        assert outcome.status == "applied", outcome
        return outcome.change.id

    def text(self, path: str) -> str:
        return (self.path / path).read_text()

    def write(self, path: str, text: str) -> None:
        place = self.path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.path), *arguments], capture_output=True, text=True, check=True
        )
        return done.stdout

    def commits(self) -> list[str]:
        """`author|subject`, oldest first."""
        return self.git("log", "--reverse", "--format=%an|%s").splitlines()

    def statuses(self) -> list[tuple[str, str]]:
        """`(op, status)` of each change, oldest first."""
        return [(row.op, row.status) for row in reversed(self.door.ledger.rows())]

    def check(self) -> None:
        """Files, ledger and git agree, nothing is half done."""
        rows = self.door.ledger.rows()
        if not (self.path / ".git").exists():
            assert not [row for row in rows if row.status in ("applied", "undone")]
            return
        assert self.git("status", "--porcelain") == ""
        assert not [row for row in rows if row.status in ("proposed", "applying")]
        made = [row.change.id for row in reversed(rows) if row.status in ("applied", "undone")]
        told = self.git("log", "--reverse", "--format=%(trailers:key=Change-Id,valueonly)").split()
        with_effects = [name for name in made if self.door.ledger.effects(name)]
        assert [name for name in told if name] == with_effects
        tracked = set(filter(None, self.git("ls-files", "-z").split("\0")))
        kept = {row[0] for row in self.database.rows("SELECT path FROM files WHERE sha256 IS NOT NULL")}
        assert tracked == kept
        for path in kept:
            *_, (_, data) = self.door.ledger.history_of(path)
            assert (self.path / path).read_bytes() == data, path
        assert not list(self.path.rglob("*.tmp"))
        waiting = {path.stem for path in (self.path / "inbox").glob("*.json")}
        assert waiting == {row.change.id for row in rows if row.status == "held"}


@contextmanager
def opened(path: Path) -> Iterator[Home]:
    home = Home(path)
    try:
        yield home
    finally:
        home.database.close()
