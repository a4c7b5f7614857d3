"""A shell line as the actions it takes: which program does what to which targets, however the command was spelled.

Two actions are compared by `hone.learning.similar`; what their program is known for stands in `hone.learning.programs`.
"""

import functools
import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Literal

import msgspec

from hone.learning.lines import Piece, split
from hone.learning.programs import (
    ALIASES,
    ASKING,
    CHECKERS,
    CHECKING_VERBS,
    EDITING_VERBS,
    EXPLORERS,
    FORMATTERS,
    GROUPS,
    HANDLING,
    INTERPRETERS,
    LOOKERS,
    LOOKING_VERBS,
    PLAIN_RUNNERS,
    QUIET_WRAPPERS,
    REPAIRING,
    REPAIRING_SHORT,
    RUNNERS,
    SOURCE_SUFFIXES,
    VALUED,
    VERB_ALIASES,
    VERBS,
)
from hone.safety.commands import Command, parse, takes_next

Nature = Literal["explores", "looks", "edits", "acts"]
"""`explores`: looks around on this machine; `looks`: at a service; `edits`: changes files of the project; `acts`: anything else."""

Option = tuple[str, str]
"""Name and value; the value of a flag is empty."""

TOOL = ("tool",)
UNKNOWN = "\0"  # stands for a word that only running the line would tell

_SETUP = re.compile(
    r"(?:export|source|\.|nvm|conda activate|pyenv|rbenv|eval|module load|set -a|ulimit)\s", re.DOTALL
)
_WRITES_FILES = re.compile(r"\b(?:write|writeFile\w*|write_text|write_bytes|open|replace|rename|unlink)\s*\(")
_ONLY_CHECKS = frozenset({"--check", "--diff", "--dry-run", "--check-only", "-l", "-d"})
_HELP = frozenset({"-h", "-V"})  # with a target they may be anything, such as a host
_PACKAGE_TOOLS = frozenset(
    {"apt", "pip", "brew", "dnf", "yum", "docker"}
)  # whose --update and -i mean something else
_SCRATCH = re.compile(r"/dev/|/tmp/|&|.*\.(?:log|pid|out)$")


class Action(msgspec.Struct, frozen=True):
    """What one command of a line does. `text` is the command as it was written, without redirections.

    `head` is how the program was called (`sudo`, `python3`, `npx`, …), `program` its name in the usual spelling, `verbs` what it is told to do, `targets` its
    other words. `env` are variables given to it, `setup` the commands before it in the line that prepare the shell, `where` the directory the line changed to.
    """

    text: str
    head: tuple[str, ...] = ()
    program: str = ""
    verbs: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    loose: tuple[str, ...] = ()  # targets that may be the value of the option before them
    env: tuple[str, ...] = ()
    setup: tuple[str, ...] = ()
    where: str = ""
    nature: Nature = "acts"
    inline: bool = False  # it runs a script that stands in the line

    @property
    def is_tool(self) -> bool:
        """Whether it is a tool's call and no command; the arguments are its options, their values as JSON."""
        return self.head == TOOL

    @property
    def can_teach(self) -> bool:
        """Whether its failure may be a lesson: not how one looks around or handles files."""
        return self.nature in ("acts", "looks") and self.program not in HANDLING and bool(self.program)

    @property
    def checks_code(self) -> bool:
        """Whether it judges the code: tests, linters, compilers of types."""
        said = {
            self.program,
            *self.verbs,
            *(self.targets if self.program in ("make", "just", "task", "npm") else ()),
        }
        return bool(said & (CHECKERS | CHECKING_VERBS)) or any(
            re.match(r"(?:test|check|lint)\b", word) for word in (*self.verbs, self.program)
        )


