"""A shell line as the pieces that run one after the other: what joins them decides whose exit code the line has.

It splits; what a piece does is `hone.learning.actions`, and how its words are quoted is `hone.safety.commands`.
"""

import functools
import re
from typing import Literal

import msgspec

Joint = Literal["", ";", "&", "&&", "||", "|"]

_TOKEN = re.compile(
    r"""
    (?P<quoted>'[^']*'|"(?:\\.|[^"\\])*"|\\.|\$\((?:[^()]|\([^()]*\))*\)|`[^`]*`|\$\{[^}]*\})
    | (?P<comment>(?<!\S)\#[^\n]*)
    | (?P<heredoc>(?<!<)<<(?!<)-?[ \t]*(?P<quote>['"]?)(?P<end>\w+)(?P=quote))
    | (?P<write>(?:\d|&)?>>?\|?[ \t]*(?P<to>&\d|&-|'[^']*'|"[^"]*"|[^\s;|&<>()]+))
    | (?P<joint>;;|&&|\|\||\|&|[;|&\n])
    """,
    re.VERBOSE | re.DOTALL,
)
_JOINTS: dict[str, Joint] = {"&": "&", "&&": "&&", "||": "||", "|": "|", "|&": "|"}  # all others: `;`
_OPENING = re.compile(r"(?:if|while|until|for|case|select)\b")
_CLOSING = re.compile(r"(?:done|fi|esac)\b\s*")
_KEYWORD = re.compile(r"(?:(?:do|then|else|elif|while|until|if|!)\s+|[({]\s+|\(\s*)+")
_NO_COMMAND = re.compile(r"(?:for|case|select)\s.*|do|then|else|[})]+", re.DOTALL)
_LONGEST = 20_000  # characters of a line that are looked at


class Piece(msgspec.Struct, frozen=True):
    """A simple command as it was written, without its output redirections; `writes` names the files these go to.

    `behind` is what joins it to the next. `guarded`: it stands in a loop or a condition.
    """

    text: str
    behind: Joint = ""
    writes: tuple[str, ...] = ()
    guarded: bool = False


@functools.lru_cache(maxsize=256)
def split(line: str) -> tuple[Piece, ...]:
    """The pieces of `line`. Never fails: what is no valid shell is split as far as it is understood."""
    line = line[:_LONGEST].replace("\\\n", " ")
    reading = _Reading()
    body_ends = ""  # with this line, of a here-document that begins in the next one
    at = 0
    while found := _TOKEN.search(line, at):
        reading.text += line[at : found.start()]
        at = found.end()
        if found["quoted"]:
            reading.text += found[0]
        elif found["heredoc"]:
            body_ends = found["end"]
        elif found["write"]:
            reading.writes.append(found["to"].strip("'\""))
        elif found["joint"]:
            reading.close(_JOINTS.get(found["joint"], ";"))
            if body_ends and found["joint"] == "\n":
                end = re.compile(rf"^\t*{body_ends}[ \t]*$", re.MULTILINE).search(line, at)
                at, body_ends = (end.end() if end else len(line)), ""
    reading.text += line[at:]
    reading.close("")
    return tuple(reading.pieces)


class _Reading:
    """The piece that is being read, and those before it."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.text = ""
        self.writes: list[str] = []
        self.depth = 0  # of loops and conditions

    def close(self, behind: Joint) -> None:
        text, self.text = self.text.strip(), ""
        writes, self.writes = tuple(self.writes), []
        if not text:
            return
        opening = bool(_OPENING.match(text))
        self.depth += opening
        guarded = self.depth > 0
        if closing := _CLOSING.match(text):
            self.depth = max(self.depth - 1, 0)
            text = text[closing.end() :]
        if keyword := _KEYWORD.match(text):
            text = text[keyword.end() :]
        while text.endswith((")", "}")) and text.count("(") + text.count("{") < text.count(")") + text.count(
            "}"
        ):
            text = text[:-1].rstrip()
        if text and not _NO_COMMAND.fullmatch(text):
            self.pieces.append(Piece(text, behind, writes, guarded))
