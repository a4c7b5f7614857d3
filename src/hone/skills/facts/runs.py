"""What a command runs of a project: a script or dependency of a manifest, a target, a service, a file. Pure words."""

import re
from collections.abc import Iterator, Sequence

import msgspec

from hone.skills.facts.manifests import dependency
from hone.skills.facts.mentions import Command

MANIFESTS_OF_DEPENDENCIES = ("package.json", "pyproject.toml")
_MAKEFILES = ("Makefile", "makefile", "GNUmakefile")
_COMPOSE_FILES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")

# Any machine has them, or the shell itself is.
_BASICS = """
. : [ [[ alias awk basename bash break case cat cd chmod chown clear command continue cp cut date declare dirname do done echo
elif else env esac eval exec exit export expr false fi find for function grep head hostname id if in kill let ln local ls mkdir
mktemp mv popd printf ps pushd pwd read readlink return rm rmdir sed set sh shift sleep sort source sudo tail tee test then time
touch tr trap true type ulimit umask unalias uname uniq unset until wait wc which while whoami xargs
"""
BASICS = frozenset(_BASICS.split())

_NODE = frozenset(("npm", "pnpm", "yarn", "bun"))
_INSTALLS = frozenset(("install", "i", "add", "remove", "uninstall", "update", "upgrade", "up"))
_WITH_PACKAGES = frozenset(("npm", "pnpm", "yarn", "bun", "pip", "pip3", "uv", "poetry", "pdm"))
_RUN = frozenset(("run", "run-script"))
_EXECUTE = frozenset(("exec", "x", "dlx"))
_PROJECT_RUNNERS = frozenset(("uv", "poetry", "pdm", "pipenv", "rye", "hatch"))
_EXECUTORS = frozenset(("npx", "bunx", "pnpx", "uvx"))
_INTERPRETERS = re.compile(
    r"(?:bash|sh|zsh|dash|python(?:3(?:\.\d+)?)?|node|ruby|perl|php|tsx|ts-node|source|\.)"
)
_PYTHON = re.compile(r"python(?:3(?:\.\d+)?)?")
_DIRECTORY_OPTIONS = frozenset(("-C", "--prefix", "--dir", "--cwd", "--directory", "--project-directory"))
_FILE_OPTIONS = frozenset(("-f", "--file", "--makefile"))
_VALUED = frozenset(
    (
        "-t",
        "--tag",
        "-p",
        "--project-name",
        "--profile",
        "--env-file",
        "--build-arg",
        "-e",
        "--env",
        "-w",
        "--workspace",
    )
)
_AT_VERSION = re.compile(r"(?<=.)(?:@|[=<>~!^]=?|\[).*")


class Part(msgspec.Struct, frozen=True):
    """`key` of the first of `manifests` (paths) that has it; without a key, the file itself. `directory`: only there."""

    manifests: tuple[str, ...]
    key: str
    directory: str = ""


def unwrapped(command: Command) -> Iterator[Command]:
    """The command, and the one that it runs for the project (`uv run pytest`, `npx tsc`)."""
    yield command
    program, rest = command.program, list(command.words[1:])
    if program in _PROJECT_RUNNERS | _NODE and rest[:1] and rest[0] in _RUN | _EXECUTE:
        inner = rest[1:] if program in _PROJECT_RUNNERS or rest[0] in _EXECUTE else []
    else:
        inner = rest if program in _EXECUTORS else []
    words = _positional(inner, only_leading=True).words
    if words:
        yield from unwrapped(msgspec.structs.replace(command, words=tuple(words)))


def script_of(command: Command) -> str | None:
    """The file that the command runs, None if it runs none of the project."""
    if "/" in command.program:
        return command.program
    if not _INTERPRETERS.fullmatch(command.program):
        return None
    words = command.words[1:]
    if words[:1] == ("-m",) and len(words) > 1:
        return f"{words[1].replace('.', '/')}.py"
    return words[0] if words and not words[0].startswith("-") else None


