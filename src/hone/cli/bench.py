"""`hone bench`: does learning pay with this model? Recurring work in small worlds, with learning and without."""

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from hone.bench.agents import Contender
from hone.bench.arms import ARMS, FRESH, Names
from hone.bench.hermes import hermes_at
from hone.bench.measures import Measured
from hone.bench.report import Described, Plan, Report, as_json, report, settings_line
from hone.bench.report_page import as_html, as_markdown
from hone.bench.report_plot import check_plot, write_plot
from hone.bench.report_text import as_text
from hone.bench.runner import Course
from hone.bench.scenario import Scenario
from hone.bench.scenarios import ALL
from hone.bench.simulated import Server
from hone.bench.workers import in_processes
from hone.benching import (
    Choice,
    Ground,
    Hone,
    Models,
    all_scenarios,
    courses,
    models_of_settings,
    simulated_models,
)
from hone.cli.asking import someone_is_there
from hone.cli.bench_progress import Progress
from hone.cli.sessions import printable
from hone.cli.stoppable import run_stoppable
from hone.cli.streams import say
from hone.config.environ import user_home
from hone.errors import NoSandbox, NotFound, UsageError
from hone.files import write_atomic
from hone.given import Given
from hone.safety.paths import default_hidden
from hone.safety.sandbox import probe
from hone.scratch import Scratch

_INTERRUPTED = 130
_WIDTH = 130  # columns where there is no terminal
_NAMES = ", ".join(arm.name for arm in ARMS)

Arms = Annotated[str | None, typer.Option(metavar="A,B", help=f"Only these arms of: {_NAMES}.")]
Scenarios = Annotated[
    str | None, typer.Option(metavar="A,B", help="Only these scenarios; --list names them.")
]
Repeats = Annotated[int, typer.Option(metavar="K", min=1, max=50, help="How often the same work comes.")]
Runs = Annotated[int, typer.Option(metavar="R", min=1, max=100, help="Whole streams, each in its own order.")]
Seed = Annotated[int, typer.Option(metavar="N", help="Which orders.")]
Simulated = Annotated[
    bool, typer.Option("--simulated", help="A model made of rules; it measures the machinery.")
]
Main = Annotated[str | None, typer.Option(metavar="MODEL", help="The main model.")]
Writer = Annotated[str | None, typer.Option(metavar="MODEL", help="The model that writes skills and memory.")]
Cheap = Annotated[str | None, typer.Option(metavar="MODEL", help="The model that executes in the last arm.")]
Agents = Annotated[
    list[str] | None,
    typer.Option(metavar="hermes=DIR", help="Another agent beside hone: its venv or executable."),
]
Approvals = Annotated[str, typer.Option(metavar="MODE", help="auto (in the sandbox), sandbox or yes.")]
Budget = Annotated[
    int | None, typer.Option(metavar="TOKENS", min=1, help="Stop after so many tokens, learning included.")
]
Jobs = Annotated[int, typer.Option(metavar="N", min=1, max=64, help="How many arms at a time.")]
JsonFile = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write all figures as JSON.")]
PageFile = Annotated[Path | None, typer.Option(metavar="FILE", help="Write a Markdown page.")]
HtmlFile = Annotated[Path | None, typer.Option(metavar="FILE", help="Write an HTML page.")]
PlotFile = Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the curves: PNG, SVG or PDF.")]
Keep = Annotated[bool, typer.Option("--keep", help="Leave homes and worlds to look at.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before spending.")]
ListOnly = Annotated[bool, typer.Option("--list", help="List the scenarios, and end.")]


class _Files(msgspec.Struct, frozen=True):
    """Where the report goes beside the terminal."""

    json: Path | None
    page: Path | None
    html: Path | None
    plot: Path | None


class _Limits(msgspec.Struct, frozen=True):
    """How many arms run at a time, and when all end."""

    jobs: int
    budget: int | None


