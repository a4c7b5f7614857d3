"""Text in a terminal's cells: how wide it is, and how it is cut and wrapped. No escape sequences in, none out."""

from prompt_toolkit.utils import get_cwidth


def cut(text: str, width: int, more: str = "…") -> str:
    """`text` on one line in at most `width` cells."""
    line = " ".join(text.split())
    if get_cwidth(line) <= width:
        return line
    kept, left = "", max(width - get_cwidth(more), 0)
    for char in line:
        left -= get_cwidth(char)
        if left < 0:
            break
        kept += char
    return (kept + more)[: max(width, 0)]


def wrapped(text: str, width: int) -> list[str]:
    """The lines of `text`, those that are too wide broken anywhere."""
    return [piece for line in text.split("\n") for piece in _pieces(line.expandtabs(4), max(width, 1))]


def _pieces(line: str, width: int) -> list[str]:
    pieces, piece, taken = [], "", 0
    for char in line:
        cells = get_cwidth(char)
        if taken + cells > width and piece:
            pieces.append(piece)
            piece, taken = "", 0
        piece, taken = piece + char, taken + cells
    return [*pieces, piece]
