"""Makefiles and Dockerfiles as far as steps rely on them: what a target does, which images and ports there are. Pure."""

import re
from collections.abc import Iterator

from hone.late import late
from hone.skills.facts.digest import digest

_ASSIGNS = late(r"\s*(?:\w+\s*)?[:?+!]?:?=")
_FROM = late(r"FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?\s*$", re.IGNORECASE)
_EXPOSE = late(r"EXPOSE\s+(.+)$", re.IGNORECASE)


def read_makefile(text: str) -> Iterator[tuple[str, str]]:
    """`targets.<name>` and the hash of what it needs and does. Variables are not followed."""
    recipes: dict[str, tuple[list[str], list[str]]] = {}
    current: list[str] = []
    defining = False
    for line in _joined(text):
        if line.startswith("\t") and not defining:
            for name in current:
                recipes[name][1].extend(_command(line))
        elif line.lstrip().startswith(("define ", "endef")):
            defining = line.lstrip().startswith("define ")
        elif not defining and line.strip() and not line.lstrip().startswith("#"):
            current, rest = _rule(line)
            needs, _, command = rest.partition(";")
            for name in current:
                known = recipes.setdefault(name, ([], []))
                known[0].extend(needs.partition("#")[0].split())
                known[1].extend(_command(command))
    for name, (needed, commands) in recipes.items():
        yield f"targets.{name}", digest([sorted(needed), commands])


def read_dockerfile(text: str) -> Iterator[tuple[str, str]]:
    """`base` (the image that the result is built on), `stage.<name>` (likewise) and `expose` (its ports)."""
    bases: dict[str, str] = {}
    base, ports = "", set[str]()
    for line in _joined(text):
        stripped = line.strip()
        if match := _FROM.match(stripped):
            base, ports = bases.get(match[1].lower(), match[1]), set()
            if match[2]:
                bases[match[2].lower()] = base
        elif match := _EXPOSE.match(stripped):
            ports |= {*match[1].split()}
    yield from ((f"stage.{name}", image) for name, image in bases.items())
    if base:
        yield "base", base
    if ports:
        yield "expose", " ".join(sorted(ports))


def _rule(line: str) -> tuple[list[str], str]:
    """The targets of a rule and what follows the colon; no targets for an assignment, a pattern, or anything else."""
    head, colon, rest = line.partition(":")
    rest = rest.removeprefix(":")
    names = head.split()
    if not colon or not names or names[0].startswith(".") or set(head) & set("=#%$"):
        return [], ""
    return ([], "") if _ASSIGNS.match(rest) else (names, rest)


def _joined(text: str) -> list[str]:
    r"""Lines, those that end in `\` with the next one."""
    return text.replace("\r\n", "\n").replace("\\\n", " ").splitlines()


def _command(line: str) -> list[str]:
    words = " ".join(line.split())
    return [words] if words and not words.startswith("#") else []


# Compiled where they are needed, not at every start.
