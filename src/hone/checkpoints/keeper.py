"""Takes the checkpoints of one session: before the first change of each turn, and, in the background, after the turn.

A checkpoint that cannot be had is no failure of the turn: why is recorded, and said when somebody wants to go back.
"""

import asyncio

from hone.checkpoints.records import Records
from hone.checkpoints.shadow import Shadow
from hone.clock import Clock
from hone.errors import HoneError
from hone.events import Attached

FIRST_SECONDS = 3.0
LATER_SECONDS = 1.0  # ten times what 10,000 files take on an idle machine
AFTER_SECONDS = 10.0  # nobody waits for it
_MOST_FAILURES = 2  # in a row; then a session does not try again
_MOST_BYTES = 500_000_000
_MOST_AGE = 30 * 86_400.0
_BETWEEN_PRUNES = 86_400.0
_SHOWN_PATHS = 20


class Keeper:
    """The checkpoints of the turns of `session`. Its methods are called on one event loop."""

    def __init__(self, shadow: Shadow, records: Records, session: str, clock: Clock) -> None:
        self._shadow = shadow
        self._records = records
        self._session = session
        self._clock = clock
        self._turn = 0  # the last one that has a checkpoint
        self._open = False  # whether that one still lacks its end
        self._failures = 0
        self._problem = ""
        self._ending: asyncio.Task[None] | None = None

    async def before_change(self) -> None:
        """Keep the files as they are, once a turn, before something may change them."""
        turn = self._records.present_turn(self._session)
        if turn == self._turn and self._open:
            return
        await self._ended()
        tree = None
        if self._failures < _MOST_FAILURES:
            seconds = LATER_SECONDS if self._shadow.exists else FIRST_SECONDS
            tree = await self._taken(seconds)
        self._records.begin(self._session, turn, str(self._shadow.workspace), tree, self._problem)
        self._turn, self._open = turn, True

    def turn_ended(self) -> None:
        """Keep the files as the turn leaves them, without making anybody wait."""
        if self._open and not self._problem:
            self._ending = asyncio.get_running_loop().create_task(self._end(self._turn))
        self._open = False

    def news(self) -> list[Attached]:
        """For the model: what the user took back since the last turn."""
        return [
            Attached(
                "note", "rewind", _told(rewind.turns, rewind.paths, back=rewind.undoes is None), "workspace"
            )
            for rewind in self._records.news(self._session)
        ]

    async def aclose(self) -> None:
        """Wait for the checkpoint of the last turn."""
        await self._ended()

    async def _end(self, turn: int) -> None:
        if tree := await self._taken(AFTER_SECONDS):
            self._records.end(self._session, turn, tree)
        now = self._clock.now()
        if now - self._shadow.pruned_at() > _BETWEEN_PRUNES:
            await self._prune(now - _MOST_AGE)

    async def _prune(self, until: float) -> None:
        """Forget what is old, and half of what is left if that is still too much."""
        workspace = str(self._shadow.workspace)
        for moment in (until, self._records.middle(workspace)):
            self._records.expire(workspace, moment)
            await asyncio.to_thread(self._shadow.prune, self._records.trees(workspace))
            if await asyncio.to_thread(self._shadow.size) <= _MOST_BYTES:
                return

    async def _taken(self, seconds: float) -> str | None:
        try:
            tree = await asyncio.to_thread(self._shadow.snapshot, seconds)
        except HoneError as error:
            self._failures += 1
            self._problem = str(error)
            return None
        self._failures, self._problem = 0, ""
        return tree

    async def _ended(self) -> None:
        if self._ending is not None:
            await self._ending
            self._ending = None


def _told(turns: tuple[int, ...], paths: tuple[str, ...], *, back: bool) -> str:
    which = f"turn {turns[0]}" if len(turns) == 1 else f"turns {turns[-1]} to {turns[0]}"
    more = f" and {len(paths) - _SHOWN_PATHS} more" if len(paths) > _SHOWN_PATHS else ""
    named = f"{', '.join(paths[:_SHOWN_PATHS])}{more}"
    if back:
        return f"<note>The user took back what was done to files in {which}: {named}. Read them again before you rely on them.</note>"
    return f"<note>The user brought back what had been taken back of {which}: {named}. Read them again before you rely on them.</note>"
