"""What `hone run` and a conversation need of the command line. All other verbs are added in `hone.cli.verbs`."""

from pathlib import Path
from typing import Annotated

import typer

import hone
from hone.cli.run import Approvals, run, settings_flags
from hone.config.environ import hone_home, process_environ
from hone.errors import HomeError, UsageError
from hone.observe.trace import check_trace
from hone.shelf import SkillUse


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
    resume: Annotated[
        str | None,
        typer.Option(metavar="[SESSION]", help="Go on with a session, the last one if none is named."),
    ] = None,
    trace: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what happens to this file, as JSON lines.")
    ] = None,
    no_learn: Annotated[bool, typer.Option("--no-learn", help="Learn nothing from it.")] = False,
    no_auto_skill: Annotated[bool, typer.Option("--no-auto-skill", help="Attach no skill unasked.")] = False,
    hide_skills: Annotated[
        bool, typer.Option("--hide-skills", help="Show the model no skill; tripwires stay on.")
    ] = False,
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
    given = [model, approvals, resume, trace, no_learn, no_auto_skill, hide_skills]
    if context.invoked_subcommand is not None:
        if any(given):
            raise UsageError(f"options go behind the command: hone {context.invoked_subcommand} …")
        return
    from hone.cli.conversation.start import converse  # noqa: PLC0415 - prompt_toolkit, which only this needs

    flags = settings_flags(model or [], approvals) | ({"learning.mode": "off"} if no_learn else {})
    if trace:
        check_trace(trace)
    skills: SkillUse = "hidden" if hide_skills else "offered" if no_auto_skill else "attached"
    converse(flags, trace=trace, resume=resume, skills=skills)


def _current_directory_exists() -> bool:
    try:
        Path.cwd()
    except FileNotFoundError:
        return False
    return True