def bench(
    arms: Arms = None,
    scenarios: Scenarios = None,
    repeats: Repeats = 4,
    runs: Runs = 1,
    seed: Seed = 1,
    simulated: Simulated = False,
    model: Main = None,
    writer: Writer = None,
    cheap: Cheap = None,
    agent: Agents = None,
    approvals: Approvals = "auto",
    budget: Budget = None,
    jobs: Jobs = 2,
    json_file: JsonFile = None,
    page: PageFile = None,
    html: HtmlFile = None,
    plot: PlotFile = None,
    keep: Keep = False,
    yes: Yes = False,
    list_only: ListOnly = False,
) -> int:
    """Measure whether learning pays: recurring work, done with and without it."""
    if list_only:
        print("\n".join(f"{each.name:<24} {each.kind:<8} {each.title}" for each in ALL))
        return 0
    files = _Files(json_file, page, html, plot)
    _check_files(files)
    wanted, chosen = _arms(arms), _scenarios(scenarios)
    given, names = Given.by_process(), Names(model or "", writer or "", cheap or "")
    if simulated and names != Names():
        raise UsageError("--simulated has models of its own: leave out --model, --writer and --cheap")
    models = simulated_models() if simulated else run_stoppable(lambda: models_of_settings(given, names))
    agents = (
        Hone(models, _approvals(given, approvals, simulated), _private(given)),
        *map(_other, agent or ()),
    )
    choice = Choice(_possible(wanted, agents, chosen_by_name=arms is not None), repeats, runs, seed)
    with _ground(given, simulated, keep) as ground:
        laid_out = courses(choice, agents, [each.name for each in chosen], models, ground)
        plan = _plan(laid_out, choice, chosen, models)
        _tell_before(plan, yes)
        shown, code = _measure(given, plan, laid_out, _Limits(jobs, budget))
        _publish(shown, files)
    return code


def _check_files(files: _Files) -> None:
    """What cannot be written is said before anything is measured."""
    if files.plot:
        check_plot(files.plot)
    named = [path.absolute() for path in (files.json, files.page, files.html, files.plot) if path]
    for path in named:
        if not path.parent.is_dir():
            raise UsageError(f"{path} cannot be written: there is no directory {path.parent}")
        if path.is_dir():
            raise UsageError(f"{path} cannot be written: it is a directory")
        if named.count(path) > 1:
            raise UsageError(f"{path} is named twice: each needs a file of its own")


def _private(given: Given) -> tuple[Path, ...]:
    """What the user would not show to a benchmark: the home and its keys, and what else is hidden from commands."""
    return (*default_hidden(user_home(given.environ), given.home), given.home)


def _approvals(given: Given, mode: str, simulated: bool) -> str:
    """The mode for the agent's commands, where nobody can be asked. Raises UsageError, NoSandbox."""
    if mode not in ("auto", "sandbox", "yes"):
        raise UsageError(f"--approvals is auto, sandbox or yes, not {mode!r}: nobody is asked in a benchmark")
    problem = probe(given.environ) if mode != "yes" else None
    if problem is None:
        return mode
    if simulated and mode == "auto":
        say(f"hone: no sandbox here ({problem}): commands run unconfined; the simulated model is harmless")
        return "yes"
    raise NoSandbox(
        f"no sandbox here ({problem}): install bubblewrap, or pass --approvals yes if this machine is disposable"
    )


def _other(named: str) -> Contender:
    name, _, where = named.partition("=")
    if name != "hermes" or not where:
        raise UsageError(f"--agent {named!r}: what can be measured beside hone is hermes=DIR")
    return hermes_at(Path(where))


def _arms(wanted: str | None) -> tuple[str, ...]:
    """The arms to run, `fresh` among them: without it nothing can be compared."""
    known = [arm.name for arm in ARMS]
    names = _listed("arm", wanted, known)
    return tuple(name for name in known if not names or name == FRESH or name in names)


def _possible(names: Sequence[str], agents: Sequence[Contender], *, chosen_by_name: bool) -> tuple[str, ...]:
    """The arms that an agent has. Raises UsageError where one that was asked for is lost."""
    there = tuple(name for name in names if any(name in agent.arms for agent in agents))
    for name in set(names) - set(there):
        if chosen_by_name:
            raise UsageError(f"the arm {name!r} needs a second model: --cheap MODEL")
        say(f"hone: without the arm {name!r}, which needs a second model: --cheap MODEL")
    return there


def _scenarios(wanted: str | None) -> tuple[Scenario, ...]:
    names = _listed("scenario", wanted, [scenario.name for scenario in ALL])
    return tuple(scenario for scenario in ALL if not names or scenario.name in names)


