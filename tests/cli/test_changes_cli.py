"""`hone log`, `show`, `undo`, `blame` and `inbox`: the story of what was learned, told and reversed."""

import contextlib
import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.cli.driving import Hone

from hone.changes.change import (
    Add,
    AddGotcha,
    AnyOp,
    Change,
    Create,
    Facts,
    Gotcha,
    Origin,
    Outcome,
    Pin,
    Replace,
    ReplaceGotcha,
)
from hone.changes.door import Door
from hone.clock import SystemClock
from hone.database import Database
from hone.events import ToolFinished, TurnStarted
from hone.git import Git
from hone.history.rows import SessionInfo
from hone.history.store import History
from hone.messages import ToolReply, Trust

SESSION = "20261122-aaaaaa"
SKILL = "skills/deploy-to-staging/SKILL.md"
DEPLOY = Create(
    title="Deploy to staging",
    description="Deploys the shop to the staging server. Use it when asked to deploy or to release to staging.",
    when_to_use="When the shop is to be deployed to staging.",
    steps=("Build with `NODE_ENV=production npm run build`", "Run `npm run migrate` before the deploy"),
    gotchas=(Gotcha("The health check is at `/healthz`, not `/health`", ("e2",)),),
)
FACTS = Facts(
    events={
        "e2": "shell curl localhost:8080/health exit 22 404; NODE_ENV=production npm run build migrate /healthz"
    }
)


@contextlib.contextmanager
def opened(home: Path) -> Iterator[Door]:
    database = Database.open(home / "state.db")
    try:
        yield Door(home, database, Git(home, os.environ), SystemClock(), random.Random())
    finally:
        database.close()


def submitted(
    hone: Hone, target: str, *ops: AnyOp, origin: Origin = "review", trust: Trust = "workspace"
) -> str:
    change = Change(
        target=target,
        ops=ops,
        origin=origin,
        trust="user" if origin == "user" else trust,
        session=None if origin == "user" else SESSION,
        turn=None if origin == "user" else 1,
        evidence=() if origin == "user" else ("e2",),
        model=None if origin == "user" else "writer-1",
        note="it failed twice",
    )
    with opened(hone.home) as door:
        outcome: Outcome = door.submit(change, FACTS)
    assert outcome.change.id, outcome
    return outcome.change.id


@pytest.fixture
def learned(hone: Hone) -> str:
    """The id of a skill that a review wrote after a recorded session."""
    history = History.open(hone.home / "state.db", lambda text: text, SystemClock())
    info = SessionInfo(id=SESSION, cwd="/w", workspace="/w", origin="run", system_prompt="")
    history.open_session(info)
    history.start_turn(SESSION, TurnStarted("deploy it"))
    history.append(
        SESSION, 1, 1, ToolFinished(ToolReply("c", "shell", "404\x1b[31m\nnot found", False, 22), 1.0)
    )
    history.close()
    return submitted(hone, SKILL, DEPLOY)


def test_the_log_is_newest_first_with_a_line_for_each_change(hone: Hone, learned: str) -> None:
    added = submitted(hone, "user.md", Add("Prefers `pnpm`"), origin="user")
    newest, oldest = hone("log").out.splitlines()
    assert newest.split()[0] == added
    assert newest.split()[3] == "you"
    assert oldest.split()[0] == learned
    assert oldest.split()[3] == "review"
    assert "learned skill deploy-to-staging (1 gotcha)" in oldest


def test_the_log_for_machines_has_every_key(hone: Hone, learned: str) -> None:
    (row,) = json.loads(hone.here("log", "--json").out)
    at = row.pop("at")
    assert at.endswith("Z")
    assert "T" in at
    assert row == {
        "id": learned,
        "op": "create",
        "target": SKILL,
        "origin": "review",
        "status": "applied",
        "session": SESSION,
        "turn": 1,
        "trust": "workspace",
        "nudge": None,
        "summary": "learned skill deploy-to-staging (1 gotcha)",
    }


def test_an_empty_log_says_so_and_makes_nothing(hone: Hone) -> None:
    hone.home.rmdir()
    assert hone("log").out.startswith("no changes yet")
    assert json.loads(hone.here("log", "--json").out) == []
    assert not hone.home.exists()


def test_a_long_log_is_cut_and_says_how_much_is_left(hone: Hone) -> None:
    for number in range(3):
        submitted(hone, "user.md", Add(f"Fact {number}"), origin="user")
    lines = hone.here("log", "--limit", "2").out.splitlines()
    assert "Fact 2" in lines[0]
    assert lines[2:] == ["1 older: hone log --limit 3"]
    assert len(json.loads(hone.here("log", "--json", "--limit", "2").out)) == 2


