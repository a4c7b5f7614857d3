import pytest
from tests.changes.homes import CREATE, DEPLOY

from hone.changes.change import (
    Add,
    AddGotcha,
    AddStep,
    AnyOp,
    Archive,
    Change,
    Create,
    Effect,
    Gotcha,
    Origin,
    Pin,
    Remove,
    RemoveStep,
    Replace,
    ReplaceGotcha,
    Restore,
    SetDescription,
    SetWhen,
    Unpin,
    Write,
)
from hone.changes.summary import summary_by_hand, summary_of

TWO = Create("T", "D", "W", ("s",), (Gotcha("a"), Gotcha("b")))


@pytest.mark.parametrize(
    ("target", "ops", "origin", "summary"),
    [
        (DEPLOY, (CREATE,), "review", "learned skill deploy (1 gotcha)"),
        (DEPLOY, (TWO,), "dream", "learned skill deploy (2 gotchas)"),
        (DEPLOY, (Create("T", "D", "W", ("s",)),), "user", "created skill deploy"),
        (DEPLOY, (ReplaceGotcha("a", "b"),), "review", "skill deploy: replaced a gotcha"),
        (DEPLOY, (ReplaceGotcha("a", "a"),), "review", "skill deploy: put a tripwire on a gotcha"),
        (
            DEPLOY,
            (AddGotcha("a"), AddStep("s"), AddGotcha("b"), RemoveStep("t")),
            "review",
            "skill deploy: added 2 gotchas, added a step, removed a step",
        ),
        (
            DEPLOY,
            (SetWhen("w"), SetDescription("d")),
            "user",
            "skill deploy: set when to use it, set the description",
        ),
        (DEPLOY, (Archive(),), "user", "skill deploy: archived"),
        (DEPLOY, (Restore(),), "user", "skill deploy: restored"),
        (DEPLOY, (Pin(),), "user", "skill deploy: pinned"),
        (DEPLOY, (Unpin(),), "user", "skill deploy: unpinned"),
        (DEPLOY, (Write("x"),), "user", "created skill deploy"),
        (DEPLOY, (Write(None),), "user", "skill deploy: deleted"),
        ("memory.md", (Add("tea\n at five"),), "tool", 'memory: added "tea at five"'),
        ("memory.md", (Add("x" * 61),), "tool", f'memory: added "{"x" * 59}…"'),
        ("user.md", (Replace("tea", "coffee"),), "user", 'user: replaced "tea" with "coffee"'),
        ("projects/shop-1/memory.md", (Remove("tea\x1b[2J"),), "user", 'project shop-1: removed "tea[2J"'),
    ],
)
def test_a_change_is_told_in_one_line(
    target: str, ops: tuple[AnyOp, ...], origin: Origin, summary: str
) -> None:
    assert summary_of(Change(target=target, ops=ops, origin=origin)) == summary


@pytest.mark.parametrize(
    ("path", "before", "after", "summary"),
    [
        ("user.md", None, b"x", "user: added by hand"),
        ("memory.md", b"x", b"y", "memory: edited by hand"),
        (DEPLOY, b"x", None, "skill deploy: deleted by hand"),
        ("skills/.archive/deploy/SKILL.md", b"x", b"y", "archived skill deploy: edited by hand"),
        ("skills/deploy/hone.yaml", b"x", b"y", "skill deploy: edited hone.yaml by hand"),
        ("skills/deploy/references/a.md", None, b"y", "skill deploy: added references/a.md by hand"),
    ],
)
def test_a_hand_edit_is_told_in_one_line(
    path: str, before: bytes | None, after: bytes | None, summary: str
) -> None:
    assert summary_by_hand(Effect(path, before, after)) == summary
