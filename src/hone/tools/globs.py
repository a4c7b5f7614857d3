"""Glob patterns over relative paths: `*`, `?`, `[…]`, `{a,b}`, and `**` for any directories."""

import fnmatch
import re
from collections.abc import Callable, Sequence

from hone.tools.access import Refusal

_MAX_ALTERNATIVES = 100
_Part = re.Pattern[str] | None  # None: any directories


def matcher(pattern: str) -> Callable[[str], bool]:
    """A test for paths relative to the searched directory. A pattern without `/` is for the last part alone.

    Raises Refusal for a pattern that cannot be one.
    """
    compiled = [_parts(alternative) for alternative in _expanded(pattern)]
    return lambda path: any(_matches(path.split("/"), parts) for parts in compiled)


def _expanded(pattern: str) -> list[str]:
    done: list[str] = []
    waiting = [pattern]
    while waiting:
        if len(done) + len(waiting) > _MAX_ALTERNATIVES:
            raise Refusal(f"pattern has more than {_MAX_ALTERNATIVES} alternatives; use fewer braces")
        current = waiting.pop()
        braces = re.search(r"\{([^{}]*)\}", current)
        if braces is None:
            done.append(current)
        else:
            before, after = current[: braces.start()], current[braces.end() :]
            waiting += [f"{before}{choice}{after}" for choice in braces[1].split(",")]
    return done


def _parts(pattern: str) -> list[_Part]:
    if pattern.endswith("/"):
        pattern += "**"
    names = [name for name in pattern.split("/") if name not in ("", ".")]
    if len(names) == 1:
        names.insert(0, "**")
    parts: list[_Part] = []
    for name in names:
        if name != "**":
            parts.append(_compiled(name))
        elif parts[-1:] != [None]:
            parts.append(None)
    return parts


def _compiled(name: str) -> re.Pattern[str]:
    try:
        return re.compile(fnmatch.translate(name))
    except re.error as error:
        raise Refusal(f"pattern cannot be understood at {name!r}: {error}") from error


def _matches(path: Sequence[str], parts: Sequence[_Part]) -> bool:
    if not parts:
        return not path
    if parts[0] is None:
        return len(parts) == 1 or any(_matches(path[skip:], parts[1:]) for skip in range(len(path) + 1))
    return bool(path) and parts[0].match(path[0]) is not None and _matches(path[1:], parts[1:])
