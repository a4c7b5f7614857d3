"""`hone run`: one task, the answer on standard output, progress on standard error."""

import asyncio
import select
import signal
import sys
from typing import Annotated, Any

import msgspec
import typer

from hone.app import App, Given
from hone.cli.asking import Asker, someone_is_there
from hone.cli.render import stderr_progress
from hone.errors import UsageError
from hone.events import AnyEvent, Attached, Status, TurnFinished
from hone.results import Result
from hone.workbench import Face

EXIT_CODES: dict[Status, int] = {
    "answered": 0,
    "gave_up": 1,
    "limit": 1,
    "refused": 2,
    "provider": 75,
    "interrupted": 130,
}
_PATIENCE = 3.0  # seconds that an open pipe may stay silent before it is said that hone waits for it
_MAX_INPUT = 400_000  # characters of standard input: about 100,000 tokens


def run(
    task: Annotated[
        str | None, typer.Argument(help="What to do; else it is read from standard input.")
    ] = None,
    resume: Annotated[
        str | None,
        typer.Option(metavar="[SESSION]", help="Go on with a session, the last one if none is named."),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(metavar="[ROLE=]MODEL", help="The model to use, for one role or for main."),
    ] = None,
    approvals: Annotated[str | None, typer.Option(help="auto, ask, sandbox or yes.")] = None,
    max_steps: Annotated[int | None, typer.Option(min=1, help="Stop after so many model requests.")] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Stop after so many tokens.")] = None,
    max_usd: Annotated[float | None, typer.Option(min=0, help="Stop after so much money.")] = None,
    timeout: Annotated[float | None, typer.Option(min=0.001, help="Stop after so many seconds.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
    json_events: Annotated[
        bool, typer.Option("--json-events", help="Print each event as a line of JSON.")
    ] = False,
) -> int:
    """Do one task and print the answer."""
    flags = settings_flags(model or [], approvals) | {
        f"limits.{name}": value
        for name, value in {
            "steps": max_steps,
            "tokens": max_tokens,
            "usd": max_usd,
            "seconds": timeout,
        }.items()
        if value is not None
    }
    text, attached = _task(task, resume is not None)
    return asyncio.run(_Run(flags, as_json, json_events).go(text, attached, resume))


def settings_flags(models: list[str], approvals: str | None) -> dict[str, Any]:
    """The flags that faces share, as dotted settings. `--model` is `MODEL` or `ROLE=MODEL`."""
    flags: dict[str, Any] = {}
    for choice in models:
        role, equals, name = choice.rpartition("=")
        if not name or (equals and not role):
            raise UsageError(f"--model {choice!r}: expected MODEL or ROLE=MODEL")
        flags[f"roles.{role or 'main'}"] = name
    if approvals is not None:
        flags["approvals.mode"] = approvals
    return flags


def _task(argument: str | None, resuming: bool) -> tuple[str | None, list[Attached]]:
    piped = _standard_input(wanted=argument is None and not resuming)
    if len(piped) > _MAX_INPUT:
        raise UsageError(
            f"standard input has more than {_MAX_INPUT:,} characters: save it to a file and name the file"
        )
    if argument is None and piped.strip():
        return piped, []
    if argument is None and not resuming:
        raise UsageError('no task: hone run "what to do", or pipe it in')
    if argument is not None and not argument.strip():
        raise UsageError("the task is empty: say what you want done")
    if not piped.strip():
        return argument, []
    return argument, [Attached("note", "standard input", f"<input>\n{piped}\n</input>", "workspace")]


def _standard_input(*, wanted: bool) -> str:
    if sys.stdin is None or sys.stdin.isatty():
        return ""
    if not wanted and not select.select([sys.stdin], [], [], _PATIENCE)[0]:
        print("hone: reading standard input; end it, or call with </dev/null", file=sys.stderr)
    return sys.stdin.read(_MAX_INPUT + 1)


class _Run:
    """One `hone run`: what it prints, and how it ends."""

    def __init__(self, flags: dict[str, Any], as_json: bool, json_events: bool) -> None:
        self._flags = flags
        self._as_json = as_json
        self._json_events = json_events
        self._given = Given.by_process()
        self._progress = stderr_progress(self._given.clock)
        self._finished: TurnFinished | None = None

    async def go(self, text: str | None, attached: list[Attached], resume: str | None) -> int:
        """Do the task and print what came of it; the exit code."""
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        asker = Asker(self._progress.pause) if someone_is_there() else None
        face = Face(
            origin="run",
            show=self._show,
            approve=asker.approve if asker else None,
            answer=asker.answer if asker else None,
        )
        app = await App.build(self._given, face, self._flags)
        try:
            session = app.reopen(resume) if resume else app.start()
            try:
                await (session.run(text, attached) if text else session.resume())
            except asyncio.CancelledError:
                if self._finished is None:  # stopped before there was a turn to record it in
                    return 130
            return self._conclude(session.id)
        finally:
            self._progress.pause()
            await app.aclose()

    def _show(self, event: AnyEvent) -> None:
        if isinstance(event, TurnFinished):
            self._finished = event
        if self._json_events:
            print(msgspec.json.encode(event).decode(), flush=True)
        self._progress(event)

    def _conclude(self, session: str) -> int:
        finished = self._finished
        assert finished is not None
        if finished.status == "answered":
            if not (self._as_json or self._json_events):
                print(finished.answer)
        else:
            advice = "" if finished.status == "refused" else f"; hone run --resume {session} goes on"
            print(f"hone: {finished.reason}{advice}", file=sys.stderr)
        if self._as_json:
            print(msgspec.json.encode(Result.of(session, finished)).decode())
        return EXIT_CODES[finished.status]
