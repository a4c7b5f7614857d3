"""Settings as they may be shown: literal keys hidden, references such as ${NAME} kept."""

import re
from typing import Any

MASK = "********"
_SECRET_KEY = re.compile(r"key|token|secret|passw|auth|credential|cookie", re.IGNORECASE)
_ALL_SECRET = frozenset({"env", "headers"})
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(:-[^}]*)?\}")
_USER_INFO = re.compile(r"(?<=://)[^/@\s]+(?=@)")
_ASSIGNED = re.compile(
    r"([?&-][\w-]*(?:key|token|secret|passw\w*|auth\w*)(?:[=:]|\s+))[^&\s]+", re.IGNORECASE
)


def masked(value: Any, *, secret: bool = False) -> Any:
    """`value` (dicts, sequences, scalars) with every text that is or may be a credential replaced by asterisks."""
    if isinstance(value, dict):
        return {
            key: masked(item, secret=secret or key in _ALL_SECRET or bool(_SECRET_KEY.search(key)))
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [
            masked(item, secret=secret or _names_a_secret(value[i - 1] if i else None))
            for i, item in enumerate(value)
        ]
    if not isinstance(value, str):
        return MASK if secret and value is not None and not isinstance(value, bool) else value
    return _hide(value) if secret else _ASSIGNED.sub(rf"\1{MASK}", _USER_INFO.sub(MASK, value))


def _hide(text: str) -> str:
    """`text` if it is nothing but references; what else is in it, a default too, is hidden."""
    rest = _REFERENCE.sub("", text).strip()
    if rest not in ("", "Bearer", "Basic"):
        return MASK
    return _REFERENCE.sub(lambda match: f"${{{match[1]}:-{MASK}}}" if match[2] else match[0], text)


def _names_a_secret(argument: Any) -> bool:
    """Whether the next argument of a command is a secret: `--api-key sk-…`."""
    option = isinstance(argument, str) and argument.startswith("-") and "=" not in argument
    return option and bool(_SECRET_KEY.search(argument))