@pytest.mark.parametrize("named", ["deploy-to-staging", SKILL, "skills/deploy-to-staging"])
def test_the_log_of_a_skill_has_its_changes_only(hone: Hone, learned: str, named: str) -> None:
    submitted(hone, "user.md", Add("Prefers `pnpm`"), origin="user")
    assert [row["id"] for row in json.loads(hone.here("log", named, "--json").out)] == [learned]


@pytest.mark.parametrize("named", ["user", "user.md"])
def test_the_log_of_a_memory_file_has_its_changes_only(hone: Hone, learned: str, named: str) -> None:
    added = submitted(hone, "user.md", Add("Prefers `pnpm`"), origin="user")
    assert learned != added
    assert [row["id"] for row in json.loads(hone.here("log", named, "--json").out)] == [added]


@pytest.mark.parametrize("verb", ["log", "blame"])
def test_an_unknown_file_is_named_with_what_is_near(hone: Hone, learned: str, verb: str) -> None:
    done = hone.here(verb, "deploy-to-stagin")
    assert learned
    assert done.is_usage_error()
    assert "deploy-to-staging" in done.err


def test_a_hand_edit_is_in_the_story(hone: Hone, learned: str) -> None:
    path = hone.home / SKILL
    path.write_text(path.read_text() + "- And `make clean` first\n")
    newest, oldest = json.loads(hone("log", "--json").out)
    assert (newest["origin"], newest["op"], newest["target"]) == ("user", "write", SKILL)
    assert oldest["id"] == learned


def test_show_tells_who_when_why_and_from_what(hone: Hone, learned: str) -> None:
    text = hone("show", learned[:5]).out
    assert text.startswith(f"{learned}  learned skill deploy-to-staging (1 gotcha)\n")
    for words in (
        "status    applied",
        f"target    {SKILL}",
        "by        review (writer-1), trust workspace",
        f"session   {SESSION}, turn 1",
        "note      it failed twice",
        "evidence  e2  shell exit 22: 404 not found",
        f"+++ {SKILL}",
        "+- The health check is at `/healthz`, not `/health`",
    ):
        assert words in text


def test_show_for_machines_is_the_change_with_its_diff(hone: Hone, learned: str) -> None:
    shown = json.loads(hone.here("show", learned, "--json").out)
    assert shown["id"] == learned
    assert shown["evidence"] == [{"id": "e2", "text": "shell exit 22: 404 not found"}]
    assert shown["ops"][0]["op"] == "create"
    assert shown["diff"].startswith("--- /dev/null\n")


def test_show_of_a_change_without_a_known_session_names_its_evidence(hone: Hone) -> None:
    name = submitted(hone, SKILL, DEPLOY)
    assert "evidence  e2\n" in hone.here("show", name).out


@pytest.mark.parametrize("verb", ["show", "undo"])
def test_an_unknown_or_ambiguous_id_is_a_usage_error(hone: Hone, learned: str, verb: str) -> None:
    submitted(hone, "user.md", Add("Prefers `pnpm`"), origin="user")
    before = hone.contents()
    assert hone.here(verb, "cnever").is_usage_error()
    ambiguous = hone.here(verb, "c")
    assert ambiguous.is_usage_error()
    assert learned in ambiguous.err
    assert {p: b for p, b in hone.contents().items() if p.endswith(".md")} == {
        p: b for p, b in before.items() if p.endswith(".md")
    }


def test_undo_takes_a_change_back_and_can_be_undone(hone: Hone, learned: str) -> None:
    before = (hone.home / SKILL).read_bytes()
    done = hone("undo", learned)
    assert done.code == 0
    assert done.out.startswith(f"undone {learned}: learned skill deploy-to-staging (1 gotcha); hone undo c")
    assert not (hone.home / SKILL).parent.exists()

    back = done.out.split()[-4]
    log = json.loads(hone.here("log", "--json").out)
    assert [(row["id"], row["op"], row["status"]) for row in log] == [
        (back, "undo", "applied"),
        (learned, "create", "undone"),
    ]
    assert hone("undo", back).code == 0
    assert (hone.home / SKILL).read_bytes() == before


def test_undo_keeps_what_was_added_since_by_anyone(hone: Hone) -> None:
    names = [submitted(hone, "memory.md", Add(f"Port {n} is taken"), origin="user") for n in (1, 2, 3)]
    with (hone.home / "memory.md").open("a") as file:
        file.write("- by hand\n")
    for name in (names[0], names[2]):
        assert hone("undo", name).code == 0
    assert (hone.home / "memory.md").read_text() == "- Port 2 is taken\n- by hand\n"


