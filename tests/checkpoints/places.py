"""What tests of checkpoints do to a workspace, in few words."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import msgspec

from hone.checkpoints.records import Records
from hone.checkpoints.rewind import Rewinder
from hone.checkpoints.shadow import Shadow
from hone.clock import SystemClock
from hone.database import Database
from hone.events import TurnStarted
from hone.history.rows import SessionInfo
from hone.history.store import History

SESSION = "20261123-abcdef"


class Places(msgspec.Struct, frozen=True):
    home: Path
    work: Path
    environ: Mapping[str, str]
    database: Database

    @property
    def shadow(self) -> Shadow:
        return Shadow(self.home, self.work, self.environ, (self.home, self.work / "vault"))

    @property
    def records(self) -> Records:
        return Records(self.database, SystemClock())

    @property
    def rewinder(self) -> Rewinder:
        return Rewinder(self.shadow, self.records, SESSION)

    def write(self, path: str, data: str | bytes) -> None:
        file = self.work / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data.encode() if isinstance(data, str) else data)

    def read(self, path: str) -> str | None:
        file = self.work / path
        return file.read_bytes().decode() if file.is_file() else None

    def snapshot(self) -> str:
        return self.shadow.snapshot(30.0)

    def start_turn(self) -> int:
        history = History(self.database, str, SystemClock())
        if not self.database.rows("SELECT 1 FROM sessions"):
            history.open_session(
                SessionInfo(
                    id=SESSION, cwd=str(self.work), workspace=str(self.work), origin="run", system_prompt=""
                )
            )
        return history.start_turn(SESSION, TurnStarted("do it"))

    def turn(self, changes: Mapping[str, str | bytes | None]) -> int:
        """A turn that writes these files; None removes one."""
        turn = self.start_turn()
        self.records.begin(SESSION, turn, str(self.work), self.snapshot())
        for path, data in changes.items():
            if data is None:
                (self.work / path).unlink()
            else:
                self.write(path, data)
        self.records.end(SESSION, turn, self.snapshot())
        return turn

    def rewind(self, *turns: int, since: int | None = None, path: str | None = None) -> None:
        self.rewinder.apply(self.rewinder.plan(turns or None, since=since, path=path))

    def redo(self) -> None:
        self.rewinder.apply(self.rewinder.plan_redo())

    def commit(self) -> None:
        who = ("-c", "user.name=t", "-c", "user.email=t@localhost")
        subprocess.run(["git", "add", "-A"], cwd=self.work, check=True)
        subprocess.run(["git", *who, "commit", "-qm", "c"], cwd=self.work, check=True)
