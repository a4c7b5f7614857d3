"""What a person can allow for always: the pattern of a call, and whether a pattern that was allowed covers it.

Patterns are words: `npm test`, `write /home/me/project/src`, `fetch example.org`. A shorter one covers the longer ones.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path

from hone.errors import UsageError
from hone.late import late
from hone.safety.commands import Command, Line, names
from hone.safety.harmless import may_read_hidden, turns
from hone.safety.paths import PathPolicy
from hone.safety.remote import host_of

# Programs whose first word says what they do; the longer names come first where they have two.
_TWO_WORDS = late(
    r"(npm|pnpm|yarn|bun) run|docker compose|uv (run|pip|tool)|(poetry|pdm|conda|go) run|bundle exec|go (mod|tool)"
    r"|git (stash|remote|worktree|lfs|config|submodule|bisect)"
)
# What they run or open is in the words behind, so that no pattern could say it.
_RUNS_ITS_WORDS = late(
    r"(npm|pnpm|yarn|bun) (exec|x|dlx|node)|(docker|podman) (run|exec|create|cp)|docker compose (run|exec|cp)"
    r"|git (filter-branch|rebase|difftool|mergetool|bisect run|submodule foreach)|go (generate|tool .*)|uv (x|tool run)|just --.*"
)
_WITH_VERBS = names(
    "git npm pnpm yarn bun cargo go pip pip3 uv poetry pdm docker podman docker-compose kubectl terraform tofu gh make just task "
    "gradle mvn dotnet rails rake bundle composer conda apt apt-get brew systemctl helm aws gcloud az deno nx turbo npx bunx "
    "pnpx uvx pipx"
)
# What these run is their argument, so that allowing the program would allow everything.
_INTERPRETERS = late(
    r"(python|pypy|ruby|perl|php|lua|node|deno|bun|bash|sh|zsh|dash|ksh|fish|awk|gawk|mawk|nawk|osascript|tclsh|Rscript|irb|ts-node"
    r"|tsx|ed|ex|vi|vim|nvim|emacs|m4|gdb|sqlite|psql|mysql|mongosh)[\d.]*"
)
_NEVER = names(
    ". source eval exec export declare typeset readonly local alias unalias trap set shopt hash enable read mapfile readarray "
    "getopts let unset bind complete cd pushd popd wait fc sudo doas su ssh rm xargs env parallel tee find sed tar dd rsync scp sftp "
    "zip man less more script expect tmux screen at batch crontab nsenter entr watchexec hyperfine nix nix-shell ld.so "
    "busybox toybox cp mv ln install curl wget"
)


def patterns_of(
    line: Line, cwd: Path, policy: PathPolicy, harmless: Callable[[Command], bool]
) -> tuple[str, ...]:
    """Everything that must be allowed for `line` to run without being asked about; empty if no pattern could say it."""
    if line.unknown:
        return ()
    needed: list[str] = []
    moves = any(command.name == "cd" for command in line.commands)
    for command in line.commands:
        if harmless(command):
            continue
        pattern = pattern_of_command(command)
        if pattern is None or turns(command) or may_read_hidden(command, cwd, policy):
            return ()
        if named := _program_file(command):
            if moves:
                return ()  # which file that is, only running would tell
            pattern = _placed(pattern, named, cwd, policy)
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
    if not re.fullmatch(r"[!-~]+", words[0]) or _RUNS_ITS_WORDS.match(" ".join(words)):
        return None
    if _INTERPRETERS.fullmatch(name) and name not in _WITH_VERBS:
        return _of_script(command)
    if name in _WITH_VERBS and len(words) > 1:
        if not re.fullmatch(r"[\w:@./-]+", words[1]) or words[1].startswith("-"):
            return None
        two = f"{words[0]} {words[1]}"
        if not _TWO_WORDS.fullmatch(two):
            return two
        if len(words) < 3 or not re.fullmatch(r"\w[\w:@./-]*", words[2]) or _INTERPRETERS.fullmatch(words[2]):
            return None
        return f"{two} {words[2]}"
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


def _program_file(command: Command) -> str | None:
    """The file that a command runs, if it is named by a path and not looked for on PATH."""
    first = command.words[0] or ""
    if "/" in first:
        return first
    script = command.words[1] if len(command.words) > 1 and command.words[1] != "-m" else None
    return script if _INTERPRETERS.fullmatch(first) and first not in _WITH_VERBS else None


def _placed(pattern: str, named: str, cwd: Path, policy: PathPolicy) -> str:
    """`pattern` with the file `named` as seen from the workspace: `./run.sh` is another one in each directory."""
    if named.startswith("/"):
        return pattern
    path = os.path.relpath(os.path.normpath(cwd / named), policy.workspace)
    return pattern.replace(named, f"./{path}" if named.startswith("./") else path, 1)


def _of_redirect(operator: str, target: str | None, cwd: Path, policy: PathPolicy) -> str | None:
    if target is None or operator == "<":
        return None
    try:
        path = policy.resolve(target, cwd)
    except UsageError:
        return None
    return pattern_of_write(path) if policy.write_problem(path) is None and policy.inside(path) else None
