"""Several models as one: when one fails, the next is asked."""

from collections.abc import Sequence

from hone.errors import ProviderError
from hone.events import Retrying
from hone.models.base import Model, Progress, Reply, Request


class FallbackModel:
    """A chain of models, in order of preference, except that the one that answered last is asked first.

    So a dead endpoint is waited for once, and a prompt cache stays in use.
    """

    def __init__(self, models: Sequence[Model]) -> None:
        self._models = list(models)

    @property
    def name(self) -> str:
        """`provider:model` of the one that is asked first."""
        return self._models[0].name

    async def complete(self, request: Request, progress: Progress) -> Reply:
        """The reply of the first model that gives one. Raises the last one's ProviderError."""
        chain = list(self._models)
        for position, model in enumerate(chain):
            try:
                reply = await model.complete(request, progress)
            except ProviderError as error:
                if position + 1 == len(chain):
                    raise _after_all(error, chain) from error
                progress(Retrying(str(error), 0.0, chain[position + 1].name))
            else:
                self._models = [model, *(other for other in self._models if other is not model)]
                return reply
        raise AssertionError("a chain has at least one model")

    async def aclose(self) -> None:
        """Close all models' connections."""
        for model in self._models:
            await model.aclose()


def _after_all(error: ProviderError, chain: Sequence[Model]) -> ProviderError:
    names = ", ".join(model.name for model in chain)
    return type(error)(
        f"{error} (all {len(chain)} models of the chain failed: {names})",
        status=error.status,
        retry_after=error.retry_after,
    )
