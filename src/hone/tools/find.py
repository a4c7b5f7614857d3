"""The tool `find`: files by name, lines by content. ripgrep does the work where there is one, else git and Python.

`.gitignore` is respected and directories of generated files are left out; the answer has one form either way.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import msgspec

from hone.messages import least_trusted
from hone.tools.access import FileAccess, Refusal, failed, printable
from hone.tools.base import Tool, ToolOutput
from hone.tools.globs import matcher
from hone.tools.search import Search

MAX_HITS = 200
_MAX_COUNTED = 10_000  # hits; beyond, the search stops
_MAX_LINE = 300  # characters
_SECONDS = 20.0


class Find(msgspec.Struct, frozen=True):
    """Arguments of `find`."""

    pattern: str = "**"
    path: str = "."
    content: str = ""


def find_tool(files: FileAccess) -> Tool:
    """`find` under the policy of `files`."""

    async def find(arguments: Find) -> ToolOutput:
        try:
            return await _find(files, arguments)
        except Refusal as refusal:
            return refusal.output
        except OSError as error:
            return failed(error)

    return Tool(
        name="find",
        description="Find files by glob pattern, and lines in them by regular expression content.",
        arguments=Find,
        run=find,
        parallel=True,
        intent=lambda arguments: files.intent("read", arguments.path),
    )


async def _find(files: FileAccess, arguments: Find) -> ToolOutput:
    path = files.readable(arguments.path)
    if not path.exists():
        raise Refusal(f"{files.shown(path)} does not exist; give a directory or a file, and globs as pattern")
    root, only = (path, None) if path.is_dir() else (path.parent, path.name)
    pattern = "**" if only else arguments.pattern
    if (root / pattern).is_dir():  # small models name a directory where a glob belongs
        pattern = f"{pattern.rstrip('/')}/**".removeprefix("./")
    wanted = _wanted(files, root, pattern)
    hits: list[str] = []
    read: set[Path] = set()
    count, late = 0, False
    try:
        async with (
            asyncio.timeout(_SECONDS),
            contextlib.aclosing(_hits(files, root, only, arguments)) as found,
        ):
            async for name, rest in found:
                if not wanted(name):
                    continue
                count += 1
                if count <= MAX_HITS:
                    hits.append(files.shown(root / name) + rest)
                    if arguments.content:
                        read.add(root / name)
                if count > _MAX_COUNTED:
                    break
    except TimeoutError:
        late = True
    trust = least_trusted("workspace", *map(files.trust_of, read))
    return ToolOutput(printable(_answer(hits, count, late=late)), ok=bool(hits) or not late, trust=trust)


def _answer(hits: list[str], count: int, *, late: bool) -> str:
    notes = []
    if count > MAX_HITS:
        total = f"more than {_MAX_COUNTED:,}" if count > _MAX_COUNTED else f"{count:,}"
        notes.append(f"[{MAX_HITS} of {total}; narrow pattern or path]")
    if late:
        notes.append(f"[stopped after {_SECONDS:.0f} s; narrow pattern or path]")
    return "\n".join([*hits, *notes]) or "nothing found (ignored files are not searched)"


async def _hits(
    files: FileAccess, root: Path, only: str | None, arguments: Find
) -> AsyncGenerator[tuple[str, str], None]:
    """Names below `root` in order, each with the rest of its line of the answer."""
    search = Search(root, only, files.environ, files.confine)
    if not arguments.content:
        async with contextlib.aclosing(search.names()) as names:
            async for name in names:
                yield name, ""
        return
    async with contextlib.aclosing(search.lines(arguments.content)) as lines:
        async for name, number, text in lines:
            cut = text if len(text) <= _MAX_LINE else text[:_MAX_LINE] + "…"
            yield name, f":{number}: {cut}"


def _wanted(files: FileAccess, root: Path, pattern: str) -> Callable[[str], bool]:
    """Whether a name below `root` matches `pattern` and is not hidden."""
    matches = matcher(pattern.removeprefix(f"{root}/"))
    policy = files.policy
    if policy.inside(root) and not any(hidden.is_relative_to(root) for hidden in policy.hidden):
        return matches
    return lambda name: matches(name) and policy.read_problem(root / name) is None
