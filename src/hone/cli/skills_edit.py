"""`hone skills new|edit|archive|restore|pin|unpin`: a person's changes of skills, through the same door as hone's own."""

import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from hone.changes.change import AnyOp, Archive, Change, Pin, Restore, Unpin, Write
from hone.cli.door import open_door
from hone.cli.outcomes import tell
from hone.cli.skills import reachable
from hone.config.environ import process_environ, shown
from hone.errors import NotFound, UsageError
from hone.given import Given
from hone.skills.discover import archived, children
from hone.skills.read import read_file
from hone.skills.render import render_skill
from hone.skills.spec import NAME, lint

app = typer.Typer(help="Skills: make and change them.")

_Name = Annotated[str, typer.Argument(metavar="NAME", help="The skill's name.")]
_From = Annotated[
    str | None,
    typer.Option("--file", metavar="FILE", help="Take the text from a file, - for standard input."),
]


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Lower-case words with hyphens.")],
    description: Annotated[
        str | None, typer.Option("--description", metavar="TEXT", help="What it does and when to use it.")
    ] = None,
    file: _From = None,
) -> None:
    """Make a skill of your own: from a file, or from a form that you fill in."""
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name of a skill: use lower-case letters, digits and single hyphens between them"
        )
    home = Given.by_process().home
    if (home / "skills" / name).exists():
        raise UsageError(f"there is a skill {name} already: hone skills edit {name}")
    form = render_skill(
        name,
        title=name.replace("-", " ").capitalize(),
        description=description or f"What {name} does, and when to use it.",
        when_to_use="The requests and situations that it is for.",
        steps=["The first command that is known to work."],
        gotchas=["What went wrong before, and what to do instead."],
    )
    text = _text(file) if file else _edited(form) if sys.stdin.isatty() else form
    _check(text, name)
    _submit(f"skills/{name}/SKILL.md", Write(text))


@app.command()
def edit(name: _Name, file: _From = None) -> None:
    """Edit a skill in your editor, or take its new text from a file."""
    path = _own(name) / "SKILL.md"
    if not file and not sys.stdin.isatty():
        raise UsageError(f"an editor needs a terminal: hone skills edit {name} --file FILE, or edit {path}")
    text = _text(file) if file else _edited(read_file(path, keep_mark=True)[0])
    _check(text, path.parent.name)
    _submit(f"skills/{path.parent.name}/SKILL.md", Write(text))


@app.command()
def archive(name: _Name) -> None:
    """Retire a skill: it is kept in skills/.archive and not used any more."""
    _submit(f"skills/{_own(name).name}/SKILL.md", Archive())


@app.command()
def restore(name: _Name) -> None:
    """Bring a retired skill back."""
    known = [Path(skill.directory).name for skill in archived(Given.by_process().home)]
    if name not in known:
        raise NotFound("archived skill", name, known)
    _submit(f"skills/{name}/SKILL.md", Restore())


@app.command()
def pin(name: _Name) -> None:
    """Keep a skill as it is: it is offered first and never retired by hone."""
    _submit(f"skills/{_own(name).name}/SKILL.md", Pin())


@app.command()
def unpin(name: _Name) -> None:
    """Take a pin back."""
    _submit(f"skills/{_own(name).name}/SKILL.md", Unpin())


def _own(name: str) -> Path:
    """The directory of a skill in HONE_HOME. Raises NotFound, and UsageError for one that lies elsewhere."""
    skills = Given.by_process().home / "skills"
    own = {directory.name: directory for directory in children(skills)}
    if name in own:
        return own[name]
    by_name = {skill.name: Path(skill.directory) for skill in reachable().skills}
    if name not in by_name:
        raise NotFound("skill", name, [*own, *by_name])
    if by_name[name].parent != skills:
        raise UsageError(f"skill {name} lies in {by_name[name]}, not in hone's home: change it there")
    return by_name[name]


def _check(text: str, name: str) -> None:
    errors = [problem.message for problem in lint(text, name) if problem.level == "error"]
    if errors:
        raise UsageError(f"this is no sound SKILL.md, nothing was changed: {'; '.join(errors)}")


def _text(file: str) -> str:
    if file == "-":
        return sys.stdin.read()
    try:
        return read_file(Path(file), keep_mark=True)[0]
    except UsageError as error:
        raise UsageError(f"{file}: {error}") from error


def _edited(text: str) -> str:
    """The text after the user's editor. Raises UsageError if the editor cannot be run, or says no."""
    environ = process_environ()
    editor = environ.get("VISUAL") or environ.get("EDITOR") or "vi"
    with tempfile.TemporaryDirectory(prefix="hone-") as directory:
        path = Path(directory, "SKILL.md")
        path.write_text(text, encoding="utf-8")
        try:
            code = subprocess.run([*shlex.split(editor), str(path)]).returncode
        except (OSError, ValueError) as error:
            raise UsageError(f"the editor {editor!r} cannot be run ({error}): set EDITOR") from error
        if code:
            raise UsageError(f"{editor} ended with {code}: nothing was changed")
        return read_file(path, keep_mark=True)[0]


def _submit(target: str, op: AnyOp) -> None:
    with open_door() as door:
        tell(door, door.submit(Change(target=target, ops=(op,), origin="user")))
    given = Given.by_process()
    if isinstance(op, Write):
        print(shown(given.home / target, given.environ))
