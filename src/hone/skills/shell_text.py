"""What of a shell line is only text: comments, search patterns, messages, what is written to a file. Pure, and no parser.

It only ever clears what is plainly text; where a line is not understood, all of it counts as command.
"""

import re
from collections.abc import Callable, Iterator

import msgspec

from hone.late import late

_LONGEST = (
    20_000  # characters of a line that is looked into; a here-document without end costs a look at all of it
)
_MOST_DOCUMENTS = 50
_GAP = "\0"  # stands where text was, so that what was apart stays apart

_SEARCHES = frozenset({"grep", "egrep", "fgrep", "rg", "ag", "ack"})
_TALKS = frozenset({"sed", "git commit", "git tag", "git stash", "git log", "gh pr", "gh issue"})
_PRINTS = frozenset({"echo", "printf"})
_STORES = frozenset({"cat", "tee", "git commit"})
_BEFORE_A_PROGRAM = frozenset(
    {"sudo", "command", "time", "then", "do", "else", "if", "while", "until", "!", "{"}
)
_PIECES = late(
    r"""
    (?P<comment> (?<![^\s;&|(]) \#[^\n]* )
    | (?P<document> (?<!<)<<-?[ \t]* (?P<quote>['"]?) (?P<tag>\w+) (?P=quote)
        (?P<rest>[^\n]*) \n (?P<body>.*?) ^[ \t]*(?P=tag)[ \t]*$ )
    | (?P<file> \d*>>?(?![&>])(?!\s*/dev/) )
    | (?P<word> (?: '[^']*' | "(?:\\.|[^"\\])*" | \\. | [^\s;&|()<>'"\\] )+ )
    | (?P<end> \|\| | && | [;&|\n()] )
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)


class _Word(msgspec.Struct, frozen=True):
    start: int
    end: int
    text: str

    @property
    def is_quoted(self) -> bool:
        """Whether it is, or ends in, a quoted text in which nothing is run."""
        if self.text.endswith("'"):
            return True
        return self.text.endswith('"') and "$(" not in self.text and "`" not in self.text


class _Command(msgspec.Struct):
    """A simple command while it is read."""

    words: list[_Word] = []
    bodies: list[tuple[int, int]] = []  # of its here-documents
    to_file: bool = False
    to_command: bool = False


def without_text(line: str, is_meant: Callable[[str], bool]) -> str:
    """`line` without what is only text; all is kept of a program that `is_meant`, such as `grep` or `git commit`."""
    if len(line) > _LONGEST or line.count("<<") > _MOST_DOCUMENTS:
        return line
    kept, at = [], 0
    for start, end in sorted(_texts(line, is_meant)):
        kept += [line[at:start], _GAP]
        at = end
    return "".join([*kept, line[at:]])


def _texts(line: str, is_meant: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    command = _Command()
    for piece in _PIECES.finditer(line):
        match piece.lastgroup:
            case "comment":
                yield piece.span()
            case "word":
                command.words.append(_Word(*piece.span(), piece[0]))
            case "file":
                command.to_file = True
            case "document":
                command.bodies.append(piece.span("body"))
                command.to_command = "|" in piece["rest"]
            case _:
                command.to_command = command.to_command or piece[0] == "|"
                yield from _texts_of(command, is_meant)
                command = _Command()
    yield from _texts_of(command, is_meant)


def _texts_of(command: _Command, is_meant: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    program, arguments = _program(command.words)
    if is_meant(program):
        return
    quoted = [(word.start, word.end) for word in arguments if word.is_quoted]
    if program in _SEARCHES or program == "git grep":
        yield from set(quoted) | set(_pattern(arguments))
    elif program in _TALKS or (program in _PRINTS and command.to_file and not command.to_command):
        yield from quoted
    if program in _STORES and not command.to_command:
        yield from command.bodies


def _program(words: list[_Word]) -> tuple[str, list[_Word]]:
    """The name of the program, of those with subcommands with theirs, and its arguments."""
    for place, word in enumerate(words):
        if word.text in _BEFORE_A_PROGRAM or re.match(r"\w+=", word.text):
            continue
        name, arguments = word.text.rpartition("/")[2], words[place + 1 :]
        if name in ("git", "gh") and arguments:
            return f"{name} {arguments[0].text}", arguments[1:]
        return name, arguments
    return "", []


def _pattern(arguments: list[_Word]) -> Iterator[tuple[int, int]]:
    """What is searched for: the first argument that is no option and no option's number."""
    plain = (word for word in arguments if not word.text.startswith("-") and not word.text.isdigit())
    if pattern := next(plain, None):
        yield pattern.start, pattern.end
