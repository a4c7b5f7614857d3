"""Regular expressions that are compiled when they are first used: a start loads two hundred and needs twenty of them."""

import re
from typing import AnyStr, Generic, cast


class _Late(Generic[AnyStr]):
    """Stands for the compiled pattern. What was once asked of it is its own from then on."""

    def __init__(self, source: AnyStr, flags: int) -> None:
        self._source: AnyStr = source
        self._flags = flags

    def __getattr__(self, name: str) -> object:
        found = getattr(re.compile(self._source, self._flags), name)
        setattr(self, name, found)
        return found


def late(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """`re.compile(source, flags)`, later. Compiled each time that another method is asked for, which `re` caches."""
    return cast("re.Pattern[AnyStr]", _Late(source, flags))
