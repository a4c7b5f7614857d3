"""What a tool call that ran proves by its success: the commands whose exit code it was, the file that it opened. Pure.

A command proves the words that it was run with, not what it was only given to print, to look for or to take in.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

import msgspec

from hone.changes.change import Tried
from hone.changes.rules.values import Piece, Words, holds, pieces
from hone.safety.commands import names

_ON_FILES = frozenset(("read", "write", "edit"))
_IDLE = names("echo printf : true false test [ [[ grep egrep fgrep rg ag alias logger")
_CLOSING = frozenset(("done", "fi", "esac", "}"))
# What may stand before the program that is meant.
_BEFORE = names(
    "sudo env time timeout nohup nice command exec do then else if while until ! { uv poetry pdm hatch bundle run "
    "python python3"
)
_BESIDE = re.compile(r"-|[A-Za-z_]\w*\+?=|\d+\w?$")  # an option, an assignment, a duration
_STOPS_AT_ERRORS = re.compile(r"-\w*e|errexit")
# Installs what the project's own manifest names: from elsewhere, but not by the word of another host.
_FROM_MANIFEST = re.compile(
    r"(?:(?:npm|pnpm|bun) (?:ci|i|install)|yarn(?: install)?|uv sync|(?:poetry|pdm|bundle|composer) install"
    r"|(?:python3? -m |uv )?pip3? install (?:-r requirements[\w.-]*\.txt|-e \.(?:\[[\w,-]+\])?)"
    r"|cargo fetch|go mod (?:download|tidy))(?: --?[a-z][\w-]*)*"
)


def proven_by(call: Tried) -> Iterator[Words]:
    """The commands that the success of `call` vouches for, as words: none if it may tell what another host said."""
    tried = tuple(tried_by(call))
    if call.trust != "external":
        yield from _proven(pieces(_command(call))) if call.tool == "shell" else tried
    elif all(words[0] == "cd" or _FROM_MANIFEST.fullmatch(" ".join(words)) for words in tried):
        yield from tried


def tried_by(call: Tried) -> Iterator[Words]:
    """The commands that `call` ran, the path that it was about."""
    if call.tool == "shell":
        yield from (piece.words for piece in pieces(_command(call)))
    elif call.tool in _ON_FILES:
        yield (str(_arguments(call).get("path", "")),)


def given_to(call: Tried) -> str:
    """All that `call` was given, as text."""
    return "\n".join(map(str, _arguments(call).values()))


def runs(run: Words, value: Words) -> bool:
    """Whether the command `run` is, or contains, what `value` says: its words in their order, from the program on.

    A value that is a single word or begins with an option may stand anywhere.
    """
    anywhere = len(value) == 1 or value[0].startswith("-")
    last = len(run) if anywhere else _program(run) + 1
    return any(_follow(run[at:], value) for at in range(min(last, len(run))))


def _follow(run: Words, value: Words) -> bool:
    """Whether `run` begins with the first word of `value` and has the others behind it."""
    if not holds(run[0], value[0]):
        return False
    rest = iter(run[1:])
    return all(any(holds(word, wanted) for word in rest) for wanted in value[1:])


def _proven(split: Sequence[Piece]) -> Iterator[Words]:
    """The commands that must have succeeded if the line did; of a pipe all, since the first one's failure shows."""
    first = split[0].words if split else ()
    strict = first[:1] == ("set",) and any(map(_STOPS_AT_ERRORS.match, first[1:]))
    joints = ("&&", "|", "|&", ";", "\n") if strict else ("&&", "|", "|&")
    counts = closes = bool(split) and split[-1].behind not in ("||", "&")
    for piece in reversed(split):
        counts = counts and (closes or piece.behind in joints)
        closes = piece.words[0] in _CLOSING
        if counts and not closes and _name(piece.words) not in _IDLE:
            yield piece.words


def _name(words: Words) -> str:
    at = _program(words)
    return PurePosixPath(words[at]).name if at < len(words) else ""


def _program(words: Words) -> int:
    """Where in `words` the program stands, behind assignments and what runs it; the number of words if there is none."""
    return next(
        (
            at
            for at, word in enumerate(words)
            if not _BESIDE.match(word) and PurePosixPath(word).name not in _BEFORE
        ),
        len(words),
    )


def _command(call: Tried) -> str:
    return str(_arguments(call).get("command") or "").strip()


def _arguments(call: Tried) -> dict[str, Any]:
    """The arguments as an object; empty if they are none."""
    try:
        written = msgspec.json.decode(call.arguments or "{}")
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {}
    return written if isinstance(written, dict) else {}
