"""The role `executor`: a turn that begins with a proven skill is done by another model, until that one gives it back.

Everything is decided by the events of the turn, so a resumed turn goes on as it was. Which model has the role is `roles`'.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal

import msgspec

from hone.errors import ProviderError
from hone.events import AnyEvent, Attached, Notice, Retrying, StepFinished, StepStarted, ToolFinished, Tripped
from hone.models.base import Model, Progress, Reply, Request

Use = Literal["kept", "returned"]
"""What the executor did with a turn: all of it, or it gave it back to the main model."""

Emit = Callable[[AnyEvent], None]
Worker = Callable[[Sequence[AnyEvent], Emit], Model]
"""(the events of a turn, which grow as it goes on; where to tell of more) -> the model for that turn."""

_PATIENCE = 2  # calls that fail in a row


class Executor:
    """The executor of one session. `model` has the role, None: nobody has; `is_proven` says it of a skill, by its name.

    `main` gives the model of all other turns. `returned`: an earlier turn of the session was given back, and it gets no
    other. `use` is what it did with the last turn, None if that was none of its own.
    """

    def __init__(
        self,
        model: Model | None,
        main: Callable[[], Model],
        is_proven: Callable[[str], bool],
        *,
        returned: bool = False,
    ) -> None:
        self.use: Use | None = None
        self._model = model
        self._main = main
        self._is_proven = is_proven
        self._returned = returned

    def worker(self, events: Sequence[AnyEvent], emit: Emit) -> Model:
        """The model for the turn of `events`: a `Worker`."""
        self.use = None
        if self._model is None or self._returned or not any(map(self._is_proven, _attached(events))):
            return self._main()
        self.use = "kept"
        return _Relay(self, (self._model, self._main()), events, emit)

    def give_back(self) -> None:
        """This turn and all later ones of the session are the main model's."""
        self._returned = True
        self.use = "returned"


def failed_twice(events: Iterable[AnyEvent]) -> bool:
    """Whether two calls in a row failed. One that a tripwire stopped neither failed nor succeeded."""
    failures = 0
    stopped: set[str] = set()
    for event in events:
        match event:
            case StepFinished():
                stopped.clear()  # ids of calls may come again in later steps
            case Tripped(passed=False, call=call):
                stopped.add(call.id)
            case ToolFinished(reply=reply) if reply.call_id not in stopped:
                failures = 0 if reply.ok else failures + 1
                if failures == _PATIENCE:
                    return True
            case _:
                pass
    return False


def _attached(events: Iterable[AnyEvent]) -> Iterator[str]:
    """The skills that came with the request; what came later was not there to be followed from the start."""
    for event in events:
        if isinstance(event, StepStarted):
            return
        if isinstance(event, Attached) and event.kind == "skill":
            yield event.name


class _Relay:
    """One turn: the executor's until it fails, `main`'s from there on, beginning with the very request that failed."""

    def __init__(
        self, executor: Executor, models: tuple[Model, Model], events: Sequence[AnyEvent], emit: Emit
    ) -> None:
        self._executor = executor
        self._model, self._main = models
        self._events = events
        self._emit = emit

    @property
    def name(self) -> str:
        """`provider:model` of the one that is asked next."""
        is_over = self._executor.use == "returned" or failed_twice(self._events)
        return self._main.name if is_over else self._model.name

    async def complete(self, request: Request, progress: Progress) -> Reply:
        """A reply of the executor or, once it has failed, of the main model. Raises that one's ProviderError."""
        if self._executor.use == "kept" and failed_twice(self._events):
            self._give_back("failed twice in a row")
        if self._executor.use == "kept":
            try:
                reply = await self._model.complete(request, progress)
                return msgspec.structs.replace(reply, role="executor")
            except ProviderError as error:
                progress(Retrying(str(error), 0.0, self._main.name))  # what was streamed of it is void
                self._give_back(f"gave no answer ({error})")
        return await self._main.complete(request, progress)

    async def aclose(self) -> None:
        """The connections are closed by whoever built the models."""

    def _give_back(self, why: str) -> None:
        self._executor.give_back()
        notice = Notice(f"executor {self._model.name} {why}: {self._main.name} goes on")
        if notice not in self._events:  # a resumed turn has told of it
            self._emit(notice)
