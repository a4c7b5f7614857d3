"""The `hone` command: the one place where an error becomes a line on standard error and an exit code."""

import shlex
import signal
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from typer.exceptions import Abort, TyperException
from typer.main import get_command

from hone.cli.root import new_app
from hone.cli.streams import flush_streams, open_streams, output_error, say
from hone.config.environ import process_environ
from hone.errors import HoneError

_INTERRUPTED = 130


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
        command = _command(arguments)
        code = command.main(with_optional_value(arguments), prog_name="hone", standalone_mode=False) or 0
        if code == _INTERRUPTED and arguments[:1] != [
            "run"
        ]:  # Typer makes a code of Ctrl-C; `run` says it itself
            say("hone: stopped")
        return int(code)
    except HoneError as error:
        return _complain(str(error), error.exit_code)
    except TyperException as error:
        message = error.format_message()
        if len(message.splitlines()) > 1:  # the help of a command that needs a verb
            say(message)
            return 2
        return _complain(_with_hint(message, error, arguments), 2)
    except (Abort, KeyboardInterrupt):
        return _complain("stopped", _INTERRUPTED)
    except BrokenPipeError:  # whoever read the output has gone
        return 1


def _command(arguments: list[str]) -> Any:
    """The command line for these arguments. (Calling a Typer app itself would put an excepthook of its own in place.)"""
    if arguments[:1] in ([], ["run"]):
        return get_command(new_app())
    from hone.cli.verbs import app  # noqa: PLC0415 - the other verbs load what the first request must not wait for

    return get_command(app)


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
