"""Whether a replayed task was done, as a model sees it: one request, one word. Used where no check command can tell."""

import re
from importlib import resources

import msgspec

from hone.messages import System, Usage, User
from hone.models.base import Model, Request

_MOST = 8_000  # characters of the answer, and of the diff
_WORD = re.compile(r"\W*(yes|no)\b", re.IGNORECASE)


class Work(msgspec.Struct, frozen=True):
    """What is judged: the request, the agent's answer, and what it changed in the files."""

    request: str
    answer: str
    diff: str


class Judgement(msgspec.Struct, frozen=True):
    """Whether the task was done; None if the model's answer says neither. `model` judged, for `usage`."""

    ok: bool | None
    model: str
    usage: Usage


async def judge(model: Model, work: Work) -> Judgement:
    """Ask `model`. Raises ProviderError."""
    instructions = (resources.files("hone.prompt") / "templates" / "judge.md").read_text("utf-8").strip()
    asked = f"{_part('task', work.request)}\n\n{_part('answer', work.answer)}\n\n{_part('diff', work.diff)}"
    reply = await model.complete(Request((System(instructions), User(asked))), lambda _piece: None)
    found = _WORD.match(reply.message.text)
    ok = found[1].lower() == "yes" if found else None
    return Judgement(ok, reply.model, reply.usage)


def _part(name: str, text: str) -> str:
    """A text as data: it cannot end its own part."""
    cut = text if len(text) <= _MOST else f"{text[:_MOST]}\n… {len(text) - _MOST:,} more characters"
    return f"<{name}>\n{cut.replace(f'</{name}', f'< /{name}')}\n</{name}>"
