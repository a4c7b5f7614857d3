"""One block of Markdown as text for a terminal of a given width. rich does it, loaded when the first block is there."""

import io
import re
from typing import TYPE_CHECKING, Any, ClassVar

from hone.cli.conversation.style import Style

if TYPE_CHECKING:
    from rich.markdown import Markdown

_CODES = re.compile(r"\x1b\[[0-9;]*m")
_BLANKS_AT_THE_END = re.compile(r" +(?P<codes>(?:\x1b\[[0-9;]*m)*)$", re.MULTILINE)


def rendered(block: str, width: int, style: Style) -> str:
    """Whole lines, each ending in a line end. `block` holds no control characters."""
    from rich.console import Console  # noqa: PLC0415 - 60 ms that the first prompt must not wait for
    from rich.theme import Theme  # noqa: PLC0415

    stream = io.StringIO()
    console = Console(
        file=stream,
        width=max(width, 10),
        force_terminal=style.color,
        color_system="standard" if style.color else None,
        no_color=not style.color,
        legacy_windows=False,
        emoji=False,
        highlight=False,
        theme=Theme({"markdown.code": "bold blue" if style.light else "bold cyan"}),
    )
    console.print(_markdown(style.plain(block), style))
    lines = _BLANKS_AT_THE_END.sub(r"\g<codes>", stream.getvalue()).split("\n")
    while lines and not _CODES.sub("", lines[0]).strip():
        lines.pop(0)
    while lines and not _CODES.sub("", lines[-1]).strip():
        lines.pop()
    return style.plain("".join(f"{line}\n" for line in lines))


def _markdown(block: str, style: Style) -> "Markdown":
    from rich.markdown import Heading, Markdown  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    class LeftHeading(Heading):
        """Headings stand where text does, not in a box in the middle."""

        def __rich_console__(self, console: Any, options: Any) -> Any:
            yield Text(self.text.plain, style="bold underline" if self.tag == "h1" else "bold")

    class Plain(Markdown):
        elements: ClassVar[dict[str, Any]] = {**Markdown.elements, "heading_open": LeftHeading}

    theme = "ansi_light" if style.light else "ansi_dark"  # the terminal's own colours, on its own background
    return Plain(block, code_theme=theme, hyperlinks=False)
