"""`hone` without a command: a plain conversation at the terminal."""

import asyncio
import signal
from collections.abc import Mapping
from typing import Any

from hone.app import App
from hone.cli.asking import Asker, someone_is_there
from hone.cli.render import Progress, stderr_progress
from hone.cli.run import settings_flags
from hone.cli.sessions import printable
from hone.cli.spawn import spawn_drain
from hone.cli.streams import say
from hone.errors import HoneError, UsageError
from hone.events import AnyEvent, Outcome, TurnFinished
from hone.given import Given
from hone.session import Session
from hone.workbench import Face

_HELP = """\
/new    begin a new conversation
/good   the last answer did its job (recorded)
/bad    the last answer did not (recorded)
/help   this list
/quit   leave (so does Ctrl-D)

Ctrl-C stops the answer that is being made, or drops what you typed."""
_OUTCOMES: dict[str, Outcome] = {"/good": "good", "/bad": "bad"}


def chat(models: list[str], approvals: str | None) -> None:
    """Talk until the person leaves. Raises UsageError where there is no terminal."""
    if not someone_is_there():
        raise UsageError('a conversation needs a terminal; for one task: hone run "what to do"')
    given = Given.by_process()
    progress = stderr_progress(given.clock)
    asyncio.run(_Chat(progress).go(given, settings_flags(models, approvals)))


class _Chat:
    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._environ: Mapping[str, str] = {}
        self._flags: Mapping[str, Any] = {}
        self._asker = Asker(progress.pause)
        self._last: TurnFinished | None = None

    async def go(self, given: Given, flags: dict[str, Any]) -> None:
        self._environ, self._flags = given.environ, flags
        face = Face(origin="repl", show=self._show, approve=self._asker.approve, answer=self._asker.answer)
        app = await App.build(given, face, flags)
        try:
            app.tell_what_was_learned()
            session = app.start()
            print(f"hone · {app.model_name} · /help")
            while (typed := await self._read()) is not None:
                app.tell_what_was_learned()
                if typed == "/new":
                    app.release()
                    session, self._last = app.start(), None
                elif typed.startswith("/"):
                    self._command(app, session, typed)
                elif typed:
                    await self._turn(session, typed)
                    self._leave_reviews_to_a_worker(app)
            app.release()
            self._leave_reviews_to_a_worker(app)
        finally:
            self._progress.pause()
            await app.aclose()

    def _leave_reviews_to_a_worker(self, app: App) -> None:
        """It works while the person reads, and goes on when they have left."""
        if not app.reviews_due:
            return
        try:
            spawn_drain(self._environ, self._flags)
        except HoneError as error:  # the conversation goes on
            say(f"hone: {printable(str(error))}")

    async def _read(self) -> str | None:
        print()
        try:
            typed = (await self._asker.read("› ")).strip()
        except KeyboardInterrupt:
            return ""  # as in a shell: the line is dropped
        except EOFError:
            return None
        return None if typed == "/quit" else typed

    async def _turn(self, session: Session, text: str) -> None:
        turn = asyncio.create_task(session.run(text))
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, turn.cancel)
        try:
            finished = await turn
            answered = finished.status == "answered"
            print(f"\n{printable(finished.answer).rstrip() if answered else f'hone: {finished.reason}'}")
        except asyncio.CancelledError:
            self._progress.pause()
            print("\nstopped")
        except HoneError as error:
            self._progress.pause()
            print(f"\nhone: {error}")
        finally:
            loop.remove_signal_handler(signal.SIGINT)

    def _command(self, app: App, session: Session, typed: str) -> None:
        if (outcome := _OUTCOMES.get(typed)) and self._last:
            app.history.set_outcome(session.id, self._last.turn, outcome, "user")
            print(f"recorded: {outcome}")
        elif outcome:
            print("nothing to judge yet")
        else:
            print(_HELP if typed == "/help" else f"no command {typed}\n{_HELP}")

    def _show(self, event: AnyEvent) -> None:
        if isinstance(event, TurnFinished):
            self._last = event
        self._progress(event)
