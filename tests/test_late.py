"""Patterns that are compiled at their first use, which no start finds broken: so all of them are compiled here."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest

import hone
from hone.late import late


def late_patterns() -> Iterator[tuple[str, "re.Pattern[str]"]]:
    for module in pkgutil.walk_packages(hone.__path__, "hone."):
        if module.name.startswith("hone.tools.mcp") or module.name.endswith("__main__"):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            values = value if isinstance(value, tuple) else (value,)
            for each in values:
                if type(each).__name__ == "_Late":
                    yield f"{module.name}.{name}", each


def test_a_late_pattern_does_what_the_compiled_one_does() -> None:
    words = late(r"(?P<first>\w)\w*", re.ASCII)
    compiled = re.compile(r"(?P<first>\w)\w*", re.ASCII)
    assert words.findall("one two") == words.findall("one two") == compiled.findall("one two")
    assert words.sub("x", "é one") == compiled.sub("x", "é one")
    assert (words.pattern, words.flags, words.groupindex) == (
        compiled.pattern,
        compiled.flags,
        compiled.groupindex,
    )
    assert late(rb"\d").search(b"a1") is not None


def test_it_is_compiled_when_it_is_used() -> None:
    broken = late("(")
    with pytest.raises(re.error):
        broken.search("")


def test_every_late_pattern_compiles() -> None:
    found = dict(late_patterns())
    assert len(found) > 40
    for pattern in found.values():
        assert pattern.pattern
