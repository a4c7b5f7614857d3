"""Progress on standard error: a spinner with elapsed time on a terminal, plain lines elsewhere. Draws events only."""

import asyncio
import contextlib
import sys
from typing import TYPE_CHECKING, Any, TextIO

from hone.cli.sessions import printable
from hone.cli.telling import again, describe, met, one_line, outcome, refused
from hone.clock import Clock
from hone.events import (
    AnyEvent,
    ApprovalDecided,
    Attached,
    Notice,
    Retrying,
    StepFinished,
    StepStarted,
    ToolFinished,
    ToolStarted,
    Tripped,
    TurnFinished,
    Withheld,
)

if TYPE_CHECKING:
    from rich.live import Live

_SPINNER_DELAY = 0.15  # seconds: rich is loaded after the request has left


class Progress:
    """Shows the events of a session on `stream`. Call `pause` before anything else is to own the terminal."""

    def __init__(self, stream: TextIO, clock: Clock) -> None:
        self._stream = stream
        self._clock = clock
        self._animated = stream.isatty()
        self._running: dict[str, tuple[str, float]] = {}
        self._waiting: tuple[str, float] | None = None
        self._stopped: set[str] = set()  # calls that a tripwire stopped: they are told of already
        self._live: Live | None = None
        self._timer: asyncio.TimerHandle | None = None

    def __call__(self, event: AnyEvent) -> None:
        """Show one event."""
        match event:
            case StepStarted():
                self._waiting = ("thinking", self._clock.monotonic())
                self._animate()
            case StepFinished():
                self._waiting = None
                if event.message.tool_calls and event.message.text.strip():
                    self._line(event.message.text.strip())
            case ToolStarted():
                self._running[event.call.id] = (describe(event.call), self._clock.monotonic())
                self._animate()
            case ToolFinished() if event.reply.call_id in self._stopped:
                self._stopped.remove(event.reply.call_id)
            case ToolFinished():
                description, _ = self._running.pop(event.reply.call_id, (event.reply.name, 0.0))
                self._line(outcome(description, event))
            case Retrying():
                self._line(f"· {again(event)}")
            case ApprovalDecided(decision="refused"):
                self._line(f"· {refused(event)}")
            case Tripped():
                self._line(met(event))
                if not event.passed:
                    self._stopped.add(event.call.id)
            case Attached(kind="skill"):
                self._line(f"· skill: {event.name}")
            case Withheld():
                self._line(f"· without skill {event.name}, {event.reason}")
            case Notice():
                self._line(event.text if event.text.startswith("✎") else f"· {event.text}")
            case TurnFinished():
                self.pause()
            case _:
                pass

    def pause(self) -> None:
        """Take the spinner away."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._live:
            self._live.stop()
            self._live = None

    def _line(self, text: str) -> None:
        with contextlib.suppress(OSError):  # nobody reads it any more; the work goes on for the answer's sake
            if self._live:
                self._live.console.print(printable(text), markup=False, highlight=False, soft_wrap=True)
            else:
                print(printable(text), file=self._stream, flush=True)

    def _animate(self) -> None:
        if self._animated and self._live is None and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_SPINNER_DELAY, self._start)

    def _start(self) -> None:
        from rich.console import Console  # noqa: PLC0415 - 60 ms that the first request must not wait for
        from rich.live import Live  # noqa: PLC0415
        from rich.spinner import Spinner  # noqa: PLC0415

        spinner = Spinner("dots")

        def frame() -> Any:
            spinner.update(text=self._status())
            return spinner

        self._timer = None
        console = Console(file=self._stream)
        self._live = Live(console=console, get_renderable=frame, refresh_per_second=10, transient=True)
        self._live.start()

    def _status(self) -> str:
        now = self._clock.monotonic()
        busy = [*self._running.values()] or ([self._waiting] if self._waiting else [])
        return "  ".join(f"{one_line(text, 60)} {now - since:.0f} s" for text, since in busy)


def stderr_progress(clock: Clock) -> Progress:
    """Progress on this process's standard error."""
    return Progress(sys.stderr, clock)
