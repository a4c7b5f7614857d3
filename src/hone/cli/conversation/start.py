"""`hone` without a verb: a conversation at the terminal, from its beginning to its end."""

import asyncio
import contextlib
import shlex
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hone.app import App
from hone.cli.asking import Asker, someone_is_there
from hone.cli.conversation.commands import COMMANDS, help_text, is_command, verb
from hone.cli.conversation.completion import Words
from hone.cli.conversation.mentions import Mentions
from hone.cli.conversation.status import Status, line
from hone.cli.conversation.style import Style
from hone.cli.conversation.terminal import Face as TerminalFace
from hone.cli.conversation.terminal import Terminal
from hone.cli.conversation.typed import Typed
from hone.cli.conversation.view import View
from hone.cli.spawn import spawn_drain
from hone.cli.stoppable import run_stoppable
from hone.errors import HoneError, NotFound, UsageError
from hone.events import AnyEvent, Attached, Compacted, Outcome, StepFinished, TurnFinished
from hone.given import Given
from hone.messages import Usage
from hone.session import Session
from hone.shelf import SkillUse
from hone.workbench import Face

_OUTCOMES: dict[str, Outcome] = {"good": "good", "bad": "bad"}
_TWICE = 2.0  # seconds in which a second Ctrl-C leaves
_LISTED = 9  # sessions
_RETOLD = 3  # turns of a session that is gone on with


def converse(flags: Mapping[str, Any], *, trace: Path | None, resume: str | None, skills: SkillUse) -> None:
    """Talk until the person leaves. `resume`: a session to go on with. Raises UsageError where there is no terminal."""
    if not (someone_is_there() and sys.stdout.isatty()):
        raise UsageError('a conversation needs a terminal; for one task: hone run "what to do"')
    conversation = _Conversation(Given.by_process(), flags, skills)
    run_stoppable(lambda: conversation.go(trace, resume))


class _Asker(Asker):
    """Asks in the conversation's own input line."""

    def __init__(self, conversation: "_Conversation") -> None:
        super().__init__(lambda: None)
        self._conversation = conversation

    async def say(self, text: str) -> None:
        self._conversation.terminal.show(f"{text}\n")

    async def read(self, prompt: str) -> str:
        return await self._conversation.terminal.ask(prompt)


