"""What can be completed: commands and skills behind `/`, files behind `@`."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from hone.cli.conversation.mentions import matching

_AT = re.compile(r"(?:^|\s)@(\S*)$")


class Words(Completer):
    """`commands` gives names with descriptions, `files` the paths that can be mentioned (it may take a while)."""

    def __init__(self, commands: Callable[[], Mapping[str, str]], files: Callable[[], Sequence[str]]) -> None:
        self._commands = commands
        self._files = files

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """For the word before the cursor."""
        before = document.text_before_cursor
        if before.startswith("/") and not re.search(r"\s", before):
            for name, description in self._commands().items():
                if name.startswith(before[1:]):
                    yield Completion(f"{name} ", -len(before) + 1, f"/{name}", display_meta=description)
        elif mention := _AT.search(before):
            for path in matching(self._files(), mention[1]):
                yield Completion(f"{path} ", -len(mention[1]), path)
