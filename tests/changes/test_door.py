"""What becomes of a change that comes to the door: made, held, refused, or nothing to do."""

import random
import stat
from pathlib import Path

import msgspec
import pytest
from tests.changes.homes import CREATE, DEPLOY, Home, opened

from hone.changes.apply import read_file
from hone.changes.change import (
    Add,
    AddGotcha,
    Archive,
    Change,
    Create,
    Facts,
    Origin,
    Pin,
    Remove,
    Replace,
    ReplaceGotcha,
    Restore,
    Verdict,
    Write,
)
from hone.changes.door import Door
from hone.changes.ledger import Row
from hone.clock import SystemClock
from hone.database import Database
from hone.errors import HomeError, NotFound, UsageError
from hone.git import Git


def test_a_change_is_made_recorded_and_committed(home: Home) -> None:
    outcome = home.door.submit(
        Change(
            target="memory.md",
            ops=(Add("The api is at /v2"),),
            origin="review",
            evidence=("e1", "e7"),
            session="s1",
            turn=3,
            model="m:x",
        )
    )
    assert (outcome.status, outcome.ok) == ("applied", True)
    assert home.text("memory.md") == "- The api is at /v2\n"
    (row,) = home.door.ledger.rows()
    assert (row.change, row.op, row.status) == (outcome.change, "add", "applied")
    assert row.summary == 'memory: added "The api is at /v2"'
    assert home.git("log", "--format=%an <%ae>|%cn|%s|%(trailers:separator=%x2C)").strip() == (
        'hone <hone@localhost>|hone|memory: added "The api is at /v2"|'
        f"Change-Id: {row.change.id},Session: s1,Turn: 3,Evidence: e1 e7,Trust: user,Model: m:x"
    )
    home.check()


def test_an_id_is_c_and_six_characters_and_never_taken_twice(tmp_path: Path) -> None:
    with opened(tmp_path) as home:
        first = home.remember("The api is at /v1")
        assert len(first) == 7
        assert first[0] == "c"
        assert set(first[1:]) <= set("abcdefghijklmnopqrstuvwxyz234567")
        same = [
            Door(tmp_path, home.database, Git(tmp_path, home.environ), SystemClock(), random.Random(5))
            for _ in range(2)
        ]
        change = Change(target="memory.md", ops=(Add("The api is at /v2"),), origin="user")
        other = msgspec.structs.replace(change, ops=(Add("The shop is at /srv"),))
        assert same[0].submit(change).change.id != same[1].submit(other).change.id


def test_what_the_file_says_already_leaves_no_trace(home: Home) -> None:
    home.remember("The api is at /v2")
    outcome = home.submit("memory.md", Add("The api is at /v2"), origin="user")
    assert (outcome.status, outcome.ok, outcome.change.id) == ("unchanged", True, "")
    assert len(home.statuses()) == 1


def test_a_new_skill_is_private_and_on_trial(home: Home) -> None:
    home.deploy()
    assert home.text("skills/deploy/hone.yaml").startswith("v: 1\nstatus: trial\n")
    modes = {
        path: stat.S_IMODE((home.path / path).stat().st_mode) for path in (DEPLOY, "skills/deploy", "skills")
    }
    assert modes == {DEPLOY: 0o600, "skills/deploy": 0o700, "skills": 0o700}
    home.check()


