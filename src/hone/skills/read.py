"""One skill, read leniently: what others wrote loads if its meaning is clear, with notes on what is off.

Only the description is kept; the body is read again when the skill is used (`activate`). The strict rules are `spec`'s.
"""

import hashlib
import os
import re
import stat
from pathlib import Path
from typing import Any, Literal

import msgspec

from hone.errors import UsageError
from hone.skills import frontmatter as fm
from hone.skills import spec
from hone.skills.hints import topics
from hone.skills.tripwires import Tripwire, tripwires_from

Source = Literal["project", "home", "user"]
"""Where a skill lies: in the project, in HONE_HOME/skills, in ~/.agents/skills."""

Status = Literal["trial", "proven", "undecided", "retired"]

OWN_FOLDER = "/.hone/skills/"
"""Where in a project the skills lie that hone wrote."""

MAX_BYTES = 1_000_000
YES = frozenset({"true", "yes", "on"})
"""What counts as true in hone.yaml."""

_WHEN_TO_USE = re.compile(r"^#{1,6}[ \t]+when to use\b[^\n]*\n", re.IGNORECASE | re.MULTILINE)
_STATUSES: dict[str, Status] = {
    "trial": "trial",
    "proven": "proven",
    "undecided": "undecided",
    "retired": "retired",
}