@functools.lru_cache(maxsize=256)
def actions_of(line: str) -> tuple[tuple[Piece, Action], ...]:
    """The pieces of `line` that do something, each with what it does; what only prepares the shell is told by the others."""
    found: list[tuple[Piece, Action]] = []
    setup: list[str] = []
    env: list[str] = []
    where = ""
    for piece in split(line):
        commands = parse(piece.text).commands
        main = commands[0] if commands else Command(())
        if main.name in ("cd", "pushd") and len(main.static) == 2:
            where = main.static[1]
        if _SETUP.match(piece.text):
            if piece.text.startswith("export ") and "=" in piece.text:
                env.append(piece.text.removeprefix("export "))
            setup.append(piece.text)
            continue
        if not main.words:
            continue
        for command in commands if main.wrappers else (main,):
            action = _action(piece, command, line)
            found.append(
                (
                    piece,
                    msgspec.structs.replace(
                        action, env=(*sorted(env), *action.env), setup=tuple(setup), where=where
                    ),
                )
            )
    return tuple(found)


def _action(piece: Piece, command: Command, line: str) -> Action:
    words = [UNKNOWN if word is None else word for word in command.words]
    head = [name for name in command.wrappers if name not in QUIET_WRAPPERS]
    words = _behind_runners(words, head)
    program = _named(words, head)
    if not words:
        return Action(piece.text, tuple(head), program, inline=True)
    verbs, rest = _verbs(program, words[1:])
    options, targets, loose = _options(program, rest)
    action = Action(
        text=piece.text,
        head=tuple(head),
        program=program,
        verbs=verbs,
        targets=targets,
        options=options,
        loose=loose,
        env=tuple(sorted(_assigned(piece.text, command.assigned))),
        inline=program in INTERPRETERS,  # with a script of its own it would be named after that
    )
    return msgspec.structs.replace(action, nature=_nature(action, piece, line))


def _behind_runners(words: list[str], head: list[str]) -> list[str]:
    """`words` behind what only runs them (`npx`, `uv run`, `docker compose exec web`), which goes to `head`."""
    while words:
        name = PurePosixPath(words[0]).name
        taken = 0
        if name in PLAIN_RUNNERS:
            taken = 1
        elif words[1:2] and words[1] in RUNNERS.get(ALIASES.get(name, name), ()):
            taken = 2
        elif name == "uv" and words[1:2] == ["pip"]:
            taken = 1
        elif name in ("docker", "podman", "docker-compose", "kubectl"):
            taken = _container(words)
        elif re.fullmatch(r"python[\d.]*", name) and words[1:2] == ["-m"] and len(words) > 2:
            taken = 2
        if not taken:
            break
        while taken and taken < len(words) and words[taken].startswith("-"):
            taken += 1
        head += words[:taken]
        words = words[taken:]
    return words


def _container(words: Sequence[str]) -> int:
    """How many words of `docker exec -it web npm test` stand before the command that runs inside."""
    verbs = ["compose", "exec"] if words[1:2] == ["compose"] else ["exec"]
    if "docker-compose" in words[0]:
        verbs = ["exec"]
    at = 1 + len(verbs)
    if list(words[1:at]) != verbs and not (words[1:2] == ["compose"] and words[2:3] == ["run"]):
        return 0
    while at < len(words) and words[at].startswith("-"):
        at += 2 if takes_next(words[at], VALUED["docker"] | VALUED["kubectl"]) else 1
    at += 1
    at += words[at : at + 1] == ["--"]
    return at if at < len(words) else 0


def _named(words: list[str], head: list[str]) -> str:
    """The program's usual name. An interpreter with a script is the script; what was left out goes to `head`."""
    if not words:
        return ""
    path = PurePosixPath(words[0])
    name = re.sub(r"^(python|pip)[\d.]+$", r"\1", path.name)
    name = ALIASES.get(name, name)
    if name in INTERPRETERS:
        at = next((i for i, word in enumerate(words[1:], 1) if not word.startswith("-")), None)
        options = words[1:at]
        if at is not None and not any(re.fullmatch(r"-\w*[ceEpr]|--eval|-", option) for option in options):
            head += [path.name]
            del words[:at]
            return _named(words, head)
        return name
    if words[0] != name:
        head.append(words[0])
    if name == "docker compose":
        words[:1] = ["docker", "compose"]
        return "docker"
    return name


