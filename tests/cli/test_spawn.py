"""The background worker is a process of its own: it holds no stream, no terminal and no workspace of who started it."""

import os
import sys
from pathlib import Path

import pytest
from tests.cli.driving import Hone, until

from hone.cli.spawn import spawn_drain
from hone.errors import HoneError

# Stands for the interpreter: notes how it was called once it may.
RECORDER = """#!/bin/sh
streams=$(for number in 0 1 2; do readlink /proc/$$/fd/$number; done)
until [ -e "$HONE_HOME/go" ]; do sleep 0.02; done
{
    printf '%s\\n' "$*" "$PWD" "$HONE_HOME"
    ps -o sid= -p $$
    printf '%s\\n' "$streams"
} > "$HONE_HOME/recorded.tmp"
mv "$HONE_HOME/recorded.tmp" "$HONE_HOME/recorded"
"""


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks at open files where Linux shows them")
def test_the_worker_is_on_its_own_and_its_start_waits_for_nothing(
    hone: Hone, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = hone.directory / "python"
    recorder.write_text(RECORDER)
    recorder.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(recorder))
    monkeypatch.chdir(hone.directory)

    pid = spawn_drain(hone.environ | {"HONE_HOME": "home"})

    recorded = hone.home / "recorded"
    assert not recorded.exists()
    (hone.home / "go").touch()
    until(recorded.exists, "the worker")
    arguments, directory, home, session, *streams = recorded.read_text().splitlines()
    assert arguments == "-P -m hone worker --drain"
    assert (directory, home) == (str(hone.home), str(hone.home))
    assert int(session) == pid != os.getsid(0)
    assert streams == [os.devnull] * 3


def test_a_home_that_is_gone_is_said_in_a_line(hone: Hone) -> None:
    with pytest.raises(HoneError, match=r"no worker could be started in .*gone"):
        spawn_drain(hone.environ | {"HONE_HOME": str(hone.directory / "gone")})
