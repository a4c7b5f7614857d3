"""`recall`: what the model is told of past sessions and memory."""

import asyncio

from hone.history.search import Excerpt, Hit
from hone.messages import Trust
from hone.tools.base import ToolOutput
from hone.tools.history import OUTPUT_CHARACTERS, RecallArguments, recall_tool


def hit(text: str = "use port 8080", trust: Trust = "user", neighbours: bool = True) -> Hit:
    return Hit(
        session="20261120-abcdef",
        turn=1,
        event="e2",
        role="assistant",
        at=1_700_000_000.0,
        text=text,
        before=Excerpt("e1", "user", "which port?") if neighbours else None,
        after=Excerpt("e3", "tool", "listening") if neighbours else None,
        trust=trust,
        score=1.0,
    )


def recall(query: str, hits: list[Hit], memories: list[str]) -> ToolOutput:
    tool = recall_tool(lambda _: hits, lambda _: memories)
    return asyncio.run(tool.run(RecallArguments(query)))


def test_a_hit_is_shown_with_its_place_and_the_messages_around_it() -> None:
    assert recall("port", [hit()], []).text == (
        "session 20261120-abcdef, 2023-11-14\n"
        "  e1 user: which port?\n"
        "> e2 assistant: use port 8080\n"
        "  e3 tool: listening"
    )


def test_memory_comes_first_and_a_hit_may_stand_alone() -> None:
    assert recall("port", [hit(neighbours=False)], ["memory.md: ports are documented"]).text == (
        "memory: memory.md: ports are documented\n\n"
        "session 20261120-abcdef, 2023-11-14\n> e2 assistant: use port 8080"
    )


def test_the_result_is_trusted_as_little_as_its_least_trusted_hit() -> None:
    assert recall("port", [hit(), hit(trust="external"), hit(trust="workspace")], []).trust == "external"
    assert recall("port", [], ["an entry"]).trust == "user"


def test_nothing_found_is_said_plainly() -> None:
    assert recall("port", [], []).text == "nothing found for 'port' in past sessions and memory"


def test_an_empty_query_is_a_failed_call_that_says_what_to_give() -> None:
    output = recall("  ", [hit()], [])
    assert not output.ok
    assert "give the words" in output.text


def test_a_long_result_is_cut_between_hits_and_says_so() -> None:
    output = recall("port", [hit("x" * 300)] * 40, ["one"])
    assert len(output.text) < OUTPUT_CHARACTERS + 100
    assert output.text.endswith("more left out: ask more precisely)")
    shown = output.text.count("> e2")
    assert f"({40 - shown} more" in output.text


def test_the_tool_needs_no_approval_and_may_run_beside_others() -> None:
    tool = recall_tool(lambda _: [], lambda _: [])
    assert tool.parallel
    assert tool.intent(RecallArguments("x")).kind == "free"
    assert tool.spec.parameters["required"] == ["query"]