def parts(command: Command) -> Iterator[Part]:
    """The parts of manifests that the command relies on, if they are there."""
    program, rest = command.program, list(command.words[1:])
    if program in _WITH_PACKAGES:
        yield from _of_packages(command, rest)
    if program in ("make", "gmake"):
        yield from _of_make(command, rest)
    if program == "docker-compose":
        yield from _of_compose(command, rest)
    elif program in ("docker", "podman") and rest[:1] == ["compose"]:
        yield from _of_compose(command, rest[1:])
    elif program in ("docker", "podman") and (rest[:1] == ["build"] or rest[:2] == ["buildx", "build"]):
        yield from _of_image(command, rest[1 + (rest[0] == "buildx") :])
    if _PYTHON.fullmatch(program):
        yield Part(("pyproject.toml",), "requires-python", command.directory)
        if rest[:1] == ["-m"] and len(rest) > 1:
            yield Part(("pyproject.toml",), dependency(rest[1].partition(".")[0]), command.directory)
    elif program in _NODE | {"node", "npx"}:
        yield Part(("package.json",), "engines.node", command.directory)
    if "/" not in program:
        yield Part(("pyproject.toml",), f"scripts.{program}", command.directory)
        yield Part(MANIFESTS_OF_DEPENDENCIES, dependency(program), command.directory)


class _Arguments(msgspec.Struct):
    """Words that are no options, and where `-C` and `-f` point."""

    words: list[str]
    directory: str = ""
    file: str = ""


def _of_packages(command: Command, rest: Sequence[str]) -> Iterator[Part]:
    given = _positional(rest)
    verb, names = given.words[:1], given.words[1:]
    directory = _joined(command.directory, given.directory)
    if command.program in _NODE and verb:
        runs = names[:1] if verb[0] in _RUN else [{"t": "test", "tst": "test"}.get(verb[0], verb[0])]
        yield from (Part(("package.json",), f"scripts.{name}", directory) for name in runs)
    if verb and verb[0] in _INSTALLS:
        for name in names:
            yield Part(MANIFESTS_OF_DEPENDENCIES, dependency(_AT_VERSION.sub("", name)), directory)


def _of_make(command: Command, rest: Sequence[str]) -> Iterator[Part]:
    given = _positional(rest)
    directory = _joined(command.directory, given.directory)
    for target in given.words:
        if "=" not in target:
            yield Part((given.file,) if given.file else _MAKEFILES, f"targets.{target}", directory)


def _of_compose(command: Command, rest: Sequence[str]) -> Iterator[Part]:
    given = _positional(rest)
    manifests = (given.file,) if given.file else _COMPOSE_FILES
    directory = _joined(command.directory, given.directory)
    yield Part(manifests, "", directory)
    yield from (Part(manifests, f"services.{name}", directory) for name in given.words[1:])


def _of_image(command: Command, rest: Sequence[str]) -> Iterator[Part]:
    stage = next((_value(rest, place) for place, word in enumerate(rest) if word.startswith("--target")), "")
    given = _positional([word for word in rest if word != "--target"])
    context = next((word for word in reversed(given.words) if word != stage), "")
    directory = command.directory if given.file else _joined(command.directory, context.strip("."))
    manifests = (given.file or "Dockerfile",)
    keys = [f"stage.{stage}"] if stage else ["base", "expose"]
    yield from (Part(manifests, key, directory) for key in keys)


def _positional(words: Sequence[str], *, only_leading: bool = False) -> _Arguments:
    found, waiting = _Arguments([]), ""
    for place, word in enumerate(words):
        if waiting:
            _point(found, waiting, word)
            waiting = ""
        elif word.startswith("-") and word != "-":
            option, has_value, value = word.partition("=")
            if has_value:
                _point(found, option, value)
            elif option in _DIRECTORY_OPTIONS | _FILE_OPTIONS | _VALUED:
                waiting = option
        elif only_leading:
            found.words = list(words[place:])
            break
        else:
            found.words.append(word)
    return found


def _point(found: _Arguments, option: str, value: str) -> None:
    if option in _DIRECTORY_OPTIONS:
        found.directory = value
    elif option in _FILE_OPTIONS:
        found.file = value


def _value(words: Sequence[str], place: int) -> str:
    return words[place].partition("=")[2] or next(iter(words[place + 1 : place + 2]), "")


def _joined(directory: str, inner: str) -> str:
    return "/".join(part for part in (directory, inner.strip("/") if directory else inner) if part)
