"""Which files of a git repository say where the commits that a command names come from: its refs. It only looks.

A ref that was written while hone talked to another host leads to what that host said, wherever git puts it next.
"""

from collections.abc import Iterator
from pathlib import Path

from hone.late import late
from hone.safety.commands import Command

_WITH_VALUE = ("-C", "-c", "--git-dir", "--work-tree", "--namespace")
_BY_DEFAULT = frozenset(("merge", "rebase", "pull"))  # take what was fetched if they are not told what
_BETWEEN = late(r"\.{2,3}|[~^:@]")
_REF = late(r"[\w][\w./+-]*")
_GITDIR = late(rb"gitdir: (.+)")
_LONGEST = 4096  # bytes of a .git file


def refs_of(command: Command, directory: Path) -> Iterator[Path]:
    """The files of the refs that `command`, a git command that runs in `directory`, names. They need not exist."""
    words = command.static[1:]
    if "-C" in words[:-1]:
        directory = directory / words[words.index("-C") + 1]
    own, common = _git_directories(directory)
    if own is None or common is None:
        return
    said = [word for at, word in enumerate(words) if at == 0 or words[at - 1] not in _WITH_VALUE]
    verb, *rest = [word for word in said if word not in _WITH_VALUE] or [""]
    if None in command.words or (verb in _BY_DEFAULT and all(word[:1] == "-" for word in rest)):
        yield own / "FETCH_HEAD"  # what a variable or @{u} stands for may be what was fetched last
    for name in {part for word in rest for part in _BETWEEN.split(word) if _REF.fullmatch(part)}:
        yield from _files(name, own, common)


def _files(name: str, own: Path, common: Path) -> Iterator[Path]:
    if name.isupper():  # FETCH_HEAD, ORIG_HEAD, but HEAD changes with every checkout
        yield from [own / name] if name != "HEAD" else []
        return
    for place in ("refs/remotes", "refs/tags", "refs/heads", "refs", "."):
        yield common / place / name
    if not (common / "refs/heads" / name).exists():  # git makes the branch of the remote's
        remotes = common / "refs/remotes"
        yield from (remote / name for remote in (remotes.iterdir() if remotes.is_dir() else ()))


def _git_directories(directory: Path) -> tuple[Path | None, Path | None]:
    """The git directory of a work tree, and the one that it shares with others; None if there is none."""
    place = next(
        (each / ".git" for each in (directory, *directory.parents) if (each / ".git").exists()), None
    )
    if place is None or place.is_dir():
        return place, place
    with place.open("rb") as file:
        found = _GITDIR.match(file.read(_LONGEST))
    if not found:
        return None, None
    own = place.parent / found[1].decode(errors="replace").strip()
    return own, own.parent.parent if own.parent.name == "worktrees" else own
