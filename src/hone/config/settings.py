"""The settings as types: every key, its default and its meaning. Reading them from files is `hone.config.load`'s part."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Role = Literal["main", "writer", "routine", "executor", "judge", "embed"]
ApprovalMode = Literal["auto", "ask", "sandbox", "yes"]

Count = Annotated[int, Meta(ge=0)]
Positive = Annotated[int, Meta(ge=1)]
Amount = Annotated[float, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=1)]


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    pass


class Price(_Section, frozen=True):
    """US dollars per million tokens; `cached` defaults to `input`."""

    input: Amount = 0.0
    output: Amount = 0.0
    cached: Amount | None = None


class ModelEntry(_Section, frozen=True):
    """One model of a provider."""

    id: str
    context: Positive | None = None  # tokens; None: not known
    price: Price | None = None
    tools: Literal["native", "text", "schema"] = "native"
    prompt: Literal["full", "compact"] = "full"
    cache_control: bool = False
    max_output: Positive | None = None  # tokens, sent as max_tokens
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None  # None: the endpoint's own


class Provider(_Section, frozen=True):
    """One endpoint. `api_base` and `api_key` may hold ${NAME} or ${NAME:-default}, read when the provider is used."""

    name: str
    api_base: str
    api_key: str = ""
    models: tuple[str | ModelEntry, ...] = ()
    headers: dict[str, str] = {}
    idle_timeout: Annotated[float, Meta(ge=0.1)] = 90.0  # seconds without a byte from the endpoint


class Roles(_Section, frozen=True):
    """`provider:model` or `model` for each role; a list is a fallback chain. Empty: derived from the first provider."""

    main: str | tuple[str, ...] = ()
    writer: str | tuple[str, ...] = ()
    routine: str | tuple[str, ...] = ()
    executor: str | tuple[str, ...] = ()
    judge: str | tuple[str, ...] = ()
    embed: str | tuple[str, ...] = ()


class Holdout(_Section, frozen=True):
    """Share of eligible tasks that go without a trial skill, to learn whether it helps."""

    run: Share = 0.2
    repl: Share = 0.0


class Learning(_Section, frozen=True):
    """What learning may do and spend. Without `skills` none is written or offered, without `tripwires` none stops a call."""

    mode: Literal["auto", "hold", "off"] = "auto"
    skills: bool = True
    tripwires: bool = True
    daily_tokens: Count = 300_000
    daily_usd: Amount | None = None
    holdout: Holdout = Holdout()


class Approvals(_Section, frozen=True):
    """What may run without asking; `network` is the sandbox's network."""

    mode: ApprovalMode = "auto"
    network: bool = True


class Limits(_Section, frozen=True):
    """When a turn ends without an answer. None: no limit."""

    steps: Positive | None = 100
    tokens: Count | None = None
    usd: Amount | None = None
    seconds: Amount | None = None


class Web(_Section, frozen=True):
    """`web_fetch`: hosts (or host:port) that may be private or loopback addresses."""

    allow_private: tuple[str, ...] = ()


class SearchEntry(_Section, frozen=True):
    """A search service; without a kind there is none. `api_key` may hold ${NAME}."""

    kind: Literal["searxng", "brave", "tavily"] | None = None
    url: str = ""  # SearXNG: required; else the service's public address
    api_key: str = ""


class Search(SearchEntry, frozen=True):
    """The service of the tool `web_search`, here or under the tool's name."""

    web_search: SearchEntry | None = None

    @property
    def entry(self) -> SearchEntry:
        """The service, wherever it was written."""
        return self.web_search or self


class Settings(_Section, frozen=True):
    """The whole configuration file."""

    providers: tuple[Provider, ...] = ()
    roles: Roles = Roles()
    learning: Learning = Learning()
    approvals: Approvals = Approvals()
    limits: Limits = Limits()
    web: Web = Web()
    mcp: dict[str, dict[str, Any]] = {}
    search: Search = Search()
    otel: bool = False  # spans to the OTEL_EXPORTER_OTLP_ENDPOINT of the environment
