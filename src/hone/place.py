"""Where a session works."""

from pathlib import Path

import msgspec


class Place(msgspec.Struct, frozen=True):
    """Where a session works; `project` is the slug of its memory."""

    session: str
    workspace: Path
    cwd: Path
    project: str | None
