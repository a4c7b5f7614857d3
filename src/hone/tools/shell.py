"""The shell tool: commands with bash, one working directory for the session, background jobs with a handle.

Where a command runs, on the machine or in a sandbox, is decided by the `Launch` that the session is given.
"""

import asyncio
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec

from hone.messages import Trust
from hone.safety.approve import Intent
from hone.safety.provenance import Provenance
from hone.safety.sandbox import denial_in
from hone.tools.base import Tool, ToolOutput
from hone.tools.output import show
from hone.tools.process import Exit, Launch, Runner, Running

_DEFAULT_SECONDS, _MOST_SECONDS = 120.0, 3600.0
_LONGEST = 120_000  # bytes of one command; Linux takes 128 KiB as one argument
_MOST_BYTES = 50_000_000  # of output; a command that prints more is stopped
_LOOK = 0.1  # seconds between looks at the size of the output
_FIRST_OUTPUT = 0.5  # seconds that starting a background job may wait for it to say something
_DESCRIPTION = (
    "Run a command with bash; the last line of the result is its exit code. The working directory is kept between "
    "calls, variables are not; standard input is empty. Long output is cut in the middle and kept in a file. "
    "background: true starts a server or long job and returns at once with a handle such as j1; "
    '{"job": "j1"} shows its new output, {"job": "j1", "command": "kill"} ends it.'
)


class ShellCall(msgspec.Struct, frozen=True):
    """The arguments of the tool; zero and empty stand for what is left out."""

    command: str = ""
    timeout: Annotated[
        float,
        msgspec.Meta(
            description="seconds, default 120, at most 3600; with job: how long to wait for its end"
        ),
    ] = 0
    background: bool = False
    job: Annotated[str, msgspec.Meta(description="handle of a background job")] = ""


class _Output(msgspec.Struct, frozen=True):
    """The file that a command prints to."""

    descriptor: int
    path: Path


class _Job:
    """A command in the background; `seen` is how much of its output was shown, in bytes."""

    def __init__(self, name: str, running: Running, output: _Output, trust: Trust) -> None:
        self.name, self.running, self.output, self.trust = name, running, output, trust
        self.seen = 0
        self.stopped = ""
        self.watch: asyncio.Task[None] | None = None


