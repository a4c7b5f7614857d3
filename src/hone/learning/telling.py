"""The telling part of an output: the lines that name the error, among the many that surround it."""

import re
from collections.abc import Sequence

from hone.learning.calls import MOST, shortened
from hone.learning.outcome import says

_LINES = 30  # at either end of an output that are looked at; of those between, the ones that name an error
_SEARCHED = 20_000  # characters between
_NAMED = re.compile(r"\b(?:error|fatal|exception|panic)\b", re.IGNORECASE)
_MARKS = re.compile(r"^\[(?:exit \d+|working directory: .*|j\d+ .*|lines .*)\]$")
_NOISE = re.compile(
    r"Traceback \(most recent|During handling|The above exception|A complete log of this run|npm (?:ERR!|error) (?:code|errno|path|syscall|command|Lifecycle|workspace|cwd)\b"
    r"|make(?:\[\d+\])?: (?:\*\*\*|Entering|Leaving)|.*Command failed with exit code|.*exit status \d+$|ELIFECYCLE|.*\b0 (?:errors|failed)"
    r"|=+ .* =+$|> \S+@|\s+at |^\s*\^+\s*$|.*For more information|.*note: run with|warning:",
    re.IGNORECASE,
)
_NAMES = re.compile(
    r"^(?:\S+: )?[\w.]*(?:Error|Exception|Failure|panic|fatal|ERROR|FATAL)\b:?|error(?:\[\w+\])?: ",
    re.IGNORECASE,
)
_HINTS = (
    *(
        "error",
        "fatal",
        "exception",
        "fail",
        "cannot",
        "can't",
        "could not",
        "not found",
        "not set",
        "not installed",
    ),
    *(
        "not allowed",
        "not permitted",
        "not supported",
        "not defined",
        "denied",
        "refused",
        "missing",
        "require",
    ),
    *(
        "must",
        "undefined",
        "unable",
        "invalid",
        "no such",
        "unknown",
        "pending",
        "unauthori",
        "forbidden",
        "timed out",
    ),
    *(
        "expected",
        "unrecognized",
        "conflict",
        "mismatch",
        "already",
        "no rule",
        "no module",
        "did you mean",
        "usage",
    ),
)


def telling_part(text: str) -> str:
    """One or two lines of an output that say what was wrong, at most 300 characters; its end if none does."""
    lines = text.splitlines()
    if len(lines) > 2 * _LINES:
        lines = [*lines[:_LINES], *_naming(lines[_LINES:-_LINES]), *lines[-_LINES:]]
    lines = [line.strip() for line in lines if line.strip()]
    said = [line for line in lines if not _MARKS.match(line)]
    scored = [(_score(line), at) for at, line in enumerate(said)]
    best = max(scored, default=(0, -1))
    if best[0] <= 0:
        return shortened(" · ".join(said[-2:] or lines[-1:]))
    at = best[1]
    first = said[at]
    behind = said[at + 1] if at + 1 < len(said) and scored[at + 1][0] > 0 else ""
    both = f"{first} · {behind}" if behind else first
    return shortened(both if len(both) <= MOST else first)


def _naming(middle: Sequence[str]) -> list[str]:
    """The last lines of a long middle that name an error."""
    searched = "\n".join(middle)[-_SEARCHED:]
    places = [match.start() for match in _NAMED.finditer(searched)][-_LINES:]
    ends = ((searched.rfind("\n", 0, at) + 1, searched.find("\n", at)) for at in places)
    return list(dict.fromkeys(searched[start : end if end >= 0 else None] for start, end in ends))


def _score(line: str) -> int:
    if not says(line, _HINTS) or _NOISE.match(line):
        return 0
    return 2 if _NAMES.match(line) else 1
