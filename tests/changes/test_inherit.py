"""A line that takes the place of an untrusted one is as little trusted."""

import pytest
from tests.changes.homes import CREATE, DEPLOY, Home

from hone.changes.apply import read_file
from hone.changes.blame import blame
from hone.changes.change import Add, AddStep, AnyOp, Archive, Change, Origin, Remove, Replace, ReplaceStep
from hone.changes.inherit import inherited
from hone.messages import Trust


def written(home: Home, target: str, op: AnyOp, trust: Trust) -> None:
    """`op` made at the user's word, with the trust that it had before."""
    change = Change(target=target, ops=(op,), origin="user", trust=trust)
    assert home.door.submit(change).status == "applied"


def trust_of(
    home: Home, *ops: AnyOp, target: str = "memory.md", origin: Origin = "review", trust: Trust = "workspace"
) -> str:
    change = Change(target=target, ops=ops, origin=origin, trust=trust)
    return inherited(change, home.door.ledger, lambda path: read_file(home.path, path)).trust


@pytest.fixture
def mixed(home: Home) -> Home:
    """Three entries, of which only the middle one comes from afar."""
    written(home, "memory.md", Add("Mine"), "user")
    written(home, "memory.md", Add("From a page"), "external")
    written(home, "memory.md", Add("From a run"), "workspace")
    return home


@pytest.mark.parametrize(
    ("ops", "trust"),
    [
        ([Add("New")], "workspace"),
        ([Replace("Mine", "Ours")], "workspace"),
        ([Replace("From a run", "From two runs")], "workspace"),
        ([Replace("From a page", "Verified")], "external"),
        ([Remove("From a page")], "external"),
        ([Replace("Mine", "Mine, and from a page"), Remove("From a page")], "external"),
        ([Replace("From a page", "Verified"), Replace("Verified", "Twice")], "external"),
        ([Replace("Nobody said this", "x")], "workspace"),
    ],
)
def test_a_change_has_at_most_the_trust_of_the_lines_that_it_replaces(
    mixed: Home, ops: list[AnyOp], trust: str
) -> None:
    assert trust_of(mixed, *ops) == trust


def test_the_lesser_trust_of_the_writer_stays(mixed: Home) -> None:
    assert trust_of(mixed, Replace("From a run", "x"), trust="external") == "external"
    assert trust_of(mixed, Replace("Mine", "x"), trust="user") == "user"


def test_what_the_user_rewrites_is_the_users(mixed: Home) -> None:
    assert trust_of(mixed, Replace("From a page", "Verified"), origin="user", trust="user") == "user"
    mixed.write("memory.md", "- Mine\n- From a page, which I have read\n- From a run\n")
    mixed.door.scan()
    assert trust_of(mixed, Replace("which I have read", "Verified")) == "workspace"


def test_a_revision_of_a_revision_is_still_from_afar_and_blame_says_so(mixed: Home) -> None:
    for old, new in [("From a page", "Once"), ("Once", "Twice")]:
        change = Change(target="memory.md", ops=(Replace(old, new),), origin="review", trust="workspace")
        read = lambda path: read_file(mixed.path, path)  # noqa: E731 - two words
        mixed.door.accept(mixed.door.submit(inherited(change, mixed.door.ledger, read)).change.id)
    lines = blame(mixed.door.ledger.history_of("memory.md"), (mixed.path / "memory.md").read_bytes())
    assert [(line.text, line.by.change.trust) for line in lines if line.by] == [
        ("- Mine", "user"),
        ("- Twice", "external"),
        ("- From a run", "workspace"),
    ]


def test_a_skill_keeps_its_trust_line_by_line(home: Home) -> None:
    written(home, DEPLOY, CREATE, "external")
    written(home, DEPLOY, AddStep("Run `make check`"), "workspace")
    assert trust_of(home, ReplaceStep("Run `make check`", "Run `make test`"), target=DEPLOY) == "workspace"
    assert trust_of(home, ReplaceStep("Run `make deploy`", "Run `make ship`"), target=DEPLOY) == "external"
    assert trust_of(home, AddStep("Run `make ship`"), target=DEPLOY) == "workspace"
    assert trust_of(home, Archive(), target=DEPLOY) == "workspace"


def test_a_file_without_a_history_has_no_trust_to_give(home: Home) -> None:
    assert trust_of(home, Add("New")) == "workspace"