def _verbs(program: str, words: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """What the program is told to do, and the other words."""
    count = VERBS.get(program, 0)
    if (program == "npm" and words[:1] == ["run"]) or (words[:1] and words[0] in GROUPS.get(program, ())):
        count = 2
    rest = list(words)
    verbs: list[str] = []
    at = 0
    valued = VALUED.get(program, frozenset())
    while at < len(rest) and len(verbs) < count:
        if rest[at].startswith("-"):
            at += 2 if takes_next(rest[at], valued) else 1
        else:
            verbs.append(rest.pop(at))
    if program == "npm" and verbs[:1] == ["run"]:
        del verbs[0]  # npm run test is npm test
    return tuple(VERB_ALIASES.get(verb, verb) if program == "npm" else verb for verb in verbs), rest


def _options(
    program: str, words: Sequence[str]
) -> tuple[tuple[Option, ...], tuple[str, ...], tuple[str, ...]]:
    """Options, targets, and those of the targets that stand behind an option of which nothing is known."""
    options: list[Option] = []
    targets: list[str] = []
    loose: list[str] = []
    valued = VALUED.get(program, frozenset())
    behind_option = False
    rest = iter(words)
    for word in rest:
        if not re.match(r"--?[A-Za-z#]", word):
            targets += [word] if word != "--" else []
            loose += [word] if behind_option and word != "--" else []
            behind_option = False
            continue
        name, _, value = word.partition("=")
        behind_option = not value and not takes_next(word, valued)
        if not value and takes_next(word, valued):
            value = next(rest, "")
        elif program == "http" and (short := re.fullmatch(r"-[a-zA-Z]{2,}", word)):
            *flags, name = [f"-{letter}" for letter in short[0][1:]]  # -fsS is -f -s -S
            options += [(flag, "") for flag in flags]
        options.append((name, value))
    return tuple(options), tuple(targets), tuple(loose)


def _assigned(text: str, assigned: Sequence[str]) -> list[str]:
    """The assignments of a command with their values."""
    found = []
    for name in assigned:
        match = re.search(rf"\b{re.escape(name)}=('[^']*'|\"[^\"]*\"|\S*)", text)
        found.append(f"{name}={match[1].strip(chr(34) + chr(39))}" if match else name)
    return found


def _nature(action: Action, piece: Piece, line: str) -> Nature:
    program, verb = action.program, action.verbs[0] if action.verbs else ""
    flags = {name for name, value in action.options if not value}
    if _edits(action, flags, verb, line):
        return "edits"
    if program in EXPLORERS or program in ("sed", "perl"):
        kept = [name for name in piece.writes if not _SCRATCH.match(name)]
        return "edits" if kept else "explores"
    if program == "http":
        return "looks" if method_of(action) in ("GET", "HEAD") else "acts"
    asks = bool(flags & ASKING) or (not action.targets and bool(flags & _HELP))
    if asks or verb in LOOKING_VERBS.get(program, ()):
        return "explores" if asks or program == "git" else "looks"
    return "looks" if program in LOOKERS else "acts"


def _edits(action: Action, flags: set[str], verb: str, line: str) -> bool:
    """Whether it changes files of the project, as an editor would."""
    program = action.program
    if program in FORMATTERS or verb in EDITING_VERBS.get(program, ()):
        return not flags & _ONLY_CHECKS
    if flags & (REPAIRING | REPAIRING_SHORT.get(program, frozenset())) and program not in _PACKAGE_TOOLS:
        return True
    if program == "tee":
        return not all(_SCRATCH.match(name) for name in action.targets)
    if program in ("cp", "rm", "mv"):
        names = action.targets[-1:] if program == "cp" else action.targets
        return program == "mv" or any(PurePosixPath(name).suffix in SOURCE_SUFFIXES for name in names)
    return action.inline and bool(_WRITES_FILES.search(line))


def method_of(action: Action) -> str:
    """The HTTP method of a request."""
    given = next((value for name, value in action.options if name in ("-X", "--request")), "")
    if given:
        return given.upper()
    with_body = any(re.fullmatch(r"-d|--data.*|--json|-F|--form|-T", name) for name, _ in action.options)
    return "POST" if with_body else "GET"
