"""`hone config`: what the settings are, where each came from, and changing one."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
import yaml

from hone.config.edit import set_value, write_scalar
from hone.config.environ import hone_home, process_environ, shown, user_home
from hone.config.load import FILE, Loaded, config_path, load
from hone.config.mask import masked
from hone.errors import UsageError
from hone.safety.grants import Grants
from hone.safety.paths import find_workspace

app = typer.Typer(help="Show or change the settings.", no_args_is_help=True)


@app.command()
def show(
    origin: Annotated[bool, typer.Option("--origin", help="Say where each value comes from.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show the settings in force here, as YAML. API keys that stand in the file are hidden."""
    loaded = _load()
    for notice in loaded.notices:
        print(f"hone: {notice}", file=sys.stderr)
    if as_json:
        print(json.dumps({"settings": _nested(loaded), "origins": loaded.origins}, ensure_ascii=False))
    else:
        print("\n".join(_yaml_lines(loaded, with_origin=origin)))


@app.command(name="set")
def set_(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Such as approvals.mode.")],
    value: Annotated[
        str, typer.Argument(metavar="VALUE", help="The new value; a list is words with commas between.")
    ],
) -> None:
    """Change one setting in your config file. Comments and everything else stay as they are."""
    environ = process_environ()
    path = config_path(hone_home(environ))
    set_value(path, key, value)
    where = shown(path, environ)
    print(f"{key}: {value} (in {where})")
    origin = _load().origins[key]
    if not origin.startswith(where):
        print(f"hone: {origin} sets {key} too, and wins here", file=sys.stderr)


@app.command()
def path() -> None:
    """Print where your config file is, or would be."""
    print(config_path(hone_home(process_environ())))


def _load() -> Loaded:
    """What a run in this directory would use."""
    environ = process_environ()
    return load(environ, project_file=_trusted_project_file(environ))


def _trusted_project_file(environ: Mapping[str, str]) -> Path | None:
    try:
        workspace = find_workspace(Path.cwd(), user_home(environ))
    except UsageError:  # `/` or the home directory itself, where no project is and settings can be looked at
        return None
    trusted = Grants(hone_home(environ)).folder_trusted(workspace)
    return workspace / ".hone" / FILE if trusted else None


def _values(loaded: Loaded) -> Iterator[tuple[str, Any]]:
    """Every dotted key with its value as plain data, secrets hidden."""
    for dotted in loaded.origins:
        value: Any = loaded.settings
        for part in dotted.split("."):
            value = getattr(value, part)
        yield dotted, masked(msgspec.to_builtins(value))


def _nested(loaded: Loaded) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for dotted, value in _values(loaded):
        *sections, name = dotted.split(".")
        table = tree
        for section in sections:
            table = table.setdefault(section, {})
        table[name] = value
    return tree


def _yaml_lines(loaded: Loaded, *, with_origin: bool) -> Iterator[str]:
    written: list[str] = []
    for dotted, value in _values(loaded):
        *sections, name = dotted.split(".")
        for depth, section in enumerate(sections):
            if written[: depth + 1] != sections[: depth + 1]:
                yield f"{'  ' * depth}{section}:"
        written = sections
        first, *rest = _yaml(name, value)
        comment = f"  # {loaded.origins[dotted]}" if with_origin else ""
        yield f"{'  ' * len(sections)}{first}{comment}"
        yield from ("  " * len(sections) + line for line in rest)


def _yaml(name: str, value: Any) -> list[str]:
    if isinstance(value, str):
        return [f"{name}: {write_scalar(value)}"]
    dumped: str = yaml.safe_dump({name: value}, sort_keys=False, allow_unicode=True, width=10**6)
    return dumped.rstrip("\n").split("\n")
