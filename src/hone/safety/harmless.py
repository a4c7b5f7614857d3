"""Commands that only look at the workspace, which nobody needs to be asked about. A short list; anything else is asked."""

import glob
import itertools
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from hone.errors import UsageError
from hone.late import late
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
    "du": (0, "--files0-from|-L|--dereference"),
    "file": (0, "-C|--compile|-f|--files-from|-m"),
    "tree": (0, "-o|-R|-l"),
    "realpath": (0, ""),
    "readlink": (0, ""),
    "test": (0, ""),
    "cd": (0, ""),
    "tr": (2, ""),
    "jq": (1, "-f|--from-file|-L|--slurpfile|--rawfile|--argfile"),
    "grep": (1, "-f|--file|-R|--dereference-recursive"),
    "egrep": (1, "-f|--file|-R|--dereference-recursive"),
    "fgrep": (1, "-f|--file|-R|--dereference-recursive"),
    "rg": (1, "--pre|--hostname-bin|-f|--file|-z|--search-zip|-L|--follow"),
    "sort": (0, "-o|--output|--compress-program|--files0-from|-T|--temporary-directory"),
    "find": (0, "-exec|-execdir|-ok|-okdir|-delete|-fprint|-fprintf|-fls|-fprint0|-files0-from|-L|-follow"),
    "git": (1, ""),
}
_GIT_LOOKS = names("status log diff show rev-parse ls-files blame describe shortlog rev-list cat-file grep")
_GIT_TURNS = "--output|--ext-diff|--textconv|-O|--open-files-in-pager|--exec|--paginate|--upload-pack"
_GIT_LISTS = late(
    r"branch( (-a|-r|-v|-vv|--list|--all|--show-current))*|remote( -v)?|tag( (-l|--list))?|stash list|worktree list"
)
_GIVES_PATTERN = late(r"(?:-\w*e|--regexp)($)?")
_WITH_VERSION = names(
    "python python3 pip node npm npx yarn pnpm go cargo rustc java ruby php gcc make cmake uv git docker"
)
_RUN_HARMLESSLY = frozenset({"timeout", "nice", "time", "command", "builtin", "stdbuf", "exec"})
_READING = frozenset({"<"})
_NULL = "/dev/null"
_MAX_MATCHES = 1000  # of a pattern
_MAX_PLACES = 64


def is_harmless(line: Line, cwd: Path, policy: PathPolicy) -> bool:
    """Whether every command of `line` is known to only read, and only in the workspace."""
    if line.unknown or not line.commands or not policy.inside(policy.resolve(".", cwd)):
        return False
    places = _places(line, cwd, policy)

    def readable(word: Word) -> bool:
        return word is not None and all(_matches_inside(word, place, policy) for place in places)

    return (
        len(places) <= _MAX_PLACES
        and all(_command_is_harmless(command, readable) for command in line.commands)
        and all(
            redirect.target == _NULL or (redirect.operator in _READING and readable(redirect.target))
            for redirect in line.redirects
        )
        and not (
            any(command.name == "git" for command in line.commands)
            and any(_foreign(at, policy) for at in places)
        )
    )


def turns(command: Command) -> bool:
    """Whether an option makes a command that only reads write a file or run a program."""
    name, words = command.name or "", command.words[1:]
    if name == "git":
        return any(_is_option(word, _GIT_TURNS) for word in words)
    return name in _READERS and any(_is_option(word, _READERS[name][1]) for word in words)


def may_read_hidden(command: Command, cwd: Path, policy: PathPolicy) -> bool:
    """Whether a command that only reads is given a path that is hidden, or one that only running would tell."""
    if command.name not in _READERS:
        return False
    return None in command.words or any(_hidden(word, cwd, policy) for word in command.static[1:])


def _hidden(word: str, cwd: Path, policy: PathPolicy) -> bool:
    try:
        return policy.read_problem(policy.resolve(word, cwd)) is not None or bool(set(word) & set("*?["))
    except UsageError:
        return True


def _places(line: Line, cwd: Path, policy: PathPolicy) -> list[Path]:
    """Where the commands of `line` may run: after each `cd`, or still before it if that failed or was in a subshell."""
    places = [cwd]
    for command in line.commands:
        for goal in command.static[1:] if command.name == "cd" else ():
            if len(places) <= _MAX_PLACES:
                places += [policy.resolve(goal, place) for place in places]
    return list(dict.fromkeys(places))


def _foreign(place: Path, policy: PathPolicy) -> bool:
    """Whether a repository may be at work in `place` that is not the workspace's: its configuration names programs."""
    between = [each for each in (place, *place.parents) if each != policy.workspace and policy.inside(each)]
    return any(
        (each / ".git").is_dir() or ((each / "HEAD").exists() and (each / "refs").exists())
        for each in between
    )


def _matches_inside(word: str, cwd: Path, policy: PathPolicy) -> bool:
    """Whether `word`, and what it stands for as a pattern, is in the workspace: a link in it may lead elsewhere."""
    if not _inside(word, cwd, policy):
        return False
    if not set(word) & set("*?["):
        return True
    found = list(itertools.islice(glob.iglob(str(cwd / word)), _MAX_MATCHES))  # noqa: PTH207 - as the shell does it
    return len(found) < _MAX_MATCHES and all(_inside(each, cwd, policy) for each in found)


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
    if name == "cd":
        return len(words) == 1 and not re.search(r"^-|[*?[]", words[0] or "") and readable(words[0])
    if (name, words[0:1]) == ("printf", ("-v",)) or (name == "test" and {"-v", "-R"} & set(words)):
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
            if _is_option(word, refused):
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


def _is_option(word: Word, options: str) -> bool:
    """Whether `word` gives one of `options`, also abbreviated (`--outp=x`) or among other letters (`-uo`)."""
    if word is None or not options or not word.startswith("-"):
        return False
    given = word.split("=")[0]
    if word.startswith("--"):
        return len(given) > 2 and any(option.startswith(given) for option in options.split("|"))
    letters = [option[1] for option in options.split("|") if len(option) == 2]
    return given in options.split("|") or any(letter in word[1:] for letter in letters)


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
    return words[0] in _GIT_LOOKS and not any(_is_option(word, _GIT_TURNS) for word in words[1:])


def _sed_prints(words: Sequence[Word]) -> bool:
    return len(words) >= 2 and words[0] == "-n" and bool(re.fullmatch(r"\d+(,(\d+|\$))?p", words[1] or ""))
