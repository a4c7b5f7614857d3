"""How the benchmark is laid out, and the models that it takes from the user's settings."""

import asyncio
import random
from pathlib import Path

import pytest
from tests.bench.tiny import library

from hone.bench.agents import Contender
from hone.bench.arms import ARMS, Names
from hone.bench.hermes import Hermes
from hone.bench.proxy import Upstream
from hone.benching import Choice, Ground, Hone, courses, models_of_settings, simulated_models
from hone.errors import ConfigError, NotFound
from hone.given import Given
from hone.testing import FakeClock

CONFIG = """
providers:
  - name: first
    api_base: http://127.0.0.1:1/v1
    api_key: ${FIRST_KEY}
    headers: {X-Team: a}
    models: [{id: strong, price: {input: 3, output: 15}}, small]
  - name: second
    api_base: http://127.0.0.1:2/v1
    models: [other]
  - name: unused
    api_base: http://127.0.0.1:3/v1
    api_key: ${NOT_SET}
    models: [x]
"""


def given(directory: Path, more: str = "", **environ: str) -> Given:
    (directory / "config.yaml").write_text(CONFIG + more)
    own = {"HONE_HOME": str(directory), "HOME": str(directory / "user"), "FIRST_KEY": "secret"} | environ
    return Given(own, directory, FakeClock(), random.Random(1))


def test_models_are_those_of_the_settings(tmp_path: Path) -> None:
    models = asyncio.run(models_of_settings(given(tmp_path), Names()))
    assert models.names == Names("first:strong", "first:strong", "")
    assert models.routine == "first:small"
    (upstream,) = models.upstreams
    assert (upstream.name, upstream.api_base) == ("first", "http://127.0.0.1:1/v1")
    assert upstream.headers == {"X-Team": "a", "Authorization": "Bearer secret"}
    assert upstream.prices["strong"].output == 15
    assert [each.name for each in models.providers] == ["first"]


def test_models_can_be_chosen(tmp_path: Path) -> None:
    models = asyncio.run(models_of_settings(given(tmp_path), Names("other", "strong", "small")))
    assert models.names == Names("second:other", "first:strong", "first:small")
    assert [each.name for each in models.upstreams] == ["first", "second"]


@pytest.mark.parametrize("executor", ["small", "[small, other]"])
def test_the_cheap_model_is_the_executors_unless_told(tmp_path: Path, executor: str) -> None:
    models = asyncio.run(models_of_settings(given(tmp_path, f"roles: {{executor: {executor}}}"), Names()))
    assert models.names.cheap == "first:small"


def test_what_cannot_be_used_is_said_beforehand(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="NOT_SET"):
        asyncio.run(models_of_settings(given(tmp_path), Names("unused:x")))
    with pytest.raises(NotFound, match="nobody"):
        asyncio.run(models_of_settings(given(tmp_path), Names("nobody:model")))


def test_every_arm_of_every_agent_does_the_same_stream(tmp_path: Path) -> None:
    models = simulated_models()
    agents: tuple[Contender, ...] = (Hone(models, "yes"), Hermes(Path("/bin/hermes")))
    every = tuple(arm.name for arm in ARMS)
    ground = Ground(tmp_path, "/bin", library)
    laid_out = courses(Choice(every, 4, 2, 7), agents, ("tiny", "other"), models, ground)
    assert len(laid_out) == 2 * (5 + 2)
    assert len({course.directory for course in laid_out}) == len(laid_out)
    assert [len({course.slots for course in laid_out if course.run == run}) for run in (1, 2)] == [1, 1]
    assert laid_out[0].slots != laid_out[-1].slots
    assert laid_out[0].title == "hone, fresh, run 1"


def test_without_a_cheap_model_there_is_no_arm_that_lends() -> None:
    models = simulated_models()
    without = Hone(type(models)(Names("a:b", "a:b"), (), (), "a:b"), "yes")
    assert Hone(models, "yes").arms - without.arms == {"strong writes, cheap executes"}


def test_keys_are_not_shown() -> None:
    assert "secret" not in repr(Upstream("first", "http://x", {"Authorization": "secret"}))
