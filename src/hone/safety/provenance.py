"""Which files hold what another host said: those that changed while a command ran whose output is `external`.

It goes by the change time of a file, which a program that writes it (tar, curl -R) cannot set back. What somebody else
writes meanwhile counts too; a file that the user changes later counts no more. A file that hone itself edits stays what it
was, and one that a piece of external text is copied into becomes external.
"""

import contextlib
import functools
import glob
import itertools
import math
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath

from hone.clock import Clock
from hone.errors import UsageError
from hone.messages import Trust
from hone.safety.commands import Command, names, parse
from hone.safety.copied import Copied
from hone.safety.fetched import refs_of
from hone.safety.trust import trust_of_command

_COARSE = 0.02  # seconds that a change time may lie before the clock: the kernel takes it from its last tick
_MAX_WORD = 1000  # characters; a longer word is a program or a text, not a path
_MAX_MATCHES = 200  # of a pattern
_REPLACING = frozenset((">", ">|", "&>", ">&"))  # redirections after which nothing of the old file is left
_WRITERS = names("tee dd sed perl ruby node php patch ed ex install")  # write files that no redirection names
_PROGRAM_DIRECTORIES = frozenset(("bin", "sbin", ".bin"))


class Provenance:
    """The times of external commands in this session and before, and what follows from them for files.

    `resolve` gives the place on this machine of a word in a command that runs in a directory, or raises UsageError.
    `earlier` gives the times of former sessions as (start, end), seconds since the epoch; it is asked once, when they
    are needed. Without any such time, nothing costs anything. `heard` gives the external texts that the model has seen
    before, if a session is resumed; it is asked once, when hone is about to write.
    """

    def __init__(
        self,
        clock: Clock,
        resolve: Callable[[str, Path], Path],
        earlier: Callable[[], Iterable[tuple[float, float]]] = tuple,
        heard: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        self._clock = clock
        self._resolve = resolve
        self._earlier = earlier
        self._heard = heard

    def begin(self, trust: Trust) -> Callable[[], None]:
        """A command of this trust is about to run; call what is returned when nothing of it runs any more."""
        if trust != "external":
            return lambda: None
        windows, at, start = self._windows, len(self._windows), self._clock.now()
        windows.append((start, math.inf))

        def end() -> None:
            windows[at] = (start, self._clock.now())

        return end

    def hear(self, text: str) -> None:
        """The model is about to see `text`, which another host said."""
        self._copied.hear(text)

    @contextlib.contextmanager
    def writing(self, path: Path, text: str, anew: bool) -> Iterator[Trust]:
        """hone itself writes `text` into a file, `anew` or into what is there; gives the trust of the file afterwards."""
        copied = self._copied.within(text)
        trust: Trust = "external" if copied else "workspace" if anew else self.trust_of(path)
        end = self.begin(trust)
        try:
            yield trust
        finally:
            end()

    def trust_of(self, path: Path) -> Trust:
        """The trust of what is in the file that `path` leads to; what is no ordinary file is `workspace`."""
        if not self._windows:
            return "workspace"
        try:
            found = os.stat(path)  # noqa: PTH116 - a word may be no valid path
        except (OSError, ValueError):
            return "workspace"
        changed = found.st_ctime
        written = any(start - _COARSE <= changed <= end for start, end in self._windows)
        return "external" if written and stat.S_ISREG(found.st_mode) else "workspace"

    def trust_of_command(self, line: str, cwd: Path) -> Trust:
        """The trust of what `line` prints and writes: `external` too if it names an external file or a ref that was fetched,
        or copies a piece of external text into a file.

        Variables, files found by the program itself and patterns of a loop are not looked through.
        """
        if trust_of_command(line) == "external":
            return "external"
        if self._windows and any(self.trust_of(path) == "external" for path in self._named(line, cwd)):
            return "external"
        return "external" if _writes(line) and self._copied.within(line) else "workspace"

    @functools.cached_property
    def _copied(self) -> Copied:
        return Copied(self._heard())

    @functools.cached_property
    def _windows(self) -> list[tuple[float, float]]:
        return list(self._earlier())

    def _named(self, line: str, cwd: Path) -> Iterator[Path]:
        """The files that `line` names, and those of the refs that it names to git."""
        for text in _texts(line):
            yield from self._files(text, cwd)
        for command, directory in _with_directories(line):
            if command.name == "git":
                with contextlib.suppress(UsageError):  # no path at all
                    yield from refs_of(command, self._resolve(directory or ".", cwd))

    def _files(self, text: str, cwd: Path) -> Iterator[Path]:
        """The file that `text` names; those it matches if it is a pattern."""
        try:
            if not glob.has_magic(text):
                yield self._resolve(text, cwd)
                return
            fixed = next(i for i in range(len(text)) if glob.has_magic(text[: i + 1]))
            directory, pattern = text[: text.rfind("/", 0, fixed) + 1], text[text.rfind("/", 0, fixed) + 1 :]
            root = self._resolve(directory or ".", cwd)
            for name in itertools.islice(glob.iglob(pattern, root_dir=root), _MAX_MATCHES):  # noqa: PTH207
                yield root / name
        except UsageError:
            return  # no path at all


def _texts(line: str) -> Iterator[str]:
    """What may name a file that `line` reads: from its directory, and from those that it changes to."""
    parsed = parse(line)
    targets = (each.target for each in parsed.redirects if each.operator not in _REPLACING)
    directories = list(dict.fromkeys(["", *(directory for _, directory in _with_directories(line))]))
    words = itertools.chain(*map(_words_read, parsed.commands), (target for target in targets if target))
    for word in words:
        if len(word) > _MAX_WORD:
            continue
        for part in {word, word.partition("=")[2]} - {""}:  # --file=NAME, if=NAME
            yield from (os.path.join(directory, part) for directory in directories)  # noqa: PTH118 - keeps `~`


def _with_directories(line: str) -> Iterator[tuple[Command, str]]:
    """Each command of `line` with the directory that those before it changed to; that of a `cd` is where it leads."""
    directory = ""
    for command in parse(line).commands:
        if command.name in ("cd", "pushd") and len(command.static) > 1:
            directory = os.path.join(directory, command.static[1])  # noqa: PTH118 - keeps `~`
        yield command, directory


def _writes(line: str) -> bool:
    """Whether `line` may put what it says itself into a file."""
    parsed = parse(line)
    if any(">" in each.operator and not (each.target or "").startswith("/dev/") for each in parsed.redirects):
        return True
    programs = {command.name or "" for command in parsed.commands}
    return bool(programs & _WRITERS) or any(name.startswith("python") for name in programs)


def _words_read(command: Command) -> Iterator[str]:
    """The words but for an installed program, which is run and not read: else each run of .venv/bin/pytest after an
    installation would be external."""
    program = 1 if command.words[:1] in ((".",), ("source",)) else 0
    for at, word in enumerate(command.words):
        if word and not (at == program and PurePosixPath(word).parent.name in _PROGRAM_DIRECTORIES):
            yield word
