"""Rule: text that instructs the reader's agent, hides something or leads data out is held, marked, for a person to judge."""

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from hone.changes import items
from hone.changes.change import Change, Effect
from hone.changes.rules.finding import Finding
from hone.safety.injection import Injection, find_injections

_COMMENT = re.compile(r"<!--|^\s*\[(?://|comment|_)\]: ?#|\s\[//\]: ?#", re.MULTILINE)


def injected(
    change: Change, effects: Sequence[Effect], decision: Literal["accept", "hold"]
) -> Iterator[Finding]:
    """A finding for each text of the change that reads like an attack on the agent; of the user's own only obvious ones.

    What no single text says, their sequence may: then they are read together.
    """
    texts = items.texts(change, effects)
    found = [(item.place, each) for item in texts for each in _attacks(item.text, change, decision)]
    if not found:
        together = "\n".join(item.text for item in texts)
        found = [("all of it together", each) for each in _attacks(together, change, decision)]
    for place, each in found:
        yield Finding(decision, f"instructions to the agent in {place}: {each.reason}: {each.excerpt!r}")
    for item in texts if decision == "hold" else ():
        if _COMMENT.search(item.text):
            yield Finding(decision, f"a comment in {item.place}: a model reads what Markdown does not show")


def _attacks(text: str, change: Change, decision: Literal["accept", "hold"]) -> tuple[Injection, ...]:
    found = find_injections(text, kind="skill" if change.skill else "memory")
    return tuple(each for each in found if decision == "hold" or each.severity == "obvious")
