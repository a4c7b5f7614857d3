"""`hone doctor`: a line a check, an exit code for real problems, and nothing changed."""

import contextlib
import json
import sqlite3
from pathlib import Path

import pytest
from tests.cli.driving import Done, Hone, needs_sandbox

from hone.clock import SystemClock
from hone.database import Database
from hone.testing import WireServer, say


def state_of(done: Done, check: str) -> str:
    """`ok`, `note` or `PROBLEM`."""
    (line,) = [line for line in done.out.splitlines() if line[8:].startswith(f"{check} ")]
    return line[:8].strip()


def line_of(done: Done, check: str) -> str:
    (line,) = [line for line in done.out.splitlines() if line[8:].startswith(f"{check} ")]
    return line


@needs_sandbox
def test_a_sound_machine_has_a_line_each_and_exit_0_and_nothing_is_made(hone: Hone) -> None:
    with WireServer(lambda _request: say("ok")) as server:
        before = hone.use(server).contents()
        done = hone("doctor")
        assert server.requests == []
    assert hone.contents() == before
    assert (done.code, done.err) == (0, "")
    checks = ("home", "history", "settings", "provider wire", "python", "git", "sandbox", "workspace")
    assert {state_of(done, check) for check in checks} == {"ok"}
    assert "key-of-the-test" not in done.out


def test_json_is_the_same_checks(hone: Hone) -> None:
    with WireServer(lambda _request: say("ok")) as server:
        hone.use(server)
        checks = json.loads(hone.here("doctor", "--json").out)
        lines = hone.here("doctor").out.splitlines()
    assert len(checks) == len(lines)
    assert {"name": "python", "state": "ok"}.items() <= checks[4].items()


def test_a_home_that_is_not_there_yet_is_no_problem_and_is_not_made(hone: Hone) -> None:
    hone.home.rmdir()
    done = hone.here("doctor")
    assert state_of(done, "home") == "note"
    assert "the first run makes it" in line_of(done, "home")
    assert not hone.home.exists()


def test_a_home_that_others_can_read_is_a_note_with_the_remedy(hone: Hone) -> None:
    hone.home.chmod(0o755)
    line = line_of(hone.here("doctor"), "home")
    assert line.startswith("note")
    assert line.endswith(f"→ chmod 700 {hone.home}")


def test_a_home_that_is_a_file_is_a_problem(hone: Hone) -> None:
    hone.home.rmdir()
    hone.home.write_text("not a directory")
    done = hone.here("doctor")
    assert (done.code, state_of(done, "home")) == (1, "PROBLEM")
    assert "move it, or set HONE_HOME to another" in line_of(done, "home")


def test_a_damaged_history_and_wrong_settings_are_problems_and_the_other_checks_go_on(hone: Hone) -> None:
    (hone.home / "state.db").write_bytes(b"garbage" * 1_000)
    (hone.home / "config.yaml").write_text("aprovals: {mode: ask}\n")
    done = hone.here("doctor")
    assert done.code == 1
    assert state_of(done, "history") == state_of(done, "settings") == "PROBLEM"
    assert "move it aside" in line_of(done, "history")
    assert 'config.yaml:1: unknown key "aprovals"; did you mean approvals' in line_of(done, "settings")
    assert state_of(done, "python") == "ok"


def test_a_history_of_a_newer_hone_is_a_problem(hone: Hone) -> None:
    with WireServer(lambda _request: say("ok")) as server:
        hone.use(server).here("run", "hi")
        with sqlite3.connect(hone.home / "state.db") as database:
            database.execute("PRAGMA user_version = 999")
        database.close()
        done = hone.here("doctor")
    assert (done.code, state_of(done, "history")) == (1, "PROBLEM")
    assert "upgrade hone" in line_of(done, "history")


def test_a_provider_that_does_not_answer_or_has_no_key_is_a_problem(hone: Hone) -> None:
    done = hone.use("http://127.0.0.1:1/v1").here("doctor")
    assert (done.code, state_of(done, "provider wire")) == (1, "PROBLEM")
    assert "check api_base, api_key and that the server runs" in line_of(done, "provider wire")
    config = hone.home / "config.yaml"
    config.write_text(config.read_text().replace("key-of-the-test", "'${ABSENT_KEY}'"))
    done = hone.here("doctor")
    assert (done.code, state_of(done, "provider wire")) == (1, "PROBLEM")
    assert "ABSENT_KEY, which is not set" in line_of(done, "provider wire")


