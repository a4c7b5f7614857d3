"""`hone prove`: does a skill help? Recorded tasks, done again with it and without it, in copies of their workspaces."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Annotated

import msgspec
import typer

from hone.cli.asking import someone_is_there
from hone.cli.prove_text import plan_lines, progress_line, report_lines
from hone.cli.run import Approvals, check_named, settings_flags
from hone.cli.sessions import printable
from hone.cli.stoppable import run_stoppable
from hone.cli.streams import say
from hone.clock import iso
from hone.errors import ProviderError, UsageError
from hone.given import Given
from hone.proving import Progressed, Proving, Wish, prepared, proving

_INTERRUPTED = 130

Tasks = Annotated[int, typer.Option(metavar="N", min=1, max=1000, help="Of so many recorded tasks.")]
Repetitions = Annotated[int, typer.Option(metavar="N", min=1, max=100, help="Each so often on both sides.")]
Check = Annotated[
    str | None, typer.Option(metavar="COMMAND", help="Its exit says whether a task is done; run in the copy.")
]
Budget = Annotated[int, typer.Option(metavar="TOKENS", min=1, help="Stop before more tokens are spent.")]
Models = Annotated[
    list[str] | None,
    typer.Option(metavar="[ROLE=]MODEL", help="The model to use, for one role or for main."),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before spending.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print what it shows as JSON.")]


def prove(
    skill: Annotated[str, typer.Argument(help="The skill's name.")],
    tasks: Tasks = 8,
    repetitions: Repetitions = 1,
    check: Check = None,
    budget: Budget = 200_000,
    model: Models = None,
    approvals: Approvals = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> int:
    """Measure what a skill saves: do recorded tasks again, with it and without it."""
    check_named(check)
    flags = settings_flags(model or [], approvals)
    wish = Wish(skill=skill, tasks=tasks, repetitions=repetitions, check=check, budget=budget, flags=flags)
    setup = run_stoppable(lambda: prepared(Given.by_process(), wish))
    with proving(setup, wish) as proof:
        for line in plan_lines(wish, proof.plan):
            say(printable(line))
        if not proof.plan.tasks:
            raise UsageError(f"{skill} cannot be proven by replay: there is no task to do again")
        if proof.plan.left and not yes:
            _ask()
        ended, code = _run(proof)
        if ended:
            say(f"hone: {ended}; hone prove {skill} goes on from here")
        _publish(wish, proof, ended, as_json=as_json)
    return code


def _ask() -> None:
    """Raises UsageError unless somebody agrees."""
    if not someone_is_there():
        raise UsageError("this would be paid by you: pass --yes, and --budget TOKENS for another limit")
    if not typer.confirm("Go on?", err=True):
        raise UsageError("nothing was done; --tasks and --repetitions make it smaller")


def _run(proof: Proving) -> tuple[str, int]:
    """Do what is left; why it ended early, and the exit code."""
    try:
        with _progress(len(proof.plan.left)) as tell:
            ended = run_stoppable(lambda: proof.run(tell))
    except KeyboardInterrupt:
        return "stopped by the user", _INTERRUPTED
    except ProviderError as error:
        return str(error), error.exit_code
    return ended, 1 if ended else 0


@contextlib.contextmanager
def _progress(total: int) -> Iterator[Callable[[Progressed], None]]:
    """A bar on a terminal, a line for each replay elsewhere."""
    if not total:
        yield lambda _word: None
    elif not sys.stderr.isatty():
        yield lambda word: say(progress_line(word, total)) if word.took else None
    else:
        from rich.console import Console  # noqa: PLC0415 - only where there is a terminal
        from rich.progress import Progress  # noqa: PLC0415

        with Progress(console=Console(stderr=True), transient=True) as bar:
            row = bar.add_task("", total=total)

            def tell(word: Progressed) -> None:
                if word.took:
                    bar.console.print(progress_line(word, total), markup=False, highlight=False)
                bar.update(row, completed=word.number - (word.took is None), description=word.replay.arm)

            yield tell


def _publish(wish: Wish, proof: Proving, ended: str, *, as_json: bool) -> None:
    shown = proof.shown()
    if as_json:
        told = {
            "skill": wish.skill,
            "ended": ended,
            "not_replayable": [
                {"reason": reason, "count": count} for reason, count in proof.plan.unfit.items()
            ],
            "replayed": shown and msgspec.to_builtins(shown) | {"at": iso(shown.at)},
        }
        print(msgspec.json.encode(told).decode())
    else:
        for line in report_lines(wish.skill, shown, proof.plan):
            print(printable(line))
