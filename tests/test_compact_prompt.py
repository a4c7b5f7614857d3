"""`prompt: compact`: what a small model is sent at first, by what stands on the wire."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from hone.messages import estimate_tokens
from hone.testing import WireServer, call, in_order, make_app, say

OWN = ["shell", "read", "write", "edit", "recall", "remember"]


def first_request(directory: Path, replies: list[Any], **entry: str) -> tuple[dict[str, Any], str]:
    """What a fresh session sends, and how its turn ends."""
    with WireServer(in_order(*replies)) as server:
        provider = {"name": "p", "api_base": server.base_url, "models": [{"id": "m", **entry}]}
        (directory / "home").mkdir(exist_ok=True)
        (directory / "home" / "config.yaml").write_text(json.dumps({"providers": [provider]}))

        async def turn() -> str:
            async with make_app(directory, None) as app:  # type: ignore[arg-type]
                return (await app.start().run("hello")).answer

        answer = asyncio.run(turn())
        return server.requests[0], answer


def size(request: dict[str, Any]) -> int:
    """Tokens of a request, all of its JSON but what the user said."""
    parts = (request.get("tools", ""), request.get("response_format", ""), request["messages"][0]["content"])
    return sum(estimate_tokens(str(part)) for part in parts)


@pytest.mark.parametrize("tools", ["native", "text", "schema"])
def test_prompt_and_tools_are_within_1000_tokens_in_each_form(tools: str, tmp_path: Path) -> None:
    request, _ = first_request(tmp_path, [say("hi")], tools=tools, prompt="compact")
    assert "hone" in request["messages"][0]["content"]
    assert size(request) <= 1_000


@pytest.mark.parametrize("tools", ["native", "text", "schema"])
def test_the_full_prompt_and_tools_are_within_2500_tokens(tools: str, tmp_path: Path) -> None:
    request, _ = first_request(tmp_path, [say("hi")], tools=tools)
    assert size(request) <= 2_500


def test_the_tools_are_fewer_and_those_left_out_still_run(tmp_path: Path) -> None:
    replies = [call("find", pattern="*.none"), say("nothing there")]
    request, answer = first_request(tmp_path, replies, prompt="compact")
    assert [tool["function"]["name"] for tool in request["tools"]] == OWN
    assert answer == "nothing there"


def test_memory_instructions_and_the_list_of_skills_get_less_room(tmp_path: Path) -> None:
    home, workspace = tmp_path / "home", tmp_path / "work"
    for n in range(40):
        skill = home / "skills" / f"skill-{n:02}"
        skill.mkdir(parents=True)
        (skill / "SKILL.md").write_text(
            f'---\nname: skill-{n:02}\ndescription: "Does number {n}. {"Use it for that. " * 6}"\n---\nDo it.\n'
        )
    (home / "memory.md").write_text("".join(f"- fact {n}: {'word ' * 12}\n" for n in range(200)))
    workspace.mkdir()
    (workspace / "AGENTS.md").write_text("Run make before you push.\n" * 300)

    full, _ = first_request(tmp_path, [say("hi")])
    compact, _ = first_request(tmp_path, [say("hi")], prompt="compact")

    assert size(full) > 4_500
    assert size(compact) < 2_300
    said = compact["messages"][0]["content"]
    assert "fact 199" in said
    assert "more" in said
    assert "skill_search" in [tool["function"]["name"] for tool in compact["tools"]]
    assert "skill_search" not in [tool["function"]["name"] for tool in full["tools"]]
