"""`hone setup`: asks for an endpoint, a key and models, tries one request, and writes the config file."""

import random
import sys
from collections.abc import Callable, Coroutine, Mapping
from typing import Annotated, Any

import msgspec
import typer

from hone.cli.asking import someone_is_there
from hone.cli.stoppable import run_stoppable
from hone.clock import SystemClock
from hone.config.detect import detect, list_models
from hone.config.environ import hone_home, process_environ, shown
from hone.config.load import config_path, expand
from hone.config.settings import Provider, Settings
from hone.config.starter import KNOWN, as_reference, endpoint, with_models, write_config
from hone.errors import ConnectionFailed, HoneError, NoModel, UsageError
from hone.events import ReasoningDelta, Retrying, TextDelta
from hone.messages import User
from hone.models.base import Request
from hone.models.roles import Models
from hone.safety.sandbox import probe

TryModel = Callable[[Provider, Mapping[str, str]], Coroutine[Any, Any, str]]
"""Sends one request to the provider's first model and gives the answer. Raises ConfigError or ProviderError."""


class Choices(msgspec.Struct, frozen=True):
    """What the flags say; None: to be asked or found out."""

    base_url: str | None = None
    api_key: str | None = None
    model: str | None = None
    routine: str | None = None
    yes: bool = False
    force: bool = False


def setup(
    base_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help=f"Where the models are: an address, or {', '.join(KNOWN)}."),
    ] = None,
    api_key: Annotated[
        str | None, typer.Option(metavar="KEY", help="The key, or the name of a variable that holds it.")
    ] = None,
    model: Annotated[str | None, typer.Option(metavar="MODEL", help="The model that does the work.")] = None,
    routine: Annotated[str | None, typer.Option(metavar="MODEL", help="A cheaper model for chores.")] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask nothing: take what the flags and the environment say.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a config file (it is kept as .bak).")
    ] = False,
) -> None:
    """Choose the models: asks, tries one request, and writes the config file."""
    choices = Choices(base_url, api_key, model, routine, yes, force)
    configure(choices, process_environ(), terminal=someone_is_there(), try_model=ask_model)


def configure(choices: Choices, environ: Mapping[str, str], *, terminal: bool, try_model: TryModel) -> None:
    """Complete `choices`, try them, and write the file. Raises HoneError; nothing is written then."""
    asking = terminal and not choices.yes
    if not asking and choices.base_url is None and not choices.yes:
        raise UsageError(
            "no terminal to ask on: hone setup --base-url URL --model MODEL [--api-key VARIABLE]"
        )
    path = config_path(hone_home(environ))
    if path.exists() and not choices.force:
        _confirm_replacing(shown(path, environ), asking)
    provider = _choose(choices, environ, asking)
    _try(provider, environ, asking, try_model)
    kept = write_config(path, provider)
    print(f"wrote {shown(path, environ)}" + (f"; the old one is {shown(kept, environ)}" if kept else ""))
    if reason := probe(environ):
        print(
            f"hone: no sandbox here ({reason}): install bubblewrap, or pass --approvals yes if this machine is disposable",
            file=sys.stderr,
        )
    print('try it: hone run "what is in this directory?"')


async def ask_model(provider: Provider, environ: Mapping[str, str]) -> str:
    """One request to the first model of `provider`; the first failure is final."""

    def progress(event: TextDelta | ReasoningDelta | Retrying) -> None:
        if isinstance(event, Retrying):
            raise ConnectionFailed(event.reason)

    models = Models(
        Settings(providers=(provider,)),
        lambda text, where: expand(text, environ, where),
        SystemClock(),
        random.Random(),  # noqa: S311 - spreads retries, guards nothing
    )
    try:
        request = Request(messages=(User("Reply with one short word: ready"),))
        reply = await models.role("main").complete(request, progress)
    finally:
        await models.aclose()
    return reply.message.text


def _confirm_replacing(path: str, asking: bool) -> None:
    if not asking:
        raise UsageError(f"{path} is there already; --force replaces it and keeps it as .bak")
    if not typer.confirm(f"{path} is there already. Replace it (it is kept as .bak)?", err=True):
        raise UsageError(f"{path} stays as it is; hone config set changes one value")


def _choose(choices: Choices, environ: Mapping[str, str], asking: bool) -> Provider:
    start = _endpoint(choices, environ, asking)
    key = _key(choices, start, environ, asking)
    found = start.models or _listed(start, key, environ)[:1]
    names = [name if isinstance(name, str) else name.id for name in found]
    main = choices.model or (names[0] if names else "")
    if asking and choices.model is None:
        main = typer.prompt("Main model", default=main or None, err=True)
    if not main:
        raise UsageError(f"{start.api_base} lists no models: name one with --model")
    routine = choices.routine
    if routine is None:
        routine = names[1] if names[1:] and main == names[0] else ""
        if asking:
            said = "Model for titles and summaries (empty: the main one)"
            routine = typer.prompt(said, default=routine, show_default=bool(routine), err=True)
    return with_models(start, key, (main, routine) if routine and routine != main else (main,))


def _endpoint(choices: Choices, environ: Mapping[str, str], asking: bool) -> Provider:
    if choices.base_url is not None:
        return endpoint(choices.base_url)
    found = run_stoppable(lambda: detect(environ))
    if not asking:
        if found.provider is None:
            raise NoModel(f"no model: {'; '.join(found.tried)}")
        return found.provider
    default = found.provider.api_base if found.provider else None
    typed = typer.prompt(f"Endpoint: {', '.join(KNOWN)}, or an address", default=default, err=True).strip()
    return found.provider if found.provider and typed == default else endpoint(typed)


def _key(choices: Choices, start: Provider, environ: Mapping[str, str], asking: bool) -> str:
    """The key as it will stand in the file: a reference wherever a variable holds it."""
    if choices.api_key is not None:
        return as_reference(choices.api_key, environ)
    variable = start.api_key.strip("${}")
    if variable and environ.get(variable):
        print(f"using the key in {variable}", file=sys.stderr)
        return start.api_key
    if not asking or not variable:
        return ""
    said = "Key, or the name of a variable that holds it (not shown; empty: none)"
    typed = typer.prompt(said, default="", show_default=False, hide_input=True, err=True)
    return as_reference(typed.strip(), environ)


def _listed(start: Provider, key: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    where = f"provider {start.name}"
    base = expand(start.api_base, environ, where)
    return run_stoppable(lambda: list_models(base, expand(key, environ, where)))


def _try(provider: Provider, environ: Mapping[str, str], asking: bool, try_model: TryModel) -> None:
    print(f"asking {provider.models[0]} at {provider.api_base} …", file=sys.stderr)
    try:
        answer = run_stoppable(lambda: try_model(provider, environ))
    except HoneError as error:
        if not asking:
            raise
        print(f"hone: {error}", file=sys.stderr)
        if not typer.confirm("Write the file all the same?", err=True):
            raise
    else:
        print(f"it answers: {' '.join(answer.split())[:60]}", file=sys.stderr)
