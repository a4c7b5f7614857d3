"""Which model plays which role in one process: those of the settings, one that a program brought, one that the user chose later."""

from collections.abc import Callable

from hone.clock import Clock
from hone.models.base import Model
from hone.models.executor import Executor
from hone.models.redacting import RedactingModel
from hone.models.roles import Models
from hone.prefix import COMPACT, FULL, Form
from hone.prompt.compact import ASSUMED_WINDOW, Means


class Cast:
    """The models of a process, none of which sees a secret. `brought` by a program takes the place of all of them."""

    def __init__(self, models: Models, brought: Model | None, redact: Callable[[str], str]) -> None:
        self.brought = brought
        self._models = models
        self._redact = redact
        self._chosen: str | None = None
        self.main = RedactingModel(brought or models.role("main"), redact)
        self.form: Form = COMPACT if models.wants_compact("main") else FULL

    @property
    def names(self) -> tuple[str, ...]:
        """The models of the settings, as `choose` takes them."""
        return self._models.names

    @property
    def window(self) -> int | None:
        """Tokens that the main model takes, as far as it is known."""
        return self._models.window_of(self._chosen) if self._chosen else self._models.context_window("main")

    def choose(self, name: str) -> None:
        """Another main model from here on, by its name as for `--model`. Raises NotFound, ConfigError."""
        self.main = RedactingModel(self._models.named(name), self._redact)
        self._chosen = name

    def executor(self, is_proven: Callable[[str], bool], gave_back: Callable[[], bool]) -> Executor:
        """Who works on the turns of a session, as in `Executor`. Raises NotFound."""
        chosen = None if self.brought else self._models.executor()
        model = RedactingModel(chosen, self._redact) if chosen else None
        returned = model is not None and gave_back()
        return Executor(model, lambda: self.main, is_proven, returned=returned)

    def means(self, executor: Executor, clock: Clock) -> Means:
        """What compaction works with."""
        models, brought = self._models, self.brought
        return Means(
            routine=lambda: RedactingModel(brought or models.role("routine"), self._redact),
            window=lambda: self._room(executor),
            routine_window=lambda: models.room("main" if brought else "routine"),
            redact=self._redact,
            clock=clock,
        )

    def _room(self, executor: Executor) -> int | None:
        """Tokens that a request may have, also if the executor gives the turn back."""
        room = self._models.room("main", self._chosen)
        if executor.use != "kept":
            return room
        return min(room or ASSUMED_WINDOW, self._models.room("executor") or ASSUMED_WINDOW)
