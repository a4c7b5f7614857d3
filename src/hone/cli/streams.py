"""Standard streams that hold whatever comes: closed ones, narrow encodings, a reader who has gone. No business of their own."""

import codecs
import contextlib
import io
import os
import sys
from pathlib import Path
from typing import TextIO

from hone.errors import HoneError


def open_streams() -> None:
    """Let /dev/null stand in for closed streams, and write what an encoding lacks as escapes."""
    # In the order of their numbers, so that no closed 0, 1 or 2 is given to a file of ours.
    sys.stdin = sys.stdin or _null()
    sys.stdout = sys.stdout or _null()
    sys.stderr = sys.stderr or _null()
    codecs.register_error("hone.escapes", _escapes)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="hone.escapes")


def flush_streams() -> OSError | None:
    """Write what is left; why standard output did not take it all, or None."""
    failed = _flush(sys.stdout)
    _flush(sys.stderr)
    return failed


def put(line: str) -> None:
    """A line on standard output, at once. Raises HoneError if it cannot be written, BrokenPipeError if nobody reads."""
    try:
        print(line, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise output_error(error) from error


def say(line: str) -> None:
    """A line on standard error; where nobody reads it, it is not missed: work goes on."""
    with contextlib.suppress(OSError):
        print(line, file=sys.stderr, flush=True)


def output_error(error: OSError) -> HoneError:
    """`error` of standard output in one line."""
    return HoneError(f"standard output: {error.strerror}; write it elsewhere, or free some space")


def _null() -> TextIO:
    return io.TextIOWrapper(Path(os.devnull).open("r+b", buffering=0), "utf-8", write_through=True)


def _escapes(error: UnicodeError) -> tuple[str, int]:
    """As in JSON (`\\u00e9`), so that a line of JSON stays one."""
    assert isinstance(error, UnicodeEncodeError)
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2)), error.end


def _flush(stream: TextIO) -> OSError | None:
    try:
        stream.flush()
    except OSError as error:
        null = os.open(os.devnull, os.O_WRONLY)  # Python flushes once more at exit, and would complain
        os.dup2(null, stream.fileno())
        os.close(null)
        return error
    return None
