"""Commands that only look at the workspace, which nobody needs to be asked about. A short list; anything else is asked."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from hone.errors import UsageError
from hone.safety.commands import Command, Line, Word, names
from hone.safety.paths import PathPolicy

# Neither read files nor change anything, whatever their arguments.
_TALK = names(
    "echo printf true false : pwd whoami id type which sleep seq uname nproc uptime free basename dirname"
)
# Read the files that their arguments name: how many of the first words are no path, and options that would change something.
_READERS: dict[str, tuple[int, str]] = {
    "ls": (0, ""),
    "cat": (0, ""),
    "head": (0, ""),
    "tail": (0, ""),
    "wc": (0, "--files0-from"),
    "nl": (0, ""),
    "cut": (0, ""),
    "column": (0, ""),
    "cmp": (0, ""),
    "comm": (0, ""),
    "diff": (0, "--output|-o"),
    "stat": (0, ""),
    "du": (0, "--files0-from"),
    "file": (0, "-C|--compile|-f|--files-from|-m"),
    "tree": (0, "-o|-R"),
    "realpath": (0, ""),
    "readlink": (0, ""),
    "test": (0, ""),
    "cd": (0, ""),
    "tr": (2, ""),
    "jq": (1, "-f|--from-file|-L|--slurpfile|--rawfile|--argfile"),
    "grep": (1, "-f|--file"),
    "egrep": (1, "-f|--file"),
    "fgrep": (1, "-f|--file"),
    "rg": (1, "--pre|--hostname-bin|-f|--file|-z|--search-zip"),
    "sort": (0, "-o|--output|--compress-program|--files0-from|-T|--temporary-directory"),
    "find": (0, "-exec|-execdir|-ok|-okdir|-delete|-fprint|-fprintf|-fls|-fprint0|-files0-from"),
    "git": (1, ""),
}
_GIT_LOOKS = names("status log diff show rev-parse ls-files blame describe shortlog rev-list cat-file grep")
_GIT_CHANGES = re.compile(
    r"--output|--ext-diff|--textconv|-O|--open-files-in-pager|--exec|--paginate|-p$|--upload-pack"
)
_GIT_LISTS = re.compile(
    r"branch( (-a|-r|-v|-vv|--list|--all|--show-current))*|remote( -v)?|tag( (-l|--list))?|stash list|worktree list"
)
_GIVES_PATTERN = re.compile(r"(?:-\w*e|--regexp)($)?")
_WITH_VERSION = names(
    "python python3 pip node npm npx yarn pnpm go cargo rustc java ruby php gcc make cmake uv git docker"
)
_RUN_HARMLESSLY = frozenset({"timeout", "nice", "time", "command", "builtin", "stdbuf", "exec"})
_READING = frozenset({"<"})
_NULL = "/dev/null"


def is_harmless(line: Line, cwd: Path, policy: PathPolicy) -> bool:
    """Whether every command of `line` is known to only read, and only in the workspace."""
    if line.unknown or not line.commands or not policy.inside(policy.resolve(".", cwd)):
        return False
    moves = any(command.name == "cd" for command in line.commands)

    def readable(word: Word) -> bool:
        # After a cd a path is relative to a directory of the workspace, and leaves it only by `..`.
        return word is not None and not (moves and ".." in word) and _inside(word, cwd, policy)

    return all(_command_is_harmless(command, readable) for command in line.commands) and all(
        redirect.target == _NULL or (redirect.operator in _READING and readable(redirect.target))
        for redirect in line.redirects
    )


def _inside(word: str, cwd: Path, policy: PathPolicy) -> bool:
    try:
        path = policy.resolve(word, cwd)
    except UsageError:
        return False
    return policy.inside(path) and policy.read_problem(path) is None


def _command_is_harmless(command: Command, readable: Callable[[Word], bool]) -> bool:
    name, words = command.name, command.words[1:]
    if name is None or command.assigned or not set(command.wrappers) <= _RUN_HARMLESSLY:
        return False
    if command.words[0] != name and not re.fullmatch(
        rf"(/usr)?/bin/{re.escape(name)}", command.words[0] or ""
    ):
        return False
    if name in _TALK or (name == "command" and words[0:1] != ()) or name == "date":
        return name != "date" or not any(w is None or re.match(r"-s|--set|-f|--file|\d", w) for w in words)
    if name in _WITH_VERSION and words in (("--version",), ("-V",), ("version",)):
        return True
    if name == "git" and not _git_looks(words):
        return False
    if name == "sed":
        return _sed_prints(words) and all(map(readable, words[2:]))
    return name in _READERS and _reads_inside(name, words, readable)


def _reads_inside(name: str, words: Sequence[Word], readable: Callable[[Word], bool]) -> bool:
    skip, refused = _READERS[name]
    is_grep = name in ("grep", "egrep", "fgrep", "rg")
    if is_grep and any(_GIVES_PATTERN.match(word or "") for word in words):
        skip = 0
    for word in words:
        if word is None:
            return False
        if word.startswith("-") and word != "-":
            if refused and re.match(rf"(?:{refused})(?:=|$)", word):
                return False
            if not _option_stays_inside(word, readable):
                return False
            if is_grep and (given := _GIVES_PATTERN.match(word)):
                skip = 0 if given[1] is None else 1  # the pattern is the next word
        elif skip:
            skip -= 1
        elif not readable(word) and word != _NULL:
            return False
    return True


def _option_stays_inside(word: str, readable: Callable[[Word], bool]) -> bool:
    """Options may carry a path: `--file=/etc/x`, `-f/etc/x`."""
    at = min((i for i in (word.find("/"), word.find("=") + 1, word.find("~")) if i > 0), default=0)
    return at == 0 or readable(word[at:] or ".")


def _git_looks(words: Sequence[Word]) -> bool:
    if not words or None in words:
        return False
    said = " ".join(word for word in words if word is not None)
    if _GIT_LISTS.fullmatch(said):
        return True
    return words[0] in _GIT_LOOKS and not any(
        _GIT_CHANGES.match(word or "") for word in words[1:] if word != "-p"
    )


def _sed_prints(words: Sequence[Word]) -> bool:
    return len(words) >= 2 and words[0] == "-n" and bool(re.fullmatch(r"\d+(,(\d+|\$))?p", words[1] or ""))
