"""Takes secrets out of texts before they reach a disk, a log or a model.

Three kinds: the values that are known (keys of the configuration and the environment), forms that only keys have
(`hone.safety.secret_forms`), and values that are assigned to a name like `password` (`hone.safety.assigned`). All are
certain; guessing by randomness belongs to the gate, where a mistake costs a question only.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from hone.late import late
from hone.safety.assigned import assigned
from hone.safety.secret_forms import AFTER, AROUND, BEGINNINGS, BLOCKS

_MIN_KNOWN = 8  # characters; a shorter value would be found inside ordinary words
_SHORTEST_WORD = 15  # characters, of those that a secret of one word is, or is in
_BEGINNING = late(r"(?<!\w)\w.")
_MAX_PASSES = 4
_ESCAPE = late(r"\\+(?:[nrtbf]|u00[01][0-9a-fA-F])")
_STAND_IN = late(r"(?i:your|placeholder|redacted|change[-_]?me|x{6}|\*{3}|\.{3})|EXAMPLE|example|0{16}|…")
_WORDS = frozenset(("password", "passwd", "pass", "secret"))
_LONGEST_STAND_IN = 300  # characters; in longer ones such letters come up by chance


class _Form(msgspec.Struct, frozen=True):
    """`pattern` begins with a group that stays; `literal` stands in all that it fits.

    `place` is where the literal stands: `first` in a secret of one word, `in` such a one, or `anywhere`.
    """

    kind: str
    literal: str
    pattern: re.Pattern[str]
    place: Literal["first", "in", "anywhere"]

    def may_be_in(self, text: "_Text") -> bool:
        """Whether it is worth while to look for it in all of the text."""
        if self.place == "anywhere":
            return self.literal in text.whole
        if self.place == "first" and self.literal[:2] not in text.beginnings:
            return False
        return self.literal in text.long_words and bool(self.pattern.search(text.long_words))


class _Text:
    """A text and what makes it cheap to see that a secret is not in it: most of a text are short words.

    `beginnings` are the first two characters of all that stands in its long words.
    """

    def __init__(self, text: str) -> None:
        self.whole = text
        self.long_words = " ".join(word for word in text.split() if len(word) >= _SHORTEST_WORD)
        self.beginnings = frozenset(_BEGINNING.findall(self.long_words))


class Redactor:
    """Replaces secrets by `[redacted:KIND]`. `known` are values that are secret whatever they look like.

    What only stands for a secret (`sk-your-key-here-123`, an `EXAMPLE` of a manual) is left as it is.
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        values = {value.strip() for value in known}
        self._known = sorted((value for value in values if len(value) >= _MIN_KNOWN), key=len, reverse=True)

    def redact(self, text: str) -> str:
        """`text` without secrets. Redacting again changes nothing."""
        for _ in range(_MAX_PASSES):  # a replaced value may have hidden where the next one begins
            redacted = self._once(text)
            if redacted == text:
                break
            text = redacted
        return text

    def found(self, text: str) -> Iterator[tuple[str, str]]:
        """Kind and text of each secret of a known value or form that `redact` would take out."""
        yield from (("known", value) for value in self._known if value in text)
        for form in self._present(text):
            for match in form.pattern.finditer(text):
                if not stands_in(value := match[0].removeprefix(match[1])):
                    yield form.kind, value

    def _once(self, text: str) -> str:
        text = self._without_known(text)
        plain = _ESCAPE.sub(_as_spaces, text) if "\\" in text else text
        for start, end, kind in reversed(self._places(plain)):
            text = f"{text[:start]}[redacted:{kind}]{text[end:]}"
        return text

    def _places(self, text: str) -> list[tuple[int, int, str]]:
        """Start, end and kind of each secret by its form, in order; of those that overlap the first that was found."""
        found = [
            (match.end(1), match.end(), form.kind)
            for form in self._present(text)
            for match in form.pattern.finditer(text)
        ]
        found += [(each.start, each.end, each.kind) for each in assigned(text)]
        kept: list[tuple[int, int, str]] = []
        for start, end, kind in found:
            is_apart = all(end <= other[0] or start >= other[1] for other in kept)
            if is_apart and not stands_in(text[start:end]):
                kept.append((start, end, kind))
        return sorted(kept)

    def _without_known(self, text: str) -> str:
        if present := [re.escape(value) for value in self._known if value in text]:
            # Marks come first, so that a value that is part of one cannot make it grow.
            marks_and_values = "|".join([r"(\[redacted:[a-z-]+\])", *present])
            text = re.sub(marks_and_values, lambda match: match[1] or "[redacted:known]", text)
        return text

    def _present(self, text: str) -> list[_Form]:
        looked_at = _Text(text)
        return [form for form in _FORMS if form.may_be_in(looked_at)]


def stands_in(value: str) -> bool:
    """Whether a value of the form of a secret is none but stands for one, as in a manual."""
    return value in _WORDS or (len(value) <= _LONGEST_STAND_IN and bool(_STAND_IN.search(value)))


def _as_spaces(escape: re.Match[str]) -> str:
    """A line end as JSON and programs write it, as white space of the same length: it ends and begins words."""
    return " " * len(escape[0])


def _forms() -> Iterator[_Form]:
    """Each expression begins with the literal letters: anything else costs ten times as much to search for."""
    for kind, literal, rest in BEGINNINGS:
        begins = re.escape(literal)
        inside_a_word = rf"(?<!\w{begins})" if literal[0].isalnum() else ""
        yield _Form(kind, literal, late(f"(){begins}{inside_a_word}{rest}"), place="first")
    for kind, literal, rest in BLOCKS:
        yield _Form(kind, literal, late(f"(){re.escape(literal)}{rest}"), place="anywhere")
    for kind, literal, rest, secret in AFTER:
        yield _Form(kind, literal, late(f"({re.escape(literal)}{rest}){secret}"), place="anywhere")
    for kind, literal, expression in AROUND:
        yield _Form(kind, literal, late(f"(){expression}"), place="in")


_FORMS = tuple(_forms())
