"""A shell line as its simple commands, for the approvals and the trust of its output. It looks; it never runs anything.

What cannot be known without running it (a variable as the command, a syntax error, a script from a pipe) is said to be
unknown, never guessed.
"""

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from hone.late import late

if TYPE_CHECKING:
    import tree_sitter

Word = str | None
"""A word of a command after quotes are removed; None where only running the line would tell."""


def names(text: str) -> frozenset[str]:
    """A set of words, for tables that are easier to read as a line of text."""
    return frozenset(text.split())


_MAX_DEPTH = 60
_SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh"})
_EXEC_OF_FIND = frozenset({"-exec", "-execdir", "-ok", "-okdir"})
# What runs the command behind it: the options of it that take a value, and how many other words come first.
_WRAPPERS: dict[str, tuple[frozenset[str], int]] = {
    "sudo": (names("-u -g -h -p -C -r -t -T -U -D -R --user --group --host --prompt --chdir"), 0),
    "doas": (frozenset({"-u", "-C"}), 0),
    "env": (frozenset({"-u", "--unset", "-C", "--chdir"}), 0),
    "timeout": (frozenset({"-k", "--kill-after", "-s", "--signal"}), 1),
    "nice": (frozenset({"-n", "--adjustment"}), 0),
    "ionice": (frozenset({"-c", "-n", "--class", "--classdata"}), 0),
    "nohup": (frozenset(), 0),
    "setsid": (frozenset(), 0),
    "stdbuf": (frozenset({"-i", "-o", "-e", "--input", "--output", "--error"}), 0),
    "time": (frozenset({"-f", "-o", "--format", "--output"}), 0),
    "command": (frozenset(), 0),
    "builtin": (frozenset(), 0),
    "exec": (frozenset({"-a"}), 0),
    "watch": (frozenset({"-n", "--interval"}), 0),
    "coproc": (frozenset(), 0),
    "strace": (names("-e -o -p -s -u -E -P"), 0),
    "flock": (names("-w --wait --timeout -E --conflict-exit-code"), 1),
    "chroot": (frozenset(), 1),
    "taskset": (frozenset(), 1),
    "chrt": (frozenset(), 1),
    "unbuffer": (frozenset(), 0),
    "xvfb-run": (names("-e -f -n -p -s -w"), 0),
    "systemd-run": (names("-p --property -u --unit -E --setenv"), 0),
    "setarch": (frozenset(), 1),
    "unshare": (frozenset(), 0),
    "runuser": (names("-u --user -g --group"), 0),
    "setpriv": (frozenset(), 0),
    "xargs": (names("-I -n -P -L -d -a -s -E --max-args --max-procs --delimiter --arg-file"), 0),
    "busybox": (frozenset(), 0),
}
# What calculates with a text runs the commands in it: `a[$(rm x)]`. So only these signs in a calculation are known to be none.
_CALM = late(r"(?:[\d\s+*/%()<>!&|^~?:,-]|\$[#?\d])*")
_COMPARES_NUMBERS = names("-eq -ne -lt -le -gt -ge")
_ASKS_FOR_VARIABLE = names("-v -R")
_ASSIGNMENT = late(r"[A-Za-z_]\w*\+?=")


class Redirect(msgspec.Struct, frozen=True):
    """A redirection to or from a file: its operator (`>`, `>>`, `<`, …) and the file's name."""

    operator: str
    target: Word


class Command(msgspec.Struct, frozen=True):
    """A simple command. `wrappers` names what runs it (`sudo`, `xargs`, …), outermost first; `assigned` its variables.

    An assignment that stands alone is a command without words.
    """

    words: tuple[Word, ...]
    assigned: tuple[str, ...] = ()
    wrappers: tuple[str, ...] = ()

    @property
    def name(self) -> str | None:
        """The program's name without its directory."""
        first = self.words[0] if self.words else None
        return (PurePosixPath(first).name or first) if first else None

    @property
    def static(self) -> tuple[str, ...]:
        """The words that are known."""
        return tuple(word for word in self.words if word is not None)


