"""`hone skills allow NAME`: what the injection guard finds in a skill, and the user's word that it may be used all the same."""

from pathlib import Path
from typing import Annotated

import typer

from hone.cli.sessions import printable
from hone.cli.skills import reachable
from hone.config.environ import hone_home, process_environ
from hone.errors import NotFound
from hone.safety.grants import Grants
from hone.safety.vetting import vet

app = typer.Typer(help="Skills: use one that the guard refuses.")


@app.command(short_help="Use a skill that looks like an attack.")
def allow(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The skill's name.")],
    only_show: Annotated[bool, typer.Option("--show", help="Only show what was found.")] = False,
) -> None:
    """Show what in a skill reads like an attack on the agent, and allow it."""
    library = reachable()
    skill = next((skill for skill in library.skills if skill.name == name), None)
    if skill is None:
        raise NotFound("skill", name, [skill.name for skill in library.skills])
    vetted = vet(Path(skill.directory))
    for each in vetted.seen:
        print(printable(f"{each.injection.severity}: {each}"))
    for path in vetted.unread:
        print(printable(f"not looked at (too large, too many or no plain file): {path}"))
    if not vetted.seen:
        print(f"{name}: nothing that reads like an attack")
    elif not only_show and vetted.obvious:
        grants = Grants(hone_home(process_environ()))
        for each in vetted.obvious:
            grants.allow_text(each.sha256, f"skill {name}, {each.path}: {each.injection.rule}")
        print(f"{name} is used from now on, until more of the kind is found in it")
    elif not only_show:
        print(f"{name} is used as it is: none of this keeps it from being loaded")
