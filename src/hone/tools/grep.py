"""A stand-in for ripgrep, run as a program of its own: so a slow regular expression can be killed.

Standard input: file names separated by NUL. Arguments: the regular expression. Output: `name NUL number:line`.
"""

import re
import sys
from collections.abc import Iterable, Iterator

_MAX_LINE = 10_000  # bytes of a line that are looked at


def main(pattern: str, names: bytes) -> int:
    """Print the matching lines; 2 if `pattern` is no regular expression, as ripgrep does."""
    try:
        expression = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for line in matching_lines(expression, names.split(b"\0") if names else ()):
        sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
    return 0


def matching_lines(expression: re.Pattern[str], names: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of the answer; files that are binary or cannot be read are left out."""
    for name in names:
        try:
            with open(name, "rb") as file:  # noqa: PTH123 - names are bytes
                if b"\0" in file.peek(8192)[:8192]:
                    continue
                for number, line in enumerate(file, 1):
                    shown = line.rstrip(b"\r\n")[:_MAX_LINE]
                    if expression.search(shown.decode("utf-8", "replace")):
                        yield b"%s\0%d:%s\n" % (name, number, shown)
        except OSError:
            continue


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1], sys.stdin.buffer.read()))
    except BrokenPipeError:
        sys.exit(0)