class _Conversation:
    def __init__(self, given: Given, flags: Mapping[str, Any], skills: SkillUse) -> None:
        self._given = given
        self._flags = dict(flags)
        self._skills = skills
        style = Style.detect(given.environ, sys.stdout)
        self.terminal = Terminal(
            TerminalFace(
                self._live, self._status, lambda: self._busy, self._submit, self._interrupt, self._leave
            ),
            style,
            Words(self._words, self._files),
            Typed(given.home / "history", self._redact),
        )
        self._view = View(given.clock, style, lambda: self.terminal.width)
        self._asker = _Asker(self)
        self._last: TurnFinished | None = None
        self._usage = Usage()
        self._context = 0
        self._turn: asyncio.Task[None] | None = None
        self._aside: asyncio.Task[None] | None = None
        self._interrupted = float("-inf")  # when Ctrl-C was pressed last
        self._lent = False
        self._app: App
        self._session: Session
        self._mentions: Mentions

    async def go(self, trace: Path | None, resume: str | None) -> None:
        """The conversation. Raises UsageError before anything is drawn."""
        face = Face("repl", self._show, self._asker.approve, self._asker.answer)
        self._app = await App.build(self._given, face, self._flags)
        try:
            self._app.observe(trace)
            self._app.tell_what_was_learned()
            self._begin_session(
                self._app.reopen(resume, skills=self._skills)
                if resume
                else self._app.start(skills=self._skills)
            )
            self._say(f"hone · {self._app.model_name} · /help")
            if resume:
                self._retell()
            for number in (signal.SIGTERM, signal.SIGHUP):
                asyncio.get_running_loop().add_signal_handler(number, self._leave)
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, self._signalled)
            await self.terminal.run()
            await self._stop()
            self._app.release()
            self._leave_reviews_to_a_worker()
        finally:
            await self._app.aclose()

    def _redact(self, text: str) -> str:
        return self._app.redact(text)

    # what the terminal asks for

    def _live(self, rows: int) -> str:
        return self._view.live(rows)

    def _status(self, width: int) -> str:
        due = self._app.reviews_due
        learning = "learning off" if not self._app.learns else f"{due} to look back at" if due else ""
        hint = "Ctrl-C stops" if self._busy else ""
        status = Status(
            self._app.model_name, self._app.context_window, self._context, self._usage, learning, hint
        )
        return line(status, width)

    def _words(self) -> Mapping[str, str]:
        return {**COMMANDS, **self._app.bench(self._session).shelf.names()}

    def _files(self) -> Sequence[str]:
        return self._mentions.files()

    def _submit(self, typed: str, shown: str) -> None:
        text = typed.strip()
        self.terminal.show(self._view.echo(shown.strip()))
        if text == "/quit":
            self._leave()
        elif self._busy and not is_command(text):
            self._session.steer(text)
            self._say("· heard at the next step")
        elif self._busy and text not in ("/thoughts", "/help"):
            self._say("hone is at work: Ctrl-C stops it; text without / is heard at the next step")
        elif is_command(text):
            self._begin(self._command(text))
        else:
            self._begin(self._talk(text))

    def _interrupt(self) -> None:
        now = self._given.clock.monotonic()
        again, self._interrupted = now - self._interrupted < _TWICE, now
        if again:
            self._leave()
        elif self._busy and self._turn:
            self._turn.cancel()
        else:
            self._say("Ctrl-C once more leaves")

    def _signalled(self) -> None:
        """A Ctrl-C that is no key: another program has the terminal, and gets the signal itself."""
        if not self._lent:
            self._interrupt()

    def _leave(self) -> None:
        self.terminal.close()

    # turns

    @property
    def _busy(self) -> bool:
        return self._turn is not None and not self._turn.done()

    def _begin(self, work: Any) -> None:
        if self._busy:  # a command that is answered at once
            self._aside = asyncio.create_task(self._guarded(work))
        else:
            self._turn = asyncio.create_task(self._guarded(work))
            self._turn.add_done_callback(self._ended)
        self.terminal.draw()

    def _ended(self, turn: asyncio.Task[None]) -> None:
        """A bug of hone's ends the conversation, for it to be seen: `_stop` raises it."""
        self.terminal.draw()
        if not turn.cancelled() and turn.exception():
            self._leave()

    async def _guarded(self, work: Any) -> None:
        """A failure is a line, and the conversation goes on: with what was said too late to be heard.

        Of a turn that was stopped nothing goes on by itself: what was not heard stands in the line again.
        """
        stopped = False
        try:
            await work
        except asyncio.CancelledError:
            stopped = True
            if self._last is None or self._last.status != "interrupted":
                self._say("stopped")
        except (HoneError, OSError) as error:
            self._say(f"hone: {error}")
        unheard = "\n".join(self._session.unheard())
        if unheard and stopped:
            self.terminal.put_back(unheard)
        elif unheard:
            asyncio.get_running_loop().call_soon(self._begin, self._talk(unheard))

    async def _talk(self, text: str, given: Sequence[Attached] = ()) -> None:
        self._last = None
        mentioned = await asyncio.to_thread(self._mentions.attachments, text)
        await self._session.run(text, [*given, *mentioned])
        self._app.tell_what_was_learned()
        self._leave_reviews_to_a_worker()

    async def _stop(self) -> None:
        if (turn := self._turn) is not None:
            turn.cancel()
            await asyncio.wait([turn])
            if not turn.cancelled():
                turn.result()

    def _show(self, event: AnyEvent) -> None:
        match event:
            case StepFinished(usage=usage):
                self._usage += usage
                self._context = usage.input + usage.output
            case Compacted(usage=usage):
                self._usage += usage
            case TurnFinished():
                self._last = event
            case _:
                pass
        self.terminal.show(self._view.feed(event))

    def _say(self, text: str) -> None:
        self.terminal.show(self._view.note(text))

    def _leave_reviews_to_a_worker(self) -> None:
        """It works while the person reads, and goes on when they have left."""
        if not self._app.reviews_due:
            return
        try:
            spawn_drain(self._given.environ, self._flags)
        except HoneError as error:  # they wait for the next one
            self._say(f"hone: {error}")

    # commands

    async def _command(self, typed: str) -> None:
        name, _, rest = typed[1:].partition(" ")
        rest = rest.strip()
        words = _words_of(rest)
        own: dict[str, Callable[[], Any]] = {
            "help": lambda: self._say(help_text(self._app.bench(self._session).shelf.names())),
            "new": self._new,
            "thoughts": lambda: self._say(
                self._view.reasoning or "nothing was thought aloud before the last reply"
            ),
            "good": lambda: self._judge("good"),
            "bad": lambda: self._judge("bad"),
        }
        if name in own:
            own[name]()
        elif name == "model":
            self._model(rest)
        elif name == "resume":
            await self._resume(rest)
        elif name == "undo" and not words:
            await self._undo()
        elif arguments := verb(name, words, self._session.id):
            await self._run(arguments)
        elif name == "recall":
            self._say("/recall WORDS: what to look for")
        else:
            await self._skill(name, rest)

    async def _run(self, arguments: Sequence[str]) -> None:
        """A verb of the command line, in a process of its own."""
        async with self.terminal.lent():
            self._lent = True
            try:
                program = [sys.executable, "-P", "-m", "hone", *arguments]
                process = await asyncio.create_subprocess_exec(*program, cwd=self._given.cwd)
                await process.wait()
            finally:
                self._lent = False

    async def _skill(self, name: str, request: str) -> None:
        shelf = self._app.bench(self._session).shelf
        try:
            attached = shelf.take(name)
        except NotFound as error:
            raise UsageError(f"no command or skill /{name}; /help lists them all") from error
        await self._talk(request or f"Use the skill {name}.", [attached])

    def _new(self) -> None:
        self._app.release()
        self._begin_session(self._app.start(skills=self._skills))
        self._say("a new conversation")
        self._leave_reviews_to_a_worker()

    def _begin_session(self, session: Session) -> None:
        self._session, self._last = session, None
        workspace = self._app.bench(session).workspace
        self._mentions = Mentions(workspace, self._given.cwd, self._given.environ, self._given.clock)
        self._usage, self._context = Usage(), 0

    def _judge(self, word: str) -> None:
        turns = self._app.history.turns(self._session.id)
        if not turns:
            raise UsageError("there is no answer to judge yet")
        self._app.history.set_outcome(self._session.id, turns[-1].turn, _OUTCOMES[word], "user")
        self._say(f"recorded: {word}")

    def _model(self, name: str) -> None:
        if name:
            self._app.use_model(name)
            self._say(f"from here on: {self._app.model_name}")
        else:
            self._say("\n".join([f"now: {self._app.model_name}", *self._app.model_names]))

    async def _undo(self) -> None:
        newest = self._app.newest_change()
        if newest is None:
            raise UsageError("nothing was learned yet that could be taken back")
        await self._run(["show", newest])
        if (await self._asker.ask(f"take {newest} back? y or n: ")).strip().lower().startswith("y"):
            await self._run(["undo", newest])

    async def _resume(self, which: str) -> None:
        which = which or await self._chosen()
        if which and which != self._session.id:
            self._begin_session(self._app.reopen(which, skills=self._skills))
            self._retell()

    async def _chosen(self) -> str:
        """The id of the session that the person picks from a list; empty for none."""
        workspace = str(self._app.bench(self._session).workspace)
        history = self._app.history
        rows = [
            row for row in history.sessions() if history.session(row.id).workspace == workspace and row.turns
        ]
        if not rows:
            raise UsageError("there is no earlier conversation in this project")
        for number, row in enumerate(rows[:_LISTED], 1):
            self._say(f"{number}  {row.id}  {row.title}")
        answer = (await self._asker.ask("number, or Enter for none: ")).strip()
        if answer.isdecimal() and 0 < int(answer) <= len(rows[:_LISTED]):
            return rows[int(answer) - 1].id
        if answer and not answer.isdecimal():
            self.terminal.put_back(answer)
        return ""

    def _retell(self) -> None:
        """The end of the conversation that is gone on with."""
        for turn in self._app.history.turns(self._session.id)[-_RETOLD:]:
            self.terminal.show(self._view.echo(turn.text))
            self.terminal.show(
                self._view.answer(turn.answer) if turn.answer else self._view.note(turn.reason)
            )


def _words_of(text: str) -> list[str]:
    with contextlib.suppress(ValueError):  # an apostrophe is no quote
        return shlex.split(text)
    return text.split()