class Line(msgspec.Struct, frozen=True):
    """All simple commands of a line, however deep; `unknown` says what of it could not be read, empty if all was."""

    commands: tuple[Command, ...]
    redirects: tuple[Redirect, ...] = ()
    unknown: tuple[str, ...] = ()


@functools.lru_cache(maxsize=64)
def parse(line: str) -> Line:
    """The commands of `line`, with those inside substitutions, subshells, wrappers and `bash -c`."""
    reading = _Reading()
    reading.read(line, depth=0, wrappers=())
    return Line(tuple(reading.commands), tuple(reading.redirects), tuple(dict.fromkeys(reading.unknown)))


def positionals(words: Sequence[Word], with_value: frozenset[str]) -> list[Word]:
    """`words` without options; `with_value` names the options whose value is a word of its own."""
    found: list[Word] = []
    rest = iter(words)
    for word in rest:
        if word == "--":
            return [*found, *rest]
        if word is None or not word.startswith("-") or word == "-":
            found.append(word)
        elif takes_next(word, with_value):
            next(rest, None)
    return found


def takes_next(option: str, with_value: frozenset[str]) -> bool:
    """Whether the word after `option` is its value: `-o x`, `-sSo x`, `--output x`, but not `-ox` or `--output=x`."""
    if option.startswith("--") or len(option) == 2:
        return option in with_value
    first = next((i for i, letter in enumerate(option[1:], 1) if f"-{letter}" in with_value), None)
    return option in with_value or first == len(option) - 1


@functools.cache
def _parser() -> "tree_sitter.Parser":
    import tree_sitter  # noqa: PLC0415 - heavy: only where commands are run
    import tree_sitter_bash  # noqa: PLC0415

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


