"""Changes on hold: a file each, which counts while it waits."""

from pathlib import Path

import msgspec
import pytest
from tests.changes.homes import CREATE, DEPLOY, Home

from hone.changes.change import Add, Change, Remove
from hone.changes.inbox import find_waiting, put, read_inbox, remove
from hone.errors import HomeError, NotFound, UsageError


@pytest.fixture
def held(home: Home) -> str:
    """The id of a change that waits."""
    home.mode = "hold"
    home.door = home.new_door(home.database)
    return home.submit("memory.md", Add("The api is at /v2")).change.id


def test_an_accepted_change_is_made_as_the_newest_of_all(home: Home, held: str) -> None:
    home.submit("user.md", Add("tea"), origin="user")
    outcome = home.door.accept(held[:5])
    assert (outcome.status, outcome.change.id) == ("applied", held)
    assert home.text("memory.md") == "- The api is at /v2\n"
    assert home.statuses() == [("add", "applied"), ("add", "applied")]
    assert home.door.ledger.rows()[0].change.id == held
    assert read_inbox(home.path) == ()
    home.check()
    assert home.door.undo(held).ok


def test_the_file_says_what_is_accepted(home: Home, held: str) -> None:
    path = home.path / "inbox" / f"{held}.json"
    path.write_text(path.read_text().replace("/v2", "/v3"))
    assert home.door.accept(held).ok
    assert home.text("memory.md") == "- The api is at /v3\n"
    home.check()


def test_a_rejected_change_leaves_a_row_only(home: Home, held: str) -> None:
    assert home.door.reject(held).status == "rejected"
    assert home.statuses() == [("add", "rejected")]
    assert read_inbox(home.path) == ()
    again = home.door.reject(held)
    assert (again.status, again.reasons) == ("conflict", ("it is rejected, not on hold",))
    assert home.door.accept(held).status == "conflict"


def test_a_change_whose_file_was_deleted_waits_no_more(home: Home, held: str) -> None:
    (home.path / "inbox" / f"{held}.json").unlink()
    assert home.door.accept(held).reasons == ("its file is not in the inbox any more",)
    assert home.door.reject(held).status == "conflict"


def test_a_file_without_a_row_can_be_accepted(home: Home) -> None:
    put(home.path, Change(target="memory.md", ops=(Add("The api is at /v2"),), origin="sync", id="cabcdef"))
    assert home.door.accept("cabcdef").ok
    assert home.door.ledger.get("cabcdef").status == "applied"
    home.check()


def test_what_does_not_fit_goes_on_waiting(home: Home) -> None:
    held = home.submit("memory.md", Remove("tea")).change.id
    assert home.door.accept(held).status == "conflict"
    assert [change.id for change in read_inbox(home.path)] == [held]
    home.submit("memory.md", Add("tea"), origin="user")
    assert home.door.accept(held).ok
    assert read_inbox(home.path) == ()
    home.check()


def test_what_holds_a_secret_goes_on_waiting(home: Home, held: str) -> None:
    path = home.path / "inbox" / f"{held}.json"
    path.write_text(path.read_text().replace("/v2", "ghp_" + "a1B2" * 9))
    outcome = home.door.accept(held)
    assert outcome.status == "conflict"
    assert "secret" in outcome.reasons[0]
    assert path.exists()


def test_what_was_done_meanwhile_is_dropped(home: Home, held: str) -> None:
    home.submit("memory.md", Add("The api is at /v2"), origin="user")
    assert home.door.accept(held).status == "unchanged"
    assert home.statuses() == [("add", "applied"), ("add", "rejected")]
    home.check()


def test_those_that_wait_are_listed_oldest_first(tmp_path: Path) -> None:
    for name, created in (("cb", "2026-01-02"), ("ca", "2026-01-03"), ("cc", "2026-01-01")):
        put(tmp_path, Change(target=DEPLOY, ops=(CREATE,), origin="review", id=name, created=created))
    assert [change.id for change in read_inbox(tmp_path)] == ["cc", "cb", "ca"]
    with pytest.raises(UsageError, match="beginning of several"):
        find_waiting(tmp_path, "c")
    for unknown in ("", "cz"):
        with pytest.raises(NotFound):
            find_waiting(tmp_path, unknown)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[1]",
        '{"v": 1, "target": "memory.md", "ops": [], "origin": "user"}',
        '{"v": 2, "target": "memory.md", "ops": [], "origin": "user"}',
    ],
)
def test_a_file_that_is_no_change_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox/cabcdef.json").write_text(text)
    with pytest.raises(UsageError, match=r"cabcdef\.json: not a change .* mend the file or delete it"):
        read_inbox(tmp_path)


def test_a_file_that_cannot_be_read_or_removed_is_an_error_of_the_home(home: Home) -> None:
    (home.path / "inbox/cabcdef.json").mkdir(parents=True)
    with pytest.raises(HomeError):
        read_inbox(home.path)
    with pytest.raises(HomeError):
        home.door.accept("cabcdef")
    with pytest.raises(HomeError):
        remove(home.path, "cabcdef")


def test_what_is_no_text_cannot_wait(tmp_path: Path) -> None:
    change = Change(target="memory.md", ops=(Add("\udce9"),), origin="review", id="cabcdef")
    with pytest.raises(UsageError, match="not UTF-8"):
        put(tmp_path, change)


def test_the_file_is_the_change(home: Home, held: str) -> None:
    file = msgspec.json.decode((home.path / "inbox" / f"{held}.json").read_bytes())
    change = home.door.ledger.get(held).change
    assert file == {"v": 1} | msgspec.json.decode(msgspec.json.encode(change))
    assert read_inbox(home.path) == (change,)