class Shell:
    """What a session's commands share. `launch` is asked when the first one runs; output goes to files in `spill`.

    `provenance` learns which files the commands may have taken from another host.
    """

    def __init__(self, launch: Callable[[], Launch], cwd: Path, spill: Path, provenance: Provenance) -> None:
        self._runner = Runner(launch)
        self._start = cwd
        self._cwd = cwd
        self._spill = spill
        self._provenance = provenance
        self._jobs: dict[str, _Job] = {}

    @property
    def cwd(self) -> Path:
        """Where the next command runs."""
        return self._cwd

    async def call(self, call: ShellCall) -> ToolOutput:
        """What the tool does for `call`."""
        if call.job:
            return await self._follow(call)
        if not call.command.strip():
            return ToolOutput("nothing to run: give a command", ok=False)
        if "\0" in call.command or len(call.command.encode("utf-8", "replace")) > _LONGEST:
            limit = f"a command has at most {_LONGEST:,} bytes and no NUL"
            return ToolOutput(f"{limit}: put the text into a file with write", ok=False)
        if call.background:
            return await self._begin(call.command)
        seconds = call.timeout if call.timeout > 0 else _DEFAULT_SECONDS
        return await self._run(call.command, min(seconds, _MOST_SECONDS))

    async def aclose(self) -> None:
        """End all jobs and everything that commands left running."""
        await self._runner.aclose()
        for job in self._jobs.values():
            if job.watch is not None:
                await job.watch
            os.close(job.output.descriptor)
        self._jobs.clear()

    async def _run(self, command: str, seconds: float) -> ToolOutput:
        trust = self._provenance.trust_of_command(command, self._cwd)
        output = self._new_output()
        ended_writing = self._provenance.begin(trust)
        keep = left = False
        try:
            running = await self._runner.run(command, self._cwd, output.descriptor)
            try:
                stopped = await _until_ended(running, output, seconds)
            except asyncio.CancelledError:
                await running.stop()
                raise
            ended = running.ended.result()
            shown = show(output.descriptor, str(output.path))
            left = ended.left
            keep = shown.cut or left
            notes = [stopped] if stopped else []
            if os.statvfs(self._spill).f_bavail == 0:
                notes.append(f"the disk of {self._spill} is full: output may be missing")
            if left:
                notes.append(f"what it left running ends with the session and prints to {output.path}")
            return self._reply(shown.text, notes, ended, trust)
        except OSError as error:
            return ToolOutput(f"the command did not run: {error}", ok=False)
        finally:
            os.close(output.descriptor)
            if not left:
                ended_writing()
            if not keep:
                output.path.unlink(missing_ok=True)

    async def _begin(self, command: str) -> ToolOutput:
        trust = self._provenance.trust_of_command(command, self._cwd)
        output = self._new_output()
        ended_writing = self._provenance.begin(trust)
        try:
            running = await self._runner.run(command, self._cwd, output.descriptor)
        except OSError as error:
            ended_writing()
            os.close(output.descriptor)
            return ToolOutput(f"the command did not run: {error}", ok=False)
        job = _Job(f"j{len(self._jobs) + 1}", running, output, trust)
        self._jobs[job.name] = job
        job.watch = asyncio.create_task(_watch(job, ended_writing))
        deadline = asyncio.get_running_loop().time() + _FIRST_OUTPUT
        while asyncio.get_running_loop().time() < deadline and not running.ended.done():
            await asyncio.wait({running.ended}, timeout=_LOOK / 4)
            if os.fstat(output.descriptor).st_size:
                break
        return self._news(job)

    async def _follow(self, call: ShellCall) -> ToolOutput:
        job = self._jobs.get(call.job)
        if job is None:
            known = ", ".join(self._jobs) or "none"
            return ToolOutput(f"no job {call.job!r}; the jobs are: {known}", ok=False)
        if call.command.strip() in ("kill", "stop"):
            if not job.running.ended.done():
                job.stopped = "ended as you asked"
                await job.running.stop()
            return self._news(job, asked_to_end=True)
        if call.command.strip():
            return ToolOutput(
                f'{job.name} takes no command but "kill"; leave out job to run another command', ok=False
            )
        if call.timeout > 0:
            await asyncio.wait({job.running.ended}, timeout=min(call.timeout, _MOST_SECONDS))
        return self._news(job)

    def _news(self, job: _Job, *, asked_to_end: bool = False) -> ToolOutput:
        size = os.fstat(job.output.descriptor).st_size
        text = show(job.output.descriptor, str(job.output.path), job.seen).text
        job.seen = size
        if not job.running.ended.done():
            return ToolOutput(_joined(text or "[nothing new]", [f"{job.name} is running"]), trust=job.trust)
        notes = [f"{job.name} {job.stopped or 'has ended'}"]
        reply = self._reply(text, notes, job.running.ended.result(), job.trust, moves=False)
        return msgspec.structs.replace(reply, ok=True) if asked_to_end else reply

    def _reply(
        self, text: str, notes: list[str], ended: Exit, trust: Trust, *, moves: bool = True
    ) -> ToolOutput:
        if ended.code is None:
            if moves:
                self._cwd = self._start
            notes.append(f"the command was lost: {ended.why}; the next one starts in {self._start}")
            return ToolOutput(_joined(text, notes), ok=False, trust=trust)
        if moves and ended.directory is not None and ended.directory != self._cwd:
            self._cwd = ended.directory
            notes.append(f"working directory: {self._cwd}")
        launch = self._runner.launch
        denial = denial_in(text, launch.sandbox) if launch and launch.sandbox else None
        code = ended.code if ended.code >= 0 else 128 - ended.code
        marks = [denial[1:-1]] if denial else []
        was_stopped = any(note.startswith(("timed out", "stopped")) for note in notes)
        return ToolOutput(
            _joined(text, [*notes, *marks, f"exit {code}"]),
            ok=code == 0 and not was_stopped,
            exit_code=code,
            trust=trust,
        )

    def _new_output(self) -> _Output:
        self._spill.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, name = tempfile.mkstemp(prefix="shell-", suffix=".txt", dir=self._spill)
        return _Output(descriptor, Path(name))


def shell_tools(shell: Shell) -> tuple[Tool, ...]:
    """The tool of `shell`."""

    def intent(call: ShellCall) -> Intent:
        return Intent("free") if call.job else Intent("run", call.command, shell.cwd)

    return (Tool("shell", _DESCRIPTION, ShellCall, shell.call, intent=intent),)


async def _until_ended(running: Running, output: _Output, seconds: float | None) -> str:
    """Wait for a command's end; if it has to be stopped, say why."""
    now = asyncio.get_running_loop().time
    deadline = None if seconds is None else now() + seconds
    while not running.ended.done():
        rest = _LOOK if deadline is None else min(_LOOK, max(deadline - now(), 0))
        await asyncio.wait({running.ended}, timeout=rest)
        if os.fstat(output.descriptor).st_size > _MOST_BYTES:
            await running.stop()
            os.ftruncate(output.descriptor, _MOST_BYTES)
            return f"stopped: it printed more than {_MOST_BYTES // 1_000_000} MB"
        if deadline is not None and now() >= deadline and not running.ended.done():
            await running.stop()
            return f"timed out after {seconds:g} s"
    return ""


async def _watch(job: _Job, ended_writing: Callable[[], None]) -> None:
    job.stopped = await _until_ended(job.running, job.output, None) or job.stopped
    if not job.running.ended.result().left:
        ended_writing()


def _joined(text: str, notes: list[str]) -> str:
    body = text if not text or text.endswith("\n") else f"{text}\n"
    return body + "\n".join(f"[{note}]" for note in notes)
