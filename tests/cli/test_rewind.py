"""`hone rewind` as a user has it."""

import json
import subprocess
from collections.abc import Iterator

import pexpect
import pytest
from tests.cli.driving import HONE, SECONDS, Hone

from hone.testing import WireServer, call, in_order, say


@pytest.fixture
def worked(hone: Hone) -> Iterator[Hone]:
    """A session of two turns: the first makes `a` and `b` with the shell, the second changes `a`."""
    replies = in_order(
        call("shell", command="printf '1\\n' > a; printf 'b\\n' > b"),
        say("done"),
        call("edit", path="a", old="1", new="2"),
        say("done"),
    )
    with WireServer(replies) as server:
        hone.use(server)
        (hone.work / "mine").write_text("the user's\n")
        for task in (["make a and b"], ["--resume", "change a now"]):
            assert hone("run", "--approvals", "yes", "--no-learn", *task).code == 0
        yield hone


def files(hone: Hone) -> dict[str, str]:
    return {path.name: path.read_text() for path in hone.work.iterdir()}


def test_the_list_says_what_each_turn_did(worked: Hone) -> None:
    done = worked.here("rewind", "--list")
    assert done.code == 0
    lines = [line.rstrip() for line in done.out.splitlines()[1:]]
    assert [line[:6] for line in lines if line.startswith("turn")] == ["turn 2", "turn 1"]
    assert "    ~ a  +1 -1" in lines
    assert lines[-2:] == ["    + a  +1 -0", "    + b  +1 -0"]


def test_the_list_for_machines(worked: Hone) -> None:
    newest, first = json.loads(worked.here("rewind", "--json").out)
    assert (newest["turn"], newest["text"], newest["rewound"], newest["skipped"]) == (
        *(2, "change a now"),
        *(False, ""),
    )
    assert newest["files"] == [{"path": "a", "status": "modified", "added": 1, "removed": 1}]
    assert newest.keys() == {"session", "turn", "at", "text", "files", "rewound", "skipped"}
    assert [file["path"] for file in first["files"]] == ["a", "b"]


def test_the_last_turn_is_taken_back_and_brought_back(worked: Hone) -> None:
    done = worked.here("rewind", "--yes")
    assert (done.code, done.err) == (0, "")
    assert "take back turn 2:" in done.out
    assert "+1" in done.out
    assert done.out.endswith("written: 1 file; hone rewind --redo brings it back\n")
    assert files(worked)["a"] == "1\n"
    assert "(taken back)" in worked.here("rewind", "--list").out
    assert worked.here("rewind", "--redo", "--yes").code == 0
    assert files(worked)["a"] == "2\n"


def test_all_since_a_turn(worked: Hone) -> None:
    assert worked.here("rewind", "last", "--to", "1", "--yes").code == 0
    assert files(worked) == {"mine": "the user's\n"}
    again = worked.here("rewind", "--turn", "1", "--yes")
    assert (again.code, again.out) == (
        0,
        "nothing to write: the files are as they were before turn 1\n",
    )


def test_one_file_of_a_turn(worked: Hone) -> None:
    assert worked.here("rewind", "--turn", "1", "--file", str(worked.work / "b"), "--yes").code == 0
    assert files(worked) == {"mine": "the user's\n", "a": "2\n"}


def test_a_dry_run_writes_nothing(worked: Hone) -> None:
    before = files(worked)
    done = worked.here("rewind", "--to", "1", "--diff")
    assert done.code == 0
    assert "take back turns 1, 2:" in done.out
    assert "-2" in done.out.splitlines()
    assert files(worked) == before


def test_a_conflict_is_one_line_and_nothing_is_written(worked: Hone) -> None:
    (worked.work / "a").write_text("3\n")
    before = files(worked)
    done = worked.here("rewind", "--to", "1", "--yes")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("hone: nothing was written: a was changed since")
    assert files(worked) == before


def test_without_a_terminal_it_takes_a_yes(worked: Hone) -> None:
    before = files(worked)
    assert worked.here("rewind").is_usage_error()
    assert files(worked) == before


def test_on_a_terminal_it_shows_the_diff_and_asks(worked: Hone) -> None:
    for answer, expected in (("n", "2\n"), ("y", "1\n")):
        terminal = pexpect.spawn(
            str(HONE), ["rewind"], env=worked.environ, cwd=worked.work, encoding="utf-8", timeout=SECONDS
        )
        terminal.expect_exact("Write 1 file?")
        assert "+1" in terminal.before
        terminal.sendline(answer)
        terminal.expect(pexpect.EOF)
        terminal.close()
        assert terminal.exitstatus == 0
        assert files(worked)["a"] == expected


def test_what_makes_no_sense_is_one_line(worked: Hone) -> None:
    for arguments in (
        ["--turn", "1", "--to", "1", "--yes"],
        ["--redo", "--file", "a", "--yes"],
        ["--redo", "--yes"],
        ["--turn", "9", "--yes"],
        ["--file", "nothing", "--yes"],
        ["20200101-nosuch", "--yes"],
    ):
        assert worked.here("rewind", *arguments).is_usage_error(), arguments


def test_without_a_session_no_home_is_made(hone: Hone) -> None:
    for arguments in (["--list"], ["--yes"]):
        assert hone.here("rewind", *arguments).is_usage_error()
    assert not (hone.home / "state.db").exists()


def test_a_workspace_that_is_gone_is_said(worked: Hone) -> None:
    (session,) = {each["session"] for each in json.loads(worked.here("rewind", "--json").out)}
    subprocess.run(["rm", "-r", worked.work], check=True)
    done = worked.here("rewind", session, "--yes", cwd=worked.directory)
    assert done.is_usage_error()
    assert "which is gone" in done.err


def test_binary_empty_and_executable_files_are_shown_without_their_bytes(hone: Hone) -> None:
    command = "printf 'x\\0y' > binary; : > empty; : > gone-soon; chmod +x run; printf '\\33[2J' > $'odd\\33'"
    with WireServer(in_order(call("shell", command=command), say("done"))) as server:
        hone.use(server)
        (hone.work / "run").write_text("#!/bin/sh\n")
        assert hone("run", "--approvals", "yes", "--no-learn", "make them").code == 0
    shown = hone.here("rewind", "--diff").out
    assert "binary: 3 bytes become no file" in shown
    assert "empty: an empty file is removed" in shown
    assert "run: mode 100755 becomes 100644" in shown
    assert "\x1b" not in shown
