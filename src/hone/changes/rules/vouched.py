"""Rule: what was written after external text was seen is held, unless each item of it is vouched for by a local success.

A page may say what it likes: only what ran on this machine and worked, or what the user said, becomes a belief. Other
hosts nobody but the user can vouch for. What a command proves is `hone.changes.rules.proof`'s part.
"""

import re
from collections.abc import Iterable, Iterator

import msgspec

from hone.changes import items
from hone.changes.change import (
    AddGotcha,
    Change,
    Create,
    Facts,
    Remove,
    RemoveGotcha,
    RemoveStep,
    Replace,
    ReplaceGotcha,
    SetDescription,
    SetWhen,
    Write,
)
from hone.changes.items import Item
from hone.changes.rules.finding import Finding
from hone.changes.rules.proof import given_to, proven_by, runs, tried_by
from hone.changes.rules.values import Words, keeps, mentions, names_host, plain, repeats, values_in

_SHOWN = 3  # places that a reason names
_ARROW = re.compile(r"\s(?:->|→|=>)\s")


def unvouched(change: Change, facts: Facts) -> Iterator[Finding]:
    """A hold for a change of trust `external` if anything in it rests on nothing that succeeded here.

    An item rests on the successes that it cites, and if it cites none, on any of the turn's.
    """
    places = list(dict.fromkeys(_unvouched(change, facts))) if change.trust == "external" else []
    if places:
        named = ", ".join(places[:_SHOWN]) + (", …" if len(places) > _SHOWN else "")
        yield Finding("hold", "seen external text")
        yield Finding("hold", f"nothing that worked here vouches for: {named}")


def _unvouched(change: Change, facts: Facts) -> Iterator[str]:
    for op in change.ops:
        match op:
            case Write():
                yield "a file written whole"
            case Remove() | RemoveStep() | RemoveGotcha():
                yield "a removal"
            case Replace(old=old, text=text) if not keeps(text, old):
                yield "what it takes back"
            case _:
                pass
    for item in items.items(change):
        if not _Grounds.of(facts, item.evidence).carry(item):
            yield item.place
    grounds = _Grounds.of(facts)
    yield from (said.place for said in _beside_items(change) if not grounds.allow(said.text))


def _beside_items(change: Change) -> Iterator[Item]:
    """Texts that need not claim anything, but must claim nothing that is not known here."""
    for op in change.ops:
        match op:
            case Create():
                yield Item("title", op.title)
                yield Item("description", op.description)
                yield Item("when to use", op.when_to_use)
                yield from (Item("tripwire", each.tripwire.say) for each in op.gotchas if each.tripwire)
            case AddGotcha(tripwire=tripwire) | ReplaceGotcha(tripwire=tripwire) if tripwire:
                yield Item("tripwire", tripwire.say)
            case SetDescription():
                yield Item("description", op.text)
            case SetWhen():
                yield Item("when to use", op.text)
            case _:
                pass


class _Grounds(msgspec.Struct, frozen=True):
    """What may be relied on: commands that worked, all that were tried here, what failing ones were given and said, and
    the user's words.
    """

    worked: tuple[Words, ...]
    tried: tuple[Words, ...]
    failures: tuple[tuple[str, str], ...]
    said: tuple[str, ...]

    @classmethod
    def of(cls, facts: Facts, evidence: Iterable[str] = ()) -> "_Grounds":
        cited = set(evidence)
        successes = [call for call in facts.calls if call.ok]
        resting = [call for call in successes if cited.intersection(call.events)] or successes
        local = [call for call in facts.calls if call.trust != "external"]
        return cls(
            worked=tuple(words for call in resting for words in proven_by(call)),
            tried=tuple(words for call in local for words in tried_by(call)),
            failures=tuple(
                (plain(given_to(call)), plain(facts.events.get(call.events[-1], "")))
                for call in local
                if not call.ok and call.events
            ),
            said=facts.said,
        )

    def carry(self, item: Item) -> bool:
        """Whether `item` claims something, and all that it claims is vouched for.

        Of `condition -> consequence -> what to do` only the last part is followed; the others tell what was met.
        """
        *met, advice = [item.text] if item.place.startswith("step") else _ARROW.split(item.text)
        if values := values_in(advice):
            return all(map(self._vouch, values)) and all(map(self.allow, met))
        return any(repeats(item.text, said) for said in self.said)

    def allow(self, text: str) -> bool:
        """Whether `text` claims nothing but what is vouched for or was met here."""
        return all(self._vouch(value) or self._met(value) for value in values_in(text))

    def _vouch(self, value: Words) -> bool:
        if any(mentions(plain(said), value) for said in self.said):
            return True
        return not any(map(names_host, value)) and any(runs(words, value) for words in self.worked)

    def _met(self, value: Words) -> bool:
        """Whether `value` was run here, or a failing call said it of its own accord: it did not read it back."""
        if any(map(names_host, value)):
            return False
        return any(runs(words, value) for words in self.tried) or any(
            mentions(said, value) and not mentions(given, value) for given, said in self.failures
        )
