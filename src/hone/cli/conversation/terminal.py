"""The terminal of a conversation: what is typed, the live lines above it, the status below. It knows nothing of hone.

What has become final goes into the terminal's own scrollback, above; nothing is drawn twice.
"""

import array
import asyncio
import contextlib
import fcntl
import sys
import termios
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
from prompt_toolkit import Application
from prompt_toolkit.application import in_terminal
from prompt_toolkit.application.current import get_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import Completer, ThreadedCompleter
from prompt_toolkit.data_structures import Size
from prompt_toolkit.filters import Condition, is_searching
from prompt_toolkit.formatted_text import ANSI, StyleAndTextTuples, to_formatted_text
from prompt_toolkit.history import History
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import (
    ConditionalContainer,
    Dimension,
    FormattedTextControl,
    HSplit,
    Layout,
    Window,
)
from prompt_toolkit.layout.menus import CompletionsMenu
from prompt_toolkit.output import ColorDepth, create_output
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.styles import Style as Colours
from prompt_toolkit.widgets import SearchToolbar, TextArea

from hone.cli.conversation.pastes import Pastes
from hone.cli.conversation.style import Style

_FRAME = 0.1  # seconds: the spinner's, while there is something live
_MOST_ROWS = 10  # of what is typed


class Face(msgspec.Struct, frozen=True):
    """What the terminal shows and whom it tells. `live` takes a number of rows, `status` one of cells; `busy` says whether
    a Ctrl-C is for the work rather than for what is being typed.

    `submit` gets what was typed, whole and as it was shown; `interrupt` a Ctrl-C, with whether something was typed; `leave` a Ctrl-D on an empty line.
    """

    live: Callable[[int], str]
    status: Callable[[int], str]
    busy: Callable[[], bool]
    submit: Callable[[str, str], None]
    interrupt: Callable[[], None]
    leave: Callable[[], None]