class _Reading:
    """What has been found so far."""

    def __init__(self) -> None:
        self.commands: list[Command] = []
        self.redirects: list[Redirect] = []
        self.unknown: list[str] = []

    def read(self, line: str, depth: int, wrappers: tuple[str, ...]) -> None:
        root = _parser().parse(line.encode("utf-8", "replace")).root_node
        if root.has_error or "\0" in line:
            self.unknown.append("it is not valid shell")
        if not all(sign.isprintable() or sign in "\n\t" for sign in line):
            self.unknown.append("it holds invisible characters")
        if re.search(r"\S\\\n\S", line):  # joined by the shell, split by the grammar
            self.unknown.append("a word goes on in the next line")
        self._visit(root, depth, wrappers)

    def _visit(self, node: "tree_sitter.Node", depth: int, wrappers: tuple[str, ...]) -> None:
        if depth > _MAX_DEPTH:
            self.unknown.append("it is nested too deep")
            return
        match node.type:
            case "command":
                self._command(node, depth, wrappers)
            case "declaration_command" | "unset_command":
                self._add(Command((_text(node.children[0]), None), wrappers=wrappers), depth)
            case "variable_assignment" if node.parent is None or node.parent.type != "command":
                self.commands.append(Command((), (_text(node.children[0]),), wrappers))
            case "function_definition":
                self.unknown.append("it defines a function")
            case "file_redirect":
                self._redirect(node)
            case "for_statement":
                self._loop(node, wrappers)
            case _ if _evaluates(node):
                self.unknown.append("it evaluates a text that is made at run time")
        for child in node.children:
            if child.child_count:
                self._visit(child, depth + 1, wrappers)

    def _command(self, node: "tree_sitter.Node", depth: int, wrappers: tuple[str, ...]) -> None:
        words: list[Word] = []
        assigned: list[str] = []
        for child in node.children:
            if child.type == "variable_assignment":
                assigned.append(_text(child.children[0]))
            elif child.type not in ("file_redirect", "heredoc_redirect", "herestring_redirect"):
                words.append(_value(child))
        self._add(Command(tuple(words), tuple(assigned), wrappers), depth)

    def _loop(self, node: "tree_sitter.Node", wrappers: tuple[str, ...]) -> None:
        variable = _text(node.children[1])
        if not variable.islower():  # one that may mean something to programs, such as PATH
            self.commands.append(Command((), (variable,), wrappers))

    def _redirect(self, node: "tree_sitter.Node") -> None:
        operator = next((_text(child) for child in node.children if not child.is_named), "")
        target = node.child_by_field_name("destination")
        text = None if target is None else _value(target)
        is_descriptor = operator in (">&-", "<&-") or (
            operator in (">&", "<&") and text is not None and text.isdigit()
        )
        if not is_descriptor:
            self.redirects.append(Redirect(operator, text))

    def _add(self, command: Command, depth: int) -> None:
        name = command.name
        if depth > _MAX_DEPTH:
            self.unknown.append("it is nested too deep")
        elif name is None or set(command.words[0] or "") & set("*?["):
            self.unknown.append("a variable or pattern stands where a command should")
            self.commands.append(command)
        elif name in _SHELLS or name == "su":
            self._shell(command, depth)
        elif name == "trap":
            self._script(_second(command), command, depth)
            self.commands.append(command)
        elif name == "alias":
            self.unknown.append("it defines an alias")
            self.commands.append(command)
        elif name == "eval":
            self._script(None if None in command.words else " ".join(command.static[1:]), command, depth)
        elif name in _WRAPPERS and not (name == "command" and _looks_up(command)):
            self._wrapped(command, *_WRAPPERS[name], depth)
        else:
            self.commands.append(command)
            if name == "find":
                for inner in _commands_of_find(command.words):
                    self._add(_inside(command, inner), depth + 1)

    def _shell(self, command: Command, depth: int) -> None:
        words = command.words
        flags = [i for i, word in enumerate(words) if word and re.fullmatch(r"-[a-z]*c|--command", word)]
        if flags:
            after = [w for w in words[flags[0] + 1 :] if w is None or not re.match(r"[-+]", w)]
            self._script(after[0] if after else None, command, depth)
        elif len(positionals(words[1:], frozenset({"-o", "-O"}))) == 0 or "-s" in words:
            self.unknown.append(f"{command.name} runs what it reads")
            self.commands.append(command)
        else:
            self.commands.append(command)

    def _script(self, text: Word, command: Command, depth: int) -> None:
        if text is None or depth > _MAX_DEPTH:
            self.unknown.append(f"{command.name} runs a text that is made at run time")
            self.commands.append(command)
        else:
            # Counted double: what quotes nest costs a parse of its own.
            self.read(text, depth + 10, (*command.wrappers, command.name or ""))

    def _wrapped(self, command: Command, with_value: frozenset[str], skip: int, depth: int) -> None:
        words = _behind_options(command.words[1:], with_value)
        words = words[skip:]
        assigned = []
        while command.name in ("env", "sudo") and words and words[0] and _ASSIGNMENT.match(words[0]):
            assigned.append(words[0].split("=")[0])
            words = words[1:]
        if command.name == "env" and (split := _split_by_env(command.words)) is not None:
            self.unknown.append("env -S splits a text at run time")
            self._script(split, command, depth)
        if command.name == "time" and any(re.match(r"-\w*o|--o", w or "-o") for w in command.words[1:2]):
            self.unknown.append("time may write a file")
        if command.name == "xargs":
            words = [*(words or ["echo"]), None]
        if words:
            self._add(_inside(command, words, assigned), depth + 1)
        else:
            self.commands.append(command)


def _inside(command: Command, words: Iterable[Word], assigned: Iterable[str] = ()) -> Command:
    return Command(tuple(words), (*command.assigned, *assigned), (*command.wrappers, command.name or ""))


def _behind_options(words: Sequence[Word], with_value: frozenset[str]) -> list[Word]:
    at = 0
    while at < len(words):
        word = words[at]
        if word is None or not word.startswith("-") or word == "-":
            break
        at += 2 if takes_next(word, with_value) else 1
        if word == "--":
            break
    return list(words[at:])


