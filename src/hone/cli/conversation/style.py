"""What a terminal can show, and the marks and colours that follow from it."""

from collections.abc import Mapping
from typing import TextIO

import msgspec

_ASCII = str.maketrans(
    {
        **dict.fromkeys("•●◦▪", "*"),
        **dict.fromkeys("─━═–—", "-"),
        **dict.fromkeys("│┃║▌", "|"),
        **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╯╰┏┓┗┛┡┩╇╈", "+"),
        "…": "...",
        "’": "'",
        "“": '"',
        "”": '"',
        "→": "->",
        "✓": "[ok]",
        "✗": "[x]",
        "⊘": "!",
        "✎": "*",
        "∴": "~",
        "·": "-",
        "›": ">",
    }
)
_DOTS = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_SGR = {"dim": "2", "bold": "1", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
_LIGHT_SGR = _SGR | {"yellow": "38;5;94", "green": "38;5;28", "cyan": "38;5;24", "red": "38;5;124"}


class Style(msgspec.Struct, frozen=True):
    """Whether there are colours and characters beyond ASCII, and whether the background is light."""

    color: bool = True
    unicode: bool = True
    light: bool = False

    @classmethod
    def detect(cls, environ: Mapping[str, str], stream: TextIO) -> "Style":
        """From NO_COLOR (no-color.org), TERM, COLORFGBG and the stream's encoding."""
        dumb = environ.get("TERM", "") in ("", "dumb", "unknown")
        encoding = (stream.encoding or "ascii").lower().replace("-", "").replace("_", "")
        locale = next((environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(name)), "")
        background = environ.get("COLORFGBG", "").rpartition(";")[2]
        return cls(
            color=not dumb and not environ.get("NO_COLOR"),
            # Python's UTF-8 mode calls the streams of these UTF-8, which the terminal need not be
            unicode=encoding.startswith("utf") and locale not in ("C", "POSIX") and not dumb,
            light=background in ("7", "15"),
        )

    def paint(self, text: str, *names: str) -> str:
        """`text` in the named colours and weights, each line by itself."""
        if not self.color or not text:
            return text
        table = _LIGHT_SGR if self.light else _SGR
        codes = ";".join(table[name] for name in names)
        return "\n".join(f"\x1b[{codes}m{line}\x1b[0m" if line else "" for line in text.split("\n"))

    def plain(self, text: str) -> str:
        """`text` in ASCII if nothing else can be shown: marks and lines as near as may be, other characters as `?`."""
        return text if self.unicode else text.translate(_ASCII).encode("ascii", "replace").decode()

    def spinner(self, seconds: float) -> str:
        """The spinner's frame after so many seconds."""
        frames = _DOTS if self.unicode else "|/-\\"
        return frames[int(seconds * 10) % len(frames)]
