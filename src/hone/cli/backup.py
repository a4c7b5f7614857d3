"""`hone backup` and `hone restore`: the whole home in one file, and back."""

from pathlib import Path
from typing import Annotated

import typer

from hone.backup import back_up
from hone.backup import restore as restore_home
from hone.config.environ import shown
from hone.given import Given

_File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup, a .tar.gz.")]


def backup(
    file: _File,
    with_secrets: Annotated[
        bool, typer.Option("--with-secrets", help="Keep the keys that stand in config.yaml.")
    ] = False,
) -> None:
    """Write everything that hone knows to a file, and read it back."""
    given = Given.by_process()
    manifest = back_up(given.home, file, given.clock, secrets=with_secrets)
    keys = "with keys: keep it safe" if with_secrets else "without keys"
    print(f"{len(manifest.files):,} files in {file}, {keys}; checked by reading back")


def restore(file: _File) -> None:
    """Make a new home of a backup."""
    given = Given.by_process()
    manifest = restore_home(given.home, file)
    keys = "" if manifest.secrets else "; keys are not in it: hone setup, or set the variables again"
    print(
        f"{len(manifest.files):,} files of {manifest.created} are in {shown(given.home, given.environ)}{keys}"
    )
