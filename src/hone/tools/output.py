"""What a command printed, as a model should read it: without terminal codes, of bounded length, binary data named."""

import os

import msgspec

from hone.late import late

HEAD, TAIL = 3_000, 7_000  # characters of a long output that are shown
_PIECE = 262_144  # bytes read from each end of a larger file
_CODES = late(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours, cursor
    r"|\x1b[\]PX^_][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)?"  # titles, links
    r"|\x1b[ -/]*[0-~]?"
)
_CONTROLS = late(r"[\x00-\x08\x0b-\x1f\x7f]")
_BINARY_SHARE = 0.3


class Shown(msgspec.Struct, frozen=True):
    """A text for the model, and whether something of the output is missing from it."""

    text: str
    cut: bool


def show(descriptor: int, path: str, start: int = 0) -> Shown:
    """The output in a file from the byte `start` on; `path` is where the reader is sent for the rest."""
    size = max(os.fstat(descriptor).st_size - start, 0)
    if size <= 2 * _PIECE:
        data = os.pread(descriptor, size, start)
        if _is_binary(data):
            return Shown(f"[{size:,} bytes of binary output, not shown; all of it in {path}]", True)
        text = clean(data)
        left_out = len(text) - HEAD - TAIL
        head, tail = text[:HEAD], text[-TAIL:]
    else:
        first, last = os.pread(descriptor, _PIECE, start), os.pread(descriptor, _PIECE, start + size - _PIECE)
        if _is_binary(first):
            return Shown(f"[{size:,} bytes of binary output, not shown; all of it in {path}]", True)
        head, tail = clean(first)[:HEAD], clean(last)[-TAIL:]
        text, left_out = "", size - HEAD - TAIL
    if left_out <= 0:
        return Shown(text, False)
    return Shown(f"{head}\n[… {left_out:,} characters left out; all of it in {path}]\n{tail}", True)


def clean(data: bytes) -> str:
    """`data` as text: no terminal codes, of a progress bar only its last state, bytes that are not UTF-8 as �."""
    text = _CODES.sub("", data.decode("utf-8", "replace"))
    if "\r" in text:
        text = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    return _CONTROLS.sub("", text)


def _is_binary(data: bytes) -> bool:
    sample = data[:8192]
    if b"\0" not in sample:
        return False
    text = sample.decode("utf-8", "replace")
    return sum(char in "\0\ufffd" for char in text) > _BINARY_SHARE * len(text)
