"""What `hone run` and a conversation need of the command line. All other verbs are added in `hone.cli.verbs`."""

from pathlib import Path
from typing import Annotated

import typer

import hone
from hone.cli.chat import chat
from hone.cli.run import Approvals, run
from hone.config.environ import hone_home, process_environ
from hone.errors import HomeError, UsageError


def new_app() -> typer.Typer:
    """`hone` with the verb `run`; without a verb, a conversation."""
    app = typer.Typer(
        name="hone",
        help="An agent that gets better at the work that you repeat. Without a command: a conversation.",
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(_root)
    app.command()(run)
    return app


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"hone {hone.__version__}")
        raise typer.Exit


def _root(
    context: typer.Context,
    model: Annotated[list[str] | None, typer.Option(metavar="[ROLE=]MODEL", help="The model to use.")] = None,
    approvals: Approvals = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Without a command: a conversation."""
    if not _current_directory_exists():
        raise UsageError("the current directory does not exist any more: cd to another one")
    home = hone_home(process_environ())
    if context.invoked_subcommand != "doctor" and home.exists() and not home.is_dir():
        raise HomeError(f"{home} is no directory: set HONE_HOME to one")
    if context.invoked_subcommand is None:
        chat(model or [], approvals)
    elif model or approvals:
        raise UsageError(
            f"--model and --approvals go behind the command: hone {context.invoked_subcommand} …"
        )


def _current_directory_exists() -> bool:
    try:
        Path.cwd()
    except FileNotFoundError:
        return False
    return True
