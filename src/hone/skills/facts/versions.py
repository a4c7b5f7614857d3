"""Versions as manifests write them (`^18.2.0`, `>=2.16,<3`, `20`), compared by major and minor. Pure.

Patch releases change nothing that a skill relies on, so they are no difference here.
"""

import re
from collections.abc import Iterator

import msgspec

from hone.late import late

_LONGEST = 200  # characters of a spec
_CLAUSES = late(
    r"(\^|~>|~=|~|===?|>=|<=|>|<|!=)?\s*v?(\d+)(?:\.(\d+|[x*]))?(?:\.(\d+))?[\w.*+-]*", re.IGNORECASE
)
_SPEC = late(r"[\s\d.,xX*^~=<>!|vV+a-z-]*")


class Range(msgspec.Struct, frozen=True):
    """The versions from `lower` up to, and without, `upper` (None: no end); each is a major and minor number."""

    lower: tuple[int, int]
    upper: tuple[int, int] | None = None

    def meets(self, other: "Range") -> bool:
        """Whether there is a version in both."""
        return _before(self.lower, other.upper) and _before(other.lower, self.upper)


def read_range(spec: str) -> Range | None:
    """What `spec` allows; alternatives (`||`) count as all between them. None if it names no version."""
    if len(spec) > _LONGEST or not _SPEC.fullmatch(spec):
        return None
    ranges = list(_alternatives(spec))
    if not ranges:
        return None
    uppers = [each.upper for each in ranges]
    return Range(
        min(each.lower for each in ranges),
        None if None in uppers else max(upper for upper in uppers if upper),
    )


def written(spec: str) -> str | None:
    """`spec` in short, its major and minor numbers as they stand there: `18.2`, `2.16 <3`. None if it names none."""
    if read_range(spec) is None:
        return None
    lowest = [each for each in _numbers(spec) if each[0] not in ("<", "<=")]
    bounds = [f"<{number}" for operator, number in _numbers(spec) if operator in ("<", "<=")]
    return " ".join([*(number for _, number in lowest[:1]), *bounds[:1]])


def differ(old: str, new: str) -> bool:
    """Whether two results of `written` name other majors, or other minors where both name one."""
    one, other = old.split(), new.split()
    return len(one) != len(other) or any(map(_numbers_differ, one, other))


def exactly(version: str) -> Range:
    """All versions that begin as `version` does: `18` is every 18, `3.11` every 3.11. It must be numbers and dots."""
    major, minor = [*map(int, version.split(".")[:2]), None][:2]
    assert major is not None, "a version has a number"
    return Range((major, 0), (major + 1, 0)) if minor is None else Range((major, minor), (major, minor + 1))


def _alternatives(spec: str) -> Iterator[Range]:
    for part in spec.split("||"):
        lower, upper, found = (0, 0), None, False
        for match in _CLAUSES.finditer(part):
            clause = _clause(match)
            if clause is not None:
                found = True
                lower = max(lower, clause.lower)
                upper = min(filter(None, (upper, clause.upper)), default=None)
        if found:
            yield Range(lower, upper)


def _clause(match: re.Match[str]) -> Range | None:
    operator, major = match[1] or "", int(match[2])
    minor = int(match[3]) if (match[3] or "").isdigit() else None
    here = (major, minor or 0)
    next_major, next_minor = (major + 1, 0), (major, (minor or 0) + 1)
    after = next_major if minor is None else next_minor
    match operator:
        case "!=":
            return None
        case ">=" | ">":
            return Range(here)
        case "<":
            return Range((0, 0), after if int(match[4] or 0) else here)
        case "<=":
            return Range((0, 0), after)
        case "^":
            return Range(here, next_major if major else after)
        case "~=" | "~>":
            return Range(here, next_minor if match[4] else next_major)
        case _:
            return Range(here, after)


def _numbers(spec: str) -> list[tuple[str, str]]:
    found = []
    for operator, major, minor, _ in _CLAUSES.findall(spec):
        if operator != "!=":
            found.append((operator, f"{major}.{minor}" if minor.isdigit() else major))
    return found


def _numbers_differ(old: str, new: str) -> bool:
    one, other = old.lstrip("<").split("."), new.lstrip("<").split(".")
    return old.startswith("<") != new.startswith("<") or any(a != b for a, b in zip(one, other, strict=False))


def _before(lower: tuple[int, int], upper: tuple[int, int] | None) -> bool:
    return upper is None or lower < upper
