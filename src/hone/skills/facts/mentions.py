"""What the steps and gotchas of a SKILL.md name: the commands in them and the paths. Pure text; whether any of it is there,
`pinning` looks.
"""

import re
import shlex
from collections.abc import Iterator, Sequence
from itertools import dropwhile

import msgspec

from hone.errors import UsageError
from hone.skills.outline import outline

_LONGEST = 2_000  # characters of a step that is looked at
ELSEWHERE = ".."  # the directory of commands that run outside of the workspace, or nobody knows where
_GAP = "\ufffc"  # stands for a placeholder: a word with it is not literal
_PLACEHOLDER = re.compile(r"<[A-Za-z][^<>|&;\n]*>|\$\{[^}]*\}|\$\w+|\{\{[^}]*\}\}|\{\w+\}")
_FENCED = re.compile(r"^[ \t]*(`{3,}|~{3,})[^\n]*\n(.*?)(?:^[ \t]*\1|\Z)", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<!`)(`{1,2})(?!`)(.+?)(?<!`)\1(?!`)")
_IN_PROSE = re.compile(
    r"(?<![\w/.-])(?:(?:npm|pnpm|yarn|bun|npx|make(?! (?:sure|it|the|an?|certain)\b)|uv run|poetry run|docker compose|docker-compose|docker build"
    r"|python3? -m) [^,;:()\n]+|(?:bash|sh|python3?|node) [\w./-]+[\w-])"
)
_PROMPT = re.compile(r"^\s*[$>%]\s+")
_EDITS = re.compile(
    r"\b(?:(?:edit|updat|bump|chang|modif|add|append|insert|writ|creat|regenerat|generat|replac|fill|renam|mov|remov|delet|record"
    r"|increas|adjust|fix|format|sav|refactor|extend|implement|register|past|patch|rewrit)(?:e|es|ed|d|s|ing|y)?|set|put)\b",
    re.IGNORECASE,
)
_ENDS = frozenset((";", "&&", "||", "|", "&", "(", ")", ";;", "|&"))
_WRAPPERS = frozenset(("sudo", "env", "time", "nohup", "exec", "command", "then", "do", "else", "!", "xargs"))
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_EDGES = "`\"'“”‘’()[]{},;:!?*"
_PLACE = re.compile(r":\d+(?:[:-]\d+)*$")
_LITERAL = re.compile(r"[\w.@+~=-]+(?:/[\w.@+~=-]*)*/?|/[\w.@+~=/-]+")


class Command(msgspec.Struct, frozen=True):
    """A simple command, run in `directory` (relative, empty: where the work is done). `writes` are its redirections."""

    words: tuple[str, ...]
    directory: str = ""
    writes: tuple[str, ...] = ()

    @property
    def program(self) -> str:
        """Its first word."""
        return self.words[0]


class Passage(msgspec.Struct, frozen=True):
    """A step or gotcha. `spans` is what it has in code, `words` all that may be a path; `edits`: it speaks of changing files."""

    text: str
    commands: tuple[Command, ...]
    spans: tuple[str, ...]
    words: tuple[str, ...]
    edits: bool


def passages(skill_text: str) -> tuple[Passage, ...]:
    """The steps and gotchas in their order; none if the text has no such sections."""
    try:
        page = outline(skill_text)
    except UsageError:
        return ()
    items = [item for kind in ("steps", "gotchas") for section in page.of(kind) for item in section.listed]
    return tuple(_passage(page.text(item, item.end)[:_LONGEST]) for item in items)


def commands(code: str) -> tuple[Command, ...]:
    """The simple commands in lines of shell, as far as they can be told by splitting them into words."""
    return tuple(each for line in code.splitlines() for each in _commands_of_line(_PROMPT.sub("", line)))


def is_literal(word: str) -> bool:
    """Whether `word` stands for itself: no placeholder, pattern or variable."""
    return bool(_LITERAL.fullmatch(word))


def _passage(text: str) -> Passage:
    text = _PLACEHOLDER.sub(_GAP, text)
    fenced = [match[2] for match in _FENCED.finditer(text)]
    prose = _FENCED.sub(" ", text)
    spans = [match[2].strip() for match in _SPAN.finditer(prose)]
    code = [*spans, *fenced]
    plain = _SPAN.sub(" ", prose)
    loose = [match[0].partition(". ")[0].rstrip(".") for match in _IN_PROSE.finditer(plain)]
    said = [each for part in code for each in commands(part)]
    said += [_first_words(each) for part in loose for each in commands(part)]
    words = [word for command in said for word in command.words] + text.split()
    return Passage(text, tuple(said), tuple(code), tuple(_paths(words)), bool(_EDITS.search(plain)))


def _first_words(command: Command) -> Command:
    """A command in prose, without the sentence that goes on behind it."""
    return msgspec.structs.replace(command, words=command.words[: 2 if command.program == "make" else 4])


def _commands_of_line(line: str) -> Iterator[Command]:
    directory = ""
    for tokens, writes in _simple(_split(line)):
        words = list(dropwhile(_stands_before, tokens))
        if words[:1] == ["cd"] and len(words) > 1:
            directory = f"{directory}/{words[1]}".lstrip("/") if words[1][:1] not in ("/", "~") else ELSEWHERE
        if words:
            yield Command(tuple(words), directory, tuple(writes))


def _stands_before(word: str) -> bool:
    return word in _WRAPPERS or bool(_ASSIGNMENT.match(word))


def _simple(tokens: Sequence[str]) -> Iterator[tuple[list[str], list[str]]]:
    words: list[str] = []
    writes: list[str] = []
    redirected = ""
    for token in (*tokens, ";"):
        if redirected:
            writes += [token] if ">" in redirected else []
            redirected = ""
        elif token and set(token) <= set("<>&") and set(token) & set("<>"):
            redirected = token
        elif token in _ENDS:
            yield words, writes
            words, writes = [], []
        else:
            words.append(token)


def _split(line: str) -> list[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        return list(lexer)
    except ValueError:  # a quote that is not closed, as in prose
        return line.split()


def _paths(words: Sequence[str]) -> Iterator[str]:
    for word in words:
        for part in (word, word.partition("=")[2]):
            path = _PLACE.sub("", part.strip(_EDGES)).rstrip(".").strip(_EDGES)
            if path and is_literal(path):
                yield path
