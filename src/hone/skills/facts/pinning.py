"""The pins of a skill, taken from what its steps and gotchas name, as far as it is there now. `freshness` checks them later."""

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import PurePosixPath

from hone.errors import UsageError
from hone.skills.facts.manifests import dependency, is_manifest
from hone.skills.facts.mentions import Command, Passage, is_literal, passages
from hone.skills.facts.project_files import ProjectFiles
from hone.skills.facts.runs import BASICS, MANIFESTS_OF_DEPENDENCIES, Part, parts, script_of, unwrapped
from hone.skills.pins import Kind, PinnedFact, World

MOST = 40  # of one skill
_ORDER: tuple[Kind, ...] = ("manifest", "file", "command")
_WRITERS = frozenset(
    ("tee", "touch", "rm", "mv", "cp", "mkdir", "sed", "truncate", "chmod", "prettier", "black")
)
_DOCUMENTS = re.compile(
    r".*\.(?:md|rst|txt|adoc|csv|tsv|jsonl|log|pdf|png|jpe?g|gif|svg|html?|xlsx?|docx?|parquet|db|sqlite3?|out|tmp|bak)"
    r"|CHANGELOG|README|VERSION|NOTICE|TODO",
    re.IGNORECASE,
)
_PROGRAM = re.compile(r"(?:.*/)?(?:[^./]+|.*\.(?:sh|bash|zsh|py|rb|pl|js|mjs|cjs|ts))")
_LOCKS = re.compile(r".*[.-]lock(?:\.\w+)?|go\.sum|npm-shrinkwrap\.json|.*\.lockb")
_GENERATED = frozenset(
    (
        *("node_modules", ".venv", "venv", "vendor", "__pycache__", ".cache", ".tox", ".next"),
        *("dist", "build", "out", "target", "coverage", "tmp"),
    )
)
_WITH_EXTENSION = re.compile(r"\.[\w-][\w.-]*|[^/]*[\w-]\.\w{1,10}|[A-Z][A-Za-z]*file")


def take(skill_text: str, world: World, *, written: Collection[str] = ()) -> tuple[PinnedFact, ...]:
    """The facts that the steps and gotchas of a SKILL.md rely on, as they are in `world`, those of manifests first.

    Of a path that the turn itself changed (`written`), or that the steps edit, only the existence is a fact. Pins of
    files carry the project of `world`; without one they hold wherever the skill is used. Raises nothing.
    """
    survey = _Survey(passages(skill_text), world, written)
    found = dict.fromkeys(survey.pins())
    in_manifests = {pin.target for pin in found if pin.kind == "manifest"}
    kept = [pin for pin in found if pin.kind != "file" or pin.target not in in_manifests]
    return tuple(sorted(kept, key=lambda pin: _ORDER.index(pin.kind))[:MOST])


