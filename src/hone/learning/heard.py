"""What other hosts said, taken out of the texts of a piece of work that repeat it, so that the writer reads none of it.

A command that was run word for word as a page has it is left: that it was run is the agent's own doing, and whether it may
be learned from is for the gate. What is only data in it, a quoted text or a here-document, goes.
"""

import re
from collections.abc import Iterable, Sequence

import msgspec

from hone.events import ToolFinished
from hone.history.rows import Recorded
from hone.learning.calls import arguments_of
from hone.messages import ToolCall
from hone.safety.copied import Copied

_MARK = "[external text]"
_DATA = re.compile(
    r"(?<!<)<<(?!<)-?[ \t]*(['\"]?)(\w+)\1.*?(?:^[ \t]*\2[ \t]*$|\Z)|'[^']*(?:'|\Z)|\"(?:\\.|[^\"\\])*(?:\"|\Z)",
    re.DOTALL | re.MULTILINE,
)


class Heard:
    """The external results among `events`, and `earlier` ones."""

    def __init__(self, events: Sequence[Recorded], earlier: Iterable[str] = ()) -> None:
        self._copied = Copied(earlier)
        for each in events:
            match each.event:
                case ToolFinished(reply=reply) if "external" in (each.trust, reply.trust):
                    self._copied.hear(reply.text)
                case _:
                    pass

    def out_of(self, text: str) -> str:
        """`text` without what it repeats of an external text."""
        return self._copied.masked(text, _MARK)

    def out_of_line(self, line: str) -> str:
        """A shell line whose quoted texts and here-documents repeat nothing of an external text."""
        return _DATA.sub(lambda data: self.out_of(data[0]), line)

    def out_of_call(self, call: ToolCall) -> ToolCall:
        """`call` with arguments that repeat nothing of an external text but what was run."""
        arguments = arguments_of(call)
        kept = {
            name: self._kept(value, is_line=(call.name, name) == ("shell", "command"))
            for name, value in arguments.items()
        }
        if kept == arguments:
            return call
        return msgspec.structs.replace(call, arguments=msgspec.json.encode(kept).decode())

    def _kept(self, value: object, *, is_line: bool) -> object:
        if isinstance(value, str):
            return self.out_of_line(value) if is_line else self.out_of(value)
        written = msgspec.json.encode(value).decode()
        return value if self.out_of(written) == written else _MARK
