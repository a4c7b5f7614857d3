"""The wheel as users get it: built, installed with its dependencies into an empty environment, and driven."""

import email
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from tests.cli.driving import Hone

from hone import __version__
from hone.testing import WireServer, say

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
SOURCES = {str(path.relative_to(ROOT / "src")) for path in (ROOT / "src").rglob("*.py")}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", directory, ROOT], check=True
    )
    (built,) = directory.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory with `python` and `hone` of an environment that has the wheel and nothing else."""
    directory = tmp_path_factory.mktemp("environment")
    venv.create(directory, with_pip=True)
    python = directory / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", wheel], check=True)
    subprocess.run([python, "-m", "pip", "check"], check=True)
    return python.parent


@pytest.fixture
def installed(programs: Path, tmp_path: Path) -> Hone:
    return Hone(tmp_path, programs / "hone")


def test_what_the_wheel_says_of_itself(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = email.message_from_bytes(archive.read(name))
        scripts = archive.read(name.replace("METADATA", "entry_points.txt")).decode()
    assert wheel.name == f"hone_agent-{__version__}-py3-none-any.whl"
    assert (metadata["Name"], metadata["Version"]) == ("hone-agent", __version__)
    assert (metadata["License-Expression"], metadata["Requires-Python"]) == ("Apache-2.0", ">=3.11")
    assert "hone = hone.__main__:main" in scripts


def test_what_is_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    templates = {str(path.relative_to(ROOT / "src")) for path in (ROOT / "src").rglob("*.md")}
    assert templates
    assert names >= SOURCES | templates | {"hone/py.typed"}
    assert any(name.endswith("/LICENSE") for name in names)
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"hone"}


def test_the_installed_command_does_a_task(installed: Hone) -> None:
    with WireServer(lambda _request: say("hello")) as server:
        result = installed.use(server)("run", "hi", "--json").result
        system = server.requests[0]["messages"][0]["content"]
    assert result["answer"] == "hello"
    assert str(installed.work) in system
    assert installed("--version").out == f"hone {__version__}\n"
    assert "no skills yet" in installed("skills", "list").out
    assert installed("doctor").err == ""


def test_the_installed_package_is_typed_and_has_the_python_api(installed: Hone, programs: Path) -> None:
    program = "import hone; from hone import Agent; print(hone.__file__); print(Agent().run('hi').answer)"
    with WireServer(lambda _request: say("hello")) as server:
        installed.use(server)
        done = subprocess.run(
            [programs / "python", "-c", program],
            cwd=installed.work,
            env=installed.environ,
            capture_output=True,
            text=True,
        )
    place, answer = done.stdout.splitlines()
    assert Path(place).is_relative_to(programs.parent)
    assert Path(place).with_name("py.typed").exists()
    assert answer == "hello"