class _Survey:
    """One look at the world for all that a skill names."""

    def __init__(self, said: Sequence[Passage], world: World, written: Collection[str]) -> None:
        self._said = said
        self._world = world
        self._files = ProjectFiles(world.workspace, world.search_path)
        entered = [command.directory for each in said for command in each.commands]
        self._directories = tuple(dict.fromkeys(["", *filter(is_literal, entered)]))
        run = [place for each in said for place in _scripts(each)]
        self._run = frozenset(filter(None, (self._found(*place) for place in run)))
        edited = [path for each in said for path in _edited(each)]
        self._edited = frozenset(filter(None, map(self._found, edited))) - self._run
        self._written = frozenset(filter(None, map(self._files.within, written)))

    def pins(self) -> Iterator[PinnedFact]:
        for passage in self._said:
            for command in passage.commands:
                for inner in unwrapped(command):
                    yield from self._of_command(inner)
            for part in _dependencies_of_spans(passage):
                yield from self._of_part(part)
            yield from self._of_paths(passage)

    def _of_command(self, command: Command) -> Iterator[PinnedFact]:
        for part in parts(command):
            yield from self._of_part(part)
        name = command.program
        if is_literal(name) and "/" not in name and name not in BASICS and self._files.has_command(name):
            yield PinnedFact("command", name, value="on PATH", seen=self._world.today.isoformat())

    def _of_part(self, part: Part) -> Iterator[PinnedFact]:
        """The first manifest that has the part."""
        directories = (part.directory,) if is_literal(part.directory) else self._directories
        for path in (f"./{directory}/{name}" for directory in directories for name in part.manifests):
            target = self._files.within(path)
            if target and not part.key and self._files.kind(target) == "file":
                yield from self._of_file(target)
                return
            if target and part.key in (said := self._manifest(target)):
                yield self._pin("manifest", target, part.key, said[part.key])
                return

    def _of_paths(self, passage: Passage) -> Iterator[PinnedFact]:
        scripts = {place for path, directory in _scripts(passage) if (place := self._found(path, directory))}
        named = filter(None, (self._found(word) for word in passage.words if _is_path(word)))
        workflows = filter(None, (self._workflow(word) for word in passage.words))
        for target in dict.fromkeys((*scripts, *named, *workflows)):
            yield from self._of_file(target)
            yield from self._of_named_parts(target, passage)

    def _of_named_parts(self, target: str, passage: Passage) -> Iterator[PinnedFact]:
        """Jobs, services and targets of a manifest that the passage names with it."""
        words = {*passage.words, *passage.spans}
        for key, value in self._manifest(target).items():
            kind, _, name = key.partition(".")
            if kind in ("jobs", "services", "targets") and name in words:
                yield self._pin("manifest", target, key, value)

    def _of_file(self, target: str) -> Iterator[PinnedFact]:
        name, kind = PurePosixPath(target).name, self._files.kind(target)
        if kind not in ("file", "directory") or _LOCKS.fullmatch(name):
            return
        parts = PurePosixPath(target).parts
        made = parts[:-1] if target in self._run and kind == "file" else parts
        if not _GENERATED.isdisjoint(made):
            return  # comes and goes with a build or an install
        settled = target in self._run or not (_DOCUMENTS.fullmatch(name) or is_manifest(target))
        if kind == "file" and settled and target not in self._edited | self._written:
            yield self._pin("file", target, "", self._files.content(target) or "file")
        else:
            yield self._pin("file", target, "", kind)

    def _found(self, path: str, directory: str = "") -> str | None:
        """The place of a path that is there, seen from `directory`, the workspace, or a directory that a step enters."""
        for each in dict.fromkeys((directory, *self._directories)):
            target = self._files.within(f"{each}/{path}" if each and not path.startswith("/") else path)
            if target and self._files.kind(target) in ("file", "directory"):
                return target
        return None

    def _workflow(self, word: str) -> str | None:
        if "/" in word or not word.endswith((".yml", ".yaml")):
            return None
        return self._found(f".github/workflows/{word}")

    def _manifest(self, target: str) -> dict[str, str]:
        try:
            return dict(self._files.manifest(target) or {}) if is_manifest(target) else {}
        except UsageError:
            return {}

    def _pin(self, kind: Kind, target: str, key: str, value: str) -> PinnedFact:
        return PinnedFact(kind, target, key, value, self._world.today.isoformat(), self._world.project or "")


def _scripts(passage: Passage) -> Iterator[tuple[str, str]]:
    """The files that are run, each with the directory from which."""
    for command in passage.commands:
        for inner in unwrapped(command):
            script = script_of(inner)
            if (
                script
                and is_literal(script)
                and not (inner.words == (script,) and _is_only_named(script, passage))
            ):
                yield script, inner.directory


def _is_only_named(path: str, passage: Passage) -> bool:
    """Whether a path that stands alone in code is not, by all signs, to be run."""
    return not path.startswith("./") and (passage.edits or not _PROGRAM.fullmatch(path))


def _edited(passage: Passage) -> Iterator[str]:
    for command in passage.commands:
        yield from command.writes
        if command.program in _WRITERS:
            yield from command.words[1:]
    if passage.edits:
        yield from filter(_is_path, passage.words)


def _is_path(word: str) -> bool:
    return "/" in word or bool(_WITH_EXTENSION.fullmatch(word))


def _dependencies_of_spans(passage: Passage) -> Iterator[Part]:
    for span in passage.spans:
        if is_literal(span.removeprefix("@")):
            yield Part(MANIFESTS_OF_DEPENDENCIES, dependency(span))
