"""The process environment and the two directories that follow from it. No other module touches `os.environ`."""

import os
from collections.abc import Mapping
from pathlib import Path


def process_environ() -> Mapping[str, str]:
    """A copy of the environment of this process, to be passed on as a value."""
    return dict(os.environ)


def hone_home(environ: Mapping[str, str]) -> Path:
    """`HONE_HOME` as an absolute path, default `~/.hone`. It is not created."""
    chosen = environ.get("HONE_HOME") or "~/.hone"
    if chosen == "~" or chosen.startswith("~/"):
        return user_home(environ) / chosen[2:]
    return Path(chosen).absolute()


def user_home(environ: Mapping[str, str]) -> Path:
    """The user's home directory: `HOME`, else what the system's user database says."""
    return Path(environ.get("HOME") or Path.home())


def shown(path: Path, environ: Mapping[str, str]) -> str:
    """`path` as messages name it: `~` stands for the user's home directory."""
    home = user_home(environ)
    return f"~/{path.relative_to(home)}" if home != path and path.is_relative_to(home) else str(path)
