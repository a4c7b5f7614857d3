"""What in a remembered entry the world now contradicts: a file that is gone, a version that a manifest gives otherwise.

It speaks only where it can be sure: a note on an entry that still holds does more harm than none on one that does not.
"""

import os
import re
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Literal

_PATH = re.compile(r"(?<![\w/.~@:$+-])(?:~?/[\w.@+-]+|[\w.@+-]+(?=/))(?:/[\w.@+-]+)*(?![\w/]|[*<{$])")
_NUMBER = re.compile(r"(?<=[ @=v])\d{1,4}(?:\.\d{1,4})*(?![\w+*-]|\.\w)")
_NAME_BEFORE = re.compile(r"(?<![\w./@-])(@?[A-Za-z][\w.-]*(?:/[\w.-]+)?)(?: version | |@|==)v?$")
_LONGEST_NAME = 60  # characters
_FILE = re.compile(
    r".*\.(?:py|pyi|ipynb|sh|bash|toml|ya?ml|jsonc?|md|rst|sql|tsx?|jsx|vue|go|rs|rb|java|kts?|php|cs|cpp|hpp|txt|cfg|ini|conf"
    r"|html|s?css|tf|proto|graphql|xml|csv|env|gradle|swift|lua|pl|exs?|lock|mk)"
)
_AT_A_VERSION = re.compile(r"\s*(?:$|[,.;:)\]`]|(?:and|or|with|on|in|for|is|as|only|here|now|everywhere)\b)")
_SAID_TO_BE_ABSENT = re.compile(
    r"\b(?:remov|delet|renam|moved|gone|no longer|not any ?more|not exist|never|instead of|replac|there is no|without|creat|generat"
    r"|writes?\b|written|output|upload|download|former|previous|obsolete|deprecat|branch|e\.g\.|example|upstream)",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"\b(?:servers?|remote|containers?|images?|hosts?|clusters?|buckets?|prod(?:uction)?|staging)\b",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"\b(?:from|before|until|since|than|not|was|below|above|at least|over|under|old)\W*$", re.IGNORECASE
)
_GENERATED = frozenset(
    ("node_modules", ".venv", "venv", "dist", "build", "out", "target", "coverage", "tmp", ".cache", ".git")
)
_MOST_FOLDERS = 50


class Surroundings:
    """What entries are compared with: the files of a workspace and of the user, and what its manifests say of versions.

    `contradiction` is given a name and a version and says what a manifest has instead, None if it agrees or says nothing.
    """

    def __init__(
        self, workspace: Path, user_home: Path, contradiction: Callable[[str, str], str | None]
    ) -> None:
        self.workspace = workspace
        self.user_home = user_home
        self.contradiction = contradiction

    @cached_property
    def folders(self) -> tuple[str, ...]:
        """The folders in the workspace, where the paths of an entry may begin as well."""
        try:
            with os.scandir(self.workspace) as found:
                return tuple(each.name for each in found if each.is_dir())[:_MOST_FOLDERS]
        except OSError:
            return ()


def note_on(text: str, which: Literal["user", "memory", "project"], around: Surroundings) -> str:
    """What the entry `text` says that is so no more, in a few words; empty if nothing is known to be otherwise.

    Only entries about a project are compared with its files and versions; of others only paths from the root or the
    user's home are looked up.
    """
    gone = [f"{path} is not there any more" for path in _missing(text, which == "project", around)]
    other = list(_contradicted(text, around)) if which == "project" else []
    return "; ".join(dict.fromkeys((*gone, *other)))


def _missing(text: str, in_project: bool, around: Surroundings) -> Iterator[str]:
    words = [word for word in text.split() if "/" in word] if "/" in text else []
    found = [match[0].rstrip(".") for word in words for match in _PATH.finditer(word)]
    gone = [path for path in found if _is_gone(path, in_project, around)]
    prose = _PATH.sub(" ", text) if gone else ""
    if _SAID_TO_BE_ABSENT.search(prose):
        return
    on_this_machine = not _ELSEWHERE.search(prose)
    yield from (path for path in gone if on_this_machine or not path.startswith("/"))


def _is_gone(path: str, in_project: bool, around: Surroundings) -> bool:
    if path.startswith("~/"):
        return not os.path.lexists(f"{around.user_home}{path[1:]}")
    if path.startswith("/"):
        return _absolute_is_gone(path)
    return in_project and _relative_is_gone(path, around)


def _absolute_is_gone(path: str) -> bool:
    """Only where its folder is there does it speak of this machine; `/api/v1` is none of its paths."""
    parent, _, _ = path.rpartition("/")
    return parent.count("/") > 1 and Path(parent).is_dir() and not os.path.lexists(path)


def _relative_is_gone(path: str, around: Surroundings) -> bool:
    parts = path.split("/")
    if ".." in parts or not _GENERATED.isdisjoint(parts) or "." in parts[0].strip("."):
        return False
    if os.path.lexists(f"{around.workspace}/{path}") or not (
        _FILE.fullmatch(path) or parts[0] in around.folders
    ):
        return False
    return not any(os.path.lexists(f"{around.workspace}/{folder}/{path}") for folder in around.folders)


def _contradicted(text: str, around: Surroundings) -> Iterator[str]:
    for number in _NUMBER.finditer(text):
        before = text[max(0, number.start() - _LONGEST_NAME) : number.start()]
        named = _NAME_BEFORE.search(before)
        sure = "." in number[0] or _AT_A_VERSION.match(text, number.end())
        if named and sure and not _BEFORE.search(before[: named.start()]):
            found = around.contradiction(named[1], number[0])
            if found:
                yield found
