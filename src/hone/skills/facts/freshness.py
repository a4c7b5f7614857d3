"""Which pins of a skill no longer hold. Only what a step relies on is a fact: another script in the same manifest, or how a
file is laid out, is none.
"""

from collections.abc import Sequence

from hone.errors import UsageError
from hone.skills.facts.project_files import ProjectFiles
from hone.skills.facts.versions import differ
from hone.skills.pins import PinnedFact, Stale, World
from hone.skills.read import one_line

MOST = 100  # pins of one skill that are looked at
_NOUNS = {
    "scripts": "script",
    "dependencies": "dependency",
    "engines": "engine",
    "targets": "target",
    "services": "service",
    "jobs": "job",
    "stage": "stage",
    "base": "base image",
    "expose": "exposed ports",
}
_VERSIONED = ("dependencies", "engines", "requires-python")


def stale(pins: Sequence[PinnedFact], world: World) -> tuple[Stale, ...]:
    """The pins that do not hold in `world`; those of another project are not looked at. Takes milliseconds, raises nothing.

    What cannot be told (a file too large, one that may not be read) is not called stale.
    """
    files = ProjectFiles(world.workspace, world.search_path)
    here = (pin for pin in pins[:MOST] if pin.project in ("", world.project))
    return tuple(Stale(pin, one_line(said)) for pin in here if (said := _change(pin, files)))


def _change(pin: PinnedFact, files: ProjectFiles) -> str | None:
    """What is other than the pin says, None if nothing is."""
    if pin.kind == "command":
        return None if files.has_command(pin.target) else f"command {pin.target} is not on PATH any more"
    target = files.within(pin.target)
    if target is None:
        return None
    of_content = _change_of_content if pin.kind == "file" else _change_of_part
    return _change_of_kind(target, pin, files) or of_content(target, pin, files)


def _change_of_kind(target: str, pin: PinnedFact, files: ProjectFiles) -> str | None:
    kind = files.kind(target)
    expected = "directory" if pin.kind == "file" and pin.value == "directory" else "file"
    if kind is None:
        return f"{target} is gone"
    if kind == "outside":
        return f"{target} leads out of the project now"
    return None if kind == expected else f"{target} is no {expected} any more"


def _change_of_content(target: str, pin: PinnedFact, files: ProjectFiles) -> str | None:
    if not pin.value.startswith("sha256:") or files.holds(target, pin.value) is not False:
        return None
    return f"{target} changed{_since(pin)}"


def _change_of_part(target: str, pin: PinnedFact, files: ProjectFiles) -> str | None:
    try:
        said = files.manifest(target)
    except UsageError:
        return f"{target} cannot be read any more"
    if said is None:
        return None
    now = said.get(pin.key)
    if now is None:
        return f"{target}: {_named(pin.key)} is gone"
    if not pin.value or not _differs(pin, now):
        return None
    if "sha256:" in pin.value + now:
        return f"{target}: {_named(pin.key)} changed{_since(pin)}"
    return f"{target}: {_named(pin.key)} is {now} now, was {pin.value}"


def _differs(pin: PinnedFact, now: str) -> bool:
    if "sha256:" not in pin.value + now and pin.key.startswith(_VERSIONED):
        return differ(pin.value, now)
    return now != pin.value


def _named(key: str) -> str:
    kind, _, name = key.partition(".")
    return f"{_NOUNS.get(kind, kind)} {name}".rstrip()


def _since(pin: PinnedFact) -> str:
    return f" since {pin.seen}" if pin.seen else ""
