"""Taking turns back: real files, a real store, one session."""

import os
import subprocess
from pathlib import Path

import pytest
from tests.checkpoints.places import SESSION, Places

from hone.checkpoints import rewind as rewind_module
from hone.checkpoints.place import File, write
from hone.errors import Conflict, HoneError, NotFound, UsageError

LINES = "".join(f"line {number}\n" for number in range(12))


def test_a_turn_is_taken_back_whole(places: Places) -> None:
    places.write("changed", "old\n")
    places.write("removed", "was here\n")
    places.turn({"changed": "new\n", "removed": None, "made/deep/file": "n\n"})
    places.rewind()
    assert places.read("changed") == "old\n"
    assert places.read("removed") == "was here\n"
    assert not (places.work / "made").exists()


def test_by_default_the_last_turn_that_changed_files_and_is_not_taken_back(places: Places) -> None:
    places.turn({"a": "1"})
    places.turn({"a": "2"})
    places.turn({})
    places.rewind()
    assert places.read("a") == "1"
    places.rewind()
    assert places.read("a") is None
    with pytest.raises(UsageError, match="nothing to take back"):
        places.rewind()


def test_what_the_user_changed_elsewhere_in_the_file_stays(places: Places) -> None:
    places.write("a", LINES)
    places.turn({"a": LINES.replace("line 1\n", "the agent's\n")})
    places.write("a", LINES.replace("line 1\n", "the agent's\n").replace("line 10\n", "the user's\n"))
    places.rewind()
    assert places.read("a") == LINES.replace("line 10\n", "the user's\n")


def test_a_conflict_names_the_file_and_nothing_is_written(places: Places) -> None:
    places.write("a", LINES)
    places.turn({"a": LINES.replace("line 1\n", "the agent's\n"), "b": "new\n"})
    places.write("a", LINES.replace("line 1\n", "the user's\n"))
    with pytest.raises(Conflict, match="nothing was written: a was changed since in the same place"):
        places.rewind()
    assert places.read("b") == "new\n"


def test_binary_files_that_changed_since_are_a_conflict(places: Places) -> None:
    places.write("a", b"\0one")
    places.turn({"a": b"\0two"})
    places.write("a", b"\0three")
    with pytest.raises(Conflict, match="a was changed since"):
        places.rewind()


def test_an_earlier_turn_is_taken_back_alone(places: Places) -> None:
    places.write("a", LINES)
    places.turn({"a": LINES.replace("line 1\n", "first\n")})
    places.turn({"a": LINES.replace("line 1\n", "first\n").replace("line 10\n", "second\n")})
    places.rewind(1)
    assert places.read("a") == LINES.replace("line 10\n", "second\n")


def test_all_turns_from_one_on_are_taken_back_newest_first(places: Places) -> None:
    for number in range(1, 5):
        places.turn({"a": f"{number}\n", f"only-{number}": "x"})
    places.rewind(since=2)
    assert places.read("a") == "1\n"
    assert sorted(path.name for path in places.work.iterdir()) == ["a", "only-1"]
    assert [each.turn for each in places.rewinder.turns() if each.rewound] == [2, 3, 4]


def test_a_single_file_or_directory_is_taken_back(places: Places) -> None:
    places.turn({"d/a": "a", "d/b": "b", "c": "c"})
    places.rewind(path="d/a")
    assert places.read("d/a") is None
    assert places.read("d/b") == "b"
    places.rewind(path="d")
    assert not (places.work / "d").exists()
    assert places.read("c") == "c"
    assert not places.rewinder.turns()[0].rewound


def test_a_file_that_the_turn_did_not_touch_cannot_be_taken_back(places: Places) -> None:
    places.turn({"actual": "a"})
    with pytest.raises(NotFound, match="actual"):
        places.rewind(path="actuals")


def test_a_rewind_is_itself_taken_back(places: Places) -> None:
    places.write("a", "old")
    places.turn({"a": "new", "b": "new"})
    places.rewind()
    places.redo()
    assert (places.read("a"), places.read("b")) == ("new", "new")
    assert not places.rewinder.turns()[0].rewound
    with pytest.raises(UsageError, match="nothing was taken back"):
        places.redo()
    places.rewind()
    assert (places.read("a"), places.read("b")) == ("old", None)


def test_a_file_becomes_a_directory_again_and_a_directory_a_file(places: Places) -> None:
    places.write("a/inner", "in a")
    places.write("b", "file b")
    before = places.snapshot()
    turn = places.start_turn()
    places.records.begin(SESSION, turn, str(places.work), before)
    (places.work / "a" / "inner").unlink()
    (places.work / "a").rmdir()
    places.write("a", "file a")
    (places.work / "b").unlink()
    places.write("b/inner", "in b")
    places.records.end(SESSION, turn, places.snapshot())
    places.rewind()
    assert places.read("a/inner") == "in a"
    assert places.read("b") == "file b"


