"""Which lines of a file come nearest to a text that is not in it, and how they differ."""

import difflib

_MAX_SCANNED = 10_000  # lines
_MAX_SHOWN = 20  # lines
_MAX_LINE = 300  # characters
_SIMILAR = 0.6


def nearest_lines(text: str, wanted: str) -> str:
    """The lines of `text` nearest to `wanted`, with their numbers and what differs; empty if nothing is similar."""
    lines = text.split("\n")[:_MAX_SCANNED]
    target = wanted.strip("\n").split("\n")
    if not any(line.strip() for line in target):
        return ""
    start = _same_but_for_space(lines, target)
    if start is not None:
        said = f"Only white space differs: {_space_difference(lines[start:], target, start)}."
    else:
        start = _most_similar(lines, target)
        said = "The nearest:"
    if start is None:
        return ""
    found = lines[start : start + min(len(target), _MAX_SHOWN)]
    span = f"line {start + 1}" if len(found) == 1 else f"lines {start + 1}-{start + len(found)}"
    shown = "\n".join(line if len(line) <= _MAX_LINE else line[:_MAX_LINE] + "…" for line in found)
    return f"{said} {span.capitalize()}:\n{shown}"


def _same_but_for_space(lines: list[str], target: list[str]) -> int | None:
    squeezed = [" ".join(line.split()) for line in lines]
    wanted = [" ".join(line.split()) for line in target]
    for start in range(len(lines) - len(target) + 1):
        if squeezed[start] == wanted[0] and squeezed[start : start + len(target)] == wanted:
            return start
    return None


def _space_difference(lines: list[str], target: list[str], start: int) -> str:
    for number, (line, wanted) in enumerate(zip(lines, target, strict=False), start + 1):
        here, there = _indent(line), _indent(wanted)
        if here != there:
            return f"line {number} is indented by {_named(here)}, in old by {_named(there)}"
        if line.rstrip() == wanted.rstrip() and line != wanted:
            return f"line {number} ends with {_named(line[len(line.rstrip()) :])}, in old with {_named(wanted[len(wanted.rstrip()) :])}"
        if line != wanted:
            return f"line {number} is spaced differently"
    return "empty lines before or after it"


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _named(space: str) -> str:
    tabs, spaces = space.count("\t"), space.count(" ")
    parts = [
        f"{count} {name}{'s' * (count != 1)}" for count, name in ((tabs, "tab"), (spaces, "space")) if count
    ]
    return " and ".join(parts) or "nothing"


def _most_similar(lines: list[str], target: list[str]) -> int | None:
    """Where the block most like `target` begins: around a line like its longest one, most of the others being equal."""
    stripped = [line.strip()[:_MAX_LINE] for line in lines]
    wanted = [line.strip()[:_MAX_LINE] for line in target]
    longest = max(range(len(wanted)), key=lambda index: len(wanted[index]))
    anchors = difflib.get_close_matches(wanted[longest], list(dict.fromkeys(stripped)), 5, _SIMILAR)
    best, most = None, -1
    for anchor in anchors:  # best first
        for index, line in enumerate(stripped):
            if line == anchor:
                start = max(index - longest, 0)
                equal = sum(map(str.__eq__, stripped[start : start + len(wanted)], wanted))
                if equal > most:
                    best, most = start, equal
    return best
