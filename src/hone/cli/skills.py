"""`hone skills`: what skills there are, what one says, and what is wrong with them."""

import contextlib
import json
import shutil
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from hone.cli.sessions import printable
from hone.cli.tripwires import tripwires_of
from hone.config.environ import hone_home, process_environ, shown, user_home
from hone.database import Database
from hone.errors import NotFound, UsageError
from hone.memory.projects import project_slug
from hone.proof.trials import quarantined
from hone.safety.grants import Grants
from hone.safety.paths import find_workspace
from hone.skills.discover import Library, Places, archived, children, discover
from hone.skills.read import Diagnostic, Skill, read_body, read_file, read_skill
from hone.skills.retrieve import AT_START, Found, Retrieval, clear_match
from hone.skills.spec import lint as lint_text
from hone.tools.loading import why_held_back

app = typer.Typer(help="Skills: list, search, change and check them.", no_args_is_help=True)

_AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_skills(
    as_json: _AsJson = False,
    everything: Annotated[bool, typer.Option("--all", help="Show retired skills too.")] = False,
) -> None:
    """List the skills that can be used from here."""
    library = reachable()
    skills = [skill for skill in library.skills if everything or skill.status != "retired"]
    if everything:
        skills += archived(_places().hone_home)
    _print_diagnostics(library.diagnostics)
    if as_json:
        _print_json([_row(skill) for skill in skills])
    elif skills:
        aside = _set_aside(skills)
        for skill in skills:
            print(_fitted(_described(skill, ", set aside" if skill.name in aside else "")))
    else:
        home = shown(_places().hone_home / "skills", process_environ())
        print(f"no skills yet: hone skills new NAME, or put one into {home}/<name>/SKILL.md")


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The skill's name.")], as_json: _AsJson = False
) -> None:
    """Show one skill with its text, its tripwires and what they did."""
    library = reachable()
    if name not in (known := _names(library)):
        raise NotFound("skill", name, known)
    skill = library.get(name)
    body = read_body(skill).strip()
    tripwires = tripwires_of([skill])
    if as_json:
        wires = [each.as_data() | each.condition() for each in tripwires]
        more = {"scope": skill.scope, "pinned": skill.pinned, "body": body, "tripwires": wires}
        _print_json(_row(skill) | more)
        return
    print(f"{skill.name} ({_state(skill)})\n{skill.description}\n{skill.path}")
    for note in skill.notes:
        print(f"note: {note}")
    if held := why_held_back(skill, Grants(_places().hone_home).allows_text):
        print(printable(f"held back: {held.path}: {held.injection.reason} (hone skills allow {skill.name})"))
    if _set_aside([skill]):
        print("set aside: its last uses led to failures; it is not offered until it is changed (hone stats)")
    for tripwire in tripwires:
        print(printable(f"tripwire {tripwire.as_line()}"))
    print(f"\n{printable(body)}")


@app.command()
def search(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="A request, or words of one.")],
    as_json: _AsJson = False,
) -> None:
    """Find the skills that fit a request, best first; `→` marks one that hone would use unasked."""
    places = _places()
    workspace = places.workspace
    project = project_slug(workspace, places.hone_home, process_environ()) if workspace else None
    retrieval = Retrieval.open(places.hone_home)
    library = reachable()
    if waiting := retrieval.refresh(library, AT_START):
        print(f"reading {waiting:,} skills for the first search …", file=sys.stderr)
        retrieval.refresh(library)
    found = retrieval.search(query, project)
    retrieval.close()
    if as_json:
        results = [_result(each) for each in found]
        _print_json({"confident": clear_match(found) is not None, "results": results})
    elif found:
        for each in found:
            print(_fitted(f"{'→' if each.confident else ' '} {_described(each.skill)}"))
    else:
        print("no skill has any of these words")


