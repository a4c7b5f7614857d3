"""`hone run`: one task, the answer on standard output, progress on standard error."""

import asyncio
import math
import os
import select
import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from hone.app import App
from hone.cli.asking import Asker, someone_is_there
from hone.cli.render import stderr_progress
from hone.cli.sessions import printable
from hone.cli.spawn import spawn_drain
from hone.cli.stoppable import run_stoppable
from hone.cli.streams import put, say
from hone.clock import SystemClock
from hone.errors import HomeError, HoneError, UsageError
from hone.events import AnyEvent, Attached, Notice, Outcome, Status, StepFinished, ToolFinished, TurnFinished
from hone.given import Given
from hone.loop import Ending
from hone.messages import Usage
from hone.observe.trace import check_trace
from hone.results import Result
from hone.session import Session
from hone.shelf import SkillUse
from hone.tally import tally
from hone.workbench import Face

EXIT_CODES: dict[Status, int] = {
    "answered": 0,
    "gave_up": 1,
    "limit": 1,
    "refused": 2,
    "provider": 75,
    "interrupted": 130,
}
Approvals = Annotated[
    str | None,
    typer.Option(metavar="MODE", help="auto (ask on a terminal, else sandbox), ask, sandbox or yes."),
]
TraceFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Append each event to a file, as a line of JSON.")
]
Check = Annotated[
    str | None,
    typer.Option(metavar="COMMAND", help="Run a command at the end: its exit says whether the task is done."),
]
_PATIENCE = 3.0  # seconds that an open pipe may stay silent before it is said that hone waits for it
_CHUNK = 65_536
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
    approvals: Approvals = None,
    max_steps: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Stop after so many model requests.")
    ] = None,
    max_tokens: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Stop after so many tokens.")
    ] = None,
    max_usd: Annotated[
        float | None, typer.Option(metavar="USD", min=0, help="Stop after so much money.")
    ] = None,
    timeout: Annotated[
        float | None, typer.Option(metavar="SECONDS", min=0.001, help="Stop after so many seconds.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
    json_events: Annotated[
        bool, typer.Option("--json-events", help="Print each event as a line of JSON.")
    ] = False,
    trace: TraceFile = None,
    check: Check = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for what is learned from it, and say it.")
    ] = False,
    no_learn: Annotated[bool, typer.Option("--no-learn", help="Learn nothing from it.")] = False,
    no_auto_skill: Annotated[bool, typer.Option("--no-auto-skill", help="Attach no skill unasked.")] = False,
    hide_skills: Annotated[
        bool, typer.Option("--hide-skills", help="Show the model no skill; tripwires stay on.")
    ] = False,
) -> int:
    """Do one task and print the answer."""
    limits = {"steps": max_steps, "tokens": max_tokens, "usd": max_usd, "seconds": timeout}
    flags = settings_flags(model or [], approvals)
    flags |= {f"limits.{name}": value for name, value in limits.items() if value is not None}
    if no_learn:
        flags["learning.mode"] = "off"
    work = _Run(flags, Shown(as_json, json_events, trace), check)
    try:
        text, attached = _task(task, resume is not None, timeout)
        which = None if resume is None else _text_of(resume)
        skills: SkillUse = "hidden" if hide_skills else "offered" if no_auto_skill else "attached"
        code = run_stoppable(lambda: work.go(text, attached, which, skills, wait=wait))
        work.leave_the_rest_to_a_worker()
        return code
    except KeyboardInterrupt:
        return work.stopped()
    except HomeError as error:
        work.broken(error)
        raise


def check_named(check: str | None) -> None:
    """Raises UsageError for a check command without words, as of a variable that is not set: it would call all good."""
    if check is not None and not check.strip():
        raise UsageError("--check is empty: name the command that tells whether a task is done")


def settings_flags(models: list[str], approvals: str | None) -> dict[str, Any]:
    """The flags that faces share, as dotted settings. `--model` is `MODEL` or `ROLE=MODEL`."""
    flags: dict[str, Any] = {}
    for choice in map(_text_of, models):
        role, equals, name = choice.rpartition("=")
        if not name or (equals and not role):
            raise UsageError(f"--model {choice!r}: expected MODEL or ROLE=MODEL")
        flags[f"roles.{role or 'main'}"] = name
    if approvals is not None:
        flags["approvals.mode"] = _text_of(approvals)
    return flags


def _task(argument: str | None, resuming: bool, timeout: float | None) -> tuple[str | None, list[Attached]]:
    piped = _standard_input(timeout)
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
    text = None if argument is None else _text_of(argument)
    if not piped.strip():
        return text, []
    return text, [Attached("note", "standard input", f"<input>\n{piped}\n</input>", "workspace")]


def _text_of(argument: str) -> str:
    """An argument as UTF-8 text; bytes that are none are written as escapes."""
    return os.fsencode(argument).decode(errors="backslashreplace")


def _standard_input(timeout: float | None) -> str:
    if sys.stdin.isatty():
        return ""
    try:
        piped = _read_to_the_end(timeout)
    except OSError as error:
        raise UsageError(f"standard input cannot be read ({error.strerror}): call with </dev/null") from error
    return piped.decode("utf-8-sig", errors="replace")


def _read_to_the_end(timeout: float | None) -> bytes:
    """Standard input, as far as a task may be long. Raises UsageError if it is still open after `timeout` seconds."""
    clock = SystemClock()
    started = clock.monotonic()
    piped = bytearray()
    told = False
    while len(piped) <= 4 * _MAX_INPUT:
        left = math.inf if timeout is None else started + timeout - clock.monotonic()
        if left <= 0:
            raise UsageError(f"standard input did not end within {timeout:g} s (--timeout)")
        if select.select([sys.stdin], [], [], min(_PATIENCE, left))[0]:
            if not (more := os.read(sys.stdin.fileno(), _CHUNK)):
                break
            piped += more
        elif not piped and not told and left > _PATIENCE:
            told = True
            say("hone: reading standard input; end it, or call with </dev/null")
    return bytes(piped)


