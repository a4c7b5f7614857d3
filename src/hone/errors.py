"""Every error that hone raises on purpose.

A message says what happened, where, and what to do next, on one line. The face that runs (the command line, the Python
API) decides how to show it; `exit_code` is what the command line ends with.

    HoneError                     1
    ├── UsageError                2   the caller's input; nothing was changed
    │   ├── ConfigError               a setting: file, line, nearest valid key
    │   ├── NotFound                  an unknown name: the nearest names
    │   ├── NoModel                   no model is configured: what was tried, how to set one
    │   ├── HomeError                 HONE_HOME or state.db cannot be used
    │   └── NoSandbox                 a call needs a sandbox and there is none
    ├── Conflict                  1   a change does not fit the file as it is now; nothing was written
    │   └── SpliceError               the text or section that an edit names is not there exactly once
    ├── OverBudget                1   learning may spend no more for now; the work stays queued
    └── ProviderError             75  the model's endpoint gave no usable answer
        ├── AuthError                 401, 403
        ├── ModelNotFound             404
        ├── ContextTooLong            the request does not fit the model's window
        ├── BadRequest                any other 4xx
        ├── RateLimited               429 after all retries
        ├── ServerError               5xx after all retries, or an error object in the stream
        ├── ConnectionFailed          refused, dropped or silent after all retries
        └── NotChatCompletions        an answer that is not of the protocol
"""

import difflib
from collections.abc import Iterable

_FEW = 12


class HoneError(Exception):
    """Base of all errors of hone. `str(error)` is one line for the user."""

    exit_code = 1

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


class UsageError(HoneError):
    """The caller's input cannot be used; nothing was changed."""

    exit_code = 2


class ConfigError(UsageError):
    """A setting is wrong; the message names file, line and the nearest valid key."""


class NotFound(UsageError):
    """An unknown name; the message lists the nearest known ones, or all if they are few and none is near."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = list(dict.fromkeys(known))
        few = f"; known: {', '.join(names)}" if 0 < len(names) <= _FEW else ""
        super().__init__(f"no {kind} named {name!r}{nearest(name, names) or few}")


class NoModel(UsageError):
    """No model is configured and none was found."""


class HomeError(UsageError):
    """`HONE_HOME` or something in it cannot be read, written or understood."""


class NoSandbox(UsageError):
    """A tool call needs a sandbox and none works on this machine."""


class Conflict(HoneError):
    """A change does not fit the file any more; nothing was written."""


class SpliceError(Conflict):
    """What an edit names is not in the text exactly once; the message says what is near."""


class OverBudget(HoneError):
    """Learning may spend no more for now. Nothing was lost: what it was to look at stays queued."""


class ProviderError(HoneError):
    """The endpoint gave no usable answer. `retryable` says whether another attempt may help."""

    exit_code = 75
    retryable = False

    def __init__(self, message: str, *, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class AuthError(ProviderError):
    """401 or 403: the key is missing, wrong, or not allowed to use this model."""


class ModelNotFound(ProviderError):
    """404: the endpoint does not know the model or the path."""


class ContextTooLong(ProviderError):
    """The request is larger than the model's context window."""


class BadRequest(ProviderError):
    """Any other 4xx: the endpoint refuses this request."""


class RateLimited(ProviderError):
    """429: too many requests or no quota left."""

    retryable = True


class ServerError(ProviderError):
    """408, 409, 425, 5xx, or an error object inside an answer."""

    retryable = True


class ConnectionFailed(ProviderError):
    """The endpoint could not be reached, hung up, or stayed silent."""

    retryable = True


class NotChatCompletions(ProviderError):
    """The answer is not of the Chat Completions protocol (HTML, other JSON, nothing)."""


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean "a" or "b"?` for the up to three known names nearest to `name`, else an empty string."""
    close = difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(close)}?" if close else ""