def test_the_right_to_execute_comes_back_and_other_permissions_stay(places: Places) -> None:
    places.write("run", "#!/bin/sh\n")
    (places.work / "run").chmod(0o640)
    before = places.snapshot()
    turn = places.start_turn()
    places.records.begin(SESSION, turn, str(places.work), before)
    (places.work / "run").chmod(0o750)
    places.records.end(SESSION, turn, places.snapshot())
    places.rewind()
    assert (places.work / "run").stat().st_mode & 0o777 == 0o640
    places.redo()
    assert (places.work / "run").stat().st_mode & 0o777 == 0o750


def test_a_directory_that_became_a_link_is_not_written_through(places: Places, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    places.write("d/f", "old")
    places.turn({"d/f": None})
    (places.work / "d").rmdir()
    (places.work / "d").symlink_to(outside)
    with pytest.raises(Conflict, match="d is no directory any more"):
        places.rewind()
    assert list(outside.iterdir()) == []
    with pytest.raises(OSError, match="Not a directory"):
        write(places.work, "d/f", File(0o100644, b"x"))


def test_a_directory_of_the_user_where_a_file_was_is_a_conflict(places: Places) -> None:
    places.write("a", "old")
    places.turn({"a": None})
    places.write("a/mine", "the user's")
    with pytest.raises(Conflict, match="a is a directory now"):
        places.rewind()
    assert places.read("a/mine") == "the user's"


def test_what_was_not_kept_is_left_and_said(places: Places) -> None:
    places.write(".env", "TOKEN=1")
    places.turn({".env": "TOKEN=2", "a": "a"})
    plan = places.rewinder.plan()
    places.rewinder.apply(plan)
    assert plan.left == ((".env", "it may hold keys"),)
    assert places.read(".env") == "TOKEN=2"
    assert places.read("a") is None


def test_a_turn_that_was_killed_is_compared_with_what_came_next(places: Places) -> None:
    turn = places.start_turn()
    places.records.begin(SESSION, turn, str(places.work), places.snapshot())
    places.write("a", "by the killed turn")
    assert [each.path for each in places.rewinder.turns()[0].files] == ["a"]
    places.turn({"b": "by the next"})
    assert [each.path for each in places.rewinder.turns()[0].files] == ["a"]
    places.rewind(1)
    assert (places.read("a"), places.read("b")) == (None, "by the next")


def test_a_turn_without_a_checkpoint_says_why(places: Places) -> None:
    places.records.begin(SESSION, places.start_turn(), str(places.work), None, "the workspace is too large")
    assert places.rewinder.turns()[0].skipped == "the workspace is too large"
    for since in (None, 1):
        with pytest.raises(UsageError, match="turn 1 cannot be taken back: the workspace is too large"):
            places.rewinder.plan(since=since)
    with pytest.raises(NotFound, match="7"):
        places.rewind(7)


def test_a_file_that_changes_under_its_hands_is_not_overwritten(places: Places) -> None:
    places.turn({"a": "agent"})
    plan = places.rewinder.plan()
    places.write("a", "user, just now")
    with pytest.raises(Conflict, match="changed just now"):
        places.rewinder.apply(plan)
    assert places.read("a") == "user, just now"


def test_if_one_file_cannot_be_written_all_are_as_they_were(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    places.write("a", "old")
    places.write("b", "old")
    places.turn({"a": "new", "b": "new", "c": "new"})
    plan = places.rewinder.plan()
    full = iter([False, True, False, False, False])

    def write_on_a_full_disk(root: Path, path: str, file: File) -> None:
        if next(full):
            raise OSError(28, "No space left on device")
        write(root, path, file)

    monkeypatch.setattr(rewind_module, "write", write_on_a_full_disk)
    with pytest.raises(
        HoneError, match=r"b cannot be written .No space left on device.: all files are as they"
    ):
        places.rewinder.apply(plan)
    assert [places.read(path) for path in "abc"] == ["new", "new", "new"]


def test_a_lost_tree_is_said_of_its_turn(places: Places) -> None:
    places.records.begin(SESSION, places.start_turn(), str(places.work), "1" * 40)
    assert "the store of checkpoints" in places.rewinder.turns()[0].skipped


def test_names_that_are_no_text_are_taken_back_too(places: Places) -> None:
    name = os.fsdecode(b"caf\xe9")
    places.turn({name: "x"})
    places.rewind()
    assert list(places.work.iterdir()) == []
    assert places.records.news(SESSION)[0].paths == ("caf\\xe9",)


def test_in_a_repository_index_and_head_stay(repository: Places) -> None:
    repository.turn({"tracked.txt": "changed\n"})
    before = (repository.work / ".git" / "index").read_bytes()
    repository.rewind()
    assert (repository.work / ".git" / "index").read_bytes() == before
    told = subprocess.run(["git", "status", "--short"], cwd=repository.work, capture_output=True, check=True)
    assert told.stdout == b""
