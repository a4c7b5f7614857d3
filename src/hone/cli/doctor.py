"""`hone doctor`: one line a check: what, how it stands, what to do. Changes nothing and spends nothing without --model."""

import contextlib
import os
import platform
import random
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal, get_args

import msgspec
import typer

from hone.changes.inbox import ids
from hone.cli import mcp
from hone.cli.doctor_model import check_model
from hone.cli.stoppable import run_stoppable
from hone.clock import SystemClock
from hone.config.detect import detect, list_models
from hone.config.environ import hone_home, process_environ, shown, user_home
from hone.config.load import config_path, expand, load
from hone.config.settings import ModelEntry, Provider, Role, Settings
from hone.database import Database
from hone.errors import HoneError
from hone.files import home_error
from hone.git import Git
from hone.history.store import History
from hone.jobs.queue import Queue
from hone.learning.breaker import paused_until
from hone.models.roles import Models
from hone.safety.grants import Grants
from hone.safety.paths import find_workspace
from hone.safety.sandbox import probe
from hone.skills.discover import Places, discover

_WORDS = {"ok": "ok     ", "note": "note   ", "problem": "PROBLEM"}


class Check(msgspec.Struct, frozen=True):
    """One line: what was looked at, how it stands, and what to do if it does not stand well."""

    name: str
    state: Literal["ok", "note", "problem"]
    text: str
    advice: str = ""


def doctor(
    model: Annotated[
        str | None,
        typer.Option("--model", help="Ask this model (provider:model) what it can do, and write it down."),
    ] = None,
    no_write: Annotated[bool, typer.Option("--no-write", help="With --model: write nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the checks as JSON.")] = False,
) -> int:
    """Check what hone needs: home, settings, model, git, sandbox. Exit code 1 if something is broken."""
    if model:
        return check_model(model, as_json=as_json, write=not no_write)
    environ = process_environ()
    checks = [
        *(*_home(environ), *_model(environ), *_machine(environ)),
        *(*_skills(environ), *_grants(environ), *_learning(environ), *_servers(environ)),
    ]
    if as_json:
        print(msgspec.json.encode(checks).decode())
    else:
        width = max(len(check.name) for check in checks)
        for check in checks:
            advice = f" → {check.advice}" if check.advice else ""
            print(f"{_WORDS[check.state]} {check.name:<{width}}  {check.text}{advice}")
    return int(any(check.state == "problem" for check in checks))


def _home(environ: Mapping[str, str]) -> Iterator[Check]:
    home = hone_home(environ)
    try:
        mode = home.stat().st_mode
    except FileNotFoundError:
        yield Check("home", "note", f"{shown(home, environ)} does not exist yet", "the first run makes it")
        return
    except OSError as error:
        yield Check("home", "problem", str(home_error(home, error)))
        return
    if not stat.S_ISDIR(mode):
        yield Check("home", "problem", f"{home} is not a directory", "move it, or set HONE_HOME to another")
        return
    if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        advice = "fix its owner or mode, or set HONE_HOME to a directory of yours"
        yield Check("home", "problem", f"{home} cannot be written", advice)
    elif mode & 0o077:
        yield Check("home", "note", f"{shown(home, environ)} can be read by others", f"chmod 700 {home}")
    else:
        yield Check("home", "ok", shown(home, environ))
    try:
        with contextlib.closing(History.open_for_reading(home / "state.db", SystemClock())) as history:
            history.check()
        yield Check("history", "ok", shown(home / "state.db", environ))
    except HoneError as error:
        yield Check("history", "problem", str(error))


def _model(environ: Mapping[str, str]) -> Iterator[Check]:
    try:
        path = config_path(hone_home(environ))
        loaded = load(environ)
    except HoneError as error:
        yield Check("settings", "problem", str(error))
        return
    yield Check("settings", "ok", shown(path, environ) if path.exists() else "no file: defaults")
    yield from (Check("settings", "note", notice) for notice in loaded.notices)
    settings = loaded.settings
    if not settings.providers:
        found = run_stoppable(lambda: detect(environ))
        if found.provider is None:
            yield Check("model", "problem", "; ".join(found.tried))
            return
        yield Check("model", "note", found.note, "hone setup writes it down")
        settings = Settings(providers=(found.provider,))
    yield from _roles(settings)
    for provider in settings.providers:
        yield _provider(provider, environ)


