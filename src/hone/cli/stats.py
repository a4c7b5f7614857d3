"""`hone stats`: whether learning is worth it, by receipts, curves and tripwires; as text, JSON, a plot or a page."""

import contextlib
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from hone.cli.conversation.style import Style
from hone.cli.sessions import JsonFlag, printable
from hone.cli.skills import reachable
from hone.cli.stats_data import as_data, skill_data
from hone.cli.stats_html import page
from hone.cli.stats_plot import drawn, plot_format
from hone.cli.stats_text import Screen, of_skill, overview
from hone.cli.stoppable import run_stoppable
from hone.cli.streams import say
from hone.cli.tripwires import Fired, tripwires_of
from hone.database import Database
from hone.errors import NotFound, UsageError
from hone.files import write_atomic
from hone.given import Given, set_up
from hone.proof.receipts import Cost, receipts
from hone.proof.record import family_tasks
from hone.proof.stats import Spent, Stats, only
from hone.proof.stats import stats as made_of

_NO_TRIPWIRES = "no tripwires yet: no skill from here knows a mistake that can be seen coming"
_SPENT = """
    SELECT purpose = 'prove', count(*), total(input + output), total(cost_usd), count(cost_usd) = count(*), min(at)
    FROM learning_spend WHERE purpose != 'reserved' GROUP BY 1
"""

File = Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the figures into FILE: .png or .svg.")]
Page = Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page with the figures and tables.")]


def stats(
    skill: Annotated[
        str | None, typer.Argument(metavar="SKILL", help="Show all that is known of one skill.")
    ] = None,
    as_json: JsonFlag = False,
    plot: File = None,
    html: Page = None,
) -> None:
    """Show whether learning is worth it: what was saved, how sure that is, what it cost, and what came of each skill."""
    form = plot_format(plot) if plot else ""
    for path in filter(None, (plot, html)):
        if path.exists() and not path.is_file():
            raise UsageError(f"{path} is not a file: name one")
        if not path.absolute().parent.is_dir():
            raise UsageError(f"{path} cannot be written: there is no directory {path.absolute().parent}")
    tripwires = tripwires_of(each for each in reachable().skills if each.trusted)
    shown = _read()
    if skill is not None:
        shown, tripwires = _about(shown, skill), [each for each in tripwires if each.skill == skill]
    files: list[tuple[Path, bytes]] = []
    if plot:
        files.append((plot, drawn(shown, form)))
    if html:
        files.append((html, page(shown, tripwires).encode()))
    for path, data in files:
        write_atomic(path, data)
        say(f"hone: {path} is written")
    if as_json:
        _print_json(shown, skill, tripwires)
    else:
        _print_text(shown, skill, tripwires)


def _read() -> Stats:
    """What this home has on record. Creates nothing."""
    given = Given.by_process()
    learning = run_stoppable(lambda: set_up(given, {}, needs_model=False)).settings.learning
    with contextlib.closing(Database.open_for_reading(given.home / "state.db")) as database:
        titles = {
            str(family): str(title) for family, title in database.rows("SELECT id, title FROM families")
        }
        return made_of(
            receipts(database, given.home), family_tasks(database), titles, _spent(database), learning
        )


def _spent(database: Database) -> Spent:
    rows = {bool(proving): rest for proving, *rest in database.rows(_SPENT)}
    costs = {
        proving: Cost(requests, round(tokens), usd if priced else None)
        for proving, (requests, tokens, usd, priced, _) in rows.items()
    }
    since = rows[False][-1] if False in rows else None
    return Spent(costs.get(False, Cost()), costs.get(True, Cost()), since)


def _about(shown: Stats, skill: str) -> Stats:
    known = [each.receipt.skill for each in shown.skills]
    if skill in known:
        return only(shown, skill)
    elsewhere = [each.name for each in reachable().skills]
    if skill in elsewhere:
        raise UsageError(f"{skill} was not used yet: there is nothing to tell of it")
    raise NotFound("skill", skill, [*known, *elsewhere])


def _print_json(shown: Stats, skill: str | None, tripwires: list[Fired]) -> None:
    data: dict[str, Any] = skill_data(shown.skills[0]) if skill else as_data(shown)
    data["tripwires"] = [each.as_data() for each in tripwires]
    print(msgspec.json.format(msgspec.json.encode(data), indent=2).decode())


def _print_text(shown: Stats, skill: str | None, tripwires: list[Fired]) -> None:
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else Screen().width
    screen = Screen(width, Style.detect(Given.by_process().environ, sys.stdout).unicode)
    say_all: Callable[[Stats, Screen], Any] = of_skill if skill else overview
    for line in say_all(shown, screen):
        print(printable(line))
    if tripwires:
        print("Tripwires")
        for each in tripwires:
            print(printable(f"{each.skill}  {each.as_line()}"))
    elif not skill:
        print(_NO_TRIPWIRES)
