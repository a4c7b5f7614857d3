"""What a conversation shows: events become lines above the input for good, and the live lines right above it.

Draws on nothing: it gives text. All that models and tools say is made printable here.
"""

from collections.abc import Callable, Sequence

from hone.cli.conversation.blocks import Blocks
from hone.cli.conversation.cells import cut, wrapped
from hone.cli.conversation.markdown import rendered
from hone.cli.conversation.style import Style
from hone.cli.sessions import printable
from hone.cli.telling import again, arguments_of, compacted, describe, met, outcome, refused
from hone.clock import Clock
from hone.events import (
    AnyEvent,
    ApprovalDecided,
    Attached,
    Compacted,
    Notice,
    ReasoningDelta,
    Retrying,
    StepFinished,
    StepStarted,
    TextDelta,
    ToolFinished,
    ToolStarted,
    Tripped,
    TurnFinished,
    Withheld,
)
from hone.messages import ToolCall, ToolReply

_OUTPUT_LINES = 5
_DIFF_LINES = 40
_WRITTEN_LINES = 8
_LIVE_CALLS = 6
_TAIL = 1_000  # characters of the thoughts in which their last line is looked for


class View:
    """The transcript of one conversation, for a terminal of `width()` cells in `style`."""

    def __init__(self, clock: Clock, style: Style, width: Callable[[], int]) -> None:
        self._clock = clock
        self._style = style
        self._width = width
        self._blocks = Blocks()
        self._spoken = False  # some of the present reply is in the transcript for good
        self._reasoning = ""
        self._thought_since: float | None = None
        self._waiting: float | None = None
        self._running: dict[str, tuple[ToolCall, float]] = {}
        self._stopped: set[str] = set()  # calls that a tripwire stopped: they are told of already

    @property
    def reasoning(self) -> str:
        """What the model thought in the last step, in full."""
        return printable(self._reasoning)

    def feed(self, event: AnyEvent) -> str:
        """Take in an event; the lines that are final by it, each with its end."""
        match event:
            case StepStarted():
                self._begin_step()
            case ReasoningDelta(text=text):
                self._thought_since = self._thought_since or self._clock.monotonic()
                self._reasoning += text
            case TextDelta(text=text):
                return self._thought() + self._say(self._blocks.feed(text))
            case Retrying():
                return self._void() + self._line(f"· {again(event)}", "yellow")
            case StepFinished():
                self._waiting = None
                return self._thought() + self._say(self._blocks.close())
            case ToolStarted(call=call):
                self._running[call.id] = (call, self._clock.monotonic())
            case ToolFinished():
                return self._finished(event)
            case TurnFinished():
                return self._end(event)
            case _:
                return self._told(event)
        return ""

    def live(self, rows: int) -> str:
        """What is going on, in at most `rows` lines: the unfinished text, calls that run, a model that is waited for."""
        width = self._width()
        lines = [self._style.paint(line, "dim") for line in self._calls(width)]
        if self._blocks.unfinished.strip():
            shown = printable(self._blocks.unfinished[-rows * width :]).rstrip("\n")
            lines = ["", *wrapped(self._style.plain(shown), width), *lines]  # a block has a blank line above
        elif self._waiting is not None and not lines:
            lines = [self._style.paint(self._thinking(width), "dim")]
        return "\n".join(lines[-rows:]) if rows > 0 else ""

    def echo(self, text: str) -> str:
        """The person's message as it stands in the transcript."""
        mark = self._style.plain("› ")
        lines = wrapped(self._style.plain(printable(text)), self._width() - len(mark))
        told = [f"{mark if not number else '  '}{line}" for number, line in enumerate(lines)]
        return "\n" + "".join(f"{self._style.paint(line, 'bold')}\n" for line in told)

    def note(self, text: str) -> str:
        """Hone's own words."""
        return self._line(printable(text), "dim", whole=True)

    def answer(self, text: str) -> str:
        """A whole text in Markdown."""
        blocks = Blocks()
        return self._rendered([*blocks.feed(text), *blocks.close()])

    def _begin_step(self) -> None:
        self._waiting = self._clock.monotonic()
        self._reasoning, self._thought_since, self._spoken = "", None, False

    def _say(self, blocks: Sequence[str]) -> str:
        text = self._rendered(blocks)
        self._spoken = self._spoken or bool(text)
        return text

    def _rendered(self, blocks: Sequence[str]) -> str:
        """Blocks made printable whole: where the stream was cut decides nothing."""
        return "".join(f"\n{rendered(printable(block), self._width(), self._style)}" for block in blocks)

    def _thought(self) -> str:
        """That the model thought before it spoke, folded to a line."""
        if self._thought_since is None:
            return ""
        seconds, self._thought_since = self._clock.monotonic() - self._thought_since, None
        return self._line(f"∴ thought for {seconds:.0f} s", "dim")

    def _void(self) -> str:
        """Forget what streamed of an attempt that failed."""
        self._blocks = Blocks()
        spoken, self._spoken, self._thought_since, self._reasoning = self._spoken, False, None, ""
        return self._line("(the answer begins anew)", "dim") if spoken else ""

    def _finished(self, event: ToolFinished) -> str:
        call, _ = self._running.pop(event.reply.call_id, (None, 0.0))
        if event.reply.call_id in self._stopped:
            self._stopped.remove(event.reply.call_id)
            return ""
        told = outcome(describe(call) if call else event.reply.name, event)
        line = self._line(told, "green" if event.reply.ok else "red", mark=True)
        return line + self._result(event.reply, call)

    def _result(self, reply: ToolReply, call: ToolCall | None) -> str:
        lines = printable(reply.text).rstrip().split("\n")
        if reply.name == "edit" and reply.ok:
            return "".join(map(self._diff_line, lines[1 : _DIFF_LINES + 1])) + self._more(
                len(lines) - 1 - _DIFF_LINES
            )
        if reply.name == "write" and reply.ok and call:
            return self._written(call)
        if reply.name != "shell" or (reply.ok and len(lines) == 1):
            return ""
        said = lines[:-1] if lines[-1].startswith("[exit ") else lines
        shown = "".join(self._line(f"  {line}", "dim") for line in said[-_OUTPUT_LINES:] if line.strip())
        return self._more(len(said) - _OUTPUT_LINES, "earlier ") + shown

    def _written(self, call: ToolCall) -> str:
        content = str(arguments_of(call).get("content", "")).removesuffix("\n")
        lines = printable(content).split("\n") if content else []
        shown = "".join(self._diff_line(f"+{line}") for line in lines[:_WRITTEN_LINES])
        return shown + self._more(len(lines) - _WRITTEN_LINES)

    def _diff_line(self, line: str) -> str:
        colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "dim")
        return self._line(f"  {line}", colour)

    def _more(self, count: int, which: str = "more ") -> str:
        return self._line(f"  … {count:,} {which}line{'' if count == 1 else 's'}", "dim") if count > 0 else ""

    def _told(self, event: AnyEvent) -> str:
        match event:
            case ApprovalDecided(decision="refused"):
                return self._line(f"· {refused(event)}", "yellow")
            case Tripped():
                if not event.passed:
                    self._stopped.add(event.call.id)
                return self._line(met(event), "yellow")
            case Attached(kind="skill"):
                return self._line(f"· skill: {event.name}", "cyan")
            case Withheld():
                return self._line(f"· without skill {event.name}, {event.reason}", "dim")
            case Attached(kind="steering"):
                return self._line("· heard", "dim")
            case Compacted():
                return self._line(f"· {compacted(event)}", "dim")
            case Notice(text=text):
                learned = text.startswith("✎")
                return self._line(
                    printable(text if learned else f"· {text}"), "cyan" if learned else "dim", whole=True
                )
            case _:
                return ""

    def _end(self, event: TurnFinished) -> str:
        unfinished = self._say(self._blocks.close()) if event.status != "answered" else ""
        self._blocks = Blocks()
        self._waiting, self._thought_since = None, None
        self._running.clear()
        if event.status == "answered":
            return unfinished
        reason = printable(event.reason)
        return f"{unfinished}\n" + self._line(f"hone: {reason}", "red", whole=True)

    def _calls(self, width: int) -> list[str]:
        now = self._clock.monotonic()
        more = self._style.plain("…")
        busy = list(self._running.values())[-_LIVE_CALLS:]
        return [
            f"{self._style.spinner(now - since)} {cut(self._style.plain(describe(call)), width - 10, more)} {now - since:.0f} s"
            for call, since in busy
        ]

    def _thinking(self, width: int) -> str:
        assert self._waiting is not None
        seconds = self._clock.monotonic() - self._waiting
        thought = self._reasoning[-_TAIL:] if self._thought_since is not None else ""  # else it is folded
        last = self._style.plain(printable(thought)).rstrip().rpartition("\n")[2]
        what = cut(last, width - 12, self._style.plain("…")) if last else "thinking"
        return f"{self._style.spinner(seconds)} {what} {seconds:.0f} s"

    def _line(self, text: str, colour: str, *, mark: bool = False, whole: bool = False) -> str:
        """A line in `colour`, or its first word only; cut at the width unless it is to be read `whole`."""
        style, width = self._style, self._width()
        text = style.plain(text)
        lines = wrapped(text, width) if whole else [cut_keeping_indent(text, width, style.plain("…"))]
        if mark:
            first, blank, rest = lines[0].partition(" ")
            return f"{style.paint(first, colour)}{blank}{rest}\n"
        return "".join(f"{style.paint(line, colour)}\n" for line in lines)


def cut_keeping_indent(text: str, width: int, more: str = "…") -> str:
    """`text` in at most `width` cells, its leading blanks as they are."""
    text = text.expandtabs(4)
    pieces = wrapped(text, width)
    return text if len(pieces) == 1 else wrapped(text, width - len(more))[0] + more