def _roles(settings: Settings) -> Iterator[Check]:
    """The roles whose models are nowhere; nothing is asked of a provider for this."""
    models = Models(settings, lambda text, _where: text, SystemClock(), random.Random())  # noqa: S311 - jitter, no secret
    for role in get_args(Role):
        if getattr(settings.roles, role):
            try:
                models.context_window(role)
            except HoneError as error:
                yield Check(f"roles.{role}", "problem", str(error))


def _provider(provider: Provider, environ: Mapping[str, str]) -> Check:
    name = f"provider {provider.name}"
    try:
        base = expand(provider.api_base, environ, name)
        key = expand(provider.api_key, environ, name)
    except HoneError as error:
        return Check(name, "problem", str(error))
    listed = run_stoppable(lambda: list_models(base, key))
    if not listed:
        advice = "check api_base, api_key and that the server runs"
        return Check(name, "problem", f"{provider.api_base}/models lists nothing", advice)
    wanted = [model.id if isinstance(model, ModelEntry) else model for model in provider.models]
    absent = [model for model in wanted if model not in listed]
    if absent:
        return Check(
            name,
            "note",
            f"{provider.api_base} answers, but lists no {', '.join(absent)}",
            "check the spelling",
        )
    return Check(name, "ok", f"{provider.api_base} answers; {len(listed)} models")


def _machine(environ: Mapping[str, str]) -> Iterator[Check]:
    yield Check("python", "ok", platform.python_version())
    version = Git(Path("/"), environ).run("--version")
    if version:
        yield Check("git", "ok", version.removeprefix("git version "))
    else:
        yield Check(
            "git",
            "note",
            "not found",
            "install git: without it hone cannot tell what a turn changed, nor keep a history of skills and memory in it",
        )
    if problem := probe(environ):
        advice = "install bubblewrap, or run with --approvals yes on a machine that is disposable"
        yield Check("sandbox", "note", f"none: {problem}; runs without a terminal are refused", advice)
    else:
        yield Check("sandbox", "ok", "bubblewrap works")
    if shutil.which("rg", path=environ.get("PATH")):
        yield Check("ripgrep", "ok", "find uses it")
    else:
        yield Check("ripgrep", "note", "not found: find is slower", "install ripgrep")


def _skills(environ: Mapping[str, str]) -> Iterator[Check]:
    home, user = hone_home(environ), user_home(environ)
    try:
        workspace = find_workspace(Path.cwd(), user)
        grants = Grants(home)
        places = Places(home, user, Path.cwd(), workspace)
        library = discover(places, lambda folder: grants.folder_trusted(folder) is True)
    except HoneError as error:
        yield Check("workspace", "note", str(error))
        return
    yield Check("workspace", "ok", shown(workspace, environ))
    if library.skills or library.diagnostics:
        yield Check("skills", "ok", f"{len(library.skills)} found")
    for diagnostic in library.diagnostics:
        yield Check(
            "skills",
            "note",
            f"{shown(Path(diagnostic.path), environ)}: {diagnostic.message}",
            "hone skills lint",
        )


def _grants(environ: Mapping[str, str]) -> Iterator[Check]:
    for problem in Grants(hone_home(environ)).problems:
        yield Check("grants", "note", problem, "mend it, or delete it to be asked again")


def _learning(environ: Mapping[str, str]) -> Iterator[Check]:
    """What waits for a review, or for the user. Read only."""
    home = hone_home(environ)
    try:
        with contextlib.closing(Database.open_for_reading(home / "state.db")) as database:
            queue = Queue(database, SystemClock())
            counts, attempts = queue.counts(), queue.attempts()
        waiting = ids(home)
    except HoneError as error:
        yield Check("learning", "problem", str(error))
        return
    if paused_until(attempts, SystemClock().now()):
        yield Check(
            "learning", "note", "the last reviews failed: it pauses", "hone learning status says more"
        )
    if counts.given_up:
        yield Check(
            "learning", "note", f"{counts.given_up} reviews were given up", "hone learning status says why"
        )
    if waiting:
        yield Check("inbox", "note", f"{len(waiting)} changes wait for you", "hone inbox")


def _servers(environ: Mapping[str, str]) -> Iterator[Check]:
    """How the MCP servers stand: they are connected to, as providers are."""
    try:
        entries = load(environ).settings.mcp
    except HoneError:
        return  # said of the settings already
    try:
        listed = mcp.look(mcp.configured(entries))
    except HoneError as error:
        yield Check("mcp", "problem", str(error))
        return
    for each in listed:
        if each.state == "failed":
            yield Check(f"mcp {each.name}", "problem", each.problem)
        else:
            yield Check(f"mcp {each.name}", "ok", f"{each.tools} tools, {each.tokens:,} tokens")
