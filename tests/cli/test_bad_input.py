"""Bad input and bad machines: one line that says what to do, the right exit code, nothing half-written."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.driving import Hone

from hone.testing import WireServer, say

needs_mounts = pytest.mark.skipif(
    bool(subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode)
    if shutil.which("unshare")
    else True,
    reason="a mount of our own is not permitted here",
)
AS_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
needs_nobody = pytest.mark.skipif(
    not (shutil.which("setpriv") and os.geteuid() == 0), reason="cannot become another user here"
)


def test_a_home_that_is_a_file_is_refused(hone: Hone) -> None:
    hone.home.rmdir()
    hone.home.write_text("mine")
    before = hone.contents()
    for arguments in (["run", "hi", "--json"], ["trust"], ["config", "set", "limits.steps", "3"]):
        done = hone.here(*arguments)
        assert done.is_usage_error(), done
        assert "is no directory: set HONE_HOME to one" in done.err
    assert hone.contents() == before


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (b"providers: [\n", "config.yaml:1: not YAML"),
        (
            b"limits: {}\naprovals: {mode: ask}\n",
            'config.yaml:2: unknown key "aprovals"; did you mean approvals',
        ),
        (b"limits: {steps: many}\n", "config.yaml:1: limits.steps must be"),
        (b"\xff\x00", "config.yaml:1: not UTF-8"),
    ],
)
def test_settings_that_are_wrong_are_named_with_file_and_line(
    hone: Hone, config: bytes, message: str
) -> None:
    (hone.home / "config.yaml").write_bytes(config)
    before = hone.contents()
    done = hone.here("run", "hi", "--json")
    assert done.is_usage_error(), done
    assert message in done.err
    assert hone.contents() == before


def test_a_damaged_state_is_left_as_it_is_and_the_way_out_works(hone: Hone) -> None:
    (hone.home / "state.db").write_bytes(b"garbage" * 1_000)
    with WireServer(lambda _request: say("ok")) as server:
        before = hone.use(server).contents()
        for arguments in (["run", "hi"], ["run", "--resume"], ["sessions", "list"]):
            done = hone.here(*arguments)
            assert done.is_usage_error(), done
            assert hone.contents() == before
        _, _, way_out = done.err.strip().rpartition("hone begins a new one: ")
        subprocess.run(way_out, shell=True, check=True)
        assert hone.here("run", "hi").out == "ok\n"
        assert len(server.requests) == 1


def test_the_state_of_a_newer_hone_is_not_touched(hone: Hone) -> None:
    with WireServer(lambda _request: say("ok")) as server:
        hone.use(server).here("run", "hi")
        with sqlite3.connect(hone.home / "state.db") as database:
            database.execute("PRAGMA user_version = 999")
        database.close()
        before = (hone.home / "state.db").read_bytes()
        done = hone.here("run", "hi")
    assert done.is_usage_error()
    assert "made by a newer hone; this one knows" in done.err
    assert (hone.home / "state.db").read_bytes() == before


@pytest.mark.parametrize("where", ["home", "root"])
def test_the_home_directory_and_the_root_are_no_workspaces(hone: Hone, where: str) -> None:
    hone.use("http://127.0.0.1:1/v1")
    before = hone.contents()
    done = hone.here("run", "hi", cwd=hone.user if where == "home" else Path("/"))
    assert done.is_usage_error()
    assert "is too wide for a workspace: cd into a project directory and try again" in done.err
    assert hone.contents() == before


@pytest.mark.parametrize("verb", ["run hi", "skills list"])
def test_a_directory_that_is_gone_is_said(hone: Hone, verb: str) -> None:
    hone.use("http://127.0.0.1:1/v1")
    (hone.work / "gone").mkdir()
    done = hone.shell(f"cd gone; rmdir ../gone; hone {verb}")
    assert done.is_usage_error()
    assert done.err == "hone: the current directory does not exist any more: cd to another one\n"


def test_standard_input_may_be_anything_but_endless(hone: Hone) -> None:
    with WireServer(lambda request: say(str(len(request["messages"][-1]["content"])))) as server:
        hone.use(server)
        assert hone("run", stdin=b"\xff\xfe\x00" + b"x" * 399_997).out == "400000\n"
        done = hone("run", "why?", stdin=b"x" * 400_001)
        assert len(server.requests) == 1
    assert done.is_usage_error()
    assert "more than 400,000 characters: save it to a file and name the file" in done.err


@pytest.fixture
def for_others() -> Iterator[Hone]:
    """A machine whose home is closed to others, in a directory that they can reach."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        hone = Hone(Path(directory))
        if hone("--version", wrapped=AS_NOBODY).code:
            pytest.skip("another user cannot run hone here")
        yield hone


