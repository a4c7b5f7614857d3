"""Which model does what: the settings' providers and roles as models, built when first asked for."""

import contextlib
import random
import re
from collections.abc import Callable

from hone.clock import Clock
from hone.config.settings import ModelEntry, Provider, Role, Settings
from hone.errors import AuthError, ConfigError, NoModel, NotFound
from hone.models.base import Model, Progress, Reply, Request
from hone.models.chat import ChatModel, Endpoint
from hone.models.endpoint import is_web_address
from hone.models.fallback import FallbackModel
from hone.models.learned import Dialects
from hone.models.retry import ATTEMPTS, ATTEMPTS_WITH_A_SUBSTITUTE

# a size (7b, e2b), a quantization (q4_0, fp16), a version (v0.3) or one of the usual words
_TAG = re.compile(r"\d|e\d+b\b|i?q\d_|b?fp?16\b|v\d|(latest|free|instruct|chat|cloud)\b")

Expand = Callable[[str, str], str]
"""(text, where) -> the text with `${NAME}` replaced; raises ConfigError."""


class Models:
    """The models of the settings. Nothing is expanded, built or connected before a role is asked for."""

    def __init__(
        self,
        settings: Settings,
        expand: Expand,
        clock: Clock,
        rng: random.Random,
        dialects: Dialects | None = None,
    ) -> None:
        self._dialects = dialects
        self._settings = settings
        self._expand = expand
        self._clock = clock
        self._rng = rng
        self._chats: dict[tuple[str, int], ChatModel] = {}
        self._chains: dict[tuple[str, ...], FallbackModel] = {}

    def role(self, role: Role) -> Model:
        """The model, or chain of models, for `role`. Raises NoModel, NotFound, and ConfigError as `chat` does."""
        return self.named(*self._references(role))

    def named(self, *references: str) -> Model:
        """The model, or chain of models, of `provider:model` or `model`. Raises as `role` does."""
        choices = [self._resolved(reference) for reference in references]
        if len(choices) == 1:
            return self.chat(*choices[0])
        names = tuple(_name(*choice) for choice in choices)
        if names not in self._chains:
            chain = [_OnDemand(self, *choice, ATTEMPTS_WITH_A_SUBSTITUTE) for choice in choices[:-1]]
            self._chains[names] = FallbackModel([*chain, _OnDemand(self, *choices[-1], ATTEMPTS)])
        return self._chains[names]

    def executor(self) -> Model | None:
        """The model, or chain of models, of the role `executor` if it is set; its other settings may be wrong as long as it
        is not asked. Raises NotFound.
        """
        if not self._settings.roles.executor:
            return None
        choices = [self._resolved(reference) for reference in self._references("executor")]
        chain = [_OnDemand(self, *choice, ATTEMPTS_WITH_A_SUBSTITUTE) for choice in choices]
        return FallbackModel(chain) if len(chain) > 1 else chain[0]

    def endpoint(self, reference: str) -> Endpoint:
        """Where `provider:model` or `model` is asked, and its entry. Raises as `role` does."""
        return self._endpoint(*self._resolved(reference))

    def context_window(self, role: Role) -> int | None:
        """Tokens that fit every model of the role's chain, as far as the settings know; None if they do not."""
        return self.window_of(*self._references(role))

    def window_of(self, *references: str) -> int | None:
        """The same for models by their names."""
        known = [entry.context for _, entry in map(self._resolved, references) if entry.context]
        return min(known, default=None)

    def room(self, role: Role, chosen: str | None = None) -> int | None:
        """Tokens that a request may have: the window, less the longest reply that is asked for; None if nobody knows.

        `chosen` is a model that the user took in the place of the role's.
        """
        if not self._settings.providers:
            return None
        entries = [self._resolved(name)[1] for name in ([chosen] if chosen else self._references(role))]
        rooms = (
            max(each.context - (each.max_output or 0), each.context // 2) for each in entries if each.context
        )
        return min(rooms, default=None)

    def wants_compact(self, role: Role) -> bool:
        """Whether the first model of the role's chain is to have the compact prompt."""
        if not self._settings.providers:
            return False
        return self._resolved(self._references(role)[0])[1].prompt == "compact"

    @property
    def names(self) -> tuple[str, ...]:
        """All models that the settings list, as `provider:model`."""
        every = ((provider, model) for provider in self._settings.providers for model in provider.models)
        return tuple(_name(provider, _entry(model)) for provider, model in every)

    def known_secrets(self) -> tuple[str, ...]:
        """The keys of all providers, and their headers made of variables: what must never be stored or shown."""
        secrets: set[str] = set()
        for provider in self._settings.providers:
            headers = (value for value in provider.headers.values() if "${" in value)
            for text in (provider.api_key, *headers):
                with contextlib.suppress(ConfigError):  # a variable that is not set holds no secret
                    secrets.add(self._expand(text, f"provider {provider.name}").strip())
        return tuple(sorted(secrets - {""}))

    async def aclose(self) -> None:
        """Close all connections; the models can be used again."""
        for chat in self._chats.values():
            await chat.aclose()

    def _references(self, role: Role) -> tuple[str, ...]:
        """`provider:model` or `model` for each model of the role's chain; an unset role is another role's."""
        chosen = getattr(self._settings.roles, role)
        if chosen:
            return (chosen,) if isinstance(chosen, str) else tuple(chosen)
        if role == "embed":
            raise NoModel("no model for embeddings is set; set roles.embed in config.yaml")
        first = self._first_provider()
        models = [_name(first, _entry(model)) for model in first.models]
        if role == "routine" and len(models) > 1:
            return (models[1],)
        if role != "main":
            return self._references("main")
        if not models:
            raise NoModel(f"provider {first.name!r} lists no models; add one under models: in config.yaml")
        return (models[0],)

    def _first_provider(self) -> Provider:
        if not self._settings.providers:
            raise NoModel("no model is configured; run hone setup")
        return self._settings.providers[0]

    def _resolved(self, reference: str) -> tuple[Provider, ModelEntry]:
        first = self._first_provider()
        providers = {provider.name: provider for provider in self._settings.providers}
        prefix, colon, rest = reference.partition(":")
        if colon and rest and prefix in providers:
            return providers[prefix], _listed(providers[prefix], rest) or ModelEntry(id=rest)
        for provider in providers.values():
            if entry := _listed(provider, reference):
                return provider, entry
        if colon and not _looks_like_a_tag(prefix, rest):
            raise NotFound("provider", prefix, providers)
        return first, ModelEntry(id=reference)

    def chat(self, provider: Provider, entry: ModelEntry, attempts: int = ATTEMPTS) -> ChatModel:
        """The one model object for `entry` of `provider`. Raises ConfigError for a missing variable or a bad api_base."""
        key = (_name(provider, entry), attempts)
        if key not in self._chats:
            endpoint = self._endpoint(provider, entry)
            self._chats[key] = ChatModel(endpoint, self._clock, self._rng, attempts, self._dialects)
        return self._chats[key]

    def _endpoint(self, provider: Provider, entry: ModelEntry) -> Endpoint:
        where = f"provider {provider.name}"
        key = self._expand(provider.api_key, where).strip()
        headers = {name: self._expand(value, where) for name, value in provider.headers.items()}
        api_base = self._expand(provider.api_base, where).strip()
        endpoint = Endpoint(provider.name, api_base, key, entry, headers, provider.idle_timeout)
        if not is_web_address(api_base):
            raise ConfigError(
                f"{where}: api_base {endpoint.shown_base!r} in config.yaml must begin with http:// or https:// and name a host"
            )
        return endpoint


class _OnDemand:
    """A model of a chain, whose settings may be wrong as long as it is not asked."""

    def __init__(self, models: Models, provider: Provider, entry: ModelEntry, attempts: int) -> None:
        self._models, self._provider, self._entry, self._attempts = models, provider, entry, attempts

    @property
    def name(self) -> str:
        return _name(self._provider, self._entry)

    async def complete(self, request: Request, progress: Progress) -> Reply:
        try:
            model = self._models.chat(self._provider, self._entry, self._attempts)
        except ConfigError as error:
            raise AuthError(str(error)) from error
        return await model.complete(request, progress)

    async def aclose(self) -> None:
        """The connections are the built model's, which `Models` closes."""


def _name(provider: Provider, entry: ModelEntry) -> str:
    return f"{provider.name}:{entry.id}"


def _entry(model: str | ModelEntry) -> ModelEntry:
    return ModelEntry(id=model) if isinstance(model, str) else model


def _listed(provider: Provider, model: str) -> ModelEntry | None:
    return next((entry for entry in map(_entry, provider.models) if entry.id == model), None)


def _looks_like_a_tag(prefix: str, rest: str) -> bool:
    """Whether `prefix:rest` is one model's id, as in qwen2.5:7b, llama3:latest or deepseek/deepseek-r1:free."""
    return "/" in prefix or bool(_TAG.match(rest))
