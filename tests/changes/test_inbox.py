"""Changes on hold: a file each, which counts while it waits."""

from pathlib import Path

import msgspec
import pytest
from tests.changes.homes import CREATE, DEPLOY, Home

from hone.changes.change import Add, Change, Remove, Verdict
from hone.changes.inbox import Inbox, find, ids, put, read, read_inbox, remove
from hone.errors import HomeError, NotFound, UsageError

EMPTY = Inbox((), ())


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
    assert read_inbox(home.path) == EMPTY
    home.check()
    assert home.door.undo(held).ok


def test_the_file_says_what_is_accepted(home: Home, held: str) -> None:
    path = home.path / "inbox" / f"{held}.json"
    path.write_text(path.read_text().replace("/v2", "/v3"))
    assert home.door.accept(held).ok
    assert home.text("memory.md") == "- The api is at /v3\n"
    home.check()


def test_a_rejected_change_leaves_a_row_only(home: Home, held: str) -> None:
    done = home.door.reject(held)
    assert done
    assert done.status == "rejected"
    assert home.statuses() == [("add", "rejected")]
    assert read_inbox(home.path) == EMPTY
    again = home.door.reject(held)
    assert again
    assert (again.status, again.reasons) == ("conflict", ("it is rejected, not on hold",))
    assert home.door.accept(held).status == "conflict"


@pytest.mark.parametrize("verb", ["accept", "reject"])
def test_a_change_whose_file_was_deleted_waits_no_more(home: Home, held: str, verb: str) -> None:
    (home.path / "inbox" / f"{held}.json").unlink()
    outcome = getattr(home.door, verb)(held)
    assert (outcome.status, outcome.reasons) == ("conflict", ("it is rejected, not on hold",))
    home.check()


def test_a_deleted_file_is_noticed_at_the_next_look(home: Home, held: str) -> None:
    (home.path / "inbox" / f"{held}.json").unlink()
    home.door.scan()
    (row,) = home.door.ledger.rows()
    assert (row.status, row.change.reasons[-1]) == ("rejected", "its file was deleted from the inbox")
    home.check()


@pytest.mark.parametrize("name", ["other", "cabcdef"])
def test_a_copied_file_is_a_change_of_its_own(home: Home, name: str) -> None:
    change = Change(target="memory.md", ops=(Add("The api is at /v2"),), origin="review")
    home.door.propose(1, [Verdict("hold", change)])
    home.door.settle()
    (held,) = ids(home.path)
    path = home.path / "inbox" / f"{held}.json"
    path.with_name(f"{name}.json").write_text(path.read_text().replace("/v2", "/v3"))
    outcome = home.door.accept(name)
    assert outcome.ok
    assert (outcome.change.id == name) is (name == "cabcdef")
    assert (outcome.change.nudge, outcome.change.ordinal) == (None, None)
    assert home.door.accept(held).ok
    assert home.door.ledger.get(held).change.nudge == 1
    home.check()


def test_a_copy_under_the_id_of_another_change_leaves_that_one_alone(home: Home, held: str) -> None:
    other = home.submit("user.md", Add("tea"), origin="user").change.id
    path = home.path / "inbox" / f"{held}.json"
    path.rename(path.with_name(f"{other}.json"))
    assert home.door.accept(other).change.id not in (held, other)
    assert home.door.ledger.get(other).change.target == "user.md"
    assert home.text("memory.md") == "- The api is at /v2\n"
    home.check()


def test_those_of_one_moment_are_in_the_order_of_their_review(tmp_path: Path) -> None:
    change = Change(target=DEPLOY, ops=(CREATE,), origin="review", nudge=1, created="2026-01-01")
    for name, ordinal in (("cc", 0), ("ca", 1), ("cb", 2)):
        put(tmp_path, msgspec.structs.replace(change, id=name, ordinal=ordinal))
    assert [change.id for change in read_inbox(tmp_path).waiting] == ["cc", "ca", "cb"]


def test_a_file_without_a_row_can_be_accepted(home: Home) -> None:
    put(home.path, Change(target="memory.md", ops=(Add("The api is at /v2"),), origin="sync", id="cabcdef"))
    assert home.door.accept("cabcdef").ok
    assert home.door.ledger.get("cabcdef").status == "applied"
    home.check()


def test_what_does_not_fit_goes_on_waiting(home: Home) -> None:
    held = home.submit("memory.md", Remove("tea")).change.id
    assert home.door.accept(held).status == "conflict"
    assert [change.id for change in read_inbox(home.path).waiting] == [held]
    home.submit("memory.md", Add("tea"), origin="user")
    assert home.door.accept(held).ok
    assert read_inbox(home.path) == EMPTY
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
    assert [change.id for change in read_inbox(tmp_path).waiting] == ["cc", "cb", "ca"]
    with pytest.raises(UsageError, match="beginning of several"):
        find(tmp_path, "c")
    for unknown in ("", "cz"):
        with pytest.raises(NotFound):
            find(tmp_path, unknown)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[1]",
        '{"v": 1, "target": "memory.md", "ops": [], "origin": "user"}',
        '{"v": 1, "target": "", "ops": [{"op": "pin"}], "origin": "user"}',
        '{"v": 2, "target": "memory.md", "ops": [], "origin": "user"}',
    ],
)
def test_a_file_that_is_no_change_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox/cabcdef.json").write_text(text)
    with pytest.raises(
        UsageError, match=r"cabcdef\.json: not a change .* or drop it: hone inbox reject cabcdef"
    ):
        read(tmp_path, "cabcdef")


def test_bad_files_hide_no_sound_one_and_can_be_rejected(home: Home, held: str) -> None:
    inbox = home.path / "inbox"
    (inbox / "cbad.json").write_text("{garbage")
    (inbox / "d.json").mkdir()
    found = read_inbox(home.path)
    assert [change.id for change in found.waiting] == [held]
    assert [problem.partition(":")[0] for problem in found.problems] == [
        str(inbox / "cbad.json"),
        str(inbox / "d.json"),
    ]
    assert home.door.reject("cbad") is None
    (inbox / f"{held}.json").write_text("{garbage")
    assert home.door.reject(held) is None
    assert home.statuses() == [("add", "rejected")]
    assert ids(home.path) == ["d"]


def test_a_file_whose_name_is_no_text_is_no_change(tmp_path: Path) -> None:
    put(tmp_path, Change(target="memory.md", ops=(Add("x"),), origin="review", id="c\n"))
    assert "name" in read_inbox(tmp_path).problems[0]


def test_an_inbox_that_cannot_be_listed_is_not_taken_for_empty(home: Home, held: str) -> None:
    (home.path / "inbox").rename(home.path / "aside")
    (home.path / "inbox").touch()
    with pytest.raises(HomeError):
        home.door.scan()
    assert home.door.ledger.get(held).status == "held"


def test_a_file_that_cannot_be_read_or_removed_is_an_error_of_the_home(home: Home) -> None:
    (home.path / "inbox/cabcdef.json").mkdir(parents=True)
    with pytest.raises(HomeError):
        read(home.path, "cabcdef")
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
    assert read_inbox(home.path) == Inbox((change,), ())


def test_a_change_that_nobody_knows_cannot_be_rejected(home: Home, held: str) -> None:
    with pytest.raises(NotFound):
        home.door.reject("czzzzzz")
    assert ids(home.path) == [held]
