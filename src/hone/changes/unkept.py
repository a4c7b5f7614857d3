"""Files of the home that hold a secret: hone keeps no copy of them, neither in the ledger nor in git, until it is gone."""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from hone.changes.change import Effect
from hone.changes.rules.leaks import kinds_of_secrets
from hone.errors import Conflict


def why_unkept(path: str, data: bytes | None) -> str | None:
    """Why hone keeps no copy of this file, in a line; None: it does."""
    kinds = kinds_of_secrets((data or b"").decode("utf-8", "replace"))
    if not kinds:
        return None
    return f"{path} holds what looks like a secret ({kinds[0]}): hone keeps no copy of it until that is gone"


def keepable(
    effects: Sequence[Effect], known: Callable[[str], bytes | None], *, by_user: bool
) -> tuple[Effect, ...]:
    """`effects` as the ledger may keep them.

    Where a person takes a secret out of a file, the version before it that is `known` stands for the one with the secret.
    Raises Conflict if a file holds a secret, or would.
    """
    return tuple(_keepable(effects, known, by_user=by_user))


def _keepable(
    effects: Sequence[Effect], known: Callable[[str], bytes | None], *, by_user: bool
) -> Iterator[Effect]:
    for effect in effects:
        if why := why_unkept(effect.path, effect.after):
            raise Conflict(why)
        if not (why := why_unkept(effect.path, effect.before)):
            yield effect
        elif by_user:
            yield msgspec.structs.replace(effect, before=known(effect.path))
        else:
            raise Conflict(why)