class Skill(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A skill without its body. `changed` is the file's mtime in ns, `topics` are words of `hints`, `notes` say what
    lenient reading put right. Only a skill of the home, or of the project's own folder of hone, has `tripwires`.

    `directory` is a string, and the struct an array to the codec, because a home may hold ten thousand of them.
    """

    name: str
    description: str
    directory: str
    source: Source = "home"
    trusted: bool = True
    status: Status = "proven"
    scope: str = "all"
    pinned: bool = False
    changed: int = 0
    topics: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    tripwires: tuple[Tripwire, ...] = ()

    @property
    def path(self) -> Path:
        """Its SKILL.md."""
        return Path(self.directory, "SKILL.md")


class Diagnostic(msgspec.Struct, frozen=True):
    """Something about the files that the user should see: an error means that a skill was skipped."""

    path: str
    message: str
    level: Literal["error", "warning"] = "error"


class _Sidecar(msgspec.Struct, frozen=True):
    status: Status = "proven"
    scope: str = "all"
    pinned: bool = False
    notes: tuple[str, ...] = ()
    tripwires: tuple[Tripwire, ...] = ()


def read_skill(directory: Path, source: Source = "home", *, trusted: bool = True) -> Skill | Diagnostic:
    """The skill in `directory`, or why it is skipped. Never raises for what the files hold."""
    path = directory / "SKILL.md"
    if not _is_text(str(path)):
        shown = str(path).encode("utf-8", "replace").decode()
        return Diagnostic(shown, "the path is not UTF-8: rename the directory")
    try:
        text, changed = read_file(path)
        name, description, notes = _identity(text, directory.name)
    except UsageError as error:
        return Diagnostic(str(path), str(error))
    sidecar = _read_sidecar(directory / "hone.yaml")
    return Skill(
        name,
        description,
        str(directory),
        source,
        trusted,
        sidecar.status,
        sidecar.scope,
        sidecar.pinned,
        changed,
        topics(f"{name} {description}"),
        (*notes, *sidecar.notes),
        sidecar.tripwires if _is_ours(directory, source) else (),
    )


def read_body(skill: Skill) -> str:
    """The Markdown below the frontmatter, as it is on disk now. Raises UsageError if it can no longer be read."""
    try:
        text, _ = read_file(skill.path)
        return fm.split(text).body
    except UsageError as error:
        raise UsageError(f"{skill.path}: {error}") from error


def read_file(path: Path, *, keep_mark: bool = False) -> tuple[str, int]:
    """The text of a regular file up to 1 MB and its mtime in ns. Raises UsageError.

    A byte order mark is dropped unless `keep_mark`.
    """
    try:
        data, changed = _read_regular(path)
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot be read: {getattr(error, 'strerror', None) or error}") from error
    try:
        return data.decode("utf-8" if keep_mark else "utf-8-sig"), changed
    except UnicodeDecodeError as error:
        raise UsageError("not UTF-8: save it as UTF-8") from error


def _read_regular(path: Path) -> tuple[bytes, int]:
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a named pipe must not hang us
    try:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode):
            raise UsageError("not a regular file")
        if facts.st_size > MAX_BYTES:
            raise UsageError(f"larger than {MAX_BYTES:,} bytes: shorten it")
        return os.read(handle, facts.st_size), facts.st_mtime_ns
    finally:
        os.close(handle)


def version_of(skill: Skill | None) -> str:
    """The sha256 of what a skill says; empty if it is gone."""
    try:
        return hashlib.sha256(skill.path.read_bytes()).hexdigest() if skill else ""
    except OSError:
        return ""


def one_line(text: str) -> str:
    """`text` with every run of white space as one space, and nothing that a terminal or a model could take for more."""
    line = " ".join(text.split())
    return line if line.isprintable() else "".join(char for char in line if char.isprintable())


def _is_ours(directory: Path, source: Source) -> bool:
    """Whether its hone.yaml is one that hone keeps: other folders are other agents'."""
    return source == "home" or (source == "project" and OWN_FOLDER in directory.as_posix())


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _identity(text: str, directory_name: str) -> tuple[str, str, tuple[str, ...]]:
    document = fm.split(text)
    if document.frontmatter is None:
        name, description = one_line(directory_name), _description_of(document.body)
        notes: tuple[str, ...] = (
            "no frontmatter: name and description are taken from the directory and text",
        )
    else:
        fields, repaired = fm.parse_mapping_leniently(document.frontmatter)
        written = fields.get("name")
        name = one_line(written) if isinstance(written, str) else ""
        name = name or one_line(directory_name)
        description = one_line(_as_text(fields.get("description")))
        notes = _notes(fields, directory_name, repaired=repaired)
    if not description:
        raise UsageError("no description: say what the skill does and when to use it")
    return name, description, notes


def _description_of(body: str) -> str:
    """The first paragraph under `## When to use`, else the first paragraph that is no heading."""
    section = _WHEN_TO_USE.search(body)
    for part in (body[section.end() :] if section else "", body):
        for paragraph in re.split(r"\n[ \t]*\r?\n", part):
            prose = "\n".join(line for line in paragraph.splitlines() if not line.lstrip().startswith("#"))
            if prose.strip():
                return one_line(prose)
    return ""


def _notes(fields: dict[str, Any], directory_name: str, *, repaired: bool) -> tuple[str, ...]:
    notes = ["a field held an unquoted colon: put its text in quotes"] if repaired else []
    name = fields.get("name")
    if not isinstance(name, str) or not name.strip():
        notes.append("no name: the directory's is used")
    else:
        if one_line(name) != directory_name:
            notes.append(f"the directory is named {one_line(directory_name)!r}")
        if len(name) > spec.MAX_NAME:
            notes.append(f"the name is longer than {spec.MAX_NAME} characters")
        if not spec.NAME.fullmatch(name):
            notes.append("the name should be lower-case letters, digits and single hyphens")
    if len(_as_text(fields.get("description"))) > spec.MAX_DESCRIPTION:
        notes.append(f"the description is longer than {spec.MAX_DESCRIPTION:,} characters")
    if isinstance(fields.get("allowed-tools"), list):
        notes.append("allowed-tools is a list: it should be one string")
    unknown = sorted(fields.keys() - spec.FIELDS)
    if unknown:
        notes.append(f"unknown fields: {one_line(', '.join(unknown))[:200]}")
    return tuple(notes)


def _as_text(value: object) -> str:
    if isinstance(value, list):
        return " ".join(item for item in value if isinstance(item, str))
    return value if isinstance(value, str) else ""


def _read_sidecar(path: Path) -> _Sidecar:
    """hone.yaml; a skill without one was written by a person and counts as proven."""
    if not os.path.lexists(path):
        return _Sidecar()
    try:
        fields = fm.parse_mapping(read_file(path)[0])
    except UsageError as error:
        return _Sidecar(notes=(f"hone.yaml: {error}",))
    status, scope = fields.get("status", "proven"), fields.get("scope", "all")
    notes = []
    if not isinstance(status, str) or status not in _STATUSES:
        notes.append("hone.yaml: status should be trial, proven, undecided or retired; proven is assumed")
        status = "proven"
    if not isinstance(scope, str) or not (scope == "all" or scope.startswith("project:")):
        notes.append("hone.yaml: scope should be all or project:<slug>; all is assumed")
        scope = "all"
    pinned = str(fields.get("pinned", "")).casefold() in YES
    tripwires, remarks = tripwires_from(fields.get("tripwires"))
    notes += [f"hone.yaml: {one_line(remark)}" for remark in remarks]
    return _Sidecar(_STATUSES[status], scope, pinned, tuple(notes), tripwires)
