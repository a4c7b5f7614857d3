"""Every world of the benchmark: who does the work passes, who does nothing or other work does not."""

import collections
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.bench.straight import STRAIGHT, run

from hone.bench.scenario import Occasion, Scenario
from hone.bench.scenarios import ALL
from hone.bench.worlds import World

OCCASIONS: tuple[Occasion, ...] = ("repeat", "variant", "distractor", "changed")


@pytest.fixture(params=ALL, ids=lambda scenario: scenario.name)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with request.param.stage(tmp_path) as stage:
        yield stage


def _name(request: pytest.FixtureRequest) -> str:
    scenario = request.node.callspec.params["world"]
    assert isinstance(scenario, Scenario)
    return scenario.name


def _work(world: World, command: str) -> str:
    """The answer of somebody who ran that."""
    return run(command.format(**world.parameters), world.workspace)[1]


def test_there_are_twelve_scenarios_three_of_each_kind_under_names_of_their_own() -> None:
    assert collections.Counter(each.kind for each in ALL) == {
        "operate": 3,
        "build": 3,
        "data": 3,
        "report": 3,
    }
    assert {each.name for each in ALL} == set(STRAIGHT)
    assert all(2 <= len(each.traps) <= 3 for each in ALL)


@pytest.mark.parametrize("occasion", OCCASIONS)
def test_the_work_is_done_when_somebody_who_knows_did_it_and_not_before(
    world: World, occasion: Occasion, request: pytest.FixtureRequest
) -> None:
    straight = STRAIGHT[_name(request)]
    way = {"distractor": straight.other, "changed": straight.after}.get(occasion, straight.before)
    for number in (1, 2):
        world.set(occasion, number)
        assert not world.check("Done.").ok
        assert world.check("Done.").why.startswith(("not so: ", "there is no "))
        answer = _work(world, way)
        assert world.check(answer).ok, (world.check(answer).why, answer)


def test_the_usual_work_on_a_request_that_only_looks_alike_fails(
    world: World, request: pytest.FixtureRequest
) -> None:
    world.set("distractor", 1)
    assert not world.check(_work(world, STRAIGHT[_name(request)].before)).ok


def test_the_usual_and_the_wanted_work_together_fail_too(
    world: World, request: pytest.FixtureRequest
) -> None:
    straight = STRAIGHT[_name(request)]
    world.set("distractor", 1)
    assert not world.check(_work(world, f"{straight.before}; {straight.other}")).ok


def test_what_was_right_before_the_change_fails_after_it(
    world: World, request: pytest.FixtureRequest
) -> None:
    world.set("changed", 1)
    assert not world.check(_work(world, STRAIGHT[_name(request)].before)).ok
    world.set("repeat", 2)
    assert world.changed


@pytest.mark.parametrize("occasion", OCCASIONS)
def test_the_requests_of_an_occasion_differ_from_task_to_task(world: World, occasion: Occasion) -> None:
    requests = {world.set(occasion, number) for number in range(1, 6)}
    assert len(requests) == 5
    assert not any("{" in each for each in requests)


def test_a_task_begins_without_what_the_last_one_left(world: World, request: pytest.FixtureRequest) -> None:
    world.set("repeat", 1)
    before = sorted(path.name for path in world.workspace.iterdir())
    _work(world, STRAIGHT[_name(request)].before)
    world.set("repeat", 1)
    assert sorted(path.name for path in world.workspace.iterdir()) == before
    assert not world.check("").ok


def test_a_page_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    shop = next(each for each in ALL if each.name == "deploy-shop")
    with shop.stage(tmp_path) as stage:
        assert isinstance(stage, World)
        stage.set("repeat", 1)
        code, said = run(f"./get {stage.parameters['server']}/health", stage.workspace)
        assert (code, "there are / /healthz" in said) == (22, True)
        assert run(f"./get {stage.parameters['server']}/", stage.workspace)[0] == 0
    assert run("./get http://127.0.0.1:1/", stage.workspace)[0] == 6
