"""Values that are assigned to names of secrets: `DB_PASSWORD=…`, `api_key: …`, `--token …`, `curl -u name:…`. Pure.

Output of commands is full of words after `token:` that are none, so a value must look as if a machine had made it; only on
a line of its own, as files of settings have it, or as an argument, a password that a person made is enough.
"""

import re
from collections.abc import Iterator

import msgspec

from hone.late import late

_VALUE = r"[^\s\"'`,;<>(){}\[\]|\\&]"
_QUOTE = r"\\{0,2}[\"'`]"  # in JSON a quote may have a backslash
_IN_QUOTES_OR_NOT = rf"(?:{_QUOTE})?(?P<value>{_VALUE}{{6,400}})"
_ASSIGNED = (
    rf"(?:(?:{_QUOTE})?\]?\s{{0,3}}(?::=|=>|=|:)\s{{0,3}}|{_QUOTE} ?, ?|(?P<space> )){_IN_QUOTES_OR_NOT}"
)
_NAMES = tuple(
    (letters, kind, late(f"{letters}{rest}{_ASSIGNED}"))
    for letters, rest, kind in (
        # the letters that a name, or the end of one, begins with; the rest of it; what its value is called
        ("passw", r"(?:or)?d", "password"),
        ("passphrase", r"", "password"),
        ("pwd", r"", "password"),
        ("secret", r"", "secret"),
        ("credential", r"s?", "secret"),
        ("token", r"", "token"),
        ("key", r"", "key"),
    )
)
_LOGINS = tuple(
    (letters, "password", late(f"{before}[\"']?(?:[\\w.@-]{{1,80}}:)?(?P<value>{_VALUE}{{6,200}})"))
    for letters, before in (("curl", r"curl [^\n]{0,200}?(?:-u|--user)[ =]?"), ("sshpass", r"sshpass +-p ?"))
)
_NAME_BEFORE = 24  # characters in front of such letters that are looked at
_NAMES_A_KEY = late(r"(?:api|access|secret|private|auth|account|encryption|signing|master|service)[_-]?$")
_NAMES_NONE = late(r"(?:page|next|prev|previous|continuation|sync|cursor|cache|public|max|num|total)[_-]?$")
_OPTION = late(r"--(?:[a-z]+-){0,3}$")
_LINE_BEFORE = late(r"\s*(?:[-+]\s|export\s|set\s|env\s)?\s*[\"']?[a-z0-9_.-]*")
_LINE_AFTER = late(r"[\"'`]?[,;]?[ \t]*(?:#[^\n]*)?(?:\r?\n|$)")
_GUESSABLE, _MADE, _LONG = 6, 8, 16  # characters
_LEAST_ODD = 12  # characters of a value of several parts that are no words
_HASH_OR_ID = late(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?:sha\d{1,3}|md5)[:-].*|v?\d+(?:\.\d+)+.*|0x[0-9a-f]+"
    r"|\d{4}-\d\d-\d\dt?.*",
    re.IGNORECASE,
)
_REFERENCE = ("$", "/", "~", "./", "../", "%", "-", "@", "*", "#")
_PART = late(r"[^A-Za-z0-9]+")
_TURNS = late(r"[A-Za-z](?=\d)|\d(?=[A-Za-z])")
_DUMMY = late(
    r"(?:my)?(?:password|passwd|secret|token|test|dummy|sample|foo|bar|abc|changeme|admin|user)\d{0,4}"
)


class Assigned(msgspec.Struct, frozen=True):
    """Where in a text a secret value stands, and what its name calls it."""

    start: int
    end: int
    kind: str


def assigned(text: str) -> tuple[Assigned, ...]:
    """The secret values in `text`, in order, none within another."""
    small = _small(text)
    found = sorted(_found(text, small), key=lambda each: each.start)
    return tuple(each for place, each in enumerate(found) if not place or each.start >= found[place - 1].end)


def looks_made(value: str) -> bool:
    """Whether a value looks as if a machine had made it: no words, numbers, versions, ids, paths or references."""
    if len(value) < _MADE or not _is_mixed(value) or _refers(value):
        return False
    parts = [part for part in _PART.split(value) if part]
    odd = [part for part in parts if _is_odd(part)]
    return odd == [value] or sum(map(len, odd)) >= _LEAST_ODD


def _found(text: str, small: str) -> Iterator[Assigned]:
    for letters, kind, form in (*_NAMES, *_LOGINS):
        if letters not in small:
            continue
        for match in form.finditer(small):
            start, end = match.span("value")
            value = text[start:end].rstrip(".:!?")
            if _is_secret(match, value, kind, text):
                yield Assigned(start, start + len(value), kind)


def _is_secret(match: re.Match[str], value: str, kind: str, text: str) -> bool:
    small, start = match.string, match.start()
    before = small[max(0, start - _NAME_BEFORE) : start]
    is_option = bool(_OPTION.search(before))
    is_login = "space" not in match.re.groupindex
    if not is_login:
        if match["space"] and not is_option:
            return False
        if _NAMES_NONE.search(before) or (kind == "key" and not _NAMES_A_KEY.search(before)):
            return False
    if (
        _DUMMY.fullmatch(value.lower())
        or match["value"].endswith("...")
        or small[match.end() : match.end() + 1] in ("(", "[")
    ):
        return False  # of a program's text: a call, or an element
    if looks_made(value):
        return True
    chosen = kind == "password" and len(value) >= _GUESSABLE and _is_mixed(value) and not _refers(value)
    is_variable = text[start : match.start("value")].isupper() and small[match.start("value") - 1] == "="
    return chosen and (is_option or is_login or is_variable or _is_a_line(match))


def _is_a_line(match: re.Match[str]) -> bool:
    """Whether name and value are all that a line says."""
    small = match.string
    before = small[small.rfind("\n", 0, match.start()) + 1 : match.start()]
    return bool(_LINE_BEFORE.fullmatch(before) and _LINE_AFTER.match(small, match.end()))


def _is_odd(part: str) -> bool:
    """Letters and digits change places more often than in `base64Encode`."""
    turns = len(_TURNS.findall(part))
    return turns > 2 or (turns > 1 and len(part) >= _LONG)


def _refers(value: str) -> bool:
    return value.startswith(_REFERENCE) or "://" in value or bool(_HASH_OR_ID.fullmatch(value))


def _is_mixed(value: str) -> bool:
    return any(map(str.isdigit, value)) and any(map(str.isalpha, value))


def _small(text: str) -> str:
    """In small letters, each at its place: there are letters that are two when small."""
    small = text.lower()
    return small if len(small) == len(text) else "".join(c.lower() if c.isascii() else c for c in text)
