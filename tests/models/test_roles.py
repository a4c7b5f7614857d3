"""Which model does what."""

import asyncio
import random

import msgspec
import pytest

from hone.config.settings import ModelEntry, Provider, Role, Roles, Settings
from hone.errors import AuthError, ConfigError, NoModel, NotFound, ProviderError
from hone.events import ReasoningDelta, Retrying, TextDelta
from hone.messages import User
from hone.models.base import Request
from hone.models.roles import Models
from hone.testing import FakeClock, WireServer, in_order, status

TWO = (
    Provider(
        name="sandbase",
        api_base="https://a.example/v1",
        api_key="${KEY}",
        models=("acme/large", ModelEntry(id="small", context=8_000)),
    ),
    Provider(name="ollama", api_base="http://localhost:11434/v1", models=("qwen2.5:7b",)),
)

UNSET = Roles()


def expand(text: str, where: str) -> str:
    if "${MISSING}" in text:
        raise ConfigError(f"{where}: MISSING is not set")
    return text.replace("${KEY}", "sk-secret")


def models(roles: Roles = UNSET, providers: tuple[Provider, ...] = TWO) -> Models:
    return Models(Settings(providers=providers, roles=roles), expand, FakeClock(), random.Random(1))


@pytest.mark.parametrize(
    ("role", "roles", "name"),
    [
        ("main", Roles(), "sandbase:acme/large"),
        ("writer", Roles(), "sandbase:acme/large"),
        ("routine", Roles(), "sandbase:small"),
        ("executor", Roles(), "sandbase:acme/large"),
        ("judge", Roles(main="small"), "sandbase:small"),
        ("writer", Roles(main="ollama:qwen2.5:7b"), "ollama:qwen2.5:7b"),
        ("routine", Roles(routine="ollama:other"), "ollama:other"),
        ("main", Roles(main="qwen2.5:7b"), "ollama:qwen2.5:7b"),
        ("main", Roles(main="llama3:8b"), "sandbase:llama3:8b"),
        ("main", Roles(main="gemma3n:e2b"), "sandbase:gemma3n:e2b"),
        ("main", Roles(main="acme/r1:free"), "sandbase:acme/r1:free"),
        ("main", Roles(main="unlisted"), "sandbase:unlisted"),
        ("main", Roles(main=("sandbase:small", "ollama:qwen2.5:7b")), "sandbase:small"),
        ("main", Roles(main=("small",)), "sandbase:small"),
    ],
)
def test_a_role_has_its_model_or_that_of_another_role(role: Role, roles: Roles, name: str) -> None:
    assert models(roles).role(role).name == name


def test_the_only_model_of_a_provider_is_routine_too() -> None:
    assert models(providers=TWO[1:]).role("routine").name == "ollama:qwen2.5:7b"


def test_a_model_is_built_once() -> None:
    both = models(Roles(routine=("small", "acme/large"), writer=("small", "acme/large")))

    assert both.role("main") is both.role("judge")
    assert both.role("writer") is both.role("routine")


@pytest.mark.parametrize(
    "model",
    [
        *(
            "qwen2.5:7b",
            "llama3:latest",
            "mixtral:8x7b",
            "gemma3n:e2b",
            "x:q4_0",
            "x:iq3_xs",
            "x:fp16",
            "x:v0.3",
        ),
        *("llama3:8b-instruct-q4_K_M", "deepseek/deepseek-r1:free", "gpt-oss:120b-cloud"),
    ],
)
def test_a_model_s_id_may_hold_a_colon(model: str) -> None:
    assert models(Roles(main=model), TWO[:1]).role("main").name == f"sandbase:{model}"


@pytest.mark.parametrize("reference", ["sandbas:gpt", "nosuch:acme/large", "nosuch:small", "q:m1", "zz:m9"])
def test_an_unknown_provider_is_not_taken_for_a_model(reference: str) -> None:
    with pytest.raises(NotFound, match="no provider named"):
        models(Roles(main=reference)).role("main")


def test_an_unknown_provider_comes_with_the_nearest() -> None:
    with pytest.raises(NotFound, match="did you mean sandbase"):
        models(Roles(main="sandbas:gpt")).role("main")


@pytest.mark.parametrize(
    ("role", "providers"),
    [("main", ()), ("main", (Provider(name="p", api_base="http://x"),)), ("embed", TWO)],
)
def test_without_a_model_there_is_an_error_that_says_what_to_set(
    role: Role, providers: tuple[Provider, ...]
) -> None:
    with pytest.raises(NoModel, match=r"config\.yaml|hone setup"):
        models(providers=providers).role(role)