def _listed(kind: str, text: str | None, known: Sequence[str]) -> list[str]:
    """The names of a list with commas; a name may have one itself. None: no list. Raises NotFound, UsageError."""
    if text is None:
        return []
    if not text.strip(" ,"):
        raise UsageError(f"no {kind} is named; there are {', '.join(known)}")
    names: list[str] = []
    while text := text.strip(" ,"):
        fits = [name for name in known if text == name or text.startswith(f"{name},")]
        name = max(fits, key=len, default=text.partition(",")[0])
        if name not in known:
            raise NotFound(kind, name.strip(), known)
        names.append(name)
        text = text[len(name) :]
    return names


@contextlib.contextmanager
def _ground(given: Given, simulated: bool, keep: bool) -> Iterator[Ground]:
    with contextlib.ExitStack() as open_ones:
        if keep:
            directory = Path(tempfile.mkdtemp(prefix="hone-bench-"))
            open_ones.callback(say, f"hone: homes and worlds are left in {directory}")
        else:  # if this process is killed, the next session of hone removes it
            directory = open_ones.enter_context(contextlib.closing(Scratch())).path
        yield Ground(directory, given.environ.get("PATH", ""), all_scenarios, Server if simulated else None)


def _plan(laid_out: Sequence[Course], choice: Choice, chosen: Sequence[Scenario], models: Models) -> Plan:
    return Plan(
        simulated=any(course.server is not None for course in laid_out),
        models=models.names,
        agents=tuple(dict.fromkeys(course.agent.name for course in laid_out)),
        arms=choice.arms,
        scenarios=tuple(Described(each.name, each.kind, each.title, each.traps) for each in chosen),
        repeats=choice.repeats,
        runs=choice.runs,
        seed=choice.seed,
        tasks=sum(len(course.slots) for course in laid_out),
    )


def _tell_before(plan: Plan, yes: bool) -> None:
    """Say what it will take, and ask if it is the user's money. Raises UsageError if it may not."""
    what = f"{plan.tasks:,} tasks of several requests each"
    if plan.simulated:
        say(
            f"hone: {plan.tasks:,} tasks; the model is SIMULATED: it measures the machinery, not a language model's gain"
        )
        return
    say(f"hone: {what}, with {settings_line(plan)}")
    say(f"hone: arms: {'; '.join(plan.arms)}")
    if len(plan.agents) > 1:
        say("hone: hermes runs its commands unconfined, as your user")
    if yes:
        return
    if not someone_is_there():
        raise UsageError(f"{what} would be paid by you: pass --yes, and --budget TOKENS for a limit")
    if not typer.confirm("This costs what your endpoint asks for them. Go on?", err=True):
        raise UsageError("nothing was done; --scenarios, --arms and --repeats make it smaller")


def _measure(given: Given, plan: Plan, laid_out: Sequence[Course], limits: _Limits) -> tuple[Report, int]:
    """Run the courses; what they measured, and the exit code. Ctrl-C and the budget end them early."""
    tasks: list[Measured] = []
    problems: list[str] = []
    spent, code = 0, 0
    begun = given.clock.monotonic()
    progress = Progress(sys.stderr, given.clock, plan.tasks)
    words = in_processes(laid_out, limits.jobs)
    try:
        for word in words:
            progress(word)
            if isinstance(word, Measured):
                tasks.append(word)
                spent += word.tokens + word.learned.tokens
            elif word.problem:
                problems.append(word.problem)
                code = word.exit_code
            if limits.budget is not None and spent >= limits.budget:
                problems.append(f"stopped after {spent:,} tokens: the budget is {limits.budget:,}")
                code = code or 1
                break
    except KeyboardInterrupt:
        problems.append("stopped by the user")
        code = _INTERRUPTED
    finally:
        progress.end()
        words.close()
    return report(plan, tasks, problems, given.clock.monotonic() - begun), code


def _publish(shown: Report, files: _Files) -> None:
    width = max(80, shutil.get_terminal_size().columns) if sys.stdout.isatty() else _WIDTH
    print(printable(as_text(shown, width)), end="")
    for path, text in (
        (files.json, as_json(shown)),
        (files.page, as_markdown(shown).encode()),
        (files.html, as_html(shown).encode()),
    ):
        if path:
            write_atomic(path, text, mode=0o644)
    if files.plot:
        write_plot(shown, files.plot)