class Terminal:
    """One conversation's terminal. Everything is called on the event loop's thread."""

    def __init__(self, face: Face, style: Style, completer: Completer, history: History) -> None:
        self._face = face
        self._style = style
        self._pastes = Pastes()
        self._question: asyncio.Future[str] | None = None
        self._asked = ""
        self._draft = ""
        self._lent = False
        self._typed_ahead = (
            0  # keys from before they were ours: the terminal has made line ends of their Enters
        )
        search = SearchToolbar()
        output = create_output(sys.stdout)
        if isinstance(output, Vt100_Output):
            output.enable_cpr = (
                False  # terminals that do not answer would get a warning into the conversation
            )
        self._input = TextArea(
            multiline=True,
            wrap_lines=True,
            prompt=self._prompt,
            completer=ThreadedCompleter(completer),
            complete_while_typing=Condition(lambda: self._question is None),
            history=history,
            search_field=search,
            height=Dimension(min=1, max=_MOST_ROWS),
            dont_extend_height=True,
            accept_handler=self._accept,
        )
        self._application: Application[None] = Application(
            layout=Layout(self._rows(search), focused_element=self._input),
            key_bindings=self._keys(),
            style=_colours(style),
            color_depth=None if style.color else ColorDepth.DEPTH_1_BIT,
            erase_when_done=True,
            output=output,
            mouse_support=False,
        )

        self._application.key_processor.after_key_press += self._count_key

    @property
    def width(self) -> int:
        """Cells in a line."""
        return self._size.columns

    async def run(self) -> None:
        """Until `close`."""
        frames = asyncio.create_task(self._draw_frames())
        self._typed_ahead = _waiting()
        try:
            await self._application.run_async(handle_sigint=False)
        finally:
            frames.cancel()

    def close(self) -> None:
        """End `run`."""
        if self._application.is_running:
            self._application.exit()

    def show(self, text: str) -> None:
        """Whole lines that are final."""
        if not text:
            self.draw()
        elif self._lent or not self._application.is_running:
            sys.stdout.write(text)
            sys.stdout.flush()
        else:
            # run_in_terminal would do, but it lets the terminal echo what is typed meanwhile
            self._application.renderer.erase()
            self._application.output.write_raw(text.replace("\n", "\r\n"))
            self._application.render_counter += 1  # else the live lines would be those of the last drawing
            self._application.renderer.render(self._application, self._application.layout)

    def draw(self) -> None:
        """Something has changed that is drawn."""
        self._application.invalidate()

    def put_back(self, text: str) -> None:
        """Have `text` in the line again, before what is being typed."""
        buffer = self._input.buffer
        buffer.text = f"{text}\n{buffer.text}" if buffer.text else text
        buffer.cursor_position = len(buffer.text)
        self.draw()

    async def ask(self, prompt: str) -> str:
        """A line from the person, in the place of what is being typed. Raises EOFError for Ctrl-C or Ctrl-D."""
        self._question = asyncio.get_running_loop().create_future()
        self._asked, self._draft = prompt, self._input.text
        self._input.text = ""
        self.draw()
        try:
            return await self._question
        finally:
            self._question = None
            self._input.buffer.text = self._draft
            self._input.buffer.cursor_position = len(self._draft)
            self.draw()

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[None]:
        """The terminal is another program's meanwhile."""
        async with in_terminal():
            self._lent = True
            try:
                yield
            finally:
                self._lent = False
        self._typed_ahead = _waiting()

    @property
    def _size(self) -> Size:
        return self._application.output.get_size()

    def _rows(self, search: SearchToolbar) -> HSplit:
        live = Window(
            FormattedTextControl(self._live), dont_extend_height=True, wrap_lines=False, style="class:live"
        )
        status = Window(FormattedTextControl(self._status), height=1, style="class:status")
        return HSplit(
            [
                ConditionalContainer(live, Condition(lambda: bool(self._live()))),
                self._input,
                search,
                CompletionsMenu(max_height=8, scroll_offset=1),
                status,
            ]
        )

    def _count_key(self, _keys: object) -> None:
        self._typed_ahead = max(self._typed_ahead - 1, 0)

    def _prompt(self) -> str:
        return self._style.plain(self._asked if self._question else "› ")

    def _live(self) -> StyleAndTextTuples:
        rows = max(self._size.rows - self._input.buffer.document.line_count - 4, 1)
        return to_formatted_text(ANSI(self._face.live(min(rows, 12))))

    def _status(self) -> str:
        return self._style.plain(self._face.status(self.width - 1))

    def _accept(self, buffer: Buffer) -> bool:
        typed = self._pastes.expand(buffer.text)
        if self._question is not None:
            if not self._question.done():
                self._question.set_result(typed)
            return False
        self._face.submit(typed, buffer.text)
        return False  # the line is empty again

    async def _draw_frames(self) -> None:
        while True:
            await asyncio.sleep(_FRAME)
            if self._face.live(1):
                self.draw()

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()

        @keys.add("enter", filter=~is_searching)
        def enter(event: KeyPressEvent) -> None:
            buffer = self._input.buffer
            if buffer.document.text_before_cursor.endswith("\\") and buffer.document.is_cursor_at_the_end:
                buffer.delete_before_cursor()
                buffer.insert_text("\n")
            elif buffer.complete_state and buffer.complete_state.current_completion:
                buffer.complete_state = None
            elif self._question is not None:
                self._accept(buffer)
            elif buffer.text.strip():
                buffer.validate_and_handle()

        @keys.add("escape", "enter")
        def _(event: KeyPressEvent) -> None:
            self._input.buffer.insert_text("\n")

        @keys.add("c-j")
        def _(event: KeyPressEvent) -> None:
            if self._typed_ahead > 0:
                enter(event)
            else:
                self._input.buffer.insert_text("\n")

        @keys.add("c-c", filter=~is_searching)
        def _(event: KeyPressEvent) -> None:
            if self._question is not None:
                if not self._question.done():
                    self._question.set_exception(EOFError())
            elif self._input.text and not self._face.busy():
                self._input.buffer.reset()
            else:
                self._face.interrupt()

        @keys.add("c-d", filter=~is_searching)
        def _(event: KeyPressEvent) -> None:
            if self._question is not None:
                if not self._question.done():
                    self._question.set_exception(EOFError())
            elif self._input.text:
                self._input.buffer.delete()
            else:
                self._face.leave()

        @keys.add(Keys.BracketedPaste)
        def _(event: KeyPressEvent) -> None:
            get_app().current_buffer.insert_text(self._pastes.take(event.data))

        return keys


def _waiting() -> int:
    """How many bytes of input wait to be read."""
    count = array.array("i", [0])
    with contextlib.suppress(OSError):  # no terminal
        fcntl.ioctl(sys.stdin.fileno(), termios.FIONREAD, count)
    return count[0]


def _colours(style: Style) -> Colours:
    if not style.color:
        return Colours.from_dict({"status": "noreverse", "completion-menu": "noreverse"})
    grey = "ansibrightblack" if not style.light else "ansigray"
    return Colours.from_dict({"status": grey if not style.light else "#666666", "live": ""})
