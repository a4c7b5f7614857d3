"""A home for servers that are real processes, made with the SDK or by hand."""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from hone.config.load import expand
from hone.config.servers import servers
from hone.safety.secrets import Redactor
from hone.tools.base import Tool
from hone.tools.mcp.bundle import Around, Bundle

SERVERS = Path(__file__).parent / "servers"


def entry(program: str, *arguments: str, **more: Any) -> dict[str, Any]:
    """A server of ours as a setting."""
    return {"command": sys.executable, "args": [str(SERVERS / program), *arguments], **more}


class World:
    """A home, and what was told."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.told: list[str] = []
        self.now = time.time()
        self.patience = 20.0

    def around(self) -> Around:
        environ = {"PATH": os.environ["PATH"], "HOME": str(self.home)}
        return Around(
            self.home,
            environ,
            lambda text, where: expand(text, {}, where),
            Redactor().redact,
            self.told.append,
            self.now,
            self.patience,
        )

    def with_bundle(
        self, entries: dict[str, Any], work: Callable[[dict[str, Tool]], Awaitable[None]]
    ) -> None:
        async def working() -> None:
            bundle = Bundle(self.around(), servers(entries))
            try:
                await bundle.load()
                await work({tool.name: tool for tool in bundle.tools()})
            finally:
                await bundle.aclose()

        asyncio.run(working())
