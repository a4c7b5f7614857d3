"""Taking a change back: what it wrote goes, what others wrote stays, and a conflict writes nothing."""

import pytest
from tests.changes.homes import CREATE, DEPLOY, Home

from hone.changes.change import Add, AddGotcha, Archive, Change, Pin, Remove, ReplaceGotcha, Unpin
from hone.errors import NotFound


def test_an_undo_is_a_change_and_can_be_undone(home: Home) -> None:
    first, _ = home.remember("The api is at /v1"), home.remember("The shop is at /srv")
    undone = home.door.undo(first)
    assert undone.status == "applied"
    assert home.text("memory.md") == "- The shop is at /srv\n"
    newest = home.door.ledger.rows()[0]
    assert (newest.op, newest.undoes, newest.change.origin) == ("undo", first, "user")
    assert newest.summary == f'took back {first}: memory: added "The api is at /v1"'
    assert home.statuses() == [("add", "undone"), ("add", "applied"), ("undo", "applied")]

    back = home.door.undo(undone.change.id)
    assert back.ok
    assert home.text("memory.md") == "- The api is at /v1\n- The shop is at /srv\n"
    assert [status for _, status in home.statuses()] == ["applied", "applied", "undone", "applied"]

    assert home.door.undo(back.change.id).ok
    assert [status for _, status in home.statuses()] == ["undone", "applied", "applied", "undone", "applied"]
    home.check()


def test_undoing_a_creation_removes_the_directory(home: Home) -> None:
    assert home.door.undo(home.deploy()).ok
    assert not (home.path / "skills/deploy").exists()
    assert (home.path / "skills").is_dir()
    home.check()


def test_undoing_a_creation_leaves_no_files_of_others_behind(home: Home) -> None:
    made = home.deploy()
    home.write("skills/deploy/run.sh", "mine")
    outcome = home.door.undo(made)
    assert outcome.status == "conflict"
    assert "also holds run.sh" in outcome.reasons[0]
    assert home.text(DEPLOY)
    home.check()


def test_undoing_the_first_entry_of_a_project_removes_its_file(home: Home) -> None:
    outcome = home.submit("projects/shop-1/memory.md", Add("The api is at /v2"), origin="user")
    assert home.door.undo(outcome.change.id).ok
    assert not (home.path / "projects/shop-1").exists()
    home.check()


def test_an_archived_skill_comes_back_with_what_was_edited_there(home: Home) -> None:
    home.deploy()
    archived = home.submit(DEPLOY, Archive(), origin="user").change.id
    with (home.path / "skills/.archive/deploy/SKILL.md").open("a") as file:
        file.write("- Mine\n")
    assert home.door.undo(archived).ok
    assert home.text(DEPLOY).endswith("- Mine\n")
    assert not (home.path / "skills/.archive").joinpath("deploy").exists()
    assert [row.op for row, _ in home.door.ledger.history_of(DEPLOY)] == ["create", "write"]
    home.check()


def test_what_was_edited_since_is_a_conflict_that_writes_nothing(home: Home) -> None:
    home.deploy()
    edited = home.submit(
        DEPLOY,
        ReplaceGotcha("The health check is at /healthz", "The health check is at /health"),
        origin="user",
    )
    home.submit(
        DEPLOY, ReplaceGotcha("The health check is at /health", "There is no health check"), origin="user"
    )
    before, rows = home.text(DEPLOY), home.statuses()
    outcome = home.door.undo(edited.change.id)
    assert (outcome.status, outcome.ok) == ("conflict", False)
    assert outcome.reasons
    assert (home.text(DEPLOY), home.statuses()) == (before, rows)


def test_every_order_of_undoing_separate_changes_leads_back(home: Home) -> None:
    home.deploy()
    start = home.text(DEPLOY)
    ids = [
        home.submit(DEPLOY, op, origin="user").change.id
        for op in (AddGotcha("Port 80"), Pin(), AddGotcha("Port 81"))
    ]
    for each in (ids[0], ids[2], ids[1]):
        assert home.door.undo(each).ok
    assert home.text(DEPLOY) == start
    assert "pinned: false" in home.text("skills/deploy/hone.yaml")
    home.check()


def test_an_undone_or_never_applied_change_cannot_be_undone(home: Home) -> None:
    first = home.remember("The api is at /v1")
    home.door.undo(first)
    held = home.submit("memory.md", Remove("nothing like it")).change.id
    assert home.door.undo(first).reasons == ("it is undone already",)
    assert home.door.undo(held).reasons == ("it was never applied: it waits in the inbox",)
    home.door.reject(held)
    assert home.door.undo(held).reasons == ("it was never applied: it was rejected",)
    with pytest.raises(NotFound):
        home.door.undo("czzzzzz")
    home.check()


def test_a_skill_that_was_made_anew_is_not_touched_by_the_undo_of_the_old_one(home: Home) -> None:
    first = home.deploy()
    home.door.undo(first)
    home.submit(DEPLOY, CREATE, origin="user")
    assert home.door.undo(first).status == "conflict"
    home.check()


def test_a_memory_file_goes_with_its_last_entry_in_any_order(home: Home) -> None:
    first, second, third = (home.remember(f"The api is at /v{number}") for number in (1, 2, 3))
    for each in (first, third, second):
        assert home.door.undo(each).ok
    assert not (home.path / "memory.md").exists()
    home.check()


def test_what_later_changes_wrote_beside_a_new_skill_names_them(home: Home) -> None:
    made = home.submit(DEPLOY, CREATE, origin="user").change.id
    pinned = home.submit(DEPLOY, Pin(), origin="user").change.id
    unpinned = home.submit(DEPLOY, Unpin(), origin="user").change.id
    outcome = home.door.undo(made)
    assert outcome.reasons == (
        f"later changes wrote hone.yaml beside it: undo those first: {unpinned}, {pinned}",
    )
    for each in (unpinned, pinned, made):
        assert home.door.undo(each).ok
    assert not (home.path / "skills/deploy").exists()
    home.check()


def test_what_stood_beside_a_skill_before_is_no_hindrance(home: Home) -> None:
    home.door.submit(Change(target=DEPLOY, ops=(CREATE,), origin="review"))
    (home.path / DEPLOY).unlink()
    (removal,) = home.door.scan()
    back = home.door.undo(removal.change.id)
    gone_again = home.door.undo(back.change.id)
    assert gone_again.ok, gone_again.reasons
    assert (home.path / "skills/deploy/hone.yaml").exists()
    assert not (home.path / DEPLOY).exists()
    for row in home.door.ledger.rows():
        if home.door.ledger.get(row.change.id).status == "applied":
            assert home.door.undo(row.change.id).ok
    assert not (home.path / "skills/deploy").exists()
    home.check()
