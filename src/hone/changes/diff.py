"""What changes do, as text for people: unified diffs. Pure; colours are the face's business."""

import difflib
from collections.abc import Iterator, Sequence

from hone.changes.change import Effect

_NOWHERE = "/dev/null"


def unified(effects: Sequence[Effect]) -> str:
    """A unified diff of `effects`, empty if they change nothing. What is not UTF-8 is replaced by marks."""
    return "".join(f"{line}\n" for effect in effects for line in _diff(effect))


def _diff(effect: Effect) -> Iterator[str]:
    if effect.moved_to:
        yield f"moved {effect.path} to {effect.moved_to}"
        return
    lines = difflib.unified_diff(
        _lines(effect.before),
        _lines(effect.after),
        _NOWHERE if effect.before is None else effect.path,
        _NOWHERE if effect.after is None else effect.path,
        lineterm="",
    )
    for line in lines:
        yield from line.removesuffix("\n").split("\n")


def _lines(data: bytes | None) -> list[str]:
    """The lines, each with its end; a last one without says so, as diffs do."""
    *whole, rest = (data or b"").decode("utf-8", "replace").split("\n")
    return [f"{line}\n" for line in whole] + ([f"{rest}\n\\ no newline at the end"] if rest else [])
