"""`find` while a command swaps directories for links: what is hidden stays unread, with ripgrep and without."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.safety.boxed import Machine, make_machine

from hone.safety.sandbox import probe
from hone.tools.access import FileAccess
from hone.tools.base import ToolOutput
from hone.tools.find import Find, find_tool
from hone.tools.process import Confinement

SWAPPER = """
import os, sys
here, keys = sys.argv[1:]
os.chdir(here)
os.symlink(keys, "link")
print("ready", flush=True)
while True:  # swaps the two at once, as often as it can
    os.rename("sub", "aside"); os.rename("link", "sub")
    os.rename("sub", "link"); os.rename("aside", "sub")
"""


@pytest.fixture(params=["rg", "git"])
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    if problem := probe(os.environ):
        pytest.skip(f"no sandbox on this machine: {problem}")
    made = make_machine(tmp_path)
    programs = made.home / "bin"
    for name in {request.param, "git", "bwrap"}:
        if (found := shutil.which(name)) is None:
            pytest.skip(f"no {name}")
        (programs / name).symlink_to(found)
    return msgspec.structs.replace(made, environ={**made.environ, "PATH": str(programs)})


def find(machine: Machine, **arguments: str) -> ToolOutput:
    spec = machine.spec
    files = FileAccess(
        spec.policy,
        lambda: machine.workspace,
        machine.environ,
        spec.host_path,
        confine=Confinement(spec, machine.environ),
    )
    return asyncio.run(find_tool(files).run(Find(**arguments)))


@pytest.fixture
def swapper(machine: Machine) -> Iterator[None]:
    sub = machine.workspace / "sub"
    sub.mkdir()
    (sub / "id").write_text("nothing secret")
    words = [sys.executable, "-c", SWAPPER, str(machine.workspace), str(machine.home / ".ssh")]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        yield
        child.kill()


@pytest.mark.usefixtures("swapper")
def test_a_directory_that_becomes_a_link_to_keys_shows_none(machine: Machine) -> None:
    said = ""
    for _ in range(12):
        said += find(machine, content="key").text
        said += find(machine, path="sub", content="key").text
    assert "ssh-key" not in said


def test_a_confined_search_finds_what_a_free_one_does(machine: Machine) -> None:
    (machine.workspace / "a").mkdir()
    (machine.workspace / "a/b.txt").write_text("needle\n")
    (machine.workspace / "out").symlink_to(machine.home / ".ssh")
    assert find(machine, content="needle").text == "a/b.txt:1: needle"
    assert find(machine, path="a/b.txt", content="needle").text == "a/b.txt:1: needle"
    assert find(machine).text == "a/b.txt"
    assert not find(machine, content="(").ok


def test_a_search_that_its_sandbox_does_not_start_says_so(machine: Machine) -> None:
    def broken(_: Path) -> tuple[str, ...]:
        return ("bwrap", "--ro-bind", "/", "/", "--chdir", "/gone", "--")

    files = FileAccess(machine.spec.policy, lambda: machine.workspace, machine.environ, confine=broken)
    output = asyncio.run(find_tool(files).run(Find(content="x")))
    assert not output.ok
    assert "the sandbox of the search did not start" in output.text


def test_where_no_sandbox_works_the_search_runs_free(machine: Machine) -> None:
    assert Confinement(machine.spec, {"PATH": "/nowhere"})(machine.workspace) == ()
