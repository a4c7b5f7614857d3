"""`hone skills new|edit|archive|restore|pin|unpin`: a person's changes of skills, through the same door as hone's own."""

import contextlib
import hashlib
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from hone.changes.apply import read_file as read_bytes
from hone.changes.change import AnyOp, Archive, Change, Pin, Restore, Unpin, Write
from hone.cli.door import open_door, refuse_own_keys
from hone.cli.outcomes import tell
from hone.cli.skills import reachable
from hone.cli.streams import say
from hone.config.environ import process_environ, shown
from hone.errors import HoneError, NotFound, UsageError
from hone.given import Given
from hone.skills.discover import children
from hone.skills.read import MAX_BYTES, read_file
from hone.skills.render import render_skill
from hone.skills.spec import NAME, lint

app = typer.Typer(help="Skills: make and change them.")

_Name = Annotated[str, typer.Argument(metavar="NAME", help="The skill's name.")]
_From = Annotated[
    str | None,
    typer.Option("--file", metavar="FILE", help="Take the text from a file, - for standard input."),
]


@app.command(short_help="Make a skill of your own.")
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
    if name in _directories():
        raise UsageError(f"there is a skill {name} already: hone skills edit {name}")
    if file is not None and description is not None:
        raise UsageError("--description is for the form: with --file it stands in the file")
    if file is not None:
        _write(name, _text(file), None)
    elif sys.stdin.isatty():
        form = _form(name, description)
        with _edited(form) as text:
            if text == form:
                raise UsageError(f"the form was left as it is: there is no skill {name}")
            _write(name, text, None)
    else:
        _write(name, _form(name, description), None)
        say("note: it is a form so far: fill it in")
    given = Given.by_process()
    print(shown(given.home / _target(name), given.environ))


@app.command()
def edit(name: _Name, file: _From = None) -> None:
    """Edit a skill in your editor, or take its new text from a file."""
    path = _own(name) / "SKILL.md"
    name = path.parent.name
    before = read_bytes(Given.by_process().home, _target(name))
    if file is not None:
        _write(name, _text(file), before)
    elif not sys.stdin.isatty():
        raise UsageError(f"an editor needs a terminal: hone skills edit {name} --file FILE, or edit {path}")
    else:
        with _edited(_text(str(path))) as text:
            _write(name, text, before)


@app.command(short_help="Retire a skill.")
def archive(name: _Name) -> None:
    """Retire a skill: it is kept in skills/.archive and not used any more."""
    _submit(_own(name).name, Archive())


@app.command()
def restore(name: _Name) -> None:
    """Bring a retired skill back."""
    known = _directories(".archive")
    if name not in known and name in _directories():
        raise UsageError(f"skill {name} is not retired: there is nothing to restore")
    if name not in known:
        raise NotFound("retired skill", name, known)
    _submit(name, Restore())


@app.command(short_help="Keep a skill as it is.")
def pin(name: _Name) -> None:
    """Keep a skill as it is: it is offered first and never retired by hone."""
    _submit(_own(name).name, Pin())


@app.command()
def unpin(name: _Name) -> None:
    """Take a pin back."""
    _submit(_own(name).name, Unpin())


def _own(name: str) -> Path:
    """The directory of a skill in HONE_HOME. Raises NotFound, and UsageError for one that is not there to be changed."""
    own = _directories()
    if name in own:
        return own[name]
    by_name = {skill.name: Path(skill.directory) for skill in reachable().skills}
    if name in by_name and by_name[name].parent == Given.by_process().home / "skills":
        return by_name[name]
    if name in by_name:
        raise UsageError(f"skill {name} lies in {by_name[name]}, not in hone's home: change it there")
    if name in _directories(".archive"):
        raise UsageError(f"skill {name} is retired: hone skills restore {name}")
    raise NotFound("skill", name, [*own, *by_name])


def _directories(below: str = "") -> dict[str, Path]:
    """The skills of HONE_HOME by the names of their directories."""
    return {each.name: each for each in children(Given.by_process().home / "skills" / below)}


def _form(name: str, description: str | None) -> str:
    try:
        (description or "").encode()
    except UnicodeEncodeError as error:
        raise UsageError("the description is not UTF-8: write it in UTF-8") from error
    return render_skill(
        name,
        title=name.replace("-", " ").capitalize(),
        description=f"What {name} does, and when to use it." if description is None else description,
        when_to_use="The requests and situations that it is for.",
        steps=["The first command that is known to work."],
        gotchas=["What went wrong before, and what to do instead."],
    )


def _text(file: str) -> str:
    """The text of a file, `-`: of standard input. Raises UsageError if it is none, or longer than a skill may be."""
    if file != "-":
        try:
            return read_file(Path(file), keep_mark=True)[0]
        except UsageError as error:
            raise UsageError(f"{file}: {error}") from error
    data = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise UsageError(f"standard input: larger than {MAX_BYTES:,} bytes: shorten it")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise UsageError("standard input: not UTF-8: send it as UTF-8") from error


@contextlib.contextmanager
def _edited(text: str) -> Iterator[str]:
    """`text` as the user's editor leaves it. If it cannot be taken, it is kept in a file and the user told where."""
    path = Path(tempfile.mkdtemp(prefix="hone-"), "SKILL.md")
    path.write_bytes(text.encode())
    kept = False
    try:
        _run_editor(path)
        yield _text(str(path))
    except HoneError:
        kept = path.is_file() and path.read_bytes() != text.encode()
        if kept:
            say(f"hone: what you wrote is kept in {path}")
        raise
    finally:
        if not kept:
            shutil.rmtree(path.parent, ignore_errors=True)


def _run_editor(path: Path) -> None:
    """Raises UsageError if it cannot be run or says no, KeyboardInterrupt if Ctrl-C ended it."""
    environ = process_environ()
    editor = (environ.get("VISUAL") or environ.get("EDITOR") or "").strip() or "vi"
    before = signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C is for the editor
    try:
        code = subprocess.run([*shlex.split(editor), str(path)]).returncode
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"the editor {editor!r} cannot be run ({why}): set EDITOR") from error
    finally:
        signal.signal(signal.SIGINT, before)
    if code in (-signal.SIGINT, 128 + signal.SIGINT):
        raise KeyboardInterrupt
    if code:
        raise UsageError(f"the editor {editor!r} ended with {code}: nothing was changed")


def _write(name: str, text: str, before: bytes | None) -> None:
    """Make `text` the SKILL.md that had the bytes `before`. What was wrong with it then may stay wrong."""
    known = () if before is None else _errors(before.decode(errors="replace"), name)
    if errors := [error for error in _errors(text, name) if error not in known]:
        raise UsageError(f"this is no sound SKILL.md, nothing was changed: {'; '.join(errors)}")
    refuse_own_keys(text)
    _submit(name, Write(text), None if before is None else hashlib.sha256(before).hexdigest())


def _errors(text: str, name: str) -> tuple[str, ...]:
    return tuple(problem.message for problem in lint(text, name) if problem.level == "error")


def _submit(name: str, op: AnyOp, base: str | None = None) -> None:
    with open_door() as door:
        tell(door, door.submit(Change(target=_target(name), ops=(op,), origin="user", base_sha256=base)))


def _target(name: str) -> str:
    return f"skills/{name}/SKILL.md"