def refused(hone: Hone, name: str) -> str:
    """What is said when `hone undo` refuses; nothing may have been written."""

    def files() -> dict[str, bytes | None]:
        return {path: data for path, data in hone.contents().items() if path.endswith((".md", ".yaml"))}

    log, before = hone.here("log", "--json").out, files()
    done = hone("undo", name)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"hone: {name} is not undone: ")
    assert done.err.count("\n") == 1
    assert (hone.here("log", "--json").out, files()) == (log, before)
    return done.err


def test_undo_of_what_was_edited_since_is_a_conflict_that_writes_nothing(hone: Hone) -> None:
    name = submitted(hone, "user.md", Add("Prefers `npm`"), origin="user")
    path = hone.home / "user.md"
    path.write_text(path.read_text().replace("`npm`", "`pnpm`"))
    assert "edited since" in refused(hone, name) or "made by this change" in refused(hone, name)


def test_undo_of_an_undone_change_is_refused(hone: Hone, learned: str) -> None:
    hone("undo", learned)
    assert "undone" in refused(hone, learned)


def test_undo_of_a_change_that_was_never_applied_is_refused(hone: Hone) -> None:
    assert refused(hone, submitted(hone, SKILL, DEPLOY, trust="external"))


def test_blame_tells_the_writer_of_each_line(hone: Hone, learned: str) -> None:
    revised = submitted(hone, SKILL, AddGotcha("Set `NODE_ENV=production` before `npm run build`", ("e2",)))
    path = hone.home / SKILL
    path.write_text(path.read_text() + "- Mine\n")
    lines = hone("blame", "deploy-to-staging").out.splitlines()
    assert len(lines) == len(path.read_text().splitlines())
    assert lines[0].split()[0] == learned
    assert lines[0].split()[2:4] == ["review", "workspace"]
    assert lines[-2].split()[0] == revised
    assert lines[-1].split()[2:] == ["you", "user", "-", "Mine"]


def test_blame_for_machines(hone: Hone) -> None:
    name = submitted(hone, "user.md", Add("Prefers `pnpm`"), origin="user")
    (line,) = json.loads(hone.here("blame", "user", "--json").out)
    at = line.pop("at")
    assert at.endswith("Z")
    assert line == {
        "line": 1,
        "text": "- Prefers `pnpm`",
        "change": name,
        "origin": "user",
        "trust": "user",
        "session": None,
    }


@pytest.mark.parametrize(
    "path",
    [
        lambda home, _work: (home / SKILL, None),
        lambda home, _work: (SKILL, home),
        lambda home, _work: ("SKILL.md", (home / SKILL).parent),
        lambda home, _work: (".", (home / SKILL).parent),
        lambda home, work: (SKILL, work),
        lambda home, work: (os.path.relpath(home / SKILL, work), work),
    ],
)
def test_a_file_to_blame_is_a_path_from_anywhere(
    hone: Hone, learned: str, path: Callable[[Path, Path], tuple[Path | str, Path | None]]
) -> None:
    named, cwd = path(hone.home, hone.work)
    assert hone.here("blame", str(named), cwd=cwd).out.split()[0] == learned


@pytest.mark.parametrize("named", ["state.db", "/etc/hostname", "../user/x", "skills"])
def test_only_files_that_hone_keeps_are_blamed(hone: Hone, learned: str, named: str) -> None:
    assert learned
    assert hone.here("blame", named).is_usage_error()


