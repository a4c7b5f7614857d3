"""The values that a text claims: what it says word for word and could be run, opened, set or looked up. Pure.

Prose claims none. What a value rests on is `hone.changes.rules.vouched`'s part.
"""

import re
import shlex
from collections.abc import Iterator, Sequence

import msgspec

from hone.safety.commands import names
from hone.safety.remote import host_of, is_loopback

Words = tuple[str, ...]

ANYTHING = "\0"
"""Stands in a word of a value where the text has a placeholder such as `<version>`."""

_SPAN = re.compile(r"(`+)(.+?)\1", re.DOTALL)
_PLACEHOLDER = re.compile(r"<[^<>\s][^<>]*>")
_EXIT = re.compile(
    r"\bexit(?:s|ed)?(?: with)?(?: code| status)? \d{1,3}\b", re.IGNORECASE
)  # what a call says of itself
_DATE = re.compile(r"\(until \d{4}-\d\d-\d\d\)|\b\d{4}-\d\d-\d\d\b")  # says when it was learned, not what
_OPENING, _CLOSING = "\"'“‘([{<*…→", "\"'”’.,;:!?)]}>*…→"
_PROSE = frozenset(("and/or", "either/or", "i/o", "n/a", "e.g", "i.e", "w/o", "->", "=>"))
_SHAPED = re.compile(
    r"""
    \d                   # a number, a port, a version
    | ^--?[A-Za-z]       # an option
    | [/\\~$@=_#%]       # a path, a variable, an address, an assignment, an identifier
    | \w\.\w | ^\.\w     # a file, a host, an attribute
    | ^[a-z]+[A-Z][a-z]  # anIdentifier
    | ::
    """,
    re.VERBOSE,
)
_HEREDOC = re.compile(
    r"(?<!<)<<(?!<)-?[ \t]*(['\"]?)(\w+)\1([^\n]*)(?:\n.*?)??(?:\n[ \t]*\2[ \t]*(?=\n|\Z)|\Z)", re.DOTALL
)
_OPERATORS = ";&|<>()\n"
# An operator that the shell would not take for one, and shlex does.
_QUOTED_OPERATOR = re.compile(r"\\[;&|<>()\n#]|(['\"])[;&|<>()\s]*[;&|<>()][;&|<>()\s]*\1")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_URL = re.compile(r"(?:(?<![\w.+-])[a-z][\w+.-]*:|^|(?<=[=\"'(]))//(?=[^/\s])[^\s\"'<>)]+", re.IGNORECASE)
_AT_HOST = re.compile(r"(?<=[\w.-]@)(?:[\w-]+\.)+[a-z]{2,}\b", re.IGNORECASE)
_NUMERIC = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])")
_DOTTED = re.compile(
    r"(?<![\w./@-])(?:[\w-]+\.)+(?:[a-z]{2,}(?=:\d)|(?:com|org|net|io|dev|ai|app|cloud|info|xyz|example)\b)(?!\()",
    re.IGNORECASE,
)

_ONE_PART = re.compile(r"[^\s\"'(){};`<>]+")  # no text, no program
_QUOTES = re.compile(r"[\"'`“”‘’]")
_BEFORE_PATH = r"(?:^|(?<=[^\w./~-])|(?<=localhost)|(?<=:\d)|(?<=:\d\d)|(?<=:\d{3})|(?<=:\d{4})|(?<=:\d{5}))"
_SENTENCE_END = re.compile(r"[.!?;:]+(?:\s+|$)|\n+")
_WORD = re.compile(r"\w(?:[\w'.+#/-]*[\w+#])?")
_FEWEST = 2  # words that say something
# Words that a note may have beside those of the user whom it quotes.
_SMALL = names(
    "the a an user user's users wants want prefers prefer likes like asked said says to that is are be i we my our their"
)
_DENYING = names("not no never nor without instead avoid stop don't doesn't can't cannot won't isn't aren't")


class Piece(msgspec.Struct, frozen=True):
    """A simple command as its words, redirections left out; `behind` joins it to the next, empty at the end."""

    words: Words
    behind: str = ""


def values_in(text: str) -> tuple[Words, ...]:
    """The values of `text`, each as words: the commands in code spans, else single words that look like no prose."""
    text = _EXIT.sub(" ", _DATE.sub(" ", text))
    spans = (match[2] for match in _SPAN.finditer(text))
    prose = _PLACEHOLDER.sub(" ", _SPAN.sub(" ", text))
    return tuple(dict.fromkeys([*(value for span in spans for value in _of_span(span)), *_of_prose(prose)]))


