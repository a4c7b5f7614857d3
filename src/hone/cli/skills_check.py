"""`hone skills check`: what of the world has changed under the skills since they were learned. Reads, and writes nothing."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from hone.cli.sessions import printable
from hone.cli.skills import reachable
from hone.clock import SystemClock, local_date
from hone.config.environ import hone_home, process_environ, user_home
from hone.errors import NotFound, UsageError
from hone.memory.projects import project_slug
from hone.safety.paths import find_workspace
from hone.skills.discover import Library, archived
from hone.skills.facts.freshness import stale
from hone.skills.pins import PinnedFact, Stale, World, read_pins
from hone.skills.read import Skill

app = typer.Typer(help="Skills: what changed since they were learned.")


class _Checked(msgspec.Struct, frozen=True):
    skill: Skill
    pins: tuple[PinnedFact, ...]
    stale: tuple[Stale, ...]
    elsewhere: bool  # it is about another project, and cannot be checked from here


@app.command(short_help="Check what skills rely on; exit 1 if something changed.")
def check(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]…", help="Skills; by default all that are of use here."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Check retired skills too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look up the files, scripts, dependencies and commands that skills rely on, as they are here; exit 1 if one changed."""
    world = _world()
    checked = [_check(skill, world) for skill in _chosen(reachable(), names or (), everything=everything)]
    for each in checked:
        for note in each.skill.notes:
            if note.startswith("hone.yaml"):
                print(printable(f"{each.skill.name}: {note}"), file=sys.stderr)
    if not names:
        checked = [each for each in checked if not each.elsewhere]
    if as_json:
        print(json.dumps([_row(each) for each in checked], ensure_ascii=False, indent=2))
    else:
        print("\n".join(_lines(checked, named=bool(names))))
    if any(each.stale for each in checked):
        raise typer.Exit(1)


def _chosen(library: Library, names: Sequence[str], *, everything: bool) -> list[Skill]:
    known = list(dict.fromkeys(skill.name for skill in library.skills))
    for name in names:
        if name not in known:
            raise NotFound("skill", name, known)
    if names:
        return [library.get(name) for name in dict.fromkeys(names)]
    if everything:
        return [
            *(skill for skill in library.skills if skill.trusted),
            *archived(hone_home(process_environ())),
        ]
    return [skill for skill in library.skills if skill.trusted and skill.status != "retired"]


def _check(skill: Skill, world: World) -> _Checked:
    elsewhere = skill.scope not in ("all", f"project:{world.project}")
    pins = () if elsewhere else read_pins(Path(skill.directory))
    return _Checked(skill, pins, stale(pins, world), elsewhere)


def _world() -> World:
    environ = process_environ()
    home, cwd = hone_home(environ), Path.cwd()
    today = local_date(SystemClock())
    try:
        workspace = find_workspace(cwd, user_home(environ))
    except UsageError:  # no project in / or in the home itself; commands can be looked up all the same
        return World(cwd, environ.get("PATH", ""), None, today)
    return World(workspace, environ.get("PATH", ""), project_slug(workspace, home, environ), today)


def _lines(checked: Sequence[_Checked], *, named: bool) -> list[str]:
    changed = [f"{each.skill.name}: {said}" for each in checked for said in _said(each)]
    away = [
        f"{each.skill.name}: not checked, it is about another project" for each in checked if each.elsewhere
    ]
    pinned = [each for each in checked if each.pins]
    if changed or away:
        return [printable(line) for line in (*changed, *away)]
    if not pinned:
        return ["no facts of the world are kept with " + ("these skills" if named else "the skills here")]
    facts = sum(len(each.pins) for each in pinned)
    return [f"{_count(facts, 'fact')} of {_count(len(pinned), 'skill')} checked, nothing changed"]


def _said(checked: _Checked) -> list[str]:
    return list(dict.fromkeys(each.said for each in checked.stale))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _row(checked: _Checked) -> dict[str, Any]:
    return {
        "name": checked.skill.name,
        "dir": checked.skill.directory,
        "checked": not checked.elsewhere,
        "pins": len(checked.pins),
        "stale": [{**_fields(each.pin), "said": each.said} for each in checked.stale],
    }


def _fields(pin: PinnedFact) -> dict[str, str]:
    return {"kind": pin.kind, "target": pin.target, "key": pin.key, "seen": pin.seen}
