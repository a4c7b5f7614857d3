"""What learning says of a turn at its end, as a type: a note for the result, and what is written with the turn or not at all.

`hone.learning.watch` is the one that learns.
"""

from collections.abc import Callable

import msgspec

from hone.database import Execute
from hone.events import LearningNote, TurnFinished

Write = Callable[[Execute], None]
Conclude = Callable[[str, TurnFinished], tuple[TurnFinished, Write]]
"""(session, end of the turn) -> the end with its note on learning, and what is to be written with it."""


def no_learning(_session: str, finished: TurnFinished) -> tuple[TurnFinished, Write]:
    """Learning is off."""
    return noted(finished, LearningNote(queued=False, reason="learning is off")), lambda _execute: None


def noted(finished: TurnFinished, note: LearningNote) -> TurnFinished:
    """`finished` with its note."""
    return msgspec.structs.replace(finished, learning=note)