@app.command()
def lint(
    skill: Annotated[
        str | None,
        typer.Argument(
            metavar="SKILL", help="A skill's name, directory or SKILL.md; by default all in reach."
        ),
    ] = None,
    as_json: _AsJson = False,
) -> None:
    """Check skills against the Agent Skills format; exit 1 if there are problems."""
    directories = [_directory(skill)] if skill else _own_directories()
    problems = [problem for directory in directories for problem in _problems(directory)]
    if as_json:
        _print_json(problems)
    for problem in [] if as_json else problems:
        print(f"{problem['name']}: {problem['level']}: {problem['message']}")
    if problems:
        raise typer.Exit(1)
    if not as_json:
        checked = f"{len(directories)} skill{'' if len(directories) == 1 else 's'}"
        print(f"{checked} checked, no problems" if directories else "no skills here to check")


def _places() -> Places:
    environ = process_environ()
    home, cwd = user_home(environ), Path.cwd()
    try:
        workspace = find_workspace(cwd, home)
    except UsageError:  # no project in / or in the home itself; the user's own skills are there all the same
        workspace = None
    return Places(hone_home(environ), home, cwd, workspace)


def reachable() -> Library:
    """The skills in reach from here."""
    places = _places()
    grants = Grants(places.hone_home)
    return discover(places, lambda folder: bool(grants.folder_trusted(folder)))


def _names(library: Library) -> list[str]:
    """Each name once: a skill that is not trusted may share one."""
    return list(dict.fromkeys(skill.name for skill in library.skills))


def _own_directories() -> list[Path]:
    """Every directory with a SKILL.md in reach, also those that were skipped."""
    library = reachable()
    skipped = [Path(each.path).parent for each in library.diagnostics if Path(each.path).name == "SKILL.md"]
    return list(dict.fromkeys([*(Path(skill.directory) for skill in library.skills), *skipped]))


def _directory(named: str) -> Path:
    """The directory of a skill given by its name, its directory or its SKILL.md."""
    path = Path(named)
    if path.name == "SKILL.md" and path.exists():
        return path.absolute().parent
    library = reachable()
    by_name = [Path(skill.directory) for skill in library.skills if skill.name == named]
    if by_name:
        return by_name[0]
    if (path / "SKILL.md").exists():
        return path.absolute()
    skipped = [directory for directory in children(_places().hone_home / "skills") if directory.name == named]
    if not skipped:
        raise NotFound("skill", named, _names(library))
    return skipped[0]


def _problems(directory: Path) -> list[dict[str, str]]:
    def row(level: str, message: str) -> dict[str, str]:
        return {"name": directory.name, "dir": str(directory), "level": level, "message": message}

    try:
        text = read_file(directory / "SKILL.md", keep_mark=True)[0]
    except UsageError as error:
        return [row("error", str(error))]
    read = read_skill(directory)
    aside = [note for note in getattr(read, "notes", ()) if note.startswith("hone.yaml")]
    return [
        *(row(problem.level, problem.message) for problem in lint_text(text, directory.name)),
        *(row("error", note) for note in aside),
    ]


def _row(skill: Skill) -> dict[str, Any]:
    return {
        "name": skill.name,
        "description": skill.description,
        "dir": skill.directory,
        "source": skill.source,
        "status": skill.status,
        "trusted": skill.trusted,
        "notes": list(skill.notes),
    }


def _result(found: Found) -> dict[str, Any]:
    skill = found.skill
    return {
        "name": skill.name,
        "dir": skill.directory,
        "score": round(found.score, 3),
        "status": skill.status,
    }


def _described(skill: Skill, aside: str = "") -> str:
    return f"{skill.name}  ({_state(skill)}{aside})  {skill.description}"


def _fitted(line: str) -> str:
    """The line, on a terminal cut to its width."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else len(line)
    return line if len(line) <= width else f"{line[: width - 1]}…"


def _state(skill: Skill) -> str:
    trust = "" if skill.trusted else ", not trusted: `hone trust` uses it"
    return f"{skill.source}, {skill.status}{trust}"


def _print_diagnostics(diagnostics: tuple[Diagnostic, ...]) -> None:
    for each in diagnostics:
        print(f"{each.level}: {shown(Path(each.path), process_environ())}: {each.message}", file=sys.stderr)


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def _set_aside(skills: Sequence[Skill]) -> Collection[str]:
    """The names of those that are not offered because their last uses led to failures."""
    with contextlib.closing(Database.open_for_reading(_places().hone_home / "state.db")) as database:
        return quarantined(database, skills)
