"""Which skills there are: the project's, then those of HONE_HOME, then ~/.agents/skills, each name once.

`home_cache` keeps the start fast with ten thousand of them; what is offered to the model is `index`'s decision.
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

import msgspec

from hone.errors import NotFound
from hone.skills.home_cache import read_home
from hone.skills.read import Diagnostic, Skill, Source, read_skill

PROJECT_FOLDERS = (".hone/skills", ".agents/skills", ".claude/skills")
MAX_DEPTH = 6
MAX_DIRECTORIES = 2_000  # visited below one folder of a project
_SKIPPED = frozenset({".git", "node_modules", ".archive"})


class Places(msgspec.Struct, frozen=True):
    """Where to look. `workspace` is `cwd` or above it; None where there is no project (in `/`, in the user's home)."""

    hone_home: Path
    user_home: Path
    cwd: Path
    workspace: Path | None


class Library(msgspec.Struct, frozen=True):
    """The skills found, in order of precedence, and what to tell the user about the rest.

    Those of a folder that is not trusted are in it, marked, and stand in nobody's way.
    """

    skills: tuple[Skill, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def loadable(self) -> tuple[Skill, ...]:
        """Those that may be given to the model: trusted, and not retired."""
        return tuple(skill for skill in self.skills if skill.trusted and skill.status != "retired")

    def without(self, names: Collection[str]) -> "Library":
        """The same library less the skills of these names."""
        if not names:
            return self
        return Library(tuple(skill for skill in self.skills if skill.name not in names), self.diagnostics)

    def get(self, name: str) -> Skill:
        """The skill of that name; of a trusted and an untrusted one the trusted. Raises NotFound with nearest names."""
        named = [skill for skill in self.skills if skill.name == name]
        if not named:
            raise NotFound("skill", name, [skill.name for skill in self.skills])
        return max(named, key=lambda skill: skill.trusted)


def discover(places: Places, trusted: Callable[[Path], bool], *, thorough: bool = True) -> Library:
    """Every skill that can be seen from `places`. Never raises for what the files hold, and changes none of them.

    `trusted` is asked once, about the workspace, and only if there may be skills in it.
    `thorough` false is for the start of a session: see `home_cache`.
    """
    found: list[Skill | Diagnostic] = list(_project_skills(places, trusted))
    found += read_home(places.hone_home, thorough=thorough)
    if not _same(places.user_home / ".agents/skills", places.hone_home / "skills"):
        found += _read_each(children(places.user_home / ".agents/skills"), "user", trusted=True)
    return _without_shadowed(found)


def archived(hone_home: Path) -> tuple[Skill, ...]:
    """The skills below HONE_HOME/skills/.archive, as retired ones."""
    found = _read_each(children(hone_home / "skills/.archive"), "home", trusted=True)
    return tuple(
        msgspec.structs.replace(skill, status="retired") for skill in found if isinstance(skill, Skill)
    )


def children(folder: Path) -> list[Path]:
    """The directories one level below `folder` that hold a SKILL.md, by name; none if it cannot be read."""
    try:
        directories = sorted(folder.iterdir())
    except OSError:
        return []
    return [each for each in directories if each.name[0] != "." and os.path.lexists(each / "SKILL.md")]


def _project_skills(places: Places, trusted: Callable[[Path], bool]) -> Iterator[Skill | Diagnostic]:
    folders = [folder for folder in _project_folders(places) if folder.is_dir()]
    if not folders or places.workspace is None:
        return
    is_trusted = trusted(places.workspace)
    for folder in folders:
        directories, whole = _walk(folder)
        yield from _read_each(directories, "project", trusted=is_trusted)
        if not whole:
            message = f"only its first {MAX_DIRECTORIES:,} directories were searched for skills"
            yield Diagnostic(str(folder), message, "warning")


def _project_folders(places: Places) -> Iterator[Path]:
    """From the working directory up to the workspace, each real folder once, the user's own folders left out."""
    if places.workspace is None:
        return
    seen = {
        os.path.realpath(places.hone_home / "skills"),
        os.path.realpath(places.user_home / ".agents/skills"),
    }
    for directory in (places.cwd, *places.cwd.parents):
        if not directory.is_relative_to(places.workspace):
            return
        for folder in (directory / name for name in PROJECT_FOLDERS):
            real = os.path.realpath(folder)
            if real not in seen:
                seen.add(real)
                yield folder


def _walk(folder: Path) -> tuple[list[Path], bool]:
    """The skill directories below `folder`, breadth first, and whether the bounds left nothing unseen."""
    found: list[Path] = []
    seen: set[str] = set()
    level = [folder]
    for _ in range(MAX_DEPTH + 1):
        below: list[Path] = []
        for directory in level:
            real = os.path.realpath(directory)
            if real in seen:
                continue
            if len(seen) == MAX_DIRECTORIES:
                return found, False
            seen.add(real)
            if directory != folder and os.path.lexists(directory / "SKILL.md"):
                found.append(directory)
            else:
                below += _subdirectories(directory)
        level = below
    return found, True


def _subdirectories(directory: Path) -> list[Path]:
    try:
        with os.scandir(directory) as entries:
            names = sorted(entry.name for entry in entries if entry.name not in _SKIPPED and entry.is_dir())
    except OSError:
        return []
    return [directory / name for name in names]


def _read_each(directories: Iterable[Path], source: Source, *, trusted: bool) -> list[Skill | Diagnostic]:
    return [read_skill(directory, source, trusted=trusted) for directory in directories]


def _without_shadowed(found: Iterable[Skill | Diagnostic]) -> Library:
    """The first of each name wins, in one folder the one whose directory has the name; untrusted ones take no part."""
    untrusted: list[Skill] = []
    winners: dict[str, Skill] = {}
    diagnostics: list[Diagnostic] = []
    for item in found:
        if isinstance(item, Diagnostic):
            diagnostics.append(item)
        elif not item.trusted:
            untrusted.append(item)
        elif (first := winners.setdefault(item.name, item)) is not item:
            winner, loser = _precedence(first, item)
            winners[item.name] = winner
            if not _same(Path(winner.directory), Path(loser.directory)):
                message = f"not used: {winner.directory} has the same name, {item.name!r}, and comes first"
                diagnostics.append(Diagnostic(str(loser.path), message, "warning"))
    return Library((*untrusted, *winners.values()), tuple(diagnostics))


def _precedence(first: Skill, second: Skill) -> tuple[Skill, Skill]:
    here, there = Path(first.directory), Path(second.directory)
    return (second, first) if here.parent == there.parent and there.name == second.name else (first, second)


def _same(left: Path, right: Path) -> bool:
    return os.path.realpath(left) == os.path.realpath(right)
