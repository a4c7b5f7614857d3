"""Literal texts in calls: whether one occurs, bounded by tokens, however its white space and quotes are written. Pure."""

import re

import msgspec

from hone.late import late

_CUT = late(
    r"""
    (?<=[\w-]) (?=[\w-])            # pnpm, 18080, --retry-all
    | (?<=[\w-]) (?=\.[\w-])        # app.py after app; not the stop of a sentence, not main..dev
    | (?<=(?<!\.)\.) (?=[\w-])      # .env before env
    | (?<=\.) (?=[./])              # ../x, ./x
    """,
    re.VERBOSE,
)
"""Matches, with no width, at a place within a token."""


class Searched(msgspec.Struct, frozen=True):
    """A text to look in: as it is written but for its white space, and without its quotes."""

    written: str
    unquoted: str


def searched(text: str) -> Searched:
    """`text`, made ready once for many literals."""
    written = _squeezed(text)
    if text.startswith("{"):  # JSON, in which a line's first word stands behind the `n` of a `\n`
        text = re.sub(r"\\[nrt]", " ", text)
    return Searched(written, _unquoted(text))


def holds(text: Searched, literal: str) -> bool:
    """Whether `literal` occurs in `text` without cutting a token at its ends.

    A token is a run of letters, digits, `_` and `-`, also with single dots between or before them; dots alone are one
    with the slash behind them. Everything else separates, so `/health` is in `http://h:1/health?x=1` and `/health/db`,
    not in `/healthz` or `/health-check`. White space equals any white space, and quotes do not count.
    """
    return _occurs(text.written, _squeezed(literal)) or _occurs(text.unquoted, _unquoted(literal))


def _occurs(text: str, literal: str) -> bool:
    at = text.find(literal) if literal else -1
    while at >= 0:
        if not _CUT.match(text, at) and not _CUT.match(text, at + len(literal)):
            return True
        at = text.find(literal, at + 1)
    return False


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _unquoted(text: str) -> str:
    """A shell's or JSON's quotes dropped, but for an empty text, which is a token; a continued line is one."""
    if "\\" in text or '"' in text or "'" in text:
        text = re.sub(r"""\\\r?\n""", " ", text)
        text = re.sub(
            r"""(?P<empty>(?<![^\s=:,([{])(?:""|'')(?![^\s;|&,)\]}]))|\\?["']|\\(?=\ )""",
            lambda quote: '""' if quote["empty"] else "",
            text,
        )
    return _squeezed(text)