def names_host(word: str) -> bool:
    """Whether `word` names a host other than this machine, or looks as if it did."""
    found = (*_URL.findall(word), *_AT_HOST.findall(word), *_NUMERIC.findall(word), *_DOTTED.findall(word))
    return any(not is_loopback(host_of(each.removeprefix("//"))) for each in found)


def holds(word: str, value: str) -> bool:
    """Whether the word of a command is `value`, or contains it as a part that stands by itself: a port, a path, an option."""
    return word == value or bool(_ONE_PART.fullmatch(word) and _bounded(value).search(word))


def mentions(text: str, value: Words) -> bool:
    """Whether `text`, which is `plain`, has `value` word for word."""
    return bool(_bounded(plain(" ".join(value))).search(text))


def plain(text: str) -> str:
    """`text` in one line and in lower case, without quotes."""
    return " ".join(_QUOTES.sub("", text).split()).casefold()


def repeats(text: str, said: str) -> bool:
    """Whether one sentence of `said` has the words of `text` in their order, and denies what it denies."""
    words = [word for word in _words(text) if word not in _SMALL]
    if len(words) < _FEWEST:
        return False
    for sentence in _SENTENCE_END.split(said):
        spoken = _words(sentence)
        rest = iter(spoken)
        if all(word in rest for word in words) and _denials(spoken) == _denials(words):
            return True
    return False


def keeps(text: str, old: str) -> bool:
    """Whether `text` says what `old` says, in its words and with as many denials, but for the values."""
    spoken = _words(text)
    words = [
        word for token in _SPAN.sub(" ", old).split() if not _SHAPED.search(token) for word in _words(token)
    ]
    rest = iter(spoken)
    return bool(words) and all(word in rest for word in words) and _denials(words) == _denials(spoken)


def pieces(line: str) -> tuple[Piece, ...]:
    """The simple commands of a shell line without comments and here-documents; none if it is not sure how it splits."""
    line = _HEREDOC.sub(r"\3", line.replace("\\\n", " "))
    if _QUOTED_OPERATOR.search(line):
        return ()
    lexer = shlex.shlex(line, posix=True, punctuation_chars=_OPERATORS)
    lexer.whitespace, lexer.whitespace_split = " \t\r", True
    try:
        return tuple(_split(list(lexer)))
    except ValueError:  # a quote that is not closed
        return ()


def _of_span(span: str) -> Iterator[Words]:
    opened = _PLACEHOLDER.sub(ANYTHING, span)
    for piece in pieces(opened) or (Piece(tuple(re.sub(r"[\"']", "", opened).split())),):
        words = piece.words
        while len(words) > 1 and _ASSIGNMENT.match(words[0]):
            yield words[:1]
            words = words[1:]
        if any(word.strip(ANYTHING + _CLOSING) for word in words):
            yield words


def _of_prose(text: str) -> Iterator[Words]:
    for token in text.split():
        word = token.lstrip(_OPENING).rstrip(_CLOSING)
        if _SHAPED.search(word) and word.casefold() not in _PROSE:
            yield (word,)


def _split(tokens: list[str]) -> Iterator[Piece]:
    words: list[str] = []
    to_file = False  # the next word is what a redirection names
    for token in tokens:
        if not token or set(token) - set(_OPERATORS):
            if not to_file:
                words.append(token)
            to_file = False
        elif set(token) & set("<>"):
            if words and words[-1].isdigit():  # a descriptor: 2>&1
                words.pop()
            to_file = True
        else:
            if words:
                yield Piece(tuple(words), token.strip("\n") or "\n")
            words, to_file = [], False
    if words:
        yield Piece(tuple(words))


def _bounded(value: str) -> re.Pattern[str]:
    """`value` where it does not go on to either side; placeholders are filled by anything."""
    if value[:1] == "/":  # an absolute path, or that of an address
        left = _BEFORE_PATH
    else:
        left = r"(?<![\w-])(?<!\w\.)" if value[:1].isalnum() else r"(?<![\w./-])"
    right = r"(?![\w-]|\.\w)" if value[-1:].isalnum() else ""
    return re.compile(left + re.escape(value).replace(ANYTHING, r"\S+") + right)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.replace("’", "'").casefold())


def _denials(words: Sequence[str]) -> int:
    return sum(word in _DENYING for word in words)