@needs_nobody
def test_a_home_of_another_user_is_refused(for_others: Hone) -> None:
    hone = for_others
    hone.use("http://127.0.0.1:1/v1")
    before = hone.contents()
    for arguments in (["run", "hi"], ["sessions", "list"]):
        done = hone(*arguments, wrapped=AS_NOBODY)
        assert done.is_usage_error(), done
        assert "no permission: fix the owner or the mode, or set HONE_HOME" in done.err
    doctor = hone("doctor", wrapped=AS_NOBODY)
    assert doctor.code == 1
    assert "fix its owner or mode" in doctor.out
    assert hone.contents() == before


def mounted(how: str, then: str) -> tuple[str, ...]:
    """A command that runs hone with its home mounted `how`, and then something more; the exit code is hone's."""
    script = f'{how} && {{ "$@"; code=$?; {then or "true"} >&2; exit $code; }}'
    return ("unshare", "--mount", "bash", "-c", script, "bash")


@needs_mounts
def test_a_read_only_home_can_be_read_and_is_refused_for_a_run(hone: Hone) -> None:
    with WireServer(lambda _request: say("ok")) as server:
        hone.use(server).here("run", "hi")
        read_only = mounted(f"mount --bind -r {hone.home} {hone.home}", "")
        before = hone.contents()
        for arguments in (["run", "hi"], ["trust"]):
            done = hone(*arguments, wrapped=read_only)
            assert done.is_usage_error(), done
            assert "set HONE_HOME" in done.err
        assert hone("sessions", "list", wrapped=read_only).out.rstrip().endswith("hi")
        assert "set HONE_HOME" in hone("doctor", wrapped=read_only).out
        assert hone.contents() == before
        assert len(server.requests) == 1


@needs_mounts
@pytest.mark.parametrize(
    "kilobytes", [64, *(pytest.param(size, marks=pytest.mark.slow) for size in (16, 100, 128))]
)
def test_a_full_disk_is_said_and_works_again_when_there_is_room(hone: Hone, kilobytes: int) -> None:
    with WireServer(lambda _request: say("ok")) as server:
        hone.use(server)
        kept = hone.directory / "kept.yaml"
        shutil.copy(hone.home / "config.yaml", kept)
        how = f"mount -t tmpfs -o size={kilobytes}k none {hone.home} && cp {kept} {hone.home}/config.yaml"
        room = (
            f'mount -o remount,size=20m {hone.home}; "$@"; cmp {kept} {hone.home}/config.yaml; ls {hone.home}'
        )
        done = hone("run", "hi", wrapped=mounted(how, f"{{ {room}; }}"))
    first, second, *files = done.err.splitlines()
    assert (done.code, done.out) == (2, "")
    assert first.startswith(f"hone: {hone.home}/state.db: ")
    assert "full" in first
    assert second == "ok"
    assert files == ["config.yaml", "state.db"]


@needs_mounts
def test_a_full_disk_changes_no_file_of_the_user(hone: Hone) -> None:
    kept = hone.directory / "kept.yaml"
    kept.write_text("# mine\nlimits: {steps: 5}\n")
    fill = f"cp {kept} {hone.home}/config.yaml; head -c 1M /dev/zero >{hone.home}/fill 2>/dev/null || true"
    how = f"mount -t tmpfs -o size=16k none {hone.home}; {{ {fill}; }}"
    then = f"{{ cmp {kept} {hone.home}/config.yaml; ls -A {hone.home}; }}"
    done = hone("config", "set", "limits.steps", "6", wrapped=mounted(how, then))
    line, *files = done.err.splitlines()
    assert done.code == 2
    assert line == f"hone: {hone.home}/config.yaml: the disk is full: free some space and try again"
    assert {"config.yaml", "fill"} <= set(files)
    assert not any(name.endswith(".tmp") for name in files)
