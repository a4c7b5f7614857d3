"""`hone`: the verbs, and the one place where an error becomes a line on standard error and an exit code."""

import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Annotated

import typer
from typer.exceptions import Abort, TyperException

import hone
from hone.cli import config, memory, sessions, skills
from hone.cli.chat import chat
from hone.cli.doctor import doctor
from hone.cli.run import run
from hone.cli.setup import setup
from hone.cli.trust import trust
from hone.config.environ import process_environ
from hone.errors import HoneError

app = typer.Typer(
    name="hone",
    help="An agent that gets better at the work that you repeat.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(run)
app.add_typer(sessions.app, name="sessions")
app.add_typer(skills.app, name="skills")
app.add_typer(memory.app, name="memory")
app.add_typer(config.app, name="config")
app.command()(setup)
app.command()(doctor)
app.command()(trust)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"hone {hone.__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    model: Annotated[list[str] | None, typer.Option(metavar="[ROLE=]MODEL", help="The model to use.")] = None,
    approvals: Annotated[str | None, typer.Option(help="auto, ask, sandbox or yes.")] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Without a command: a conversation."""
    if context.invoked_subcommand is None:
        chat(model or [], approvals)
    elif model or approvals:
        raise typer.BadParameter(
            f"--model and --approvals go behind the command: hone {context.invoked_subcommand} …"
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """The `hone` command. Ends the process with the exit code."""
    sys.excepthook = _report_a_bug
    sys.exit(_run(list(sys.argv[1:] if arguments is None else arguments)))


def _run(arguments: list[str]) -> int:
    try:
        return app(with_optional_value(arguments), prog_name="hone", standalone_mode=False) or 0
    except HoneError as error:
        return _complain(str(error), error.exit_code)
    except TyperException as error:
        return _complain(" ".join(error.format_message().split()), 2)
    except (Abort, KeyboardInterrupt):
        return _complain("stopped", 130)
    except BrokenPipeError:
        sys.stdout = None  # whoever read the output has gone: nothing is left to flush
        return 1


def with_optional_value(arguments: list[str]) -> list[str]:
    """`--resume` may stand without a session, which Typer cannot say: a missing one becomes `last`.

    What follows is a session's id if it is one word, and the task if it has several.
    """
    completed: list[str] = []
    for position, argument in enumerate(arguments):
        completed.append(argument)
        if argument == "--":
            return completed + arguments[position + 1 :]
        if argument == "--resume":
            following = arguments[position + 1 : position + 2]
            if not following or following[0].startswith("-") or len(following[0].split()) != 1:
                completed.append("last")
    return completed


def _complain(message: str, code: int) -> int:
    print(f"hone: {message}", file=sys.stderr)
    return code


def _report_a_bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if process_environ().get("HONE_DEBUG"):
        sys.__excepthook__(kind, error, trace)
    else:
        print(f"hone: a bug in hone: {kind.__name__}: {error}; HONE_DEBUG=1 shows where", file=sys.stderr)
