"""The Python API: a task in a few lines.

from hone import Agent

result = Agent().run("How many lines has README.md?")
"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from hone.app import App
from hone.config.settings import ApprovalMode
from hone.errors import UsageError
from hone.events import AnyEvent
from hone.given import Given
from hone.models.base import Model
from hone.results import Result
from hone.tools.base import Tool, tool_from_function
from hone.workbench import Face


class Agent:
    """A conversation with hone. The first task opens a session, later ones go on with it.

    `model` is a name as for `hone run --model`, or any object that is a `hone.models.base.Model`; by default the
    configured one. `tools` are typed functions, sync or async, offered beside hone's own (one of the same name takes its place). `workspace` is where it
    works (default: the current directory). `approvals` is `auto`, `ask`, `sandbox` or `yes`; nobody is asked here, so
    `ask` refuses what it would ask for. `on_event` hears every event (`hone.events`);
    `trace` is a file that they are appended to. Configuration, memory, skills and
    history are those of `HONE_HOME`.
    """

    def __init__(
        self,
        model: str | Model | None = None,
        *,
        tools: Sequence[Callable[..., Any] | Tool] = (),
        workspace: str | Path | None = None,
        approvals: ApprovalMode | None = None,
        on_event: Callable[[AnyEvent], None] = lambda _event: None,
        trace: str | Path | None = None,
    ) -> None:
        self.session: str | None = None
        self._model = None if isinstance(model, str) else model
        self._flags: dict[str, Any] = {} if approvals is None else {"approvals.mode": approvals}
        if isinstance(model, str):
            self._flags["roles.main"] = model
        self._tools = tuple(tool if isinstance(tool, Tool) else tool_from_function(tool) for tool in tools)
        self._workspace = Path(workspace) if workspace is not None else None
        self._on_event = on_event
        self._trace = Path(trace) if trace is not None else None

    def run(self, task: str) -> Result:
        """Do one task and wait for it. Raises HoneError for bad input; a failing provider is a result.

        Not for use inside a running event loop: there `await agent.arun(task)`.
        """
        if _inside_a_loop():
            raise UsageError("run cannot wait inside a running event loop: await agent.arun(task)")
        return asyncio.run(self.arun(task))

    async def arun(self, task: str) -> Result:
        """`run`, for programs that use asyncio."""
        if not task.strip():
            raise UsageError("the task is empty: say what you want done")
        given = Given.by_process()
        if self._workspace is not None:
            if not self._workspace.is_dir():
                raise UsageError(f"workspace {self._workspace} is not a directory: create it")
            given = msgspec.structs.replace(given, cwd=self._workspace.absolute())
        app = await App.build(given, Face("api", self._on_event), self._flags, self._model)
        try:
            app.observe(self._trace)
            session = app.reopen(self.session, self._tools) if self.session else app.start(self._tools)
            self.session = session.id
            return Result.of(session.id, await session.run(task))
        finally:
            await app.aclose()


def _inside_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
