"""What a process is given, and the settings that come of it: the part that sessions (`app`) and learning (`learner`) share."""

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from hone.clock import Clock, SystemClock
from hone.config.detect import detect
from hone.config.environ import hone_home, process_environ, user_home
from hone.config.load import expand, load, referenced_names
from hone.config.servers import written_keys
from hone.config.settings import SearchEntry, Settings
from hone.errors import ConfigError, NoModel, UsageError
from hone.models.endpoint import is_web_address
from hone.models.learned import Dialects
from hone.models.roles import Models
from hone.safety.environment import secret_values
from hone.safety.grants import Grants
from hone.safety.paths import find_workspace
from hone.safety.secrets import Redactor


class Given(msgspec.Struct, frozen=True):
    """What a process is given: its environment, where it stands, time and chance. No command may see what is `hidden`."""

    environ: Mapping[str, str]
    cwd: Path
    clock: Clock
    rng: random.Random
    hidden: tuple[Path, ...] = ()

    @classmethod
    def by_process(cls) -> "Given":
        """What this process was given."""
        try:
            cwd = Path.cwd()
        except FileNotFoundError:
            raise UsageError("the current directory does not exist any more: cd to another one") from None
        return cls(process_environ(), cwd, SystemClock(), random.Random())  # noqa: S311 - ids and jitter, no secrets

    @property
    def home(self) -> Path:
        """HONE_HOME."""
        return hone_home(self.environ)


class Setup(msgspec.Struct, frozen=True):
    """Settings in force, what was said about them, the user's standing answers, and the models that they name."""

    given: Given
    settings: Settings
    notices: tuple[str, ...]
    grants: Grants
    models: Models

    def redactor(self) -> Redactor:
        """Knows the keys of the settings and of the variables that they name."""
        names = referenced_names(self.settings)
        written = [key for key in [self.settings.search.entry.api_key] if key and "${" not in key]
        for values in written_keys(self.settings.mcp):
            written += secret_values(values)
        return Redactor([*self.models.known_secrets(), *secret_values(self.given.environ, names), *written])


async def set_up(given: Given, flags: Mapping[str, Any], *, needs_model: bool = True) -> Setup:
    """Load the settings; without a provider in them one is looked for in the environment and on this machine.

    `flags` are dotted settings. Raises UsageError (ConfigError, NoModel, HomeError) before anything has happened.
    """
    grants = Grants(given.home)
    project_file, trusted = _project_file(given, grants)
    loaded = load(given.environ, project_file=project_file if trusted else None, flags=flags)
    settings, notices = loaded.settings, list(loaded.notices)
    _check_search(settings.search.entry)
    if needs_model and not settings.providers:
        found = await detect(given.environ, model=_first(settings.roles.main))
        if found.provider is None:
            raise NoModel(f"no model: {'; '.join(found.tried)}")
        notices.append(found.note)
        settings = msgspec.structs.replace(settings, providers=(found.provider,))
    if trusted is None and project_file and project_file.is_file():
        notices.append(f"{project_file} is not used: `hone trust` allows it")
    dialects = Dialects(given.home / ".cache" / "endpoints.json", given.clock)
    models = Models(
        settings, lambda text, where: expand(text, given.environ, where), given.clock, given.rng, dialects
    )
    return Setup(given, settings, (*notices, *grants.problems), grants, models)


def _check_search(search: SearchEntry) -> None:
    if search.kind == "searxng" and not search.url:
        raise ConfigError("search.url is missing in config.yaml: a searxng has no public address")
    if search.url and not is_web_address(search.url):
        raise ConfigError(f"search.url {search.url!r} in config.yaml must begin with http:// or https://")
    if search.kind in ("brave", "tavily") and not search.api_key:
        raise ConfigError(f"search.api_key is missing in config.yaml: {search.kind} asks for one")
    if search.kind is None and (search.url or search.api_key):
        raise ConfigError("search.kind is missing in config.yaml: searxng, brave or tavily")


def _project_file(given: Given, grants: Grants) -> tuple[Path | None, bool | None]:
    """The settings file that the project may bring, and whether the user trusts it; none where there is no project."""
    try:
        workspace = find_workspace(given.cwd, user_home(given.environ))
    except UsageError:
        return None, False
    return workspace / ".hone" / "config.yaml", grants.folder_trusted(workspace)


def _first(chain: str | tuple[str, ...]) -> str | None:
    return chain if isinstance(chain, str) else next(iter(chain), None)
