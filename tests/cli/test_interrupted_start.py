"""Ctrl-C while hone is still being loaded. The first millisecond, in which Python finds the package, is not ours."""

import signal
import subprocess
import sys
import time

import pytest
from tests.cli.driving import Hone, ended

from hone.testing import WireServer, hang

# What the installed command does, but for the word by which the test knows that Python itself is up.
COMMAND = "print('up', flush=True); from hone.__main__ import main; main()"


def interrupted(hone: Hone, after: float) -> tuple[int, str]:
    """The exit code and standard error of a hone that got a Ctrl-C so many seconds after Python was up."""
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "run", "hi"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=hone.work,
        env=hone.environ,
    )
    assert process.stdout
    assert process.stdout.readline() == b"up\n"
    time.sleep(after)
    process.send_signal(signal.SIGINT)
    done = ended(process)
    return done.code, done.err


@pytest.mark.slow
def test_no_moment_of_the_start_prints_a_traceback(hone: Hone) -> None:
    with WireServer(lambda _request: hang()) as server:
        hone.use(server)
        stops = [interrupted(hone, 0.003 + 0.01 * moment) for moment in range(40)]
    assert not [said for _, said in stops if "Traceback" in said or "a bug in hone" in said]
    assert {code for code, _ in stops} == {130}


def test_a_ctrl_c_while_hone_is_loaded_is_one_line(hone: Hone) -> None:
    with WireServer(lambda _request: hang()) as server:
        hone.use(server)
        assert interrupted(hone, 0.02) == (130, "hone: stopped\n")