def test_a_model_that_the_provider_does_not_list_is_a_note(hone: Hone) -> None:
    with WireServer(lambda _request: say("ok"), models=["one", "two"]) as server:
        done = hone.use(server).here("doctor")
    assert (done.code, state_of(done, "provider wire")) == (0, "note")
    assert "lists no wire-model" in line_of(done, "provider wire")


def test_missing_programs_are_notes_that_say_what_follows(hone: Hone) -> None:
    hone.environ["PATH"] = hone.only_programs("bash")
    with WireServer(lambda _request: say("ok")) as server:
        done = hone.use(server).here("doctor")
    assert (done.code, state_of(done, "git"), state_of(done, "sandbox")) == (0, "note", "note")
    assert "install bubblewrap, or run with --approvals yes" in line_of(done, "sandbox")


@pytest.mark.parametrize("here", ["user", "root"])
def test_a_directory_too_wide_for_a_workspace_is_a_note(hone: Hone, here: str) -> None:
    with WireServer(lambda _request: say("ok")) as server:
        done = hone.use(server).here("doctor", cwd=hone.user if here == "user" else Path("/"))
    assert (done.code, state_of(done, "workspace")) == (0, "note")
    assert "cd into a project directory" in line_of(done, "workspace")


def test_a_skill_that_cannot_be_read_is_a_note(hone: Hone) -> None:
    (hone.home / "skills" / "odd").mkdir(parents=True)
    (hone.home / "skills" / "odd" / "SKILL.md").write_bytes(b"\xff\xfe")
    with WireServer(lambda _request: say("ok")) as server:
        done = hone.use(server).here("doctor")
    assert done.code == 0
    assert any(
        "odd/SKILL.md" in line and line.endswith("→ hone skills lint") for line in done.out.splitlines()
    )


def test_a_history_with_damage_inside_is_a_problem(hone: Hone) -> None:
    with WireServer(lambda _request: say("ok")) as server:
        assert hone.use(server).here("run", "hi").code == 0
        file = hone.home / "state.db"
        sound = file.read_bytes()
        file.write_bytes(sound[:4096] + b"garbage " * ((len(sound) - 4096) // 8))
        done = hone.here("doctor")
    assert (done.code, state_of(done, "history")) == (1, "PROBLEM")
    assert "move it aside and hone begins a new one: mv " in line_of(done, "history")


@pytest.mark.parametrize("here", ["work", "user"])
def test_grants_that_cannot_be_read_are_said_everywhere(hone: Hone, here: str) -> None:
    (hone.home / "grants.yaml").write_text("folders: [\n")
    line = line_of(hone.here("doctor", cwd=hone.directory / here), "grants")
    assert "grants.yaml:2: cannot be read, so nothing in it counts" in line


def test_a_role_whose_provider_is_unknown_is_a_problem(hone: Hone) -> None:
    with WireServer(lambda _request: say("ok")) as server:
        done = hone.use(server, "roles: {main: 'q:model', judge: 'wire:wire-model'}\n").here("doctor")
    assert (done.code, state_of(done, "roles.main")) == (1, "PROBLEM")
    assert "no provider named 'q'; known: wire" in line_of(done, "roles.main")
    assert "roles.judge" not in done.out


def test_it_says_what_waits_for_the_user_and_that_learning_pauses(hone: Hone) -> None:
    home = hone.home
    (home / "inbox").mkdir(parents=True)
    (home / "inbox/cabcdef.json").write_text("{}")
    with contextlib.closing(Database.open(home / "state.db")) as database, database.transaction() as execute:
        for _ in range(3):
            execute(
                "INSERT INTO attempts (at, nudge, failure) VALUES (?, 1, 'provider')", (SystemClock().now(),)
            )
        execute(
            "INSERT INTO nudges (session, first_turn, turn, created, reasons, not_before, state)"
            " VALUES ('s', 1, 1, 0, '[]', 0, 'given_up')"
        )
    said = hone("doctor").out
    assert "it pauses → hone learning status says more" in said
    assert "1 reviews were given up" in said
    assert "1 changes wait for you → hone inbox" in said
