"""Who decides about the tools of MCP servers, mode by mode."""

import asyncio
from pathlib import Path

import pytest

from hone.safety.approve import Answer, Approver, Intent, Mode, Question, judge
from hone.safety.grants import Grants
from hone.safety.paths import PathPolicy

CALL = Intent("call", "mcp__wiki__search", detail="{}")
DESTROY = Intent("destroy", "mcp__wiki__delete_page")


@pytest.fixture
def policy(tmp_path: Path) -> PathPolicy:
    return PathPolicy(workspace=tmp_path, hidden=(), user_home=tmp_path)


@pytest.mark.parametrize(
    ("intent", "mode", "decision"),
    [
        (CALL, "ask", "ask"),
        (CALL, "sandbox", "allow"),
        (CALL, "yes", "allow"),
        (DESTROY, "ask", "ask"),
        (DESTROY, "sandbox", "refuse"),
        (DESTROY, "yes", "allow"),
    ],
)
def test_a_call_is_decided_by_the_mode(policy: PathPolicy, intent: Intent, mode: Mode, decision: str) -> None:
    assert judge(intent, mode, policy).decision == decision


def test_a_refusal_says_what_the_user_can_write(policy: PathPolicy) -> None:
    assert "mcp.wiki.allow: [delete_page]" in judge(DESTROY, "sandbox", policy).reason


def test_what_is_allowed_for_always_is_that_tool(policy: PathPolicy, tmp_path: Path) -> None:
    asked: list[str] = []

    async def ask(question: Question) -> Answer:
        asked.append(question.intent.subject)
        return "project"

    async def deciding() -> None:
        approver = Approver("ask", policy, Grants(tmp_path / "home"), ask, lambda: None)
        for intent in (CALL, CALL, Intent("call", "mcp__wiki__search_all")):
            assert (await approver.decide(intent.subject, intent)).allowed

    (tmp_path / "home").mkdir()
    asyncio.run(deciding())
    assert asked == ["mcp__wiki__search", "mcp__wiki__search_all"]
    again = Grants(tmp_path / "home")
    assert again.allows(tmp_path, "call mcp__wiki__search")
    assert not again.problems


def test_nobody_to_ask_is_no_consent_where_asking_was_wanted(policy: PathPolicy, tmp_path: Path) -> None:
    approver = Approver("ask", policy, Grants(tmp_path), None, lambda: None)
    assert not asyncio.run(approver.decide("x", CALL)).allowed
