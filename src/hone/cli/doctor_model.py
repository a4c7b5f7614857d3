"""`hone doctor --model X`: what a model can do, found out with a few tiny requests, and written to its entry."""

import random
import sys

import msgspec

from hone.cli.stoppable import run_stoppable
from hone.config.entries import as_yaml, set_model
from hone.config.environ import shown
from hone.config.load import config_path
from hone.errors import NotFound, ProviderError
from hone.given import Given, set_up
from hone.models.endpoint import Endpoint
from hone.models.probe import Probe, Probed, probe

_WORDS = {"works": "ok     ", "fails": "no     ", "unknown": "unknown"}


def check_model(name: str, *, as_json: bool, write: bool) -> int:
    """Ask the model, print what it can do and what it cost, and write the keys that follow from it. 1: it gives no answer."""
    given = Given.by_process()
    try:
        endpoint, found = run_stoppable(lambda: _ask(given, name, quiet=as_json))
    except ProviderError as error:
        print(f"hone: {error}; nothing was written", file=sys.stderr)
        return 1
    written = _write(given, endpoint, found) if write else "nothing: --no-write"
    if as_json:
        print(
            msgspec.json.encode(
                {**msgspec.to_builtins(found), "entry": found.values, "wrote": written}
            ).decode()
        )
        return 0
    if found.why:
        print(f"\nprompt: compact, for {found.why}")
    print(f"spent: {found.requests} requests, {found.usage.input:,} + {found.usage.output:,} tokens")
    print(f"entry: {as_yaml(endpoint.entry.id, found.values)}\nwrote: {written}")
    return 0


async def _ask(given: Given, name: str, *, quiet: bool) -> tuple[Endpoint, Probe]:
    setup = await set_up(given, {"roles.main": name})
    endpoint = setup.models.endpoint(name)
    return endpoint, await probe(endpoint, given.clock, random.Random(), _silence if quiet else _tell)  # noqa: S311 - codes to be repeated, no secret


def _tell(check: Probed) -> None:
    print(f"{_WORDS[check.finding]} {check.name:<17}  {check.text}", flush=True)


def _silence(check: Probed) -> None:
    """With --json everything comes at once."""


def _write(given: Given, endpoint: Endpoint, found: Probe) -> str:
    """What was written where, or what to put there by hand."""
    path = config_path(given.home)
    try:
        set_model(path, endpoint.provider, endpoint.entry.id, found.values)
    except NotFound:
        return (
            f"nothing: {shown(path, given.environ)} has no provider {endpoint.provider}; hone setup writes it, "
            "then put the entry into its models"
        )
    return f"{shown(path, given.environ)}, models of {endpoint.provider}"