def test_a_read_only_home_is_read(hone: Hone, learned: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    before = hone.contents()
    assert hone.here("log").out.startswith(learned)
    assert hone.here("show", learned).out.startswith(learned)
    assert hone.here("blame", SKILL).out.startswith(learned)
    assert hone.contents().keys() - before.keys() <= {"home/state.db-wal", "home/state.db-shm"}


def test_the_inbox_lists_shows_and_accepts(hone: Hone) -> None:
    held = submitted(hone, SKILL, DEPLOY, trust="external")
    assert not (hone.home / SKILL).exists()
    for arguments in (("inbox",), ("inbox", "list")):
        assert hone.here(*arguments).out.startswith(held)
    assert json.loads(hone("inbox", "list", "--json").out) == [
        json.loads((hone.home / "inbox" / f"{held}.json").read_text())
    ]
    shown = hone.here("inbox", "show", held[:6]).out
    assert "status    held" in shown
    assert "+# Deploy to staging" in shown
    assert json.loads(hone.here("inbox", "show", held, "--json").out)["status"] == "held"

    done = hone("inbox", "accept", held)
    assert (done.code, done.out.split(":")[0]) == (0, f"accepted {held}")
    assert (hone.home / SKILL).exists()
    assert hone.here("inbox").out == "nothing is on hold\n"
    assert json.loads(hone.here("inbox", "list", "--json").out) == []
    assert hone("undo", held).code == 0


def test_a_change_on_hold_can_be_rejected(hone: Hone) -> None:
    held = submitted(hone, SKILL, DEPLOY, trust="external")
    done = hone("inbox", "reject", held)
    assert (done.code, done.out.split(":")[0]) == (0, f"rejected {held}")
    assert not (hone.home / SKILL).exists()
    assert not (hone.home / "inbox" / f"{held}.json").exists()
    assert json.loads(hone.here("log", "--json").out)[0]["status"] == "rejected"


@pytest.mark.parametrize("verb", ["show", "accept", "reject"])
def test_an_unknown_change_on_hold_is_a_usage_error(hone: Hone, learned: str, verb: str) -> None:
    assert hone.here("inbox", verb, learned).is_usage_error()
    assert hone.here("inbox", verb, "").is_usage_error()


def test_a_change_on_hold_that_does_not_fit_any_more_stays(hone: Hone, learned: str) -> None:
    held = submitted(
        hone,
        SKILL,
        ReplaceGotcha("The health check is at `/healthz`, not `/health`", "It is at `/health`", ("e2",)),
        trust="external",
    )
    assert hone.here("undo", learned).code == 0
    assert "it would not fit now: " in hone.here("inbox", "show", held).out
    done = hone("inbox", "accept", held)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"hone: {held} is not accepted: ")
    assert hone.here("inbox").out.startswith(held)


def test_on_a_terminal_ids_and_diffs_have_colours(hone: Hone, learned: str) -> None:
    terminal = hone.at_terminal("show", learned)
    terminal.expect(f"\x1b\\[33m{learned}\x1b\\[0m")
    terminal.expect("\x1b\\[32m\\+# Deploy to staging")
    terminal.wait()


def test_control_characters_of_a_change_do_not_reach_the_terminal(hone: Hone) -> None:
    submitted(hone, "user.md", Add("Prefers red"), origin="user")
    path = hone.home / "user.md"
    path.write_text(path.read_text().replace("red", "\x1b[31mred"))
    for verb in ("log", "blame"):
        assert "\x1b" not in hone.here(verb, "user.md").out


def test_an_entry_that_was_replaced_comes_back(hone: Hone) -> None:
    submitted(hone, "user.md", Add("Prefers `npm`"), origin="user")
    name = submitted(hone, "user.md", Replace("npm", "Prefers `pnpm`"), origin="user")
    hone.here("undo", name)
    assert (hone.home / "user.md").read_text() == "- Prefers `npm`\n"


def test_a_bad_file_in_the_inbox_is_named_and_can_be_rejected(hone: Hone) -> None:
    held = submitted(hone, SKILL, DEPLOY, trust="external")
    (hone.home / "inbox/cbad.json").write_text("{garbage")
    for arguments in (("inbox", "list"), ("inbox", "list", "--json")):
        done = hone.here(*arguments)
        assert (done.code, done.err.count("\n")) == (0, 1)
        assert held in done.out
        assert "cbad.json: not a change" in done.err
    assert hone.here("inbox", "accept", "cbad").is_usage_error()
    assert hone.here("inbox", "reject", "cbad").out.startswith("rejected cbad: ")
    assert hone.here("inbox", "list").err == ""


def test_with_nothing_but_a_bad_file_the_list_is_empty(hone: Hone) -> None:
    (hone.home / "inbox").mkdir()
    (hone.home / "inbox/d.json").mkdir()
    assert hone.here("inbox").out == ""


def test_where_edits_cannot_be_recorded_the_log_is_read(hone: Hone, learned: str) -> None:
    (hone.home / "user.md").write_text("- tea\n")
    lock = hone.home / ".cache/changes.lock"
    lock.unlink()
    lock.mkdir()
    done = hone.here("log")
    assert (done.code, done.out.split()[0]) == (0, learned)
    assert done.err.startswith("hone: edits by hand are not recorded: ")


def test_blame_of_a_file_that_is_gone_says_so(hone: Hone) -> None:
    submitted(hone, "user.md", Add("Prefers `pnpm`"), origin="user")
    (hone.home / "user.md").unlink()
    assert hone.here("blame", "user.md").err == "hone: user.md is gone: hone log user.md tells its story\n"
    done = hone.here("blame", "memory.md")
    assert done.is_usage_error()
    assert "there is no memory.md" in done.err


def test_a_pin_shows_the_file_that_it_changed(hone: Hone, learned: str) -> None:
    assert learned
    shown = hone.here("show", submitted(hone, SKILL, Pin(), origin="user")).out
    assert "+++ skills/deploy-to-staging/hone.yaml" in shown
