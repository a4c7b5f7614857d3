"""The watch over a session's turns: at the end of each, whether it is worth a review. Plain code over recorded events."""

from collections.abc import Callable, Collection, Iterator, Sequence

from hone.clock import Clock
from hone.database import Execute
from hone.events import AnyEvent, Attached, LearningNote, ToolFinished, TurnFinished, TurnStarted
from hone.history.rows import Recorded
from hone.history.store import History
from hone.jobs.nudge import Nudge, Reason
from hone.jobs.queue import Queue
from hone.learning.conclude import Write, noted
from hone.learning.correction import is_correction
from hone.learning.friction import mine
from hone.learning.nudge import LONG, reasons_for

HELD_SECONDS = 600.0
"""How long a nudge waits at most for the next message of a conversation, which may be a correction."""

Record = Callable[[Execute, TurnFinished, Sequence[AnyEvent], Collection[str]], None]

_FAILED = """
    UPDATE turns SET outcome = 'bad', outcome_source = 'correction'
    WHERE session = ? AND turn = ? AND outcome = 'unknown'
"""
_WORDS: dict[Reason, str] = {
    "fix": "a failure was overcome",
    "correction": "the user corrected the agent",
    "misfire": "a loaded skill led to failures",
    "long_work": "it was long work with failures",
    "remember": "the agent was asked to remember how it is done",
    "learn": "the user asked for it",
}


class Watch:
    """Concludes the turns of a process. `hold` keeps nudges until the next message or `Queue.release`.

    `record` is told of each turn, with its events and the skills that misfired, while it is written.
    """

    def __init__(
        self,
        history: History,
        queue: Queue,
        clock: Clock,
        long_work_pays: Callable[[], bool],
        *,
        hold: bool,
        record: Record = lambda _execute, _finished, _events, _misfired: None,
    ) -> None:
        self._history = history
        self._queue = queue
        self._clock = clock
        self._long_work_pays = long_work_pays
        self._hold = hold
        self._record = record

    def __call__(self, session: str, finished: TurnFinished) -> tuple[TurnFinished, Write]:
        """The end with a note, and the writing of the nudge. A correction takes the nudge of the turn before into its own."""
        events = self._history.events(session, finished.turn)
        before = self._history.events(session, finished.turn - 1) if finished.turn > 1 else ()
        episodes = mine((*loads_before(self._history, session, finished.turn), *events))
        pays = finished.tool_calls < LONG or self._long_work_pays()
        reasons = reasons_for(events, finished, episodes, long_work_pays=pays)
        corrected = bool(before) and is_correction(_request(events), before)
        if corrected and "correction" not in reasons:
            reasons = (*reasons, "correction")

        def write(execute: Execute) -> None:
            if not corrected:
                self._queue.release(execute, session)
            if reasons:
                self._queue.add(execute, self._nudge(session, finished.turn, reasons, corrected=corrected))
            if corrected:
                execute(_FAILED, (session, finished.turn - 1))
            misfired = frozenset(each.skill for each in episodes if each.kind == "misfire")
            self._record(execute, finished, [each.event for each in events], misfired)

        words = "; ".join(_WORDS[each] for each in reasons) or "nothing was hard"
        return noted(finished, LearningNote(bool(reasons), words)), write

    def _nudge(self, session: str, turn: int, reasons: tuple[Reason, ...], *, corrected: bool) -> Nudge:
        now = self._clock.now()
        return Nudge(
            session=session,
            first_turn=turn - 1 if corrected else turn,
            turn=turn,
            reasons=reasons,
            created=now,
            not_before=now + HELD_SECONDS if self._hold else now,
        )


def loads_before(history: History, session: str, turn: int) -> Iterator[Recorded]:
    """The events by which skills came into the session before `turn`: what they say may mislead later, too."""
    for earlier in history.turns(session):
        if earlier.turn < turn and earlier.skills:
            for recorded in history.events(session, earlier.turn):
                event = recorded.event
                attached = isinstance(event, Attached) and event.kind == "skill"
                if attached or (isinstance(event, ToolFinished) and event.reply.name == "skill"):
                    yield recorded


def _request(events: Sequence[Recorded]) -> str:
    return next((each.event.text for each in events if isinstance(each.event, TurnStarted)), "")
