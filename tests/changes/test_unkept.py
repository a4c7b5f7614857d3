"""Of a file that holds a secret hone keeps no copy: it is left alone, said, and recorded again once the secret is gone."""

import gc
import subprocess
import zlib
from pathlib import Path

import pytest
from tests.changes.homes import DEPLOY, Home

from hone.changes.change import Add, AddStep, Archive, Change, Remove, Replace
from hone.changes.rules.leaks import without_secrets

KEY = "ghp_" + "a1B2" * 9
WHY = "memory.md holds what looks like a secret (github-token): hone keeps no copy of it until that is gone"


def holders(home: Home) -> list[str]:
    """The files below the home that hold the key, git's objects among them."""
    home.database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    gc.collect()
    found = []
    for path in sorted(home.path.rglob("*")):
        if not path.is_file():
            continue
        data = path.read_bytes()
        if "objects" in path.parts and path.suffix not in (".pack", ".idx"):
            data = zlib.decompress(data)
        if KEY.encode() in data:
            found.append(path.relative_to(home.path).as_posix())
    for pack in home.path.glob(".git/objects/pack/*.idx"):
        told = subprocess.run(
            ["git", "-C", home.path, "cat-file", "--batch-all-objects", "--batch"],
            capture_output=True,
            check=True,
        )
        found += [pack.name] if KEY.encode() in told.stdout else []
    return found


def test_a_hand_edit_with_a_secret_is_not_recorded_until_it_is_gone(home: Home) -> None:
    home.remember("The port is 8080")
    home.write("memory.md", f"- The port is 8080\n- token {KEY}\n")
    home.write("user.md", "- tea\n")
    assert [row.change.target for row in home.door.scan()] == ["user.md"]
    assert home.door.unkept() == (WHY,)
    assert holders(home) == ["memory.md"]

    home.write("memory.md", "- The port is 8080\n- token: see the vault\n")
    assert [row.summary for row in home.door.scan()] == ["memory: edited by hand"]
    assert home.door.unkept() == ()
    home.check()


def test_what_others_want_of_such_a_file_waits_until_the_secret_is_gone(home: Home) -> None:
    home.write("memory.md", f"- token {KEY}\n")
    outcome = home.submit("memory.md", Add("The port is 8080"))
    assert (outcome.status, outcome.reasons) == ("held", (WHY,))
    assert home.text("memory.md") == f"- token {KEY}\n"
    assert home.door.accept(outcome.change.id).status == "held"
    assert holders(home) == ["memory.md"]

    home.write("memory.md", "- tea\n")
    assert home.door.accept(outcome.change.id).status == "applied"
    assert home.text("memory.md") == "- tea\n- The port is 8080\n"
    home.check()


def test_a_review_does_not_take_the_secret_out_by_itself(home: Home) -> None:
    home.write("memory.md", f"- token {KEY}\n- tea\n")
    outcome = home.submit("memory.md", Replace(f"token {KEY}", "The token is in `pass show token`"))
    assert (outcome.status, outcome.reasons) == ("held", (WHY,))
    assert holders(home) == ["memory.md"]


def test_what_a_review_proposed_waits_too(home: Home) -> None:
    verdict = home.door.judge(Change(target="memory.md", ops=(Add("The port is 8080"),), origin="review"))
    home.write("memory.md", f"- token {KEY}\n")
    home.door.propose(7, [verdict])
    (outcome,) = home.door.settle(7)
    assert (outcome.status, outcome.reasons) == ("held", (WHY,))
    assert holders(home) == ["memory.md"]


def test_the_user_can_take_the_secret_out_with_a_command_and_undo_what_was_there_before(home: Home) -> None:
    home.remember("The port is 8080")
    home.write("memory.md", f"- The port is 8080\n- token {KEY}\n")
    outcome = home.submit("memory.md", Remove(f"token {KEY}"), origin="user")
    assert outcome.status == "applied"
    assert home.text("memory.md") == "- The port is 8080\n"
    assert home.door.unkept() == ()
    assert holders(home) == []
    home.check()


def test_the_user_can_change_other_lines_only_when_the_secret_is_gone(home: Home) -> None:
    home.write("memory.md", f"- token {KEY}\n")
    outcome = home.submit("memory.md", Add("tea"), origin="user")
    assert (outcome.status, outcome.reasons) == ("conflict", (WHY,))
    assert home.text("memory.md") == f"- token {KEY}\n"
    assert holders(home) == ["memory.md"]


def test_a_skill_whose_reference_holds_one_is_changed_but_not_archived(home: Home) -> None:
    home.deploy()
    home.write("skills/deploy/references/access.md", f"token {KEY}\n")
    assert home.submit(DEPLOY, AddStep("Run `make check`")).status == "applied"
    assert home.submit(DEPLOY, Archive(), origin="user").status == "conflict"
    assert home.door.unkept() == (WHY.replace("memory.md", "skills/deploy/references/access.md"),)
    assert holders(home) == ["skills/deploy/references/access.md"]


@pytest.mark.parametrize(
    "op", [Add(f"token {KEY}"), Replace(KEY, f"token {KEY}"), Replace(KEY, "see the vault")]
)
def test_a_change_that_does_not_fit_keeps_no_secret_either(
    home: Home, op: Add | Replace, tmp_path: Path
) -> None:
    home.remember("The port is 8080")
    for origin in ("review", "user"):
        change = Change(target="memory.md", ops=(op,), origin=origin, base_sha256="0" * 64)
        verdict = home.door.judge(change)
        assert verdict.decision == "reject"
        assert KEY not in str(verdict)
        home.door.propose(1, [verdict])
        assert KEY not in str(home.door.submit(change).reasons)
    assert holders(home) == []


def test_texts_that_are_named_are_redacted_with_the_others() -> None:
    change = Change(target="memory.md", ops=(Replace(f"a {KEY}", "tea"), Add("tea")), origin="review")
    assert without_secrets(change).ops == (Replace("[redacted:github-token]", "tea"), Add("tea"))
