"""What a person edits is a change by the user: found, committed under their name, never overwritten."""

import os
import shutil
import time

import pytest
from tests.changes.homes import DEPLOY, Home

from hone.changes.change import Add, ReplaceGotcha


def old(home: Home) -> None:
    """Make every file an hour old, so that time and size alone tell whether it changed."""
    for path in home.path.rglob("*"):
        if ".git" not in path.parts and not path.is_symlink():
            os.utime(path, (time.time() - 3600,) * 2)


def test_what_was_added_edited_and_deleted_is_recorded_once(home: Home) -> None:
    home.write("user.md", "- tea\n")
    home.write("projects/shop-1/memory.md", "- shop\n")
    home.write(DEPLOY, "# Deploy\n\nmine\n")
    home.write("skills/deploy/references/api.md", "api\n")
    assert [row.summary for row in home.door.scan()] == [
        "project shop-1: added by hand",
        "skill deploy: added by hand",
        "user: added by hand",
    ]
    assert home.door.scan() == ()
    assert home.commits()[-1] == "user|user: added by hand"
    home.check()

    home.write("user.md", "- coffee\n")
    home.write("skills/deploy/references/new.md", "new\n")
    (home.path / "projects/shop-1/memory.md").unlink()
    rows = home.door.scan()
    assert [(row.summary, row.change.origin, row.op) for row in rows] == [
        ("project shop-1: deleted by hand", "user", "write"),
        ("skill deploy: added references/new.md by hand", "user", "write"),
        ("user: edited by hand", "user", "write"),
    ]
    home.check()
    assert home.door.undo(rows[2].change.id).ok
    assert home.text("user.md") == "- tea\n"
    home.check()


def test_an_edit_is_seen_by_time_and_size_alone(home: Home) -> None:
    home.write("user.md", "- tea\n")
    home.write(DEPLOY, "mine\n")
    old(home)
    home.door.scan()
    assert home.door.scan() == ()
    home.write("user.md", "- pie\n")
    assert [row.change.target for row in home.door.scan()] == ["user.md"]
    home.write("user.md", "- pea\n")  # within the same tick of the clock, and as long
    assert [row.change.target for row in home.door.scan()] == ["user.md"]


def test_a_touch_is_no_edit(home: Home) -> None:
    home.write("user.md", "- tea\n")
    home.door.scan()
    os.utime(home.path / "user.md", (1, 1))
    assert home.door.scan() == ()


def test_a_skill_that_was_deleted_or_renamed_by_hand_is_told(home: Home) -> None:
    home.deploy()
    (home.path / "skills/deploy").rename(home.path / "skills/release")
    assert [row.summary for row in home.door.scan()] == [
        "skill deploy: deleted by hand",
        "skill release: added by hand",
    ]
    shutil.rmtree(home.path / "skills/release")
    assert [row.summary for row in home.door.scan()] == ["skill release: deleted by hand"]
    home.check()


def test_many_at_once_are_taken_in_together(home: Home) -> None:
    for number in range(21):
        home.write(f"skills/s{number}/SKILL.md", f"{number}\n")
    (row,) = home.door.scan()
    assert row.summary == "took in 21 skills and memory files that were edited by hand"
    assert row.change.skill is None
    assert home.door.undo(row.change.id).reasons == (
        "it took in many files as they were: edit or delete what you do not want",
    )
    assert len(home.door.ledger.history_of("skills/s20/SKILL.md")) == 1
    home.check()


def test_what_is_hidden_linked_to_too_large_or_of_another_kind_is_left_alone(home: Home) -> None:
    home.write("skills/deploy/.hidden/a.md", "x")
    home.write("skills/deploy/node_modules/a.md", "x")
    home.write("skills/deploy/a/b/c/d/e/f/g/deep.md", "x")
    home.write("skills/deploy/run.sh", "x")
    home.write("skills/deploy/big.md", "x" * 4_000_001)
    home.write("skills/.trash/SKILL.md", "x")
    home.write("skills/notes.md", "x")
    home.write("skills/a\u200bb/SKILL.md", "x")
    (home.path / "skills/deploy/link.md").symlink_to("/etc/hostname")
    os.mkfifo(home.path / "user.md")
    assert home.door.scan() == ()


def test_a_file_that_cannot_be_read_stays_as_it_is_known(home: Home) -> None:
    home.write("user.md", "- tea\n")
    home.door.scan()
    (home.path / "user.md").unlink()
    (home.path / "user.md").symlink_to("user.md")
    assert home.door.scan() == ()
    (home.path / "user.md").unlink()
    (home.path / "user.md").mkdir()
    assert home.door.scan() == ()
    assert [row.summary for row in home.door.ledger.rows()] == ["user: added by hand"]


@pytest.mark.parametrize("known", [True, False])
def test_a_change_goes_on_top_of_an_edit_that_nobody_has_seen(home: Home, *, known: bool) -> None:
    if known:
        home.deploy()
    else:
        home.write(DEPLOY, "# Deploy\n\n## Gotchas\n\n- The health check is at /healthz\n")
    with (home.path / DEPLOY).open("a") as file:
        file.write("- Mine: port 80\n")
    outcome = home.submit(
        DEPLOY,
        ReplaceGotcha("The health check is at /healthz", "The health check is at /health"),
        origin="user",
    )
    assert outcome.status == "applied"
    assert home.text(DEPLOY).endswith("- The health check is at /health\n- Mine: port 80\n")
    assert [op for op, _ in home.statuses()] == [*(["create"] if known else []), "write", "revise"]
    assert home.commits()[-2].startswith("user|")
    home.check()


def test_nothing_in_an_empty_home_is_no_edit(home: Home) -> None:
    assert home.door.scan() == ()
    assert not (home.path / ".git").exists()


def test_bytes_that_are_no_text_are_kept_as_they_are(home: Home) -> None:
    (home.path / "user.md").write_bytes(b"- caf\xe9\n")
    (row,) = home.door.scan()
    assert home.door.ledger.effects(row.change.id)[0].after == b"- caf\xe9\n"
    assert home.submit("user.md", Add("tea"), origin="user").ok
    home.check()