def _second(command: Command) -> Word:
    words = [word for word in command.words[1:] if word != "--"]
    return "" if not words or (words[0] or "").startswith("-") else words[0]


def _split_by_env(words: Sequence[Word]) -> str | None:
    """The text that `env -S` makes a command of; empty if it is not known, None if there is no such option."""
    for at, word in enumerate(words):
        found = re.match(r"-[a-zA-Z]*?S(.*)|--split-string=?(.*)|--s\w*=?(.*)", word or "", re.DOTALL)
        if found:
            given = next((text for text in found.groups() if text), "")
            return " ".join(filter(None, (given, *words[at + 1 :])))
        if word and at and not word.startswith("-"):
            return None
    return None


def _evaluates(node: "tree_sitter.Node") -> bool:
    """Whether the shell calculates here with more than numbers, asks for an element of a variable, or sets one."""
    kinds = {child.type for child in node.children}
    match node.type:
        case "arithmetic_expansion" | "subscript":
            inner = _text(node).removeprefix("$((").removesuffix("))")
            return node.type == "subscript" or not _CALM.fullmatch(inner)
        case "c_style_for_statement":
            return True
        case "compound_statement":
            return "((" in kinds and not _CALM.fullmatch(_text(node))
        case "expansion":
            return bool(kinds & {"=", ":="}) or (
                ":" in kinds and not _CALM.fullmatch(_text(node).partition(":")[2][:-1])
            )
        case "binary_expression" if operators := {
            _text(each) for each in node.children if each.type == "test_operator"
        }:
            operands = (
                _text(each) for each in node.children if each.is_named and each.type != "test_operator"
            )
            return bool(operators & _COMPARES_NUMBERS) and not all(map(_CALM.fullmatch, operands))
        case "unary_expression":
            return any(_text(child) in _ASKS_FOR_VARIABLE for child in node.children)
    return False


def _looks_up(command: Command) -> bool:
    return len(command.words) > 1 and (command.words[1] or "") in ("-v", "-V")


def _commands_of_find(words: Sequence[Word]) -> Iterator[tuple[Word, ...]]:
    for at, word in enumerate(words):
        if word in _EXEC_OF_FIND:
            rest = words[at + 1 :]
            end = next((i for i, each in enumerate(rest) if each in (";", "+")), len(rest))
            # {} stands for names that only running the line would tell.
            yield tuple(None if each == "{}" else each for each in rest[:end])


def _value(node: "tree_sitter.Node") -> Word:
    """What a word is once its quotes are removed; None if it depends on variables, substitutions or braces."""
    text = _text(node)
    match node.type:
        case "command_name":
            return _value(node.children[0]) if node.children else text
        case "word" | "number" | "extglob_pattern" | "special_character" | "test_operator" | "regex":
            return _unescaped(text)
        case "raw_string":
            return text[1:-1]
        case "string":
            plain = all(child.type in ('"', "string_content") for child in node.children)
            return re.sub(r'\\([\\"$`])', r"\1", text[1:-1]).replace("\\\n", "") if plain else None
        case "ansi_c_string":
            return None if "\\" in text else text[2:-1]
        case "concatenation":
            parts = [_value(child) for child in node.children]
            known = [part for part in parts if part is not None]
            braces = any(child.type == "word" and {"{", "}"} & set(_text(child)) for child in node.children)
            return None if braces or len(known) < len(parts) else "".join(known)
        case kind if not node.is_named:
            return text or kind
    return None


def _unescaped(text: str) -> Word:
    if re.match(r"~[^/]", text) or ("{" in text and re.search(r"\{.*(,|\.\.).*\}", text)):
        return None
    return re.sub(r"\\(.)", r"\1", text.replace("\\\n", ""))


def _text(node: "tree_sitter.Node") -> str:
    return (node.text or b"").decode("utf-8", "replace")
