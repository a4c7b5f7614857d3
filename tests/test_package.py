"""`import hone`: the names are there when they are used, and cost nothing before."""

import subprocess
import sys

import pytest

import hone


def test_importing_the_package_loads_nothing_of_it() -> None:
    program = "import sys, hone; print(sorted(name for name in sys.modules if name.startswith('hone.')))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_the_names_can_be_listed() -> None:
    assert set(hone.__all__) <= set(dir(hone))


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'hone' has no attribute 'Agnet'"):
        hone.Agnet  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'Agnet'"):
        from hone import Agnet  # type: ignore[attr-defined]  # noqa: F401


def test_python_m_hone_is_hone() -> None:
    done = subprocess.run([sys.executable, "-m", "hone", "--version"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"hone {hone.__version__}\n")
