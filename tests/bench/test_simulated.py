"""The simulated model alone, driven by a loop over real commands: what it can do, what it cannot, and what it writes."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.bench.straight import run

from hone.bench import simulated
from hone.bench.scenario import Occasion, Scenario
from hone.bench.scenarios import ALL
from hone.bench.worlds import World

MOST = 25  # calls of a task


def ask(messages: list[dict[str, Any]], tools: tuple[str, ...], *, cheap: bool = False) -> dict[str, Any]:
    """The message that the model replies with."""
    offered = [{"type": "function", "function": {"name": name}} for name in tools]
    reply = simulated.respond({"messages": messages, "tools": offered}, cheap=cheap)
    message = json.loads(b"".join(reply.chunks))["choices"][0]["message"]
    assert isinstance(message, dict)
    return message


def work(
    world: World, request: str, before: list[dict[str, Any]], tool: str = "terminal", *, cheap: bool = False
) -> tuple[list[dict[str, Any]], int]:
    """The conversation of a task, and how many commands it took."""
    said = [*before, {"role": "user", "content": request}]
    for count in range(MOST):
        reply = ask(said, (tool,), cheap=cheap)
        said.append({"role": "assistant"} | reply)
        if not reply.get("tool_calls"):
            return said, count
        for each in reply["tool_calls"]:
            code, output = run(json.loads(each["function"]["arguments"])["command"], world.workspace)
            result = {"output": output, "exit_code": code}
            told = json.dumps(result) if tool == "terminal" else f"{output}\n[exit {code}]"
            said.append({"role": "tool", "tool_call_id": each["id"], "content": told})
    raise AssertionError("it does not end")


def attached(said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The skill that a review of the conversation writes, as a conversation has it."""
    asked = {"role": "user", "content": "Review the conversation above and keep what helps."}
    made = ask([*said, asked], ("skill_manage",))["tool_calls"][0]["function"]
    content = json.loads(made["arguments"])["content"]
    return [{"role": "user", "content": f"<skill_content>{content}</skill_content>"}]


@pytest.fixture(params=ALL, ids=lambda scenario: scenario.name)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    scenario = request.param
    assert isinstance(scenario, Scenario)
    with scenario.stage(tmp_path) as stage:
        assert isinstance(stage, World)
        yield stage


def test_it_solves_fresh_what_recurs_by_what_the_errors_say(world: World) -> None:
    said, calls = work(world, world.set("repeat", 1), [])
    assert world.check(said[-1]["content"]).ok
    assert 5 <= calls <= 14


def test_with_the_skill_that_it_wrote_it_needs_fewer_calls_on_repeats(world: World) -> None:
    fresh, calls = work(world, world.set("repeat", 1), [])
    skill = attached(fresh)
    for number in (2, 3):
        said, fewer = work(world, world.set("repeat", number), skill)
        assert world.check(said[-1]["content"]).ok
        assert fewer <= 0.6 * calls


@pytest.mark.parametrize("occasion", ["variant", "distractor"])
def test_with_that_skill_at_hand_it_does_what_is_asked_for_in_other_words_too(
    world: World, occasion: Occasion
) -> None:
    skill = attached(work(world, world.set("repeat", 1), [])[0])
    said, _ = work(world, world.set(occasion, 1), skill)
    assert world.check(said[-1]["content"]).ok


def test_a_skill_that_misleads_after_the_change_costs_calls_and_not_the_task(world: World) -> None:
    fresh, _ = work(world, world.set("repeat", 1), [])
    skill = attached(fresh)
    _, usual = work(world, world.set("repeat", 2), skill)
    said, misled = work(world, world.set("changed", 1), skill)
    assert world.check(said[-1]["content"]).ok
    assert misled >= usual


def test_the_cheap_model_gives_up_fresh_and_does_the_work_with_the_skill_of_the_strong_one(
    world: World,
) -> None:
    said, calls = work(world, world.set("repeat", 1), [], "shell", cheap=True)
    assert not world.check(said[-1]["content"]).ok
    assert calls <= 5
    assert said[-1]["content"].startswith("I did not get any further")
    fresh, _ = work(world, world.set("repeat", 1), [])
    said, _ = work(world, world.set("repeat", 2), attached(fresh), cheap=True)
    assert world.check(said[-1]["content"]).ok


