"""What a person can allow for always: the pattern of a call, and whether a pattern that was allowed covers it.

Patterns are words: `npm test`, `write /home/me/project/src`, `fetch example.org`. A shorter one covers the longer ones.
"""

import re
from collections.abc import Callable
from pathlib import Path

from hone.errors import UsageError
from hone.safety.commands import Command, Line, names
from hone.safety.paths import PathPolicy
from hone.safety.remote import host_of

# Programs whose first word says what they do; the longer names come first where they have two.
_TWO_WORDS = re.compile(
    r"(npm|pnpm|yarn|bun) run|docker compose|uv (run|pip)|poetry run|go mod|git (stash|remote|worktree|lfs)"
)
_WITH_VERBS = names(
    "git npm pnpm yarn bun cargo go pip pip3 uv poetry pdm docker podman docker-compose kubectl terraform tofu gh make just task "
    "gradle mvn dotnet rails rake bundle composer conda apt apt-get brew systemctl helm aws gcloud az deno nx turbo"
)
# What these run is their argument, so that allowing the program would allow everything.
_INTERPRETERS = re.compile(
    r"(python|ruby|perl|php|lua|node|deno|bun|bash|sh|zsh|dash|ksh|awk|gawk|osascript|tclsh)[\d.]*"
)
_NEVER = names(
    ". source eval exec export declare readonly local alias trap sudo doas su ssh rm xargs env parallel tee find"
)


def patterns_of(
    line: Line, cwd: Path, policy: PathPolicy, harmless: Callable[[Command], bool]
) -> tuple[str, ...]:
    """Everything that must be allowed for `line` to run without being asked about; empty if no pattern could say it."""
    if line.unknown:
        return ()
    needed: list[str] = []
    for command in line.commands:
        if harmless(command):
            continue
        pattern = pattern_of_command(command)
        if pattern is None:
            return ()
        needed.append(pattern)
    for redirect in line.redirects:
        if redirect.target == "/dev/null":
            continue
        pattern = _of_redirect(redirect.operator, redirect.target, cwd, policy)
        if pattern is None:
            return ()
        needed.append(pattern)
    return tuple(dict.fromkeys(needed))


def pattern_of_command(command: Command) -> str | None:
    """The first words that say what a command does: `git commit`, `npm run build`, `python -m pytest`, `make`."""
    name, words = command.name, command.static
    if name is None or command.assigned or command.wrappers or name in _NEVER or words[0] != command.words[0]:
        return None
    if len(command.words) > 1 and command.words[1] is None and name in _WITH_VERBS:
        return None
    if re.search(r"\s", words[0]):
        return None
    if _INTERPRETERS.fullmatch(name) and name not in _WITH_VERBS:
        return _of_script(command)
    if name in _WITH_VERBS and len(words) > 1:
        if not re.fullmatch(r"[\w:@./-]+", words[1]) or words[1].startswith("-"):
            return None
        two = f"{words[0]} {words[1]}"
        if not _TWO_WORDS.fullmatch(two):
            return two
        return f"{two} {words[2]}" if len(words) > 2 and re.fullmatch(r"\w[\w:@./-]*", words[2]) else None
    return words[0]


def pattern_of_write(path: Path) -> str:
    """The pattern that allows writing in the directory tree of the file `path`."""
    return f"write {path.parent}"


def pattern_of_fetch(address: str) -> str:
    """The pattern that allows fetching from the host of `address`."""
    return f"fetch {host_of(address)}"


def covers(allowed: str, needed: str) -> bool:
    """Whether the pattern `allowed` covers `needed`: the same, its first words, or a directory above."""
    if needed.startswith("write /"):
        above = Path(allowed.removeprefix("write "))
        return allowed.startswith("write /") and Path(needed.removeprefix("write ")).is_relative_to(above)
    words = allowed.split()
    return bool(words) and needed.split()[: len(words)] == words


def _of_script(command: Command) -> str | None:
    words = command.words[1:]
    if len(words) >= 2 and words[0] == "-m" and words[1] and re.fullmatch(r"[\w.]+", words[1]):
        return f"{command.words[0]} -m {words[1]}"
    if words and words[0] and re.fullmatch(r"[\w./][\w./-]*", words[0]):
        return f"{command.words[0]} {words[0]}"
    return None


def _of_redirect(operator: str, target: str | None, cwd: Path, policy: PathPolicy) -> str | None:
    if target is None or operator == "<":
        return None
    try:
        path = policy.resolve(target, cwd)
    except UsageError:
        return None
    return pattern_of_write(path) if policy.write_problem(path) is None and policy.inside(path) else None