def test_the_window_of_a_chain_is_its_smallest_known_one() -> None:
    assert models().context_window("routine") == 8_000
    assert models().context_window("main") is None
    assert models(Roles(main=("acme/large", "small"))).context_window("main") == 8_000


def test_the_secrets_are_the_keys_and_the_headers_made_of_variables_of_all_providers() -> None:
    headers = {"a": "x ${KEY}", "b": "plain"}
    providers = (
        Provider(name="p", api_base="http://x/v1", api_key="${KEY}", models=("m",), headers=headers),
        Provider(name="q", api_base="http://x/v1", api_key="literal", headers={"c": "${MISSING}"}),
        Provider(name="r", api_base="http://x/v1"),
    )

    assert models(providers=providers).known_secrets() == ("literal", "sk-secret", "x sk-secret")


def test_a_missing_variable_is_an_error_when_its_provider_is_used() -> None:
    broken = Provider(name="broken", api_base="http://x/v1", api_key="${MISSING}", models=("m",))

    assert models(providers=(*TWO, broken)).role("main").name == "sandbase:acme/large"
    with pytest.raises(ConfigError, match="provider broken: MISSING"):
        models(providers=(broken,)).role("main")


@pytest.mark.parametrize(
    "base", ["", "localhost:80/v1", "ftp://x/v1", "http://[::1", "http://", "http://u:pw@:99999/v1?k=s"]
)
def test_an_address_that_is_none_is_an_error_of_the_settings(base: str) -> None:
    wrong = Provider(name="wrong", api_base=base, models=("m",))

    assert models(providers=(*TWO, wrong)).role("main").name == "sandbase:acme/large"
    with pytest.raises(ConfigError, match=r"provider wrong: api_base .*http://") as caught:
        models(providers=(wrong,)).role("main")
    assert "pw" not in str(caught.value)


def test_an_address_that_is_none_makes_its_chain_ask_the_next_model() -> None:
    async def ask(built: Models) -> str:
        try:
            return (await built.role("main").complete(Request((User("hi"),)), lambda _: None)).message.text
        finally:
            await built.aclose()

    with WireServer(in_order("fine")) as server:
        wrong = Provider(name="wrong", api_base="localhost", models=("m",))
        works = Provider(name="works", api_base=server.base_url, models=("m",))
        assert asyncio.run(ask(models(Roles(main=("wrong:m", "works:m")), (wrong, works)))) == "fine"
        with pytest.raises(ProviderError, match="provider wrong: api_base"):
            asyncio.run(ask(models(Roles(main=("wrong:m", "wrong:n")), (wrong,))))


def test_a_chain_asks_its_models_one_after_the_other_and_expands_late() -> None:
    shown: list[TextDelta | ReasoningDelta | Retrying] = []

    async def ask(built: Models) -> str:
        try:
            reply = await built.role("main").complete(Request((User("hi"),)), shown.append)
            await built.role("main").aclose()
            return reply.message.text
        finally:
            await built.aclose()

    with WireServer(in_order(status(404), "fine")) as server:
        broken = Provider(name="broken", api_base=server.base_url, api_key="${MISSING}", models=("m",))
        works = Provider(name="works", api_base=server.base_url, models=("m",))
        chain = models(Roles(main=("works:other", "broken:m", "works:m")), (works, broken))
        assert asyncio.run(ask(chain)) == "fine"
        alone = models(Roles(main=("broken:m", "broken:n")), (broken,))
        with pytest.raises(ProviderError, match="MISSING is not set"):
            asyncio.run(ask(alone))

    assert [event.model for event in shown if isinstance(event, Retrying)] == [
        "broken:m",
        "works:m",
        "broken:n",
    ]


def test_only_a_role_that_is_set_has_an_executor_whose_key_may_be_missing_until_it_is_asked() -> None:
    broken = (msgspec.structs.replace(TWO[0], api_key="${MISSING}"), TWO[1])

    assert models().executor() is None
    chain = models(Roles(executor=("small", "ollama:qwen2.5:7b"))).executor()
    alone = models(Roles(executor="small"), broken).executor()

    assert chain is not None
    assert alone is not None
    assert (chain.name, alone.name) == ("sandbase:small", "sandbase:small")
    with pytest.raises(AuthError, match="MISSING is not set"):
        asyncio.run(alone.complete(Request((User("hi"),)), lambda _piece: None))
    with pytest.raises(NotFound):
        models(Roles(executor="nobody:small")).executor()
