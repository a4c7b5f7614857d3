"""One user turn, top to bottom: what was typed, the loop, the record, the nudge, the end. The page to read first.

`session` calls it and owns what outlives a turn; `loop` does the work; `history` has every event before anyone sees it.
"""

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from hone.clock import Clock
from hone.config.settings import Limits
from hone.errors import NoSandbox, ProviderError
from hone.events import PASSING, AnyEvent, Attached, StepStarted, TurnFinished, TurnStarted, Withheld
from hone.git import Git
from hone.history.store import History
from hone.learning.conclude import Conclude, no_learning
from hone.loop import Ending, Hooks, Loop, MakeRoom, no_room, run_loop
from hone.messages import Message, ToolCall, ToolReply, User
from hone.models.executor import Worker
from hone.tally import tally
from hone.tools.execute import BeforeCall, Guard, Toolbox, unguarded


class Desk(msgspec.Struct, frozen=True):
    """What a session lends to its turns. `messages` grows with them; `heard` gives what came up since it last did."""

    session: str
    messages: list[Message]
    worker: Worker
    toolbox: Toolbox
    history: History
    git: Git
    limits: Limits
    clock: Clock
    show: Callable[[AnyEvent], None]
    redact: Callable[[str], str] = str
    guard: Guard = unguarded
    heard: Callable[[], Sequence[Attached]] = tuple
    conclude: Conclude = no_learning
    make_room: MakeRoom = no_room


async def run_turn(desk: Desk, text: str, attached: Sequence[Attached | Withheld] = ()) -> TurnFinished:
    """Answer `text`. Failures of the provider or the sandbox are endings; cancellation is recorded and raised again."""
    started = TurnStarted(text)
    record = _Record(desk, desk.history.start_turn(desk.session, started), [started])
    desk.show(started)
    for attachment in attached:
        record.emit(attachment)
    desk.messages.append(user_message(text, attached))
    return await _work(desk, record)


async def resume_turn(
    desk: Desk, turn: int, recorded: Sequence[AnyEvent], pending: Sequence[ToolCall]
) -> TurnFinished:
    """Go on with a turn that stopped, from its recorded events; `pending` are calls of its last step still to be run."""
    return await _work(desk, _Record(desk, turn, list(recorded)), pending)


def user_message(text: str, attached: Sequence[Attached | Withheld]) -> User:
    """The request as the model sees it: the user's words, then what hone attached to them."""
    return User("\n\n".join([text, *(each.text for each in attached if isinstance(each, Attached))]))


class _Record:
    """Appends to the history first, then shows; keeps the turn's durable events for its sums."""

    def __init__(self, desk: Desk, turn: int, events: list[AnyEvent]) -> None:
        self.desk, self.turn, self.events, self.begun = desk, turn, events, desk.clock.monotonic()
        self.step = max((event.step for event in events if isinstance(event, StepStarted)), default=0)

    def emit(self, event: AnyEvent) -> None:
        if not isinstance(event, PASSING):
            self.step = event.step if isinstance(event, StepStarted) else self.step
            self.events.append(event)
            self.desk.history.append(self.desk.session, self.turn, self.step, event)
        self.desk.show(event)

    def finish(self, ending: Ending) -> TurnFinished:
        desk, seconds = self.desk, self.desk.clock.monotonic() - self.begun
        finished, nudge = desk.conclude(desk.session, tally(self.turn, self.events, ending, seconds))
        desk.history.finish_turn(desk.session, self.turn, finished, nudge)
        desk.show(finished)
        return finished


async def _work(desk: Desk, record: _Record, pending: Sequence[ToolCall] = ()) -> TurnFinished:
    tree = asyncio.create_task(_record_working_tree(desk, record.turn))

    async def execute(calls: Sequence[ToolCall], before_call: BeforeCall) -> list[ToolReply]:
        await tree  # the tree as it was before this turn could change it
        return await desk.toolbox.execute(calls, before_call, record.emit)

    def heard(_calls: Sequence[ToolCall], _replies: Sequence[ToolReply]) -> Sequence[User]:
        said = desk.heard()
        for attachment in said:
            record.emit(attachment)
        return [User(attachment.text) for attachment in said]

    hooks = Hooks(desk.guard(record.events, record.emit), heard, desk.make_room)
    model = desk.worker(record.events, record.emit)
    loop = Loop(model, desk.toolbox.specs, execute, record.emit, desk.limits, desk.clock, hooks)
    try:
        if pending:
            desk.messages.extend(await execute(pending, hooks.before_call))
        ending = await run_loop(loop, desk.messages, record.step + 1)
    except (ProviderError, NoSandbox) as error:
        ending = Ending("provider" if isinstance(error, ProviderError) else "refused", reason=str(error))
    except asyncio.CancelledError:
        record.finish(Ending("interrupted", reason="stopped by the user"))
        raise
    finally:
        tree.cancel()
    return record.finish(ending)


async def _record_working_tree(desk: Desk, turn: int) -> None:
    desk.history.set_git_state(desk.session, turn, await desk.git.state())