def test_a_file_keeps_its_mode_and_a_link_its_target(home: Home, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "user.md"
    real.parent.mkdir()
    real.write_text("- one\n")
    real.chmod(0o640)
    (home.path / "user.md").symlink_to(real)
    home.submit("user.md", Add("two"), origin="user")
    assert (home.path / "user.md").is_symlink()
    assert real.read_text() == "- one\n- two\n"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert home.git("status", "--porcelain") == ""
    assert home.git("show", "HEAD:user.md") == str(real)


def test_in_a_linked_directory_the_file_is_changed_and_git_left_out(home: Home, tmp_path: Path) -> None:
    home.deploy()
    (home.path / "skills/deploy").rename(tmp_path / "deploy")
    (home.path / "skills/deploy").symlink_to(tmp_path / "deploy")
    assert home.submit(DEPLOY, AddGotcha("Port 80 is taken"), origin="user").ok
    assert "Port 80" in (tmp_path / "deploy/SKILL.md").read_text()
    assert home.submit(DEPLOY, Archive(), origin="user").reasons == (
        "skills/deploy is a link: move it yourself",
    )


def test_the_gate_may_hold_a_change(tmp_path: Path) -> None:
    home = Home(tmp_path, mode="hold")
    outcome = home.submit("memory.md", Add("The api is at /v2"))
    assert (outcome.status, outcome.ok, outcome.reasons) == ("held", False, ("learning.mode is hold",))
    assert not (tmp_path / "memory.md").exists()
    assert home.statuses() == [("add", "held")]
    file = msgspec.json.decode((tmp_path / "inbox" / f"{outcome.change.id}.json").read_bytes())
    assert {"v": 1, "id": outcome.change.id, "reasons": ["learning.mode is hold"]}.items() <= file.items()
    home.database.close()


def test_a_secret_is_refused_and_kept_nowhere(home: Home) -> None:
    secret = "ghp_" + "a1B2" * 9
    outcome = home.submit("memory.md", Add(f"the token is {secret}"), origin="user")
    assert outcome.status == "rejected"
    assert home.statuses() == [("add", "rejected")]
    assert all(secret not in path.read_text("latin-1") for path in home.path.rglob("*") if path.is_file())


def test_what_is_unavailable_is_remembered_for_a_week_instead(home: Home) -> None:
    outcome = home.submit(
        DEPLOY, msgspec.structs.replace(CREATE, steps=(), gotchas=()), AddGotcha("docker is not available")
    )
    assert outcome.change.target in ("memory.md", DEPLOY)
    create = Create("Deploy", "Deploys. Use it to deploy.", "When deploying.", ("docker is not available",))
    outcome = home.submit("skills/other/SKILL.md", create)
    assert outcome.change.target == "memory.md"
    assert "7 days" in outcome.reasons[0]
    assert "docker is not available" in home.text("memory.md")


def test_what_does_not_fit_waits_in_the_inbox_or_is_told_to_the_user(home: Home) -> None:
    home.deploy()
    outcome = home.submit(DEPLOY, ReplaceGotcha("nothing like it", "x"))
    assert outcome.status == "held"
    assert outcome.change.reasons == outcome.reasons
    told = home.submit(DEPLOY, ReplaceGotcha("nothing like it", "x"), origin="user")
    assert (told.status, told.change.id) == ("conflict", "")
    assert [status for _, status in home.statuses()] == ["applied", "held"]


def test_a_target_elsewhere_is_a_usage_error_and_changes_nothing(home: Home) -> None:
    with pytest.raises(UsageError):
        home.submit("../config.yaml", Add("x"))
    assert home.statuses() == []


def test_the_verdict_alone_has_no_effect(home: Home) -> None:
    change = Change(target="memory.md", ops=(Add("The api is at /v2"),), origin="review")
    assert home.door.judge(change).decision == "accept"
    assert home.door.judge(change, Facts()).decision == "accept"
    home.remember("The api is at /v2")
    assert home.door.judge(change).reasons == ("nothing to change: the file says so already",)
    assert home.door.judge(msgspec.structs.replace(change, ops=(Remove("zzz"),))).decision == "reject"
    assert home.door.judge(msgspec.structs.replace(change, target="state.db")).decision == "reject"
    assert len(home.statuses()) == 1


def test_a_file_that_cannot_be_read_is_an_error_of_the_home(home: Home) -> None:
    (home.path / "memory.md").mkdir()
    with pytest.raises(HomeError, match="not a regular file"):
        home.submit("memory.md", Add("x"))
    with pytest.raises(HomeError, match="not a regular file"):
        home.door.judge(Change(target="memory.md", ops=(Add("x"),), origin="user"))
    (home.path / "user.md").write_bytes(b"x" * 4_000_001)
    with pytest.raises(HomeError, match="larger than 4 MB"):
        home.submit("user.md", Add("x"))


def test_a_skill_goes_to_the_archive_with_all_that_is_in_it(home: Home) -> None:
    home.deploy()
    home.write("skills/deploy/references/api.md", "the api")
    home.write("skills/deploy/run.sh", "true")
    outcome = home.submit(DEPLOY, Archive(), origin="user")
    assert outcome.status == "applied"
    assert not (home.path / "skills/deploy").exists()
    assert home.text("skills/.archive/deploy/run.sh") == "true"
    assert "R100\tskills/deploy/SKILL.md" in home.git("show", "--format=", "-M", "--name-status")
    home.check()

    home.deploy()
    assert home.submit(DEPLOY, Archive(), origin="user").ok
    assert (home.path / "skills/.archive/deploy-2").is_dir()
    assert home.submit(DEPLOY, Restore(), origin="user").ok
    assert home.text("skills/deploy/references/api.md") == "the api"
    home.check()
    versions = home.door.ledger.history_of("skills/deploy/references/api.md")
    assert [row.op for row, _ in versions] == ["write"]


def test_a_pin_stands_in_the_sidecar(home: Home) -> None:
    home.deploy()
    assert home.submit(DEPLOY, Pin(), origin="user").ok
    assert "pinned: true" in home.text("skills/deploy/hone.yaml")
    home.check()


def test_proposals_are_settled_once(home: Home) -> None:
    fresh = Change(target="memory.md", ops=(Add("The api is at /v2"),), origin="review")
    verdicts = (
        Verdict("accept", fresh, also=(msgspec.structs.replace(fresh, target="user.md"),)),
        Verdict("hold", msgspec.structs.replace(fresh, ops=(Add("The api is at /v3"),)), ("why not",)),
        Verdict("reject", msgspec.structs.replace(fresh, ops=(Add("The api is at /v4"),)), ("no",)),
        Verdict("accept", fresh),
        Verdict("accept", msgspec.structs.replace(fresh, ops=(Replace("zzz", "y"),))),
        Verdict("accept", msgspec.structs.replace(fresh, ops=(Pin(),))),
        Verdict("reject", msgspec.structs.replace(fresh, ops=())),
    )
    assert not home.door.proposed(7)
    home.door.propose(7, verdicts)
    home.door.propose(7, verdicts)
    assert home.door.proposed(7)
    assert home.door.settle(8) == ()
    assert not (home.path / "memory.md").exists()

    outcomes = home.door.settle(7)
    assert [outcome.status for outcome in outcomes] == [
        *("applied", "applied", "held", "unchanged", "held", "rejected"),
    ]
    assert {row.change.ordinal: row.status for row in home.door.ledger.rows()} == dict(
        enumerate(["applied", "applied", "held", "rejected", "rejected", "held", "rejected"])
    )
    assert home.door.settle() == ()
    assert home.text("memory.md") == home.text("user.md") == "- The api is at /v2\n"
    home.check()


@pytest.mark.parametrize("origin", ["review", "user"])
def test_a_change_of_which_one_file_cannot_be_written_is_put_aside_whole(home: Home, origin: Origin) -> None:
    (home.path / "skills/deploy").mkdir(parents=True)
    (home.path / "skills/deploy/hone.yaml").symlink_to(home.path / "nowhere/at/all")
    (home.path / "nowhere").write_text("a file where the link wants a directory")
    create = msgspec.structs.replace(CREATE, scope="project:shop")
    outcome = home.submit(DEPLOY, create, origin=origin)
    assert outcome.status == ("held" if origin == "review" else "conflict")
    assert "a part of the path is a file" in outcome.reasons[-1]
    assert not (home.path / DEPLOY).exists()
    assert home.statuses() == [("create", "held" if origin == "review" else "rejected")]
    assert home.submit("memory.md", Add("The api is at /v2"), origin="user").ok


def test_a_skill_that_cannot_be_moved_stays(home: Home) -> None:
    home.deploy()
    home.write("skills/.archive", "a file where the archive should be")
    outcome = home.submit(DEPLOY, Archive(), origin="user")
    assert outcome.status == "conflict"
    assert "a part of the path is a file" in outcome.reasons[0]
    assert (home.path / DEPLOY).exists()


def test_a_proposal_waits_while_its_file_cannot_be_read(home: Home) -> None:
    change = Change(target="memory.md", ops=(Add("The api is at /v2"),), origin="review")
    home.door.propose(1, [home.door.judge(change)])
    (home.path / "memory.md").mkdir()
    with pytest.raises(HomeError):
        home.door.settle()
    (home.path / "memory.md").rmdir()
    assert [outcome.status for outcome in home.door.settle()] == ["applied"]


@pytest.mark.parametrize("path", ["config.yaml", "skills/../config.yaml", "skills/.archive", "skills/a//b"])
def test_nothing_is_read_or_written_elsewhere(home: Home, path: str) -> None:
    with pytest.raises(UsageError, match="no place for memory or skills"):
        read_file(home.path, path)


def test_links_in_a_circle_are_an_error_of_the_home(home: Home) -> None:
    (home.path / "memory.md").symlink_to(home.path / "memory.md")
    with pytest.raises(HomeError):
        home.submit("memory.md", Add("x"))


def test_without_git_everything_else_works_and_git_is_brought_up_to_date_later(tmp_path: Path) -> None:
    home = Home(tmp_path, environ={"PATH": str(tmp_path / "nowhere")})
    first = home.remember("The api is at /v1")
    assert home.door.undo(first).ok
    home.remember("The api is at /v2")
    assert not (tmp_path / ".git").exists()
    home.database.close()
    with opened(tmp_path) as later:
        later.door.commit()
        assert len(later.commits()) == 3
        later.check()


def test_unannounced_changes_are_those_of_learning(home: Home) -> None:
    home.remember("The api is at /v1", origin="user")
    home.remember("The api is at /v2")
    (row,) = home.door.ledger.unannounced()
    assert isinstance(row, Row)
    home.door.ledger.mark_announced([row.change.id])
    assert home.door.ledger.unannounced() == ()


def test_a_change_is_found_by_a_prefix_of_its_id(home: Home) -> None:
    ids = [home.remember(f"The api is at /v{number}") for number in range(2)]
    assert home.door.ledger.get(ids[0]).change.id == ids[0]
    assert home.door.ledger.get(f" {ids[1].upper()} ").change.id == ids[1]
    with pytest.raises(UsageError, match="beginning of several"):
        home.door.ledger.get("c")
    for unknown in ("", "x", "c1"):
        with pytest.raises(NotFound):
            home.door.ledger.get(unknown)


def test_the_log_can_be_narrowed(home: Home) -> None:
    home.deploy()
    home.remember("The api is at /v2")
    ledger = home.door.ledger
    assert [row.op for row in ledger.rows()] == ["add", "create"]
    assert [row.op for row in ledger.rows(limit=1)] == ["add"]
    assert [row.op for row in ledger.rows(target=DEPLOY, status="applied")] == ["create"]
    assert ledger.rows(status="held") == ()


def test_a_damaged_row_is_an_error_of_the_home(home: Home) -> None:
    home.remember("The api is at /v2")
    with home.database.transaction() as execute:
        execute("UPDATE changes SET data = '{'")
    with pytest.raises(HomeError, match="is damaged"):
        home.door.ledger.rows()


def test_a_whole_file_with_bytes_that_are_no_utf_8_is_written_as_it_is(home: Home) -> None:
    text = b"- caf\xe9\n".decode("utf-8", "surrogateescape")
    assert home.submit("user.md", Write(text), origin="user").ok
    assert (home.path / "user.md").read_bytes() == b"- caf\xe9\n"
    home.check()


def test_a_database_for_reading_is_enough_for_the_ledger(home: Home) -> None:
    home.remember("The api is at /v2")
    database = Database.open_for_reading(home.path / "state.db")
    assert len(type(home.door.ledger)(database).rows()) == 1
    database.close()


def test_a_pinned_skill_stays_as_it_is_until_the_user_says_otherwise(home: Home) -> None:
    home.door.submit(Change(target=DEPLOY, ops=(CREATE,), origin="user"))
    home.door.submit(Change(target=DEPLOY, ops=(Pin(),), origin="user"))
    before = home.text(DEPLOY)
    edit = Change(target=DEPLOY, ops=(AddGotcha("The port is 8080"),), origin="review", trust="workspace")
    assert home.door.submit(edit).status == "held"
    assert home.text(DEPLOY) == before
    (waiting,) = home.door.ledger.rows(status="held")
    assert home.door.accept(waiting.change.id).status == "applied"
    assert "The port is 8080" in home.text(DEPLOY)
    home.check()
