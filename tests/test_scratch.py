"""Claims and scratch directories: given up by the system when a process ends, however it ends."""

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hone.files import Claims
from hone.scratch import Scratch

HOLDER = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from hone.files import Claims
from hone.scratch import Scratch
claims, scratch = Claims(Path(sys.argv[1])), Scratch()
print(claims.take("a"), scratch.path, flush=True)
time.sleep(600)
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def test_what_another_process_holds_is_free_once_it_was_killed(temporary: Path) -> None:
    lock = temporary / "sessions.lock"
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(lock)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    taken, path = holder.stdout.readline().split()
    assert taken == "True"
    claims = Claims(lock)
    assert not claims.take("a")
    assert claims.take("b")
    assert claims.take("b")
    Scratch().close()
    assert Path(path).is_dir()  # its process lives

    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    assert claims.take("a")
    claims.close()
    Scratch().close()
    assert not Path(path).exists()


def test_a_sweep_leaves_what_is_not_a_scratch_directory(temporary: Path) -> None:
    other = temporary / "hone-notes"
    other.mkdir()
    (other / "keep.txt").touch()
    Scratch().close()
    assert (other / "keep.txt").exists()
    assert {entry.name for entry in temporary.iterdir()} == {"hone-notes"}


def test_directories_are_there_however_many_come_and_go_at_once(temporary: Path) -> None:
    def come_and_go(_number: int) -> bool:
        scratch = Scratch()
        is_there = scratch.path.is_dir()
        scratch.close()
        return is_there

    with ThreadPoolExecutor(8) as many:
        assert all(many.map(come_and_go, range(400)))


def test_what_a_sweep_could_not_remove_is_found_by_the_next(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = temporary / "hone-left"
    (left / "busy").mkdir(parents=True)
    (left / ".lock").touch()
    with monkeypatch.context() as patched:
        patched.setattr(
            "shutil.rmtree", lambda *_arguments, **_options: None
        )  # as where somebody writes into it
        Scratch().close()
    assert (left / ".lock").exists()
    Scratch().close()
    assert not left.exists()
