"""Large pastes: a mark stands for one where it is typed, and the text itself in what is sent."""

import re

_MOST_LINES = 20
_MOST_CHARACTERS = 2_000
_MARK = re.compile(r"\[pasted #(\d+): [\d,]+ (?:lines|characters)\]")


class Pastes:
    """The pastes of one conversation."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def take(self, text: str) -> str:
        """What to put where the person pasted `text`: the text, or a mark for a large one."""
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        lines = text.count("\n") + 1
        if lines <= _MOST_LINES and len(text) <= _MOST_CHARACTERS:
            return text
        self._texts.append(text)
        size = f"{lines:,} lines" if lines > 1 else f"{len(text):,} characters"
        return f"[pasted #{len(self._texts)}: {size}]"

    def expand(self, typed: str) -> str:
        """`typed` with the texts in the places of their marks."""
        return _MARK.sub(lambda mark: self._text(int(mark[1])) or mark[0], typed)

    def _text(self, number: int) -> str:
        return self._texts[number - 1] if 0 < number <= len(self._texts) else ""
