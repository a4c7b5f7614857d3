"""Whether a message of the user corrects what the agent just did. Precision over recall: thanks and new tasks are none."""

import re
from collections.abc import Sequence

from hone.events import StepFinished
from hone.history.rows import Recorded
from hone.learning.phrases import GOES_ON, NEGATIVE, POLITE, STRONG, WEAK
from hone.messages import Assistant
from hone.safety.commands import names

_LOOKED_AT = 240  # characters; a correction says so at once
_LONGEST = 1500  # of a message; what is longer is a task or a paste
_ANSWER, _STEPS = 2000, 10  # how much of what was done is compared

_WORD = re.compile(r"[^\W_]{3,}|\b\d{2,}\b")
_COMMON = names(
    "the and for you not but are was has can out one use all any its now let get got see new our how why too yes okay"
    " this that with from have your will would could should just then than them they there here what when where which while"
    " about into only also some more most make made does done file files line code please instead actually stop don dont never"
    " rather used using need want like good work works time again command"
)


def is_correction(text: str, previous: Sequence[Recorded]) -> bool:
    """Whether `text`, the next message of the user, says that what the agent did in `previous` was not what was wanted."""
    replies = [each.event.message for each in previous if isinstance(each.event, StepFinished)]
    message = text.strip().replace("’", "'")
    if not replies or len(message) > _LONGEST:
        return False
    begins = message[:_LOOKED_AT]
    answer = next((reply.text for reply in reversed(replies) if reply.text), "").rstrip()
    if POLITE.match(begins) or (answer.endswith(("?", "？")) and NEGATIVE.match(begins)):
        return False
    if STRONG.search(begins):
        return True
    if not WEAK.search(begins) or GOES_ON.search(begins) or begins.endswith(("?", "？")):
        return False
    return bool((_words(begins) - _COMMON) & _words(_done(answer, replies)))


def _done(answer: str, replies: Sequence[Assistant]) -> str:
    calls = (call.arguments for reply in replies[-_STEPS:] for call in reply.tool_calls)
    return " ".join([answer[-_ANSWER:], *calls])


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.lower()))
