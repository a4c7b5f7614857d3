"""`hone trust`: whether a project folder's own skills and settings may be used."""

from pathlib import Path
from typing import Annotated

import typer

from hone.config.environ import hone_home, process_environ, user_home
from hone.errors import UsageError
from hone.safety.grants import Grants
from hone.safety.paths import find_workspace


def trust(
    folder: Annotated[Path, typer.Argument(help="The project; by default the one you are in.")] = Path(),
    no: Annotated[bool, typer.Option("--no", help="Stop using what this folder brings.")] = False,
) -> None:
    """Use the skills and settings that a project folder brings (.hone, .agents, .claude), or stop using them."""
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a directory")
    environ = process_environ()
    workspace = find_workspace(folder.resolve(), user_home(environ))
    Grants(hone_home(environ)).trust_folder(workspace, not no)
    print(f"{workspace}: its skills and settings are {'not used' if no else 'used from now on'}")