def test_both_models_are_served_under_their_names_with_an_estimate_of_tokens() -> None:
    with simulated.Server() as server:
        for model in (simulated.STRONG, simulated.CHEAP):
            body = {"model": model, "messages": [{"role": "user", "content": "What is this?"}]}
            request = urllib.request.Request(f"{server.base_url}/chat/completions", json.dumps(body).encode())
            with urllib.request.urlopen(request, timeout=10) as answer:
                reply = json.load(answer)
            assert reply["choices"][0]["message"]["content"] == "A task."
            assert reply["usage"]["prompt_tokens"] > reply["usage"]["completion_tokens"] > 0


def test_a_stopped_command_is_repaired_as_the_tripwire_says() -> None:
    said = [
        {"role": "user", "content": "Deploy version 2."},
        _called("cat README.md", 1),
        _told("## Deploying\n`./deploy <version>`", 0, 1),
        _called("./deploy 2", 2),
        {"role": "tool", "tool_call_id": "c2", "content": "Not run: Run `./migrate` before it."},
    ]
    assert "./migrate" in json.dumps(ask(said, ("shell",)))


def test_a_line_of_memory_about_the_request_takes_the_place_of_the_readme() -> None:
    line = "- To deploy the shop a version: run `MODE=x ./build`, then `./deploy <version>`."
    said = [{"role": "system", "content": line}, {"role": "user", "content": "Deploy the shop, version 2."}]
    assert "MODE=x ./build" in json.dumps(ask(said, ("shell",)))
    said[1] = {"role": "user", "content": "Water the plants."}
    assert "cat README.md" in json.dumps(ask(said, ("shell",)))


def test_of_listed_skills_it_loads_the_one_that_is_about_the_request() -> None:
    listed = "Skills\n- water-plants: Water the plants.\n- deploy-shop: Deploy the shop a version."
    said = [{"role": "system", "content": listed}, {"role": "user", "content": "Deploy the shop, version 2."}]
    reply = ask(said, ("terminal", "skill_view"))["tool_calls"][0]["function"]
    assert (reply["name"], json.loads(reply["arguments"])) == ("skill_view", {"name": "deploy-shop"})


def test_it_writes_nothing_of_a_conversation_without_trouble() -> None:
    said = [{"role": "user", "content": "Show it."}, _called("ls", 1), _told("a", 0, 1)]
    asked = {"role": "user", "content": "Review the conversation above."}
    assert ask([*said, asked], ("skill_manage",))["content"] == "Nothing to save."


@pytest.mark.parametrize(
    ("failed", "error", "next_command"),
    [
        ("A=1 B=2 ./build", "error: B must be 3", "A=1 B=3 ./build"),
        ("A=1 ./build", "error: use `./build --fast`", "A=1 ./build --fast"),
        ("./build", "error: use `A=1 ./build`", "A=1 ./build"),
        ("./build", "error: run `./migrate` first", "./migrate"),
        ("./build", "error: A is wrong: see docs/a.md", "cat docs/a.md"),
        (
            "./build http://h:1/health",
            "no page /health; there are / /status /healthz",
            "./build http://h:1/healthz",
        ),
        (
            "./build http://h:1/health",
            "Not run: The page is at `/v2/health`.",
            "./build http://h:1/v2/health",
        ),
        ("./build", "Not run: Think first.", "./build"),
    ],
)
def test_what_an_error_says_is_tried_next(failed: str, error: str, next_command: str) -> None:
    asked = {"role": "user", "content": "Build it."}
    readme = _told("## Building it\n`./build`", 0, 1)
    said = [asked, _called("cat README.md", 1), readme, _called(failed, 2), _told(error, 2, 2)]
    reply = ask(said, ("shell",))["tool_calls"][0]["function"]
    assert json.loads(reply["arguments"])["command"] == next_command


def test_it_says_so_when_an_error_tells_nothing() -> None:
    asked = {"role": "user", "content": "Build it."}
    readme = _told("## Building it\n`./build`", 0, 1)
    said = [asked, _called("cat README.md", 1), readme, _called("./build", 2), _told("segfault", 2, 2)]
    assert ask(said, ("shell",))["content"].startswith("I did not get any further: `./build` fails")


def _called(command: str, number: int) -> dict[str, Any]:
    function = {"name": "shell", "arguments": json.dumps({"command": command})}
    return {
        "role": "assistant",
        "tool_calls": [{"id": f"c{number}", "type": "function", "function": function}],
    }


def _told(output: str, code: int, number: int) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": f"c{number}", "content": f"{output}\n[exit {code}]"}
