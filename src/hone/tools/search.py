"""Names and lines below a directory, from ripgrep, else from git and a small stand-in for ripgrep in Python.

No policy here: `hone.tools.find` leaves out what may not be seen.
"""

import asyncio
import contextlib
import os
import re
import shutil
import stat
import sys
import warnings
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from pathlib import Path

from hone.git import Git
from hone.tools import grep
from hone.tools.access import Refusal
from hone.tools.opening import directory

_SKIPPED = (
    ".git",
    "node_modules",
    ".venv",
    "__pycache__",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".tox",
)
_MAX_NAMES = 200_000
_MAX_RECORD = 1_000_000  # bytes
_SECONDS = 20.0


class Search:
    """A search below the directory `root`, or in its one file `only`. Names are relative to `root`.

    `confine` gives the words of a sandbox to run in, in a directory: a command could swap a directory for a link meanwhile.
    """

    def __init__(
        self,
        root: Path,
        only: str | None,
        environ: Mapping[str, str],
        confine: Callable[[Path], Sequence[str]] = lambda _: (),
    ) -> None:
        self._root = root
        self._only = only
        self._environ = environ
        self._confine = confine
        self._rg = shutil.which("rg", path=environ.get("PATH", os.defpath))

    async def names(self) -> AsyncGenerator[str, None]:
        """The files, sorted by the parts of their paths."""
        if self._only is not None:
            yield self._only
        elif self._rg is None:
            for name in await asyncio.to_thread(self._listed):
                yield name
        else:
            command = [self._rg, *_rg_options(), "--files", "."]
            async with contextlib.aclosing(self._records(command, b"\0")) as records:
                async for record in records:
                    yield os.fsdecode(record).removeprefix("./")

    async def lines(self, pattern: str) -> AsyncGenerator[tuple[str, int, str], None]:
        """Name, line number and text of each line that matches. Raises Refusal if `pattern` is no regular expression."""
        if self._rg is not None:
            where = self._only if self._only is not None else "."
            columns = ("--max-columns", "2000", "--max-columns-preview")
            show = (
                "--with-filename",
                "--line-number",
                "--no-heading",
                "--color",
                "never",
                "--engine",
                "auto",
            )
            command = [self._rg, *_rg_options(), *columns, *show, "-e", pattern, "--", where]
            given = b""
        else:
            command = [sys.executable, "-I", "-S", "-W", "ignore", grep.__file__, pattern]
            given = b"\0".join([os.fsencode(name) async for name in self.names()])
        async with contextlib.aclosing(self._records(command, b"\n", given, pattern)) as records:
            async for record in records:
                name, separator, rest = record.partition(b"\0")
                number, _, text = rest.partition(b":")
                if separator and number.isdigit():  # else a remark that a file is binary
                    shown = text.decode("utf-8", "replace").rstrip("\r")
                    yield os.fsdecode(name).removeprefix("./"), int(number), shown

    async def _records(
        self, command: Sequence[str], separator: bytes, given: bytes = b"", pattern: str = ""
    ) -> AsyncGenerator[bytes, None]:
        """What `command` prints, cut at `separator`; it is killed when the reader goes away."""
        prefix = await asyncio.to_thread(self._confine, self._root)
        words = (*prefix, *command)
        process = await asyncio.create_subprocess_exec(
            *(word.encode("utf-8", "surrogateescape") for word in words),  # whatever the locale says
            cwd="/" if prefix else self._root,
            env=dict(self._environ),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            limit=_MAX_RECORD,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        feeding = asyncio.create_task(_feed(process.stdin, given))
        printed = False
        try:
            while True:
                try:
                    record = await process.stdout.readuntil(separator)
                except asyncio.IncompleteReadError as rest:
                    record = rest.partial
                if not record:
                    break
                printed = True
                yield record.removesuffix(separator)
            said = await process.stderr.read()
            code = await process.wait()
            if code and prefix and said.startswith(b"bwrap: "):
                raise Refusal(
                    f"the sandbox of the search did not start ({said.decode(errors='replace').strip()})"
                )
            if code == 2 and said and not printed:
                raise Refusal(_regex_problem(pattern, said.decode("utf-8", "replace")))
        finally:
            feeding.cancel()
            await _stop(process)

    def _listed(self) -> list[str]:
        """The files that git does not ignore, else those of a walk, without the directories of generated files."""
        told = Git(self._root, self._environ).run(
            "ls-files", "-z", "--cached", "--others", "--exclude-standard", timeout=_SECONDS
        )
        names = [name for name in (told or "").split("\0") if name]
        kept = {name for name in names if not set(name.split("/")) & set(_SKIPPED)}
        found = [
            name for name in kept if (self._root / name).is_file() and not (self._root / name).is_symlink()
        ]
        return sorted(found or _walk(self._root), key=lambda name: name.split("/"))


def _rg_options() -> Iterator[str]:
    yield from ("--no-config", "--no-messages", "--hidden", "--null", "--sort", "path")
    for name in _SKIPPED:
        yield from ("--glob", f"!{name}")


async def _feed(stdin: asyncio.StreamWriter, given: bytes) -> None:
    with contextlib.suppress(ConnectionError):  # a program that ends early says why itself
        stdin.write(given)
        await stdin.drain()
    stdin.close()


async def _stop(process: Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    await process.wait()


def _walk(root: Path) -> list[str]:
    names: list[str] = []
    with directory(root) as top:
        for at, below, files, handle in os.fwalk(
            ".", dir_fd=top
        ):  # opens each from the one before, and follows no link
            below[:] = sorted(name for name in below if name not in _SKIPPED)
            names += [os.path.normpath(f"{at}/{name}") for name in files if not _is_link(name, handle)]
            if len(names) > _MAX_NAMES:
                break
    return names


def _is_link(name: str, handle: int) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=handle, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return True


def _regex_problem(pattern: str, said: str) -> str:
    """What is wrong with `pattern`: Python says it in one line, with the place; else what the program said."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(pattern)
        reason = said.strip().rsplit("\n", 1)[-1]
    except (re.error, OverflowError, RecursionError) as error:
        reason = str(error)
    return f"content is no regular expression: {reason}; put \\ before a character of ()[]{{}}.*+?|^$ to mean itself"