class Shown(msgspec.Struct, frozen=True):
    """What is printed, and where events go."""

    as_json: bool
    json_events: bool
    trace: Path | None


class _Run:
    """One `hone run`: what it prints, and how it ends."""

    def __init__(self, flags: dict[str, Any], shown: Shown, check: str | None) -> None:
        if shown.trace:
            check_trace(shown.trace)
        check_named(check)
        self._flags = flags
        self._shown = shown
        self._check = check
        self._outcome: Outcome = "unknown"
        self._given = Given.by_process()
        self._progress = stderr_progress(self._given.clock)
        self._session, self._begun = "", 0.0
        self._done: list[AnyEvent] = []  # for the sums if there will be no end of the turn
        self._finished: TurnFinished | None = None
        self._concluded = False
        self._reviews_due = 0

    async def go(
        self,
        text: str | None,
        attached: list[Attached],
        resume: str | None,
        skills: SkillUse,
        *,
        wait: bool,
    ) -> int:
        """Do the task and print what came of it; the exit code. Raises CancelledError if stopped before it began."""
        asker = Asker(self._progress.pause) if someone_is_there() else None
        face = Face(
            origin="run",
            show=self._show,
            approve=asker.approve if asker else None,
            answer=asker.answer if asker else None,
        )
        app = await App.build(self._given, face, self._flags)
        try:
            app.observe(self._shown.trace)
            app.tell_what_was_learned()
            session = app.start(skills=skills) if resume is None else app.reopen(resume, skills=skills)
            self._session, self._begun = session.id, self._given.clock.monotonic()
            try:
                if text is None:
                    await session.resume()
                else:
                    request, named = app.bench(session).shelf.named_in(text)
                    await session.run(request, [*attached, *named])
            except asyncio.CancelledError:
                if self._finished is None:
                    raise
            await self._look_at_the_result(app, session)
            code = self._conclude()
            if wait:
                await self._learn(app)
            self._reviews_due = 0 if wait else app.reviews_due
            return code
        finally:
            self._progress.pause()
            await app.aclose()

    def leave_the_rest_to_a_worker(self) -> None:
        """Start the background review of what is due, and say so."""
        if not self._reviews_due:
            return
        try:
            spawn_drain(self._given.environ, self._flags)
        except HoneError as error:  # the task is done all the same
            say(f"hone: {printable(str(error))}")
        else:
            say("· looking back at what was hard, in the background (hone learning status)")

    async def _look_at_the_result(self, app: App, session: Session) -> None:
        """Run the check, if there is one and the task came to an end."""
        finished = self._finished
        if self._check is None or finished is None or finished.status == "interrupted":
            return
        checked = await app.check(session, finished.turn, self._check)
        self._outcome = checked.outcome
        said = f": {checked.said.splitlines()[-1]}" if checked.said and not checked.ok else ""
        mark = {"good": "✓", "bad": "✗", "unknown": "?"}[checked.outcome]
        say(printable(f"{mark} check {self._check}{said}"))

    async def _learn(self, app: App) -> None:
        """Review what is due, here and now."""
        if not app.reviews_due:
            return
        say("· looking back at what was hard")
        learner = app.learner()
        try:
            drained = await learner.drain()
        finally:
            learner.close()
        app.tell_what_was_learned()
        for line in drained.complaints:
            say(f"hone: not learned yet: {printable(line)}")

    def stopped(self) -> int:
        """Stopped before it began, or while it tidied up after the end; the exit code."""
        self._finished = self._finished or _never_begun()
        return EXIT_CODES[self._finished.status] if self._concluded else self._conclude()

    def broken(self, error: HomeError) -> None:
        """The home failed in the middle of it: print what is known for `--json`; the caller says why."""
        if self._shown.as_json and self._session and not self._concluded:
            seconds = self._given.clock.monotonic() - self._begun
            ending = Ending("refused", reason=str(error))
            put(msgspec.json.encode(Result.of(self._session, tally(0, self._done, ending, seconds))).decode())

    def _show(self, event: AnyEvent) -> None:
        if isinstance(event, TurnFinished):
            self._finished = event
        if isinstance(event, Attached | StepFinished | ToolFinished):
            self._done.append(event)
        if self._shown.json_events:
            put(msgspec.json.encode(event).decode())
        self._progress(event)
        if isinstance(event, StepFinished) and event.step == 1 and event.usage.cost_usd is None:
            self._tell_if_cost_is_unknown(event.model)

    def _tell_if_cost_is_unknown(self, model: str) -> None:
        if "limits.usd" in self._flags:
            advice = "give it a price in config.yaml, or use --max-tokens"
            self._progress(Notice(f"--max-usd cannot be kept: no price is known for {model}; {advice}"))

    def _conclude(self) -> int:
        finished = self._finished
        assert finished is not None
        self._concluded = True
        if finished.status != "answered":
            can_go_on = finished.status != "refused" and finished.turn
            say(
                f"hone: {finished.reason}{f'; hone run --resume {self._session} goes on' if can_go_on else ''}"
            )
        elif not (self._shown.as_json or self._shown.json_events):
            print(printable(finished.answer) if sys.stdout.isatty() else finished.answer)
        if self._shown.as_json:
            print(msgspec.json.encode(Result.of(self._session, finished, self._outcome)).decode())
        return EXIT_CODES[finished.status]


def _never_begun() -> TurnFinished:
    return TurnFinished(0, "interrupted", "", "stopped by the user", 0, 0, 0, Usage(), 0.0)
