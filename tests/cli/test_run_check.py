"""`hone run --check`: a command of the user's says whether the task was done."""

import asyncio
import contextlib
import os
import subprocess
from pathlib import Path

import pytest
from tests.cli.driving import Hone

from hone.database import Database, Row
from hone.proof.check import run_check
from hone.testing import WireServer, say, status


def rows(hone: Hone, sql: str) -> list[Row]:
    with contextlib.closing(Database.open(hone.home / "state.db")) as database:
        return database.rows(sql)


@pytest.mark.parametrize(
    ("check", "outcome", "mark"), [("test -f proof", "good", "✓"), ("test -d proof", "bad", "✗")]
)
def test_the_exit_of_the_check_is_the_outcome_of_the_turn(
    hone: Hone, check: str, outcome: str, mark: str
) -> None:
    (hone.work / "proof").touch()
    with WireServer(lambda _request: say("Done.")) as server:
        done = hone.use(server)("run", "--json", "--check", check, "Prove it.")
    assert (done.code, done.result["outcome"]) == (0, outcome)
    assert f"{mark} check {check}" in done.err
    assert rows(hone, "SELECT outcome, outcome_source FROM turns") == [(outcome, "check")]
    assert rows(hone, "SELECT command, ok FROM checks") == [(check, outcome == "good")]


def test_without_a_check_the_outcome_is_unknown(hone: Hone) -> None:
    with WireServer(lambda _request: say("Done.")) as server:
        assert hone.use(server)("run", "--json", "Prove it.").result["outcome"] == "unknown"
    assert rows(hone, "SELECT count(*) FROM checks") == [(0,)]


def test_the_check_of_a_failing_provider_is_recorded_all_the_same(hone: Hone) -> None:
    with WireServer(lambda _request: status(401)) as server:
        done = hone.use(server)("run", "--json", "--check", "false", "Prove it.")
    assert (done.code, done.result["outcome"]) == (75, "bad")


def test_a_check_sees_no_key(hone: Hone) -> None:
    hone.environ["DEPLOY_TOKEN"] = "q7Zt93kfLm2xPPq8"
    with WireServer(lambda _request: say("Done.")) as server:
        done = hone.use(server)(
            "run", "--json", "--check", 'test -z "$DEPLOY_TOKEN$OPENAI_API_KEY"', "Prove it."
        )
    assert done.result["outcome"] == "good"


def test_a_check_that_does_not_end_has_failed_and_leaves_nothing_behind(tmp_path: Path) -> None:
    command = "sleep 600 & echo $! > child; wait"
    checked = asyncio.run(run_check(command, tmp_path, {"PATH": os.environ["PATH"]}, seconds=0.5))
    assert (checked.ok, checked.said) == (False, "it did not end within 0.5 s")
    child = (tmp_path / "child").read_text().strip()
    state = Path(f"/proc/{child}/stat")
    assert not state.exists() or state.read_text().split()[2] == "Z"


def test_what_a_check_prints_is_said_shortened(tmp_path: Path) -> None:
    checked = asyncio.run(run_check("seq 1000; exit 3", tmp_path, {"PATH": os.environ["PATH"]}))
    assert (checked.ok, checked.said[-4:], len(checked.said)) == (False, "1000", 500)


@pytest.mark.parametrize("verb", [("run",), ("prove", "deploy")])
def test_an_empty_check_is_an_error_and_nothing_is_done(hone: Hone, verb: tuple[str, ...]) -> None:
    with WireServer(lambda _request: say("Done.")) as server:
        done = hone.use(server)(*verb, "--check", " ", *(("Prove it.",) if verb == ("run",) else ()))
        assert server.requests == []
    assert done.code == 2
    assert done.err.splitlines()[-1].startswith("hone: --check is empty")


def test_a_check_that_is_no_command_says_nothing_of_the_task(hone: Hone) -> None:
    with WireServer(lambda _request: say("Done.")) as server:
        done = hone.use(server)("run", "--json", "--check", "no-such-command-here", "Prove it.")
    assert done.result["outcome"] == "unknown"
    assert "? check no-such-command-here: " in done.err
    assert rows(hone, "SELECT count(*) FROM checks") == [(0,)]


def test_a_check_runs_where_hone_was_called(hone: Hone) -> None:
    subprocess.run(["git", "init", "-q", str(hone.work)], check=True)
    (hone.work / "sub").mkdir()
    (hone.work / "sub" / "proof").touch()
    hone.work /= "sub"
    with WireServer(lambda _request: say("Done.")) as server:
        done = hone.use(server)("run", "--json", "--check", "test -f proof", "Prove it.")
    assert done.result["outcome"] == "good"
