"""`hone`: the verbs, and the one place where an error becomes a line on standard error and an exit code."""

import shlex
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Annotated

import typer
from typer.exceptions import Abort, TyperException
from typer.main import get_command

import hone
from hone.cli import backup, changes, config, inbox, learn, memory, memory_edit, sessions, skills, skills_edit
from hone.cli.chat import chat
from hone.cli.doctor import doctor
from hone.cli.run import Approvals, run
from hone.cli.setup import setup
from hone.cli.streams import flush_streams, open_streams, output_error, say
from hone.cli.trust import trust
from hone.cli.worker import worker
from hone.config.environ import hone_home, process_environ
from hone.errors import HomeError, HoneError, UsageError

app = typer.Typer(
    name="hone",
    help="An agent that gets better at the work that you repeat. Without a command: a conversation.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(run)
app.add_typer(sessions.app, name="sessions")
skills.app.add_typer(skills_edit.app)
memory.app.add_typer(memory_edit.app)
app.add_typer(skills.app, name="skills")
app.add_typer(memory.app, name="memory", short_help="Memory: what hone knows.")
app.command(short_help="List what was learned and edited.")(changes.log)
app.command(short_help="Show one change: who, why, from what.")(changes.show)
app.command(short_help="Take a change back.")(changes.undo)
app.command(short_help="Show which change wrote each line.")(changes.blame)
app.add_typer(inbox.app, name="inbox")
app.command(short_help="Review a turn now.")(learn.learn)
app.add_typer(learn.app, name="learning")
app.add_typer(config.app, name="config")
app.command(short_help="Choose the models.")(setup)
app.command(short_help="Check what hone needs.")(doctor)
app.command(short_help="Let a project bring its own skills.")(trust)
app.command(short_help="Write everything that hone knows to a file.")(backup.backup)
app.command(short_help="Make a new home of a backup.")(backup.restore)
app.command(short_help="Review what waits; hone starts it by itself.")(worker)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"hone {hone.__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def root(
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


def main(arguments: Sequence[str] | None = None) -> None:
    """The `hone` command. Ends the process with the exit code."""
    sys.excepthook = _report_a_bug
    open_streams()
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)  # they end a command as Ctrl-C does
    code = _run(list(sys.argv[1:] if arguments is None else arguments))
    lost = flush_streams()
    if lost and not code:
        code = 1 if isinstance(lost, BrokenPipeError) else _complain(str(output_error(lost)), 1)
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    try:
        command = get_command(app)  # calling `app` itself would put an excepthook of its own in place
        return command.main(with_optional_value(arguments), prog_name="hone", standalone_mode=False) or 0
    except HoneError as error:
        return _complain(str(error), error.exit_code)
    except TyperException as error:
        message = error.format_message()
        if len(message.splitlines()) > 1:  # the help of a command that needs a verb
            say(message)
            return 2
        return _complain(_with_hint(message, error, arguments), 2)
    except (Abort, KeyboardInterrupt):
        return _complain("stopped", 130)
    except BrokenPipeError:  # whoever read the output has gone
        return 1


def _with_hint(message: str, error: TyperException, arguments: list[str]) -> str:
    """What is wrong with the arguments, and where it is written what they can be."""
    if arguments and len(arguments[0].split()) > 1:
        return f"{message.rstrip('.')}; for a task: hone run {shlex.quote(arguments[0])}"
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "hone"
    return f"{message.rstrip('.')}{' See' if message.endswith('?') else '; see'} {path} -h"


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
    say(f"hone: {message}")
    return code


def _report_a_bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if process_environ().get("HONE_DEBUG"):
        sys.__excepthook__(kind, error, trace)
    else:
        what = " ".join(f"{kind.__name__}: {error}".split())
        say(f"hone: a bug in hone: {what}; HONE_DEBUG=1 shows where")
