"""What of the environment a command gets: everything but secrets and hone's own settings."""

import re
from collections.abc import Iterable, Mapping

from hone.safety.secrets import Redactor

_SECRET_NAME = re.compile(
    r"(?:^|_)(?:[A-Z0-9]*KEYS?|[A-Z0-9]*TOKENS?|[A-Z0-9]*SECRETS?|[A-Z0-9]*PASSWORDS?|[A-Z0-9]*PASSWD|PASSPHRASE|PASS"
    r"|CREDENTIALS?|CREDS|AUTH|AUTHORIZATION|COOKIES?)(?:_|$)"
)
_NO_SECRET = re.compile(r".*KEYBOARD.*|(.*_)?(MONKEY|TURKEY|HOTKEY)S?(_.*)?")
_QUIET = {
    "PAGER": "cat",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "TERM": "dumb",
    "NO_COLOR": "1",
}


def command_environ(environ: Mapping[str, str], secret_names: Iterable[str] = ()) -> dict[str, str]:
    """The environment for commands: `environ` less secrets by name or form, less `secret_names` and HONE_*, without pagers.

    An address with a password in it stays: databases are reached by such.
    """
    secret = set(secret_names)
    forms = Redactor()
    kept = {
        name: value
        for name, value in environ.items()
        if name not in secret
        and not is_secret_name(name)
        and all(kind == "password" for kind, _ in forms.found(value))
    }
    return {name: value for name, value in kept.items() if not name.startswith("HONE_")} | _QUIET


def is_secret_name(name: str) -> bool:
    """Whether a variable of this name usually holds a key, a token, a password or the like."""
    upper = name.upper()
    return bool(_SECRET_NAME.search(upper)) and not _NO_SECRET.fullmatch(upper)


def secret_values(environ: Mapping[str, str], secret_names: Iterable[str] = ()) -> tuple[str, ...]:
    """The values that `command_environ` leaves out because they are secret, for the redactor.

    Of variables that are only named like secrets, values that could be ordinary words or paths are not among them:
    a text without "postgres" would be a broken text.
    """
    secret = set(secret_names)
    return tuple(
        value
        for name, value in environ.items()
        if name in secret or (is_secret_name(name) and _looks_made(value))
    )


def _looks_made(value: str) -> bool:
    """Whether a generator made this: long, letters and digits mixed, no path."""
    mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    return len(value) >= 12 and mixed and not value.startswith(("/", "~", "."))
